/* What the renderers draw: the aggregates of some weeks, fact by fact. */
#ifndef SAV_REPORT_VIEW_H
#define SAV_REPORT_VIEW_H

#include "lib/report/plan.h"
#include "lib/report/schema.h"
#include "lib/report/week.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

/* What became of reports: a reason of parse.h, or "accepted". */
struct view_result {
	char *name;
	uint64_t reports;
};

struct view_week {
	char name[WEEK_TEXT];
	uint64_t machines;
	uint64_t customers;
	uint64_t min_cell;
	unsigned flags; /* enum tally_flag */
	struct view_result *results;
	size_t result_count;
};

struct view_count {
	uint64_t machines; /* 0: none, or fewer than plan_least of the week's min_cell; so are customers */
	uint64_t customers;
};

/* A value, a range, or what stands for no value. */
struct view_line {
	enum plan_kind kind;
	char *label; /* may go to a terminal */
	int64_t low;
	int64_t high;
	struct view_count *weeks; /* as many as the view has */
};

struct view_quantiles {
	bool known[PLAN_QUANTILES];
	int64_t values[PLAN_QUANTILES];
};

struct view_fact {
	char *key;
	const char *about; /* of the schema; "" for none */
	enum schema_type type;
	size_t order; /* the schema's */
	/* Values by the machines of the last week, most first; ranges ascending; the rest behind them. */
	struct view_line *lines;
	size_t line_count;
	/* In each week: the machines that shares are of, all but those whose report does not have the fact; 0: unknown. */
	uint64_t *asked;
	struct view_quantiles *quantiles; /* of each week; only of whole numbers */
};

struct view {
	struct view_week *weeks; /* oldest first, at least one */
	size_t week_count;
	struct view_fact *facts;
	size_t fact_count;
};

void view_fini(struct view *view);

/* Building, for the database. Each returns 0, or -1 with errno. */
int view_add_week(struct view *view, const struct view_week *week);
int view_add_result(struct view_week *week, const char *name, uint64_t reports);
struct view_fact *view_add_fact(struct view *view, const struct schema *schema, const char *key);
/* `label` is masked already. */
struct view_line *view_add_line(struct view *view, struct view_fact *fact, enum plan_kind kind,
				const char *label, int64_t low, int64_t high);

/* Whether something was wrong with these reports. */
bool view_is_refusal(const struct view_result *result);

/* Puts facts and lines in order and adds up, once all are there. */
void view_sort(struct view *view);

/* The line's share of the machines asked in that week, 0 to 1; negative when there is nothing to divide by. */
double view_share(const struct view_fact *fact, const struct view_line *line, size_t week);

/* Whether the line's machines of that week may be in "(other)": then none is not zero. */
bool view_is_hidden(const struct view_fact *fact, const struct view_line *line, size_t week);

/* The share that the line can have had at most. */
double view_share_most(const struct view_fact *fact, const struct view_line *line, size_t week);

/* Sets *change to what the line's share grew by from the first week in which the fact was asked to the
 * last, 0 to 1. Returns false, *change untouched, when that is not known: there are no two such weeks, or
 * the line is hidden in one of them. */
bool view_change(const struct view *view, const struct view_fact *fact, const struct view_line *line,
		 double *change);

/* The first week of those shown in which the fact was asked of anybody; week_count when in none. */
size_t view_first_week(const struct view *view, const struct view_fact *fact);

/* The line whose share grew most from the first week to the last, at least; NULL when none did by a
 * percentage point or more. */
const struct view_line *view_fastest(const struct view *view, const struct view_fact *fact);

/* The fact with that key, or NULL. */
const struct view_fact *view_find(const struct view *view, const char *key);

/* The line of a boolean fact that counts `true`, or NULL. */
const struct view_line *view_true(const struct view_fact *fact);

#endif
