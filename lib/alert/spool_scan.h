/* Reading one segment of the spool: the next good group, through damage, and its records. */
#ifndef SAV_ALERT_SPOOL_SCAN_H
#define SAV_ALERT_SPOOL_SCAN_H

#include "lib/alert/spool_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

/* A segment being read. One is enough for a spool: opening another segment closes the one before. */
struct spool_scan {
	int fd; /* -1: none */
	uint64_t segment;
	uint64_t
		size; /* bytes of the segment that may be looked at; set by the caller when a live one grows */
	const struct cipher *cipher; /* NULL: checksums only; borrowed */
	uint8_t *window;             /* a piece of the file, so that small groups cost no call each */
	uint64_t window_at;
	size_t window_size;
	uint8_t *table; /* of the group at table_of; NO_TABLE: none */
	uint64_t table_of;
};

struct spool_scan_group {
	struct spool_format_head head;
	uint64_t offset; /* of the group in its segment */
};

/* Returns 0, or -1 with *fail (EX_OSERR). Takes a scan that was not made (all zero) in spool_scan_fini. */
int spool_scan_init(struct spool_scan *scan, const struct cipher *cipher, struct fail *fail);
void spool_scan_fini(struct spool_scan *scan);

/* Turns to the descriptor of another segment. Takes ownership of `fd`; -1 closes the one before. */
void spool_scan_open(struct spool_scan *scan, int fd, uint64_t segment, uint64_t size);

/* The first group at `offset` or behind it, looking through damage for it, whose records are all from
 * `first_min` to `end` - 1. Returns true and fills *group; false when there is none up to the segment's
 * end. Unreadable sectors read as zeros. */
bool spool_scan_find(struct spool_scan *scan, uint64_t offset, uint64_t first_min, uint64_t end,
		     struct spool_scan_group *group);

/* Loads the group's table, from behind the records when the one before them is damaged. False: both are,
 * and no record can be read. */
bool spool_scan_table(struct spool_scan *scan, const struct spool_scan_group *group);

/* Whether the group's last bytes are there: a write cut off by a kill leaves the first ones. */
bool spool_scan_has_tail(struct spool_scan *scan, const struct spool_scan_group *group);

/* With the table loaded: the size of record `index`, newline included, and its offset among the group's
 * records. */
uint32_t spool_scan_record(const struct spool_scan *scan, const struct spool_scan_group *group, size_t index,
			   uint32_t *start);

/* With the table loaded: reads `count` records from `index` on to `out`, one behind the other, and checks
 * them. Returns how many are good before the first that is not. */
size_t spool_scan_read(struct spool_scan *scan, const struct spool_scan_group *group, size_t index,
		       size_t count, uint8_t *out);

#endif
