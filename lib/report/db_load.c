#include "lib/report/db.h"

#include "lib/base/fail.h"
#include "lib/base/text.h"
#include "lib/report/db_sql.h"
#include "lib/report/schema.h"
#include "lib/report/tally.h"
#include "lib/report/view.h"

#include <string.h>

enum { LABEL_MAX = 1024 };

static int out_of_memory(const struct db *db, struct fail *fail)
{
	return fail_errno(fail, EX_OSERR, "%s", db->path);
}

static const char *column_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text == NULL ? "" : (const char *)text;
}

/* A text that will be shown: masked, in `room`. Returns that. */
static const char *column_label(sqlite3_stmt *statement, int column, char room[LABEL_MAX])
{
	const uint8_t *text = sqlite3_column_text(statement, column);

	return text_mask(text, (size_t)sqlite3_column_bytes(statement, column), room, LABEL_MAX);
}

static uint64_t column_number(sqlite3_stmt *statement, int column)
{
	int64_t number = sqlite3_column_int64(statement, column);

	return number < 0 ? 0 : (uint64_t)number;
}

/* How many weeks, from the latest on. */
static uint64_t latest_of(const struct db_filter *filter)
{
	return filter->weeks == 0 ? INT64_MAX : filter->weeks;
}

static int load_weeks(const struct db *db, const struct db_filter *filter, struct view *view,
		      struct fail *fail)
{
	int row;
	auto_statement sqlite3_stmt *statement = db_sql_prepare(
		db,
		"SELECT * FROM (SELECT week, machines, customers, min_cell FROM week ORDER BY week DESC "
		"LIMIT ?) ORDER BY 1",
		fail);

	if (statement == NULL)
		return -1;
	if (db_sql_number(statement, 1, latest_of(filter)) != 0)
		return db_sql_fail(db, fail);
	while ((row = db_sql_step(db, statement, fail)) == 1) {
		struct view_week week = {
			.machines = column_number(statement, 1),
			.customers = column_number(statement, 2),
			.min_cell = column_number(statement, 3),
		};
		struct week parsed;
		if (week_parse(column_text(statement, 0), &parsed) != 0)
			return fail_set(fail, EX_DATAERR, "%s: holds a week that cannot be", db->path);
		(void)week_format(parsed, week.name);
		if (view_add_week(view, &week) != 0)
			return out_of_memory(db, fail);
	}
	if (row == 0 && view->week_count == 0)
		return fail_set(fail, EX_DATAERR, "%s: holds no week yet", db->path);
	return row;
}

/* NULL when the view has none of that name. */
static struct view_week *find_week(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->week_count; i++)
		if (strcmp(view->weeks[i].name, name) == 0)
			return &view->weeks[i];
	return NULL;
}

static void set_flag(struct view_week *week, const char *name)
{
	for (unsigned i = 0; i < TALLY_FLAGS; i++)
		if (strcmp(tally_flag_name(i), name) == 0)
			week->flags |= 1U << i;
}

static int load_notes(const struct db *db, struct view *view, struct fail *fail)
{
	char room[LABEL_MAX];
	int row;
	auto_statement sqlite3_stmt *statement = db_sql_prepare(
		db,
		"SELECT week, flag, NULL FROM flag UNION ALL SELECT week, result, reports FROM report ORDER "
		"BY 1, 2",
		fail);

	if (statement == NULL)
		return -1;
	while ((row = db_sql_step(db, statement, fail)) == 1) {
		struct view_week *week = find_week(view, column_text(statement, 0));
		if (week == NULL)
			continue;
		if (sqlite3_column_type(statement, 2) == SQLITE_NULL)
			set_flag(week, column_text(statement, 1));
		else if (view_add_result(week, column_label(statement, 1, room),
					 column_number(statement, 2)) != 0)
			return out_of_memory(db, fail);
	}
	return row;
}

static bool is_wanted(const struct db_filter *filter, const char *fact)
{
	for (size_t i = 0; i < filter->fact_count; i++)
		if (strcmp(filter->facts[i], fact) == 0)
			return true;
	return filter->fact_count == 0;
}

static int kind_of(const char *name, enum plan_kind *kind)
{
	for (unsigned i = 0; i < PLAN_KINDS; i++) {
		if (strcmp(plan_kind_names[i], name) != 0)
			continue;
		*kind = (enum plan_kind)i;
		return 0;
	}
	return -1;
}

/* Whether the row's numbers are a range, if only from 0 to 0. */
static bool is_range(sqlite3_stmt *statement)
{
	int64_t low = sqlite3_column_int64(statement, 3);
	int64_t high = sqlite3_column_int64(statement, 4);

	return low >= 0 && low <= high && high <= PLAN_TOP;
}

