#include "lib/report/view.h"

#include "lib/report/parse.h"

#include <stdlib.h>
#include <string.h>

/* The places where "(other)" and the like stand, behind the values. */
static const int rank_of[PLAN_KINDS] = {
	[PLAN_VALUE] = 0, [PLAN_BIN] = 0, [PLAN_OTHER] = 1, [PLAN_UNKNOWN] = 2, [PLAN_ABSENT] = 3,
};

static void fini_fact(struct view_fact *fact)
{
	for (size_t i = 0; i < fact->line_count; i++) {
		free(fact->lines[i].label);
		free(fact->lines[i].weeks);
	}
	free(fact->lines);
	free(fact->quantiles);
	free(fact->asked);
	free(fact->key);
}

void view_fini(struct view *view)
{
	for (size_t i = 0; i < view->week_count; i++) {
		for (size_t j = 0; j < view->weeks[i].result_count; j++)
			free(view->weeks[i].results[j].name);
		free(view->weeks[i].results);
	}
	for (size_t i = 0; i < view->fact_count; i++)
		fini_fact(&view->facts[i]);
	free(view->weeks);
	free(view->facts);
	*view = (struct view){0};
}

/* One more item, zeroed; the array grows at every power of two. NULL with errno. */
static void *extend(void *items_pointer, size_t *count, size_t size)
{
	void **items = items_pointer;

	if ((*count & (*count - 1)) == 0) {
		void *grown = reallocarray(*items, *count == 0 ? 1 : *count * 2, size);
		if (grown == NULL)
			return NULL;
		*items = grown;
	}
	char *item = (char *)*items + *count * size;
	memset(item, 0, size);
	(*count)++;
	return item;
}

int view_add_week(struct view *view, const struct view_week *week)
{
	struct view_week *added = extend(&view->weeks, &view->week_count, sizeof *added);

	if (added == NULL)
		return -1;
	*added = *week;
	return 0;
}

int view_add_result(struct view_week *week, const char *name, uint64_t reports)
{
	struct view_result *added = extend(&week->results, &week->result_count, sizeof *added);

	if (added == NULL)
		return -1;
	added->reports = reports;
	added->name = strdup(name);
	return added->name == NULL ? -1 : 0;
}

struct view_fact *view_add_fact(struct view *view, const struct schema *schema, const char *key)
{
	struct view_fact *fact = extend(&view->facts, &view->fact_count, sizeof *fact);

	if (fact == NULL)
		return NULL;
	fact->order = schema_find_key(schema, key);
	bool known = fact->order < schema->count;
	fact->type = known ? schema->facts[fact->order].type : SCHEMA_STRING;
	fact->about = known && schema->facts[fact->order].about != NULL ? schema->facts[fact->order].about
									: "";
	fact->key = strdup(key);
	fact->quantiles = calloc(view->week_count, sizeof *fact->quantiles);
	fact->asked = calloc(view->week_count, sizeof *fact->asked);
	return fact->key == NULL || fact->quantiles == NULL || fact->asked == NULL ? NULL : fact;
}

struct view_line *view_add_line(struct view *view, struct view_fact *fact, enum plan_kind kind,
				const char *label, int64_t low, int64_t high)
{
	struct view_line *line = extend(&fact->lines, &fact->line_count, sizeof *line);

	if (line == NULL)
		return NULL;
	line->kind = kind;
	line->low = low;
	line->high = high;
	line->label = strdup(label);
	line->weeks = calloc(view->week_count, sizeof *line->weeks);
	return line->label == NULL || line->weeks == NULL ? NULL : line;
}

bool view_is_refusal(const struct view_result *result)
{
	return strcmp(result->name, parse_reason(PARSE_ACCEPTED)) != 0 &&
	       strcmp(result->name, parse_reason(PARSE_OUTSIDE)) != 0;
}

static int by_order(const void *a, const void *b)
{
	const struct view_fact *x = a;
	const struct view_fact *y = b;

	return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->key, y->key);
}

