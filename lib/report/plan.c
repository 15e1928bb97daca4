#include "lib/report/plan.h"

#include "lib/base/fail.h"
#include "lib/report/cells.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const uint16_t plan_per_milles[PLAN_QUANTILES] = {50, 250, 500, 750, 950};

const char *const plan_kind_names[PLAN_KINDS] = {
	[PLAN_VALUE] = "value",   [PLAN_BIN] = "range",   [PLAN_UNKNOWN] = "unknown",
	[PLAN_ABSENT] = "absent", [PLAN_OTHER] = "other",
};

/* A cell with machines, with what it needs to be put in order. */
struct member {
	struct cells_cell cell;
	uint32_t number;
	uint64_t machines;
	uint32_t group; /* of the fact's candidates */
};

static int by_fact_and_value(const void *a, const void *b)
{
	const struct cells_cell *x = &((const struct member *)a)->cell;
	const struct cells_cell *y = &((const struct member *)b)->cell;

	if (x->fact != y->fact)
		return x->fact < y->fact ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	uint32_t size = x->text_size < y->text_size ? x->text_size : y->text_size;
	int compared = size > 0 ? memcmp(x->text, y->text, size) : 0;
	return compared != 0 ? compared : (x->text_size > y->text_size) - (x->text_size < y->text_size);
}

static enum plan_kind kind_of(enum cells_kind kind)
{
	switch (kind) {
	case CELLS_ABSENT:
		return PLAN_ABSENT;
	case CELLS_UNKNOWN:
		return PLAN_UNKNOWN;
	case CELLS_REST:
		return PLAN_OTHER;
	case CELLS_BUCKET:
		return PLAN_BIN;
	case CELLS_FALSE:
	case CELLS_TRUE:
	case CELLS_TEXT:
		break;
	}
	return PLAN_VALUE;
}

uint64_t plan_least(uint64_t min_cell)
{
	return min_cell == 1 ? 1 : 2 * min_cell;
}

uint64_t plan_told(uint64_t count, uint64_t min_cell)
{
	return count < plan_least(min_cell) ? 0 : count - count % min_cell;
}

/* 0, 1, 2 to 3, 4 to 7 and so on. */
static bool is_same_octave(int64_t a, int64_t b)
{
	return (a == 0) == (b == 0) &&
	       (a == 0 || __builtin_clzll((unsigned long long)a) == __builtin_clzll((unsigned long long)b));
}

/* The last number of the octave that holds `low`. */
static int64_t octave_end(int64_t low)
{
	return low == 0 ? 0 : (int64_t)(UINT64_MAX >> __builtin_clzll((unsigned long long)low));
}

/* Makes the groups that one fact could have: a value each, or bins of enough machines, which together hold all
 * numbers: where a bin ends must not tell whether a few machines lie near there. Returns how many. */
static size_t make_candidates(struct member *members, size_t count, uint64_t least, struct plan_group *groups)
{
	size_t made = 0;
	struct plan_group *before = NULL; /* the last group, if a bin that may still take the next octave */

	for (size_t i = 0; i < count; i++) {
		const struct cells_cell *cell = &members[i].cell;
		bool bin = cell->kind == CELLS_BUCKET;
		if (bin && before != NULL &&
		    (before->machines < least || is_same_octave(before->high, cell->low))) {
			before->high = octave_end(cell->low);
			before->machines += members[i].machines;
		} else {
			groups[made++] = (struct plan_group){
				.fact = cell->fact,
				.kind = (uint16_t)kind_of(cell->kind),
				.cell = members[i].number,
				.low = bin && before != NULL ? before->high + 1 : 0,
				.high = bin ? octave_end(cell->low) : 0,
				.machines = members[i].machines,
			};
		}
		before = bin ? &groups[made - 1] : NULL;
		members[i].group = (uint32_t)(made - 1);
	}
	return made;
}

/* The last bin has no end; one of too few machines goes to the one before it. */
static size_t close_bins(struct member *members, size_t count, uint64_t least, struct plan_group *groups,
			 size_t made)
{
	struct plan_group *last = &groups[made - 1];

	if (last->kind != PLAN_BIN)
		return made;
	last->high = PLAN_TOP;
	if (made < 2 || groups[made - 2].kind != PLAN_BIN || last->machines >= least)
		return made;
	groups[made - 2].high = PLAN_TOP;
	groups[made - 2].machines += last->machines;
	for (size_t i = 0; i < count; i++)
		if (members[i].group == made - 1)
			members[i].group--;
	return made - 1;
}

/* Rounds, and turns what then is nothing into "(other)". Returns what "(other)" gets: what is told of the
 * fact's machines less what is told of its groups, so that there is nothing else to subtract. */
static uint64_t round_down(struct plan_group *groups, size_t count, uint64_t min_cell)
{
	uint64_t machines = 0;
	uint64_t told = 0;

	for (size_t i = 0; i < count; i++) {
		machines += groups[i].machines;
		groups[i].machines = groups[i].kind == PLAN_OTHER ? 0
								  : plan_told(groups[i].machines, min_cell);
		if (groups[i].machines == 0)
			groups[i].kind = PLAN_OTHER;
		told += groups[i].machines;
	}
	return plan_told(machines, min_cell) - told;
}

