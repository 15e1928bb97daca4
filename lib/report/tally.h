/* The aggregates of one week. What is stored of it is as plan_told leaves it. */
#ifndef SAV_REPORT_TALLY_H
#define SAV_REPORT_TALLY_H

#include "lib/report/parse.h"
#include "lib/report/plan.h"
#include "lib/report/week.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cells;
struct fail;

/* What the reader of a week should know. Bits. */
enum tally_flag {
	TALLY_FLOOD = 1,        /* far more machines than in the weeks before */
	TALLY_ONE_CUSTOMER = 2, /* more than half of the machines are one customer's */
	TALLY_OVERFLOW = 4,     /* more different values than are counted apart */
	TALLY_EPOCH = 8,    /* ids changed within the window: who reported before and after counts twice */
	TALLY_TOO_FEW = 16, /* too few machines to tell of: nothing at all is stored of them */
	TALLY_FLAGS = 5,    /* how many there are */
};

struct tally {
	struct week week;
	uint64_t min_cell;
	uint64_t machines;
	uint64_t customers;
	uint64_t results[PARSE_RESULTS]; /* reports, by what became of them: never stored */
	uint64_t told[PARSE_RESULTS];    /* of those */
	unsigned flags;
	struct plan plan;
	uint64_t *customers_of; /* of each group of the plan */
	/* while counting: */
	const struct cells *cells; /* borrowed; the texts of the groups */
	uint64_t *last_customer;   /* counted in each group, by its number from 1 */
	uint64_t customer_id;
	uint64_t customer_machines;
	uint64_t customer_machines_max;
};

/* Begins with the cells and their machines (one of `cells_count` each), which tell of TALLY_OVERFLOW. Returns 0;
 * or -1 with *fail. tally_fini frees; {0} is a valid tally. */
int tally_init(struct tally *tally, const struct cells *cells, const uint64_t *machines, size_t facts,
	       uint64_t min_cell, struct fail *fail);
void tally_fini(struct tally *tally);

/* The next customer (0: none) with so many machines; customers come in the order of their ids. */
void tally_customer(struct tally *tally, uint64_t customer, uint64_t machines);

/* The present customer has machines in this cell. */
void tally_cell(struct tally *tally, uint32_t cell);

/* After the last customer: sets every other flag but TALLY_FLOOD, and rounds the numbers. */
void tally_end(struct tally *tally);

/* Whether `machines` is a flood after the weeks before (latest first, at most TALLY_BEFORE of them looked
 * at): more than twice their median. */
enum { TALLY_BEFORE = 8 };
bool tally_is_flood(uint64_t machines, const uint64_t *before, size_t count);

/* The flag 1 << `bit` (below TALLY_FLAGS) as a word, and as a sentence for people. */
const char *tally_flag_name(unsigned bit);
const char *tally_flag_text(unsigned bit);

#endif
