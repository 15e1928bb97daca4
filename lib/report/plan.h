/* What may be stored: which cells stand alone, which go together, and which are lost in "(other)". */
#ifndef SAV_REPORT_PLAN_H
#define SAV_REPORT_PLAN_H

#include <stddef.h>
#include <stdint.h>

struct cells;
struct fail;

#define PLAN_NO_GROUP UINT32_MAX
enum { PLAN_QUANTILES = 5 };
/* Where the last range ends: the largest number that a report may have. */
#define PLAN_TOP ((INT64_C(1) << 53) - 1)

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

/* What is told of `count` machines, customers or reports: full multiples of `min_cell` (k), from twice k on;
 * else 0. 1 hides nothing. Of a number that is told as t the reader knows that it is t to t + k - 1, and of one
 * that is not, that it is 0 to 2k - 1. So where values, told or not, are taken from a whole that they are parts
 * of, what is left is known to be at least 1 only when at least k more is told of the whole, and then it can be
 * 2k - 1: nothing is ever known to be 1 to k - 1. That holds for parts in another fact too, and for any tree of
 * wholes and parts, because numbers rounded down never add up to more than their sum rounded down: no bound
 * becomes narrower by another. */
uint64_t plan_told(uint64_t count, uint64_t min_cell);

/* The fewest that are told of: 2 k, or 1. */
uint64_t plan_least(uint64_t min_cell);

/* Plans for the cells and their machines; machines are told as plan_told says.
 * - whole numbers are put together by powers of two, and those with their neighbours until there are enough;
 *   the ranges of a fact hold all numbers from 0 to PLAN_TOP;
 * - what is told of the machines of a fact, less what is told of its groups, is "(other)".
 * A quantile is given when of the machines that are told of in ranges at least min_cell are not above it and as
 * many not below; to 1/64 of its value. Returns 0; or -1 with *fail (EX_OSERR). */
int plan_make(struct plan *plan, const struct cells *cells, const uint64_t *machines, size_t facts,
	      uint64_t min_cell, struct fail *fail);
void plan_fini(struct plan *plan);

#endif