/* Moves the candidates of one fact into the plan, those of "(other)" as one group. */
static void settle(struct plan *plan, const struct member *members, size_t count,
		   const struct plan_group *candidates, size_t made, uint32_t *place_of, uint64_t other)
{
	uint32_t other_place = PLAN_NO_GROUP;

	if (other > 0) {
		other_place = (uint32_t)plan->count++;
		plan->groups[other_place] = (struct plan_group){
			.fact = candidates[0].fact, .kind = PLAN_OTHER, .machines = other};
	}
	for (size_t i = 0; i < made; i++) {
		place_of[i] = candidates[i].kind == PLAN_OTHER ? other_place : (uint32_t)plan->count;
		if (candidates[i].kind != PLAN_OTHER)
			plan->groups[plan->count++] = candidates[i];
	}
	for (size_t i = 0; i < count; i++)
		plan->group_of[members[i].number] = place_of[members[i].group];
}

/* Which quantiles there are depends on what is told, and so tells nothing. */
static void add_quantiles(struct plan *plan, const struct member *members, size_t count,
			  const struct plan_group *candidates, size_t made, uint64_t min_cell)
{
	uint64_t known = 0;
	uint64_t told = 0;
	size_t first = 0;

	while (first < count && members[first].cell.kind != CELLS_BUCKET)
		first++;
	for (size_t i = first; i < count; i++)
		known += members[i].machines;
	for (size_t i = 0; i < made; i++)
		told += candidates[i].kind == PLAN_BIN ? candidates[i].machines : 0;
	for (size_t q = 0; q < PLAN_QUANTILES; q++) {
		uint64_t rank = (known * plan_per_milles[q] + 999) / 1000;
		uint64_t rank_told = (told * plan_per_milles[q] + 999) / 1000;
		uint64_t below = 0;
		size_t at = first;
		if (rank_told < min_cell || told + 1 < rank_told + min_cell)
			continue;
		while (below + members[at].machines < rank)
			below += members[at++].machines;
		const struct cells_cell *cell = &members[at].cell;
		plan->quantiles[plan->quantile_count++] = (struct plan_quantile){
			cell->fact, plan_per_milles[q], cell->low + (cell->high - cell->low) / 2};
	}
}

static int plan_members(struct plan *plan, struct member *members, size_t count, uint64_t min_cell)
{
	struct plan_group *candidates = calloc(count + 1, sizeof *candidates);
	uint32_t *place_of = calloc(count + 1, sizeof *place_of);
	size_t end;

	if (candidates == NULL || place_of == NULL) {
		free(candidates);
		free(place_of);
		return -1;
	}
	qsort(members, count, sizeof *members, by_fact_and_value);
	for (size_t start = 0; start < count; start = end) {
		struct member *fact = members + start;
		end = start;
		while (end < count && members[end].cell.fact == fact->cell.fact)
			end++;
		size_t made = make_candidates(fact, end - start, plan_least(min_cell), candidates);
		made = close_bins(fact, end - start, plan_least(min_cell), candidates, made);
		uint64_t other = round_down(candidates, made, min_cell);
		settle(plan, fact, end - start, candidates, made, place_of, other);
		add_quantiles(plan, fact, end - start, candidates, made, min_cell);
	}
	free(candidates);
	free(place_of);
	return 0;
}

int plan_make(struct plan *plan, const struct cells *cells, const uint64_t *machines, size_t facts,
	      uint64_t min_cell, struct fail *fail)
{
	size_t count = cells_count(cells);
	size_t used = 0;
	struct plan made = {
		.groups = calloc(count + facts + 1, sizeof *made.groups),
		.group_of = malloc((count + 1) * sizeof *made.group_of),
		.quantiles = calloc(facts * PLAN_QUANTILES + 1, sizeof *made.quantiles),
	};
	struct member *members = calloc(count + 1, sizeof *members);

	int result = made.groups == NULL || made.group_of == NULL || made.quantiles == NULL || members == NULL
			     ? -1
			     : 0;
	if (result == 0) {
		memset(made.group_of, 0xff, (count + 1) * sizeof *made.group_of);
		for (uint32_t i = 0; i < count; i++) {
			if (machines[i] == 0)
				continue;
			members[used].number = i;
			members[used].machines = machines[i];
			cells_get(cells, i, &members[used++].cell);
		}
		result = plan_members(&made, members, used, min_cell);
	}
	free(members);
	if (result != 0) {
		plan_fini(&made);
		return fail_errno(fail, EX_OSERR, "cells");
	}
	*plan = made;
	return 0;
}

void plan_fini(struct plan *plan)
{
	free(plan->groups);
	free(plan->group_of);
	free(plan->quantiles);
	*plan = (struct plan){0};
}
