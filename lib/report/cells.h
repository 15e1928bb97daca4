/* The cells that machines are counted in: for each fact its values, with a number for each. A machine is
 * in exactly one cell of every fact. */
#ifndef SAV_REPORT_CELLS_H
#define SAV_REPORT_CELLS_H

#include "lib/report/parse.h"
#include "lib/report/schema.h"

#include <stddef.h>
#include <stdint.h>

struct cells;
struct fail;

enum {
	CELLS_VALUES_MAX = 65536, /* different texts of one fact; more are counted together */
	CELLS_MAX = 1 << 20,      /* cells of all facts together; likewise */
	CELLS_STEPS = 32,         /* buckets an octave: a quantile is right to 1/64 */
};

enum cells_kind {
	CELLS_ABSENT,  /* the report's level does not have the fact */
	CELLS_UNKNOWN, /* null: the machine could not tell */
	CELLS_REST,    /* values over the limits above */
	CELLS_FALSE,
	CELLS_TRUE,
	CELLS_TEXT,
	CELLS_BUCKET, /* whole numbers from `low` to `high` */
};

struct cells_cell {
	uint16_t fact;
	uint16_t kind;       /* enum cells_kind */
	uint32_t text_size;  /* of a text */
	const uint8_t *text; /* not terminated */
	int64_t low;         /* of a bucket */
	int64_t high;
};

/* No cells but those that every fact has. Returns NULL with *fail (EX_OSERR). cells_free takes NULL. */
struct cells *cells_new(const struct schema *schema, struct fail *fail);
void cells_free(struct cells *cells);

/* The number of the value's cell, made on first use. Returns 0; or -1 with *fail (EX_OSERR). */
int cells_of(struct cells *cells, size_t fact, const struct parse_value *value, uint32_t *number,
	     struct fail *fail);

/* The number of the same cell as `cell` of another table of cells over the same facts. Returns as
 * cells_of; EX_DATAERR for a cell that cannot be. */
int cells_same(struct cells *cells, const struct cells_cell *cell, uint32_t *number, struct fail *fail);

/* Cells are numbered 0 to cells_count - 1. The text of *cell is borrowed until the next cell is made. */
size_t cells_count(const struct cells *cells);
void cells_get(const struct cells *cells, uint32_t number, struct cells_cell *cell);

#endif
