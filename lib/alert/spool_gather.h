/* A reader's next records, from memory or the disk, round what is damaged there. For spool_reader.c alone. */
#ifndef SAV_ALERT_SPOOL_GATHER_H
#define SAV_ALERT_SPOOL_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct spool_batch;
struct spool_format_head;
struct spool_reader;

/* What a batch may take. */
struct spool_gather_limits {
	uint64_t stop; /* number it must not reach */
	size_t max_bytes;
	size_t max_count;
};

/* Without a copy: a batch is where a group just written is, from its first record on, and with nothing more behind it worth
 * copying for. Returns whether there is such a one, and fills *batch. */
bool spool_gather_lend(struct spool_reader *reader, const struct spool_gather_limits *limits,
		       struct spool_batch *batch);

/* A copy of as many as fit. Returns 1 and fills *batch; 0 when what was met could not be read and was passed over; or -1
 * with *fail (EX_OSERR). */
int spool_gather_copy(struct spool_reader *reader, const struct spool_gather_limits *limits,
		      struct spool_batch *batch, struct fail *fail);

/* The head of the group that record `number` is in. Returns false when it cannot be found, or not now. */
bool spool_gather_head(struct spool_reader *reader, uint64_t number, struct spool_format_head *head);

#endif