static int by_machines(const void *a, const void *b, void *last_week)
{
	const struct view_line *x = a;
	const struct view_line *y = b;
	size_t week = *(const size_t *)last_week;

	if (rank_of[x->kind] != rank_of[y->kind])
		return rank_of[x->kind] < rank_of[y->kind] ? -1 : 1;
	if (x->kind == PLAN_BIN)
		return x->low != y->low ? (x->low < y->low ? -1 : 1)
					: (x->high > y->high) - (x->high < y->high);
	for (size_t i = week + 1; i-- > 0;)
		if (x->weeks[i].machines != y->weeks[i].machines)
			return x->weeks[i].machines > y->weeks[i].machines ? -1 : 1;
	return strcmp(x->label, y->label);
}

/* What cannot be added up, in a database that somebody made up, is as many as there can be: no share is over 1. */
static void add_up(struct view_fact *fact, size_t weeks)
{
	for (size_t i = 0; i < fact->line_count; i++)
		for (size_t week = 0; week < weeks && fact->lines[i].kind != PLAN_ABSENT; week++)
			if (__builtin_add_overflow(fact->asked[week], fact->lines[i].weeks[week].machines,
						   &fact->asked[week]))
				fact->asked[week] = UINT64_MAX;
}

void view_sort(struct view *view)
{
	size_t last = view->week_count - 1;

	if (view->fact_count > 0)
		qsort(view->facts, view->fact_count, sizeof *view->facts, by_order);
	for (size_t i = 0; i < view->fact_count; i++) {
		add_up(&view->facts[i], view->week_count);
		if (view->facts[i].line_count > 0)
			qsort_r(view->facts[i].lines, view->facts[i].line_count, sizeof *view->facts[i].lines,
				by_machines, &last);
	}
}

double view_share(const struct view_fact *fact, const struct view_line *line, size_t week)
{
	uint64_t asked = fact->asked[week];

	return asked == 0 ? -1 : (double)line->weeks[week].machines / (double)asked;
}

/* Looked for from behind, where it stands; of values there can be 65,536. */
static const struct view_line *other_of(const struct view_fact *fact)
{
	for (size_t i = fact->line_count; i-- > 0 && rank_of[fact->lines[i].kind] > 0;)
		if (fact->lines[i].kind == PLAN_OTHER)
			return &fact->lines[i];
	return NULL;
}

bool view_is_hidden(const struct view_fact *fact, const struct view_line *line, size_t week)
{
	const struct view_line *other = other_of(fact);

	return line->weeks[week].machines == 0 && other != NULL && other->weeks[week].machines > 0;
}

double view_share_most(const struct view_fact *fact, const struct view_line *line, size_t week)
{
	return view_share(fact, view_is_hidden(fact, line, week) ? other_of(fact) : line, week);
}

bool view_change(const struct view *view, const struct view_fact *fact, const struct view_line *line,
		 double *change)
{
	size_t first = view_first_week(view, fact);
	size_t last = view->week_count - 1;

	if (first >= last || fact->asked[last] == 0 || view_is_hidden(fact, line, first) ||
	    view_is_hidden(fact, line, last))
		return false;
	*change = view_share(fact, line, last) - view_share(fact, line, first);
	return true;
}

size_t view_first_week(const struct view *view, const struct view_fact *fact)
{
	size_t week = 0;

	while (week < view->week_count && fact->asked[week] == 0)
		week++;
	return week;
}

const struct view_line *view_fastest(const struct view *view, const struct view_fact *fact)
{
	enum { LEAST_PERCENT = 1 };
	size_t first = view_first_week(view, fact);
	size_t last = view->week_count - 1;
	const struct view_line *fastest = NULL;
	double most = LEAST_PERCENT / 100.0;

	if (first >= last || fact->asked[last] == 0)
		return NULL;
	for (size_t i = 0; i < fact->line_count; i++) {
		const struct view_line *line = &fact->lines[i];
		double growth = view_share(fact, line, last) - view_share_most(fact, line, first);
		if (line->kind == PLAN_VALUE && growth >= most) {
			most = growth;
			fastest = line;
		}
	}
	return fastest;
}

const struct view_fact *view_find(const struct view *view, const char *key)
{
	for (size_t i = 0; i < view->fact_count; i++)
		if (strcmp(view->facts[i].key, key) == 0)
			return &view->facts[i];
	return NULL;
}

const struct view_line *view_true(const struct view_fact *fact)
{
	for (size_t i = 0; i < fact->line_count; i++)
		if (fact->lines[i].kind == PLAN_VALUE && strcmp(fact->lines[i].label, "true") == 0)
			return &fact->lines[i];
	return NULL;
}
