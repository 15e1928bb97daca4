/* What may be stored: which cells stand alone, which go together, and which are lost in "(other)". */
#ifndef SAV_REPORT_PLAN_H
#define SAV_REPORT_PLAN_H

#include <stddef.h>
#include <stdint.h>

struct cells;
struct fail;

#define PLAN_NO_GROUP UINT32_MAX
enum { PLAN_QUANTILES = 5 };

enum plan_kind { PLAN_VALUE, PLAN_BIN, PLAN_UNKNOWN, PLAN_ABSENT, PLAN_OTHER, PLAN_KINDS };

struct plan_group {
	uint16_t fact;
	uint16_t kind; /* enum plan_kind */
	uint32_t cell; /* of a value: its one cell */
	int64_t low;   /* of a bin: the numbers it holds */
	int64_t high;
	uint64_t machines;
};

struct plan_quantile {
	uint16_t fact;
	uint16_t per_mille;
	int64_t value;
};

struct plan {
	struct plan_group *groups; /* by fact, then as kind and value order them */
	size_t count;
	uint32_t *group_of; /* of each cell; PLAN_NO_GROUP for one without machines */
	struct plan_quantile *quantiles;
	size_t quantile_count;
};

/* The parts a thousand at which quantiles are taken: 50, 250, 500, 750, 950. */
extern const uint16_t plan_per_milles[PLAN_QUANTILES];

/* What the database and its readers call the kinds: value, range, unknown, absent, other. */
extern const char *const plan_kind_names[PLAN_KINDS];

/* Plans for the cells and their machines. Every group has at least `min_cell` machines:
 * - whole numbers are put together by powers of two, and those with their neighbours until there are enough;
 * - what is still smaller goes to "(other)"; and when that is smaller itself, so that the machines of the fact less those of its groups would
 *   give it away, the smallest of the other groups goes there too, until it is not (complementary suppression); the machines that were not asked
 *   last of all, because shares are of those that were.
 * A quantile is given when at least min_cell machines are not above it and as many not below; to 1/64 of its value.
 * A fact on fewer than min_cell machines has no group. Returns 0; or -1 with *fail (EX_OSERR). */
int plan_make(struct plan *plan, const struct cells *cells, const uint64_t *machines, size_t facts,
	      uint64_t min_cell, struct fail *fail);
void plan_fini(struct plan *plan);

#endif
