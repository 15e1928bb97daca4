#include "lib/report/tally.h"

#include "lib/base/fail.h"
#include "lib/report/cells.h"
#include "lib/report/count.h"

#include <stdlib.h>
#include <string.h>

/* interfaces: the machine's hash changes every 90 days, counted from 1970. */
enum { EPOCH_SECONDS = 90 * 86400 };

/* Whether some machine's value is counted together with others, because there were too many. */
static bool is_overflow(const struct cells *cells, const uint64_t *machines)
{
	struct cells_cell cell;

	for (uint32_t i = 0; i < cells_count(cells); i++) {
		cells_get(cells, i, &cell);
		if (cell.kind == CELLS_REST && machines[i] > 0)
			return true;
	}
	return false;
}

int tally_init(struct tally *tally, const struct cells *cells, const uint64_t *machines, size_t facts,
	       uint64_t min_cell, struct fail *fail)
{
	struct tally made = {
		.cells = cells,
		.min_cell = min_cell,
		.flags = is_overflow(cells, machines) ? TALLY_OVERFLOW : 0,
	};

	if (plan_make(&made.plan, cells, machines, facts, min_cell, fail) != 0)
		return -1;
	made.customers_of = calloc(made.plan.count + 1, sizeof *made.customers_of);
	made.last_customer = calloc(made.plan.count + 1, sizeof *made.last_customer);
	if (made.customers_of == NULL || made.last_customer == NULL) {
		(void)fail_errno(fail, EX_OSERR, "cells");
		tally_fini(&made);
		return -1;
	}
	*tally = made;
	return 0;
}

void tally_fini(struct tally *tally)
{
	plan_fini(&tally->plan);
	free(tally->customers_of);
	free(tally->last_customer);
	*tally = (struct tally){0};
}

void tally_customer(struct tally *tally, uint64_t customer, uint64_t machines)
{
	tally->machines += machines;
	if (customer != tally->customer_id) {
		tally->customers++;
		tally->customer_id = customer;
		tally->customer_machines = 0;
	}
	tally->customer_machines += customer != 0 ? machines : 0;
	if (tally->customer_machines > tally->customer_machines_max)
		tally->customer_machines_max = tally->customer_machines;
}

void tally_cell(struct tally *tally, uint32_t cell)
{
	uint32_t group = tally->plan.group_of[cell];

	if (group == PLAN_NO_GROUP || tally->customer_id == 0 ||
	    tally->last_customer[group] == tally->customers)
		return;
	tally->last_customer[group] = tally->customers;
	tally->customers_of[group]++;
}

static void round_down(struct tally *tally)
{
	tally->machines = plan_told(tally->machines, tally->min_cell);
	tally->customers = plan_told(tally->customers, tally->min_cell);
	for (size_t i = 0; i < tally->plan.count; i++)
		tally->customers_of[i] = plan_told(tally->customers_of[i], tally->min_cell);
	for (size_t i = 0; i < PARSE_RESULTS; i++)
		tally->told[i] = plan_told(tally->results[i], tally->min_cell);
}

void tally_end(struct tally *tally)
{
	int64_t end = week_start(tally->week) + WEEK_SECONDS;

	if (tally->customer_machines_max > tally->machines / 2 &&
	    plan_told(tally->customer_machines_max, tally->min_cell) > 0)
		tally->flags |= TALLY_ONE_CUSTOMER;
	round_down(tally);
	if (tally->machines == 0) {
		tally->flags |= TALLY_TOO_FEW;
		tally->customers = 0;
		memset(tally->told, 0, sizeof tally->told); /* one a machine: they would tell how many */
	}
	if ((end - 1) / EPOCH_SECONDS != (end - COUNT_WINDOW_SECONDS) / EPOCH_SECONDS)
		tally->flags |= TALLY_EPOCH;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

bool tally_is_flood(uint64_t machines, const uint64_t *before, size_t count)
{
	uint64_t sorted[TALLY_BEFORE];

	if (count > TALLY_BEFORE)
		count = TALLY_BEFORE;
	if (count == 0)
		return false;
	memcpy(sorted, before, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_value);
	return machines / 2 > sorted[count / 2];
}

static const struct {
	const char *name;
	const char *text;
} flags[TALLY_FLAGS] = {
	{"flood", "more than twice the machines of the weeks before: somebody may be sending reports of "
		  "machines that do not exist"},
	{"one-customer", "more than half of the machines belong to one customer"},
	{"overflow", "some facts had too many different values; the rest is in (other)"},
	{"epoch",
	 "the machines' hashes changed in this week: those that reported before and after count twice"},
	{"too-few", "too few machines to tell anything of them"},
};

const char *tally_flag_name(unsigned bit)
{
	return flags[bit].name;
}

const char *tally_flag_text(unsigned bit)
{
	return flags[bit].text;
}
