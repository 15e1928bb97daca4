/* What spool.c, spool_turn.c, spool_recover.c, spool_reader.c and spool_gather.c share. For them alone. */
#ifndef SAV_ALERT_SPOOL_STATE_H
#define SAV_ALERT_SPOOL_STATE_H

#include "lib/alert/spool.h"
#include "lib/alert/spool_block.h"
#include "lib/alert/spool_cursor.h"
#include "lib/alert/spool_disk.h"
#include "lib/alert/spool_reader.h"
#include "lib/alert/spool_scan.h"
#include "lib/base/fail.h"
#include "lib/format/cipher.h"

_Static_assert((int)SPOOL_PLACE_MAX == (int)SPOOL_FORMAT_PLACE_MAX, "place");
_Static_assert(SPOOL_RECORD_MAX + 1 <= SPOOL_FORMAT_RECORDS_MAX,
	       "the longest record and its newline fit a group");
_Static_assert((int)SPOOL_FORMAT_CURSORS_MAX == (int)SPOOL_CURSOR_COUNT, "cursors");
_Static_assert((int)SPOOL_READER_MAX == (int)SPOOL_CURSOR_COUNT, "readers");
_Static_assert((int)SPOOL_KEY_BYTES == (int)CIPHER_KEY_BYTES, "key");

enum { SPOOL_RECENT_COUNT = 2 }; /* groups kept in memory after they became durable */

struct spool_segment {
	uint64_t first; /* number of its first record, which names the file */
	uint64_t size;
};

struct spool_reader {
	struct spool *spool;
	struct spool_reader *next;
	int slot;                 /* of its cursor */
	uint64_t next_record;     /* to hand out */
	uint64_t segment;         /* where a group was last found on the disk; 0: nowhere */
	uint64_t offset;          /* behind it, or of it */
	uint64_t first;           /* no record there has a lower number */
	struct spool_span *spans; /* settled behind the cursor, in order, never touching */
	size_t span_count;
	size_t span_room;
	uint64_t oldest_of; /* the cursor for which oldest_ms was looked up */
	int64_t oldest_ms;
};

struct spool {
	struct spool_options options; /* path and key are not kept */
	uint64_t segment_bytes;
	int dir_fd;
	int lock_fd;
	struct cipher cipher;
	bool is_keyed;
	struct spool_cursors cursors;
	struct spool_scan scan;
	struct spool_disk disk;
	struct spool_block_pool pool;
	struct spool_segment *segments; /* oldest first; the last one is being written */
	size_t segment_count;
	size_t segment_room;
	uint64_t live_end;           /* bytes of the last segment that are durable */
	uint64_t end;                /* number of the next record to become durable */
	uint64_t bytes_end;          /* of all durable records, ever */
	struct spool_block *filling; /* NULL: empty */
	struct spool_block *writing; /* with the disk thread, or refused by the disk; NULL: none */
	struct spool_block *recent[SPOOL_RECENT_COUNT]; /* newest first */
	bool is_full;                                   /* `filling` took no further record */
	bool is_started;       /* the disk thread has work whose end was not taken in */
	bool is_block_awaited; /* and a block is part of it */
	bool is_reserve_freed;
	unsigned slots; /* groups for which space is allocated, `writing` not counted off */
	uint8_t place[SPOOL_PLACE_MAX];
	size_t place_size;
	bool place_is_new;
	uint8_t durable_place[SPOOL_PLACE_MAX];
	size_t durable_place_size;
	struct spool_reader *readers;
	struct fail trouble; /* why `writing` is not durable; status 0: no trouble */
	int64_t tried_ms;    /* when the disk last refused something */
	bool is_short;       /* the disk had no room for a spare segment then */
	int short_error;     /* errno of that */
	uint64_t disk_bytes; /* at the last look */
	uint64_t groups;
	uint64_t torn_records;
	uint64_t io_errors;
};

/* The segment that record `number` belongs to; segment_count when it is older than all. */
size_t spool_state_segment(const struct spool *spool, uint64_t number);

/* An empty block with one pin; NULL when out of memory. Groups kept for readers only give way to it. */
struct spool_block *spool_state_block(struct spool *spool);

/* Whether hardly anything more fits into the group. */
bool spool_state_is_nearly_full(const struct spool_block *block);

/* Whether the group being filled has its space on the disk. */
bool spool_state_has_slot(const struct spool *spool);

/* Appends to the list. Returns 0, or -1 with *fail (EX_OSERR). */
int spool_state_add_segment(struct spool *spool, uint64_t first, uint64_t size, struct fail *fail);

/* The number behind the last record of segment `index`. */
uint64_t spool_state_segment_end(const struct spool *spool, size_t index);

/* Turns the scan to segment `index`; one whose file is not there, is none or is damaged is an empty one. Returns 0; or
 * -1 with *fail (EX_OSERR) when it cannot be opened now (no descriptor, no memory): that says nothing of what it holds. */
int spool_state_scan(struct spool *spool, size_t index, struct fail *fail);

static inline struct spool_cursor *spool_state_cursor(const struct spool_reader *reader)
{
	return &reader->spool->cursors.slots[reader->slot];
}

/* Records up to `end` that cannot be read: counted, and out of the reader's way. In spool_reader.c. */
int spool_reader_pass_over(struct spool_reader *reader, uint64_t end, uint64_t bytes_end, struct fail *fail);

/* Removes the oldest segment from every reader's way, counting what it still needed. In spool_reader.c. */
void spool_reader_drop_oldest(struct spool *spool);

#endif
