/* The durable queue of alerts: a folder of append-only segments, one cursor for each output. Byte layout: sls-spool(5).
 *
 * How a program uses it, in one thread with poll():
 *
 *	spool = spool_open(&options, &fail);
 *	reader = spool_reader_open(spool, "mcs", &fail);      one for each output, see spool_reader.h
 *	(enter the sandbox: the disk thread starts with the first spool_turn)
 *	for (;;) {
 *		poll: input only while spool_room() > 0; spool_fd(); the outputs' sockets
 *		read at most spool_room() bytes of input; for each alert found: spool_append()
 *		spool_set_place() when a file is followed
 *		spool_turn(spool, now_ms, input_has_more, &fail)   on failure: call it again after a pause
 *		spool_reader_next(), deliver, spool_reader_done(), spool_reader_release()
 *	}
 *
 * Group commit adapts by itself: one thread writes and syncs one group at a time, and whatever was appended meanwhile is the
 * next group. So a lone alert is on the disk at once, and a slow disk gets bigger groups (up to SPOOL_GROUP_BYTES).
 * Readers see only what is durable. Not thread-safe: all calls come from one thread. */
#ifndef SAV_ALERT_SPOOL_H
#define SAV_ALERT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct spool; /* opaque */

enum {
	SPOOL_RECORD_MAX = 1 << 20,  /* bytes of one record, its newline not counted */
	SPOOL_GROUP_BYTES = 1 << 20, /* a group is closed when the next record would take it over this */
	SPOOL_ROOM_MIN = 64 << 10,   /* spool_room is 0 or at least this */
	SPOOL_PLACE_MAX = 128,       /* bytes that a followed file's place may have */
	SPOOL_KEY_BYTES = 32,
	SPOOL_ID_BYTES = 16,
};
#define SPOOL_LIMIT_MIN (16ULL << 20)
#define SPOOL_LIMIT_MAX (1ULL << 40)
#define SPOOL_LIMIT_DEFAULT (1ULL << 30)

enum spool_policy {
	SPOOL_BLOCK,       /* at the limit spool_room() is 0: the input waits */
	SPOOL_DROP_OLDEST, /* at the limit the oldest segment goes, counted for every output that still needed it */
};

struct spool_options {
	const char *path; /* the folder; made (0700) when its parent exists */
	uint64_t
		limit_bytes; /* SPOOL_LIMIT_MIN to SPOOL_LIMIT_MAX: disk space for everything in the folder that is the spool's */
	enum spool_policy policy;
	const uint8_t *key; /* SPOOL_KEY_BYTES: encrypt and authenticate; NULL: checksums only. Copied. */
};

/* What spool_open found and mended, and what happened since. */
struct spool_stats {
	uint64_t first; /* number of the oldest record still there */
	uint64_t end;   /* number the next record to become durable will have; records are numbered from 1 */
	uint64_t disk_bytes; /* space the folder takes, preallocated space included */
	uint64_t limit_bytes;
	uint64_t groups; /* written since opening */
	uint64_t
		torn_records; /* of the last group, not whole when opened: cut off by a crash while they were written */
	uint64_t io_errors; /* write, fdatasync or fsync failures since opening */
	bool cursors_rebuilt; /* the file of cursors was missing or damaged: outputs began again at the oldest record */
	bool waits;           /* no room on the disk or under the limit (spool_room() is 0 for that reason) */
	int short_error; /* errno of the disk that gives no room for one more record; 0: it does */
};

/* Opens or makes the spool and takes its lock. Bounded time and memory whatever the backlog: only the last
 * segment is looked through. A group cut off by a crash is mended here. Returns NULL with *fail:
 * EX_TEMPFAIL when another process has it; EX_CONFIG when it was written with another key, or with one and
 * none is given; EX_NOPERM when others may look into the folder; EX_CANTCREAT, EX_IOERR. What was refused
 * is unchanged. */
struct spool *spool_open(const struct spool_options *options, struct fail *fail);

/* Waits for the group being written, stores the cursors and lets go of the lock. What was appended and is
 * not durable is given up: call spool_sync before. Takes NULL. All readers become invalid. */
void spool_close(struct spool *spool);

/* How many bytes of input may be read now and surely be kept: the room left in the group being filled, for
 * which disk space is already allocated; at least SPOOL_ROOM_MIN, or 0: do not read; wait for spool_fd(),
 * or for an output to get on. */
size_t spool_room(const struct spool *spool);

enum spool_append {
	SPOOL_STORED,
	SPOOL_WAIT,     /* nothing taken: call again after a spool_turn */
	SPOOL_TOO_LONG, /* nothing taken: over SPOOL_RECORD_MAX */
};

/* Copies one record (one line, without its newline; the spool adds that) into the group being filled.
 * Durable only once spool_stats.end has passed its number. */
enum spool_append spool_append(struct spool *spool, const void *bytes, size_t size);

/* The place in the followed file behind the records appended so far: becomes durable in the same write as
 * they, and also alone when there are none. At most SPOOL_PLACE_MAX bytes, copied. */
void spool_set_place(struct spool *spool, const void *bytes, size_t size);

/* The last durable place. Returns its size, 0 when there never was one; copies it to `place`
 * (SPOOL_PLACE_MAX bytes). */
size_t spool_get_place(const struct spool *spool, uint8_t *place);

/* A descriptor that is readable when spool_turn has something to take in. */
int spool_fd(const struct spool *spool);

/* Takes in what the disk thread finished, frees segments every output has passed, and starts the next
 * write. Never waits. `now_ms` (UTC, milliseconds since 1970) is stored with the group. `more`: the input
 * has a full read more at once, so a group that is not full yet may wait for it. Returns 0; or -1 with
 * *fail when the disk refuses (EX_TEMPFAIL: full; EX_IOERR): nothing is lost then, what was appended stays
 * in memory, and the next call tries again, after an I/O error in a new segment. Pause before it. */
int spool_turn(struct spool *spool, int64_t now_ms, bool more, struct fail *fail);

/* Whether anything appended, placed or acknowledged is not durable yet. */
bool spool_is_busy(const struct spool *spool);

/* spool_turn until all of it is durable. Waits, but not for room: a place that finds none is refused with EX_TEMPFAIL. Returns
 * as spool_turn. */
int spool_sync(struct spool *spool, int64_t now_ms, struct fail *fail);

/* Frees the preallocated reserve (1 MiB), so that another file on the same full disk (dead letters) can be
 * written; the next spool_turn that finds room allocates it again. */
void spool_free_reserve(struct spool *spool);

/* Random, made with the folder: for Idempotency-Key together with a batch's numbers. Borrowed. */
const uint8_t *spool_id(const struct spool *spool);

void spool_get_stats(const struct spool *spool, struct spool_stats *stats);

#endif
