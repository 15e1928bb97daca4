/* A group of records in memory: being filled, being written, just written, or read back for an output. */
#ifndef SAV_ALERT_SPOOL_BLOCK_H
#define SAV_ALERT_SPOOL_BLOCK_H

#include "lib/alert/spool_format.h"

#include <stddef.h>
#include <stdint.h>

struct spool_block {
	struct spool_format_head
		head; /* first, bytes_before, written_ms, count, records_size and place are kept up while filling */
	uint64_t offset; /* in the segment head.segment, once written */
	unsigned pins;
	struct spool_block *next;
	struct spool_format_cursor cursors[SPOOL_FORMAT_CURSORS_MAX]; /* head.cursor_count */
	uint32_t ends[SPOOL_FORMAT_COUNT_MAX];                        /* offset behind each record */
	uint8_t bytes[SPOOL_FORMAT_RECORDS_MAX];                      /* pages never touched cost no memory */
};

/* Blocks given back, kept for the next use. All zero is an empty pool. */
struct spool_block_pool {
	struct spool_block *kept;
	size_t count;
	size_t allocated; /* these, and those in use */
};

/* An empty block with one pin. NULL when out of memory. */
struct spool_block *spool_block_get(struct spool_block_pool *pool);

/* One pin less; the last one gives the block back. Takes NULL. */
void spool_block_put(struct spool_block_pool *pool, struct spool_block *block);

void spool_block_fini(struct spool_block_pool *pool);

#endif