/* The row's line, the last one when it is that one: rows come sorted. NULL with errno. */
static struct view_line *line_of(struct view *view, struct view_fact *fact, enum plan_kind kind,
				 sqlite3_stmt *statement)
{
	struct view_line *last = fact->line_count > 0 ? &fact->lines[fact->line_count - 1] : NULL;
	int64_t low = sqlite3_column_int64(statement, 3);
	int64_t high = sqlite3_column_int64(statement, 4);
	char room[LABEL_MAX];
	const char *label = column_label(statement, 2, room);

	if (last != NULL && last->kind == kind && last->low == low && last->high == high &&
	    strcmp(last->label, label) == 0)
		return last;
	return view_add_line(view, fact, kind, label, low, high);
}

static int load_cell(const struct db *db, const struct schema *schema, struct view *view, size_t week,
		     sqlite3_stmt *statement, struct fail *fail)
{
	char room[LABEL_MAX];
	const char *key = column_label(statement, 0, room);
	struct view_fact *fact = view->fact_count > 0 ? &view->facts[view->fact_count - 1] : NULL;
	enum plan_kind kind;

	if (kind_of(column_text(statement, 1), &kind) != 0 || !is_range(statement))
		return fail_set(fail, EX_DATAERR, "%s: holds a cell that cannot be", db->path);
	if (fact == NULL || strcmp(fact->key, key) != 0)
		fact = view_add_fact(view, schema, key);
	struct view_line *line = fact == NULL ? NULL : line_of(view, fact, kind, statement);
	if (line == NULL)
		return out_of_memory(db, fail);
	line->weeks[week].machines += column_number(statement, 6); /* masked, two values may look the same */
	line->weeks[week].customers += column_number(statement, 7);
	return 0;
}

static int load_cells(const struct db *db, const struct schema *schema, const struct db_filter *filter,
		      struct view *view, struct fail *fail)
{
	int row;
	auto_statement sqlite3_stmt *statement = db_sql_prepare(
		db,
		"SELECT fact, kind, value, low, high, week, machines, customers FROM cell WHERE week IN"
		" (SELECT week FROM week ORDER BY week DESC LIMIT ?)"
		" ORDER BY fact, kind, value, low, high, week",
		fail);

	if (statement == NULL)
		return -1;
	if (db_sql_number(statement, 1, latest_of(filter)) != 0)
		return db_sql_fail(db, fail);
	while ((row = db_sql_step(db, statement, fail)) == 1) {
		const struct view_week *week = find_week(view, column_text(statement, 5));
		if (week != NULL && is_wanted(filter, column_text(statement, 0)) &&
		    load_cell(db, schema, view, (size_t)(week - view->weeks), statement, fail) != 0)
			return -1;
	}
	return row;
}

static int load_quantiles(const struct db *db, struct view *view, struct fail *fail)
{
	char room[LABEL_MAX];
	int row;
	auto_statement sqlite3_stmt *statement = db_sql_prepare(
		db, "SELECT week, fact, per_mille, value FROM quantile", fail);

	if (statement == NULL)
		return -1;
	while ((row = db_sql_step(db, statement, fail)) == 1) {
		const struct view_week *week = find_week(view, column_text(statement, 0));
		const struct view_fact *fact = view_find(view, column_label(statement, 1, room));
		if (week == NULL || fact == NULL)
			continue;
		struct view_quantiles *quantiles = &fact->quantiles[week - view->weeks];
		for (size_t i = 0; i < PLAN_QUANTILES; i++) {
			if (plan_per_milles[i] != column_number(statement, 2))
				continue;
			quantiles->known[i] = true;
			quantiles->values[i] = sqlite3_column_int64(statement, 3);
		}
	}
	return row;
}

static int check_filter(const struct schema *schema, const struct db_filter *filter, const struct view *view,
			struct fail *fail)
{
	for (size_t i = 0; i < filter->fact_count; i++)
		if (view_find(view, filter->facts[i]) == NULL &&
		    schema_find_key(schema, filter->facts[i]) == schema->count) {
			(void)fail_set(fail, EX_USAGE, "%s: no such fact", filter->facts[i]);
			return fail_hint(fail, "sav-facts(5) lists them");
		}
	return 0;
}

int db_load_view(struct db *db, const struct schema *schema, const struct db_filter *filter,
		 struct view *view, struct fail *fail)
{
	struct view loaded = {0};

	/* One transaction, so that all comes from the same state. */
	int result = db_sql_run(db, "BEGIN", fail);
	if (result == 0 &&
	    (load_weeks(db, filter, &loaded, fail) != 0 || load_notes(db, &loaded, fail) != 0 ||
	     load_cells(db, schema, filter, &loaded, fail) != 0 || load_quantiles(db, &loaded, fail) != 0))
		result = -1;
	if (result == 0)
		result = check_filter(schema, filter, &loaded, fail);
	(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL); /* nothing was written */
	if (result != 0) {
		view_fini(&loaded);
		return -1;
	}
	view_sort(&loaded);
	*view = loaded;
	return 0;
}
