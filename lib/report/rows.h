/* The reports of one window while they are counted: in memory 16 bytes each; their values in a file
 * without a name, as numbers of cells that mean nothing outside this process, with no id but the
 * customer's under a key that only its memory holds. */
#ifndef SAV_REPORT_ROWS_H
#define SAV_REPORT_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct rows;

enum { ROWS_TIME_MAX = (1 << 20) - 1 }; /* seconds from the start of the window: 12 days */

/* No rows yet, each to have `width` cells. The file lies in `folder` and has no name there. Returns NULL
 * with *fail. rows_free takes NULL. */
struct rows *rows_new(const char *folder, size_t width, struct fail *fail);
void rows_free(struct rows *rows);

/* Adds a report. `time` is at most ROWS_TIME_MAX. Returns 0; or -1 with *fail (EX_OSERR, EX_IOERR). */
int rows_add(struct rows *rows, uint64_t machine, uint64_t customer, uint32_t time, const uint32_t *cells,
	     struct fail *fail);

/* To be called once, after the last rows_add: leaves each machine its latest row (of two of the same
 * second, the one added later), in the order of the customers. Adds the machines of each cell to
 * machines[cell]. Returns 0 or -1 with *fail. */
int rows_settle(struct rows *rows, uint64_t *machines, struct fail *fail);

/* The rows left. */
size_t rows_count(const struct rows *rows);

/* Reads row `index` of those left. Returns 0 or -1 with *fail. */
int rows_get(struct rows *rows, size_t index, uint64_t *customer, uint32_t *cells, struct fail *fail);

#endif
