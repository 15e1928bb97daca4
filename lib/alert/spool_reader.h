/* One output's way through the spool: batches of records, what is done, a durable cursor. */
#ifndef SAV_ALERT_SPOOL_READER_H
#define SAV_ALERT_SPOOL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct spool;
struct spool_block;
struct spool_reader; /* opaque */

enum {
	SPOOL_READER_MAX = 64,      /* outputs that have a cursor */
	SPOOL_READER_NAME_MAX = 63, /* bytes of an output's name */
};

/* Attaches the output `name` (1 to SPOOL_READER_NAME_MAX bytes). One that has a cursor goes on there. One
 * that is new begins behind everything durable so far: what was accepted before it was configured was not
 * meant for it. When cursors were damaged, so that a missing one may have been there, it begins at the
 * oldest record instead: repeated, not lost. The cursor is durable when this returns. Only attached
 * readers hold segments back (as long as none is attached, all stay), so attach every output before the
 * first spool_reader_done. Returns NULL with *fail: EX_CONFIG (too many, attached twice), EX_IOERR. */
struct spool_reader *spool_reader_open(struct spool *spool, const char *name, struct fail *fail);

/* Detaches. The cursor stays in the file, so an output that comes back goes on there as far as the records
 * still exist; but it holds no segment back any more. All its batches must be released. Takes NULL. */
void spool_reader_close(struct spool_reader *reader);

/* Records `first` to `first + count - 1`, whole lines with their newlines, one behind the other. */
struct spool_batch {
	const uint8_t *bytes;
	size_t size;
	uint64_t first;
	size_t count;
	const uint32_t *ends;      /* ends[i]: offset in `bytes` behind record i */
	int64_t written_ms;        /* when the first of them became durable */
	uint64_t bytes_before;     /* of all records before the first, for the reader's own sums */
	struct spool_block *block; /* what holds the memory */
};

/* The next durable records that are not settled, behind those handed out before or where spool_reader_seek says: as many
 * as fit both limits, at least one. (A record over `max_bytes` comes alone.) Where possible the memory is that of the group just written,
 * without a copy. Records that do not verify are passed over and counted. Returns 1 and fills *batch; 0
 * when there is nothing new; -1 with *fail (EX_OSERR). */
int spool_reader_next(struct spool_reader *reader, size_t max_bytes, size_t max_count,
		      struct spool_batch *batch, struct fail *fail);

/* Records `from` to `to - 1` of the batch (indices, to <= batch->count) are settled: delivered, or in the
 * dead-letter file. In any order, each once. The cursor moves behind the first run of settled ones; it is
 * stored at once (so it survives a kill) with the SPOOL_CURSOR_SPANS longest of the other runs, and made durable with the
 * next group, which has not those runs, or, when none comes, alone (a power cut before that repeats them). Returns 0, or -1
 * with *fail (EX_OSERR: out of memory, nothing changed). */
int spool_reader_done(struct spool_reader *reader, const struct spool_batch *batch, size_t from, size_t to,
		      struct fail *fail);

/* Gives the batch's memory back. The records stay handed out. Takes an empty batch. */
void spool_reader_release(struct spool_reader *reader, struct spool_batch *batch);

/* How many durable records are not settled. */
uint64_t spool_reader_reach(const struct spool_reader *reader);

/* What is not settled comes next from the record on that has so many of them before it, whether or not it was handed out
 * before. All batches are released. */
void spool_reader_seek(struct spool_reader *reader, uint64_t ahead);

struct spool_reader_stats {
	uint64_t
		queued_records; /* durable and not settled; records lost to damage count until they are met */
	uint64_t queued_bytes;
	int64_t oldest_ms; /* when the record at the cursor became durable; 0 with nothing queued */
	uint64_t dropped;  /* by SPOOL_DROP_OLDEST or while detached; kept across restarts */
	uint64_t damaged;  /* did not verify; kept across restarts */
};
void spool_reader_get_stats(struct spool_reader *reader, struct spool_reader_stats *stats);

#endif
