/* Parts: what one process counted of the machines whose hash falls to it, so that several, on as many hosts, can count together.
 * A part holds small cells and hashes of customers; it is as secret as the reports and lives as long as the count.
 *
 * Format, little-endian: PART_MAGIC; struct part_header's fields as u64 each; the number of cells as u64, and of each: fact u16, kind u16, text
 * size u32, low i64, machines u64, text; then for each customer, by ascending id: id u64, machines u32, number of cells u32, the cells as
 * u32 each; at the end PART_END with 0 machines, 0 cells. */
#ifndef SAV_REPORT_PART_H
#define SAV_REPORT_PART_H

#include "lib/report/parse.h"

#include <stddef.h>
#include <stdint.h>

#define PART_MAGIC "savpart1"
#define PART_END UINT64_MAX /* in the place of a customer */

struct cells;
struct fail;
struct rows;

struct part_header {
	uint64_t fingerprint; /* of the table of facts */
	int64_t week_start;
	uint64_t part;
	uint64_t parts;
	uint64_t results[PARSE_RESULTS];
};

/* Writes a part: the cells with their machines, and of settled rows (of `width` cells) whose customer has
 * which cells. Returns 0 or -1 with *fail. */
int part_write(int fd, const struct part_header *header, const struct cells *cells, const uint64_t *machines,
	       struct rows *rows, size_t width, struct fail *fail);

#endif
