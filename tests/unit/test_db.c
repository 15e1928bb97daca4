/* The database, and what is read back from it: view, tables, CSV, JSON. */
#include "tests/unit/folder.h"
#include "tests/unit/report.h"

#include "lib/base/buf.h"
#include "lib/report/count.h"
#include "lib/report/db.h"
#include "lib/report/dump.h"
#include "lib/report/html.h"
#include "lib/report/show.h"
#include "lib/report/tally.h"
#include "lib/report/view.h"

#include <math.h>
#include <sqlite3.h>

enum { NOW = 1448236800 /* 2015-11-23 */, MIN_CELL = 10 };

static struct schema schema;
static struct fail failure;
static char path[FOLDER_PATH];

static int set_up(void **state)
{
	int result = folder_make(state);

	schema = report_schema();
	(void)snprintf(path, sizeof path, "%s", folder_path("db"));
	return result;
}

/* Puts a week with `machines` machines, of which `new_ones` run 9.8.3. */
static unsigned put_week(int number, unsigned machines, unsigned new_ones)
{
	struct count_options options = {&schema, {2015, number}, NOW, 0, 1, "/tmp"};
	struct count *count = count_new(&options, &failure);
	struct db *db = db_open(path, DB_WRITE, &failure);
	struct tally tally;
	char line[REPORT_SIZE];

	assert_non_null(count);
	assert_non_null(db);
	for (unsigned i = 0; i < machines; i++) {
		(void)report_line(i + 1, i + 1, (number - 47) * WEEK_SECONDS + 86400,
				  i < new_ones ? "9.8.3" : "=9,\\\"7\\u202e", 1 << i % 3,
				  i % 4 == 0 ? "true" : "false", line);
		assert_int_equal(count_feed(count, (const uint8_t *)line, strlen(line), &failure), 0);
	}
	assert_int_equal(count_feed(count, (const uint8_t *)"what\n", 5, &failure), 0);
	assert_int_equal(count_tally(count, MIN_CELL, &tally, &failure), 0);
	assert_int_equal(db_put(db, &schema, &tally, &failure), 0);
	unsigned flags = tally.flags;
	tally_fini(&tally);
	count_free(count);
	db_close(db);
	return flags;
}

static int load(const char *fact, size_t weeks, struct view *view)
{
	struct db_filter filter = {&fact, fact == NULL ? 0 : 1, weeks};
	struct db *db = db_open(path, DB_READ, &failure);
	int result = db == NULL ? -1 : db_load_view(db, &schema, &filter, view, &failure);

	db_close(db);
	return result;
}

static void gives_back_what_was_put(void **state)
{
	(void)state;
	struct view view;

	assert_int_equal(put_week(46, 100, 20), 0);
	assert_int_equal(put_week(47, 110, 66), 0);
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_int_equal(view.week_count, 2);
	assert_string_equal(view.weeks[0].name, "2015-W46");
	assert_int_equal(view.weeks[1].machines, 110);
	assert_int_equal(view.weeks[1].customers, 110);
	assert_int_equal(view.weeks[1].min_cell, MIN_CELL);
	assert_int_equal(view.weeks[1].result_count, 1); /* the one that was refused is not told of */
	assert_string_equal(view.weeks[1].results[0].name, "accepted");

	const struct view_fact *version = view_find(&view, "sophos.product_version");
	assert_non_null(version);
	assert_ptr_equal(version, &view.facts[0]); /* the schema's order */
	assert_int_equal(version->line_count, 3);
	assert_string_equal(version->lines[0].label, "9.8.3"); /* the most first */
	assert_int_equal(version->lines[0].weeks[0].machines, 20);
	assert_int_equal(version->lines[0].weeks[1].machines, 60);
	/* registers of 80 bits differ */
	assert_float_equal(view_share(version, &version->lines[0], 1), 60.0 / 110, 1e-12);
	assert_ptr_equal(view_fastest(&view, version), &version->lines[0]);
	assert_string_equal(version->lines[1].label, "=9,\"7\\xe2\\x80\\xae"); /* masked */

	const struct view_fact *memory = view_find(&view, "system.memory_total_kib");
	assert_int_equal(memory->lines[2].low, 4);
	assert_int_equal(memory->lines[2].high, PLAN_TOP);
	assert_true(memory->quantiles[1].known[2]);
	assert_int_equal(memory->quantiles[1].values[2], 2);
	assert_non_null(view_true(view_find(&view, "on_access.enabled")));
	assert_null(view_find(&view, "sophos.machine_id"));
	assert_null(view_find(&view, "system.time"));
	view_fini(&view);
}

static void replaces_a_week_as_a_whole(void **state)
{
	(void)state;
	struct view view;

	(void)put_week(46, 100, 20);
	(void)put_week(47, 110, 66);
	(void)put_week(47, 60, 60);
	assert_int_equal(load("sophos.product_version", 1, &view), 0);
	assert_int_equal(view.week_count, 1);
	assert_int_equal(view.weeks[0].machines, 60);
	assert_int_equal(view.fact_count, 1);
	assert_int_equal(view.facts[0].line_count, 1);
	view_fini(&view);
	assert_int_equal(load("sophos.product_version", 0, &view), 0);
	assert_int_equal(view.weeks[0].machines, 100);
	view_fini(&view);
}

static void flags_a_flood(void **state)
{
	(void)state;
	(void)put_week(45, 100, 50);
	assert_int_equal(put_week(46, 201, 50), 0);
	assert_int_equal(put_week(47, 450, 50), TALLY_FLOOD);
	struct view view;
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_int_equal(view.weeks[2].flags, TALLY_FLOOD);
	assert_int_equal(view.weeks[1].flags, 0);
	view_fini(&view);
}

static void refuses_what_is_no_database_of_ours(void **state)
{
	(void)state;
	struct view view;
	sqlite3 *handle;
	char wanted[FOLDER_PATH + 128];

	assert_int_equal(load(NULL, 0, &view), -1);
	assert_int_equal(failure.status, EX_NOINPUT);
	folder_put("db", "not a database, but long enough to be looked at as one, one would think");
	assert_null(db_open(path, DB_WRITE, &failure));
	(void)snprintf(wanted, sizeof wanted, "%s: file is not a database", path);
	assert_string_equal(failure.text, wanted);
	assert_int_equal(failure.status, EX_DATAERR);
	assert_int_equal(unlink(path), 0);

	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "CREATE TABLE t (x)", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
	assert_null(db_open(path, DB_WRITE, &failure));
	(void)snprintf(wanted, sizeof wanted, "%s: a database, but not of sav-report", path);
	assert_string_equal(failure.text, wanted);
	assert_int_equal(unlink(path), 0);

	(void)put_week(47, 20, 20);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "PRAGMA user_version=1", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
	assert_null(db_open(path, DB_READ, &failure));
	(void)snprintf(wanted, sizeof wanted, "%s: of version 1 of the schema; this program knows version 2",
		       path);
	assert_string_equal(failure.text, wanted);
	assert_int_equal(unlink(path), 0);

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(db_open(path, DB_WRITE, &failure));
	assert_int_equal(failure.status, EX_NOINPUT);
}

static void refuses_a_fact_that_nobody_knows(void **state)
{
	(void)state;
	struct view view;

	(void)put_week(47, 20, 20);
	assert_fails(load("sophos.what", 0, &view), failure, EX_USAGE, "sophos.what: no such fact");
	assert_int_equal(load("system.cpu_type", 0, &view), 0); /* known, not asked */
	view_fini(&view);
}

static void draws_tables(void **state)
{
	(void)state;
	struct view view;
	struct show_style plain = {.width = 80};
	struct show_style drawn = {.bars = true, .width = 100, .lines = 1};
	auto_buf struct buf out = BUF_INIT(1 << 20);

	(void)put_week(46, 100, 20);
	(void)put_week(47, 110, 66);
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_int_equal(show_format(&view, &plain, &out, &failure), 0);
	assert_non_null(strstr(buf_text(&out),
			       "2015-W47: 110 machines of 110 customers; 2 weeks from 2015-W46\n"
			       "9.8.3 grows fastest: from 20.0 % to 54.5 % of the machines since 2015-W46.\n"
			       "\nsophos."));
	assert_non_null(strstr(buf_text(&out), "  9.8.3            "
					       "          60"
					       "         60"
					       "    54.5 %"
					       "   +34.5\n"));
	assert_null(strchr(buf_text(&out), '\033'));
	for (const char *at = buf_text(&out); *at != '\0'; at++)
		assert_true((unsigned char)*at < 0x80);
	buf_fini(&out);
	assert_int_equal(show_format(&view, &drawn, &out, &failure), 0);
	assert_non_null(strstr(buf_text(&out), "█"));
	assert_non_null(strstr(buf_text(&out), "and 1 more value on 40 machines"));
	view_fini(&view);
}

/* 5 of 100 are in "(other)", with what rounding takes from 95: not none, and what they grew by is not known. */
static void tells_no_change_from_a_hidden_share(void **state)
{
	(void)state;
	struct view view;
	double change = -9;

	(void)put_week(46, 100, 5);
	(void)put_week(47, 110, 66);
	assert_int_equal(load("sophos.product_version", 0, &view), 0);
	const struct view_fact *version = view_find(&view, "sophos.product_version");
	assert_non_null(version);
	const struct view_line *line = &version->lines[0];
	assert_string_equal(line->label, "9.8.3");
	assert_true(view_is_hidden(version, line, 0));
	assert_false(view_is_hidden(version, line, 1));
	double most = view_share_most(version, line, 0);
	assert_true(fabs(most - 0.1) < 1e-12); /* an i386 calculates with more digits than a double keeps */
	assert_false(view_change(&view, version, line, &change));
	assert_true(change == -9);
	assert_ptr_equal(view_fastest(&view, version), line); /* all the same: from at most 10 % */
	view_fini(&view);
}

static void writes_csv_and_json(void **state)
{
	(void)state;
	struct view view;
	auto_buf struct buf csv = BUF_INIT(1 << 20);
	auto_buf struct buf json = BUF_INIT(1 << 20);

	(void)put_week(47, 110, 66);
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_int_equal(dump_csv(&view, &csv, &failure), 0);
	assert_non_null(strstr(buf_text(&csv), "2015-W47,,population,,,,110,110,\r\n"));
	assert_non_null(strstr(buf_text(&csv),
			       "2015-W47,sophos.product_version,value,\"9.8.3\",,,60,60,0.545455\r\n"));
	/* No formula for a spreadsheet, and quotes doubled. */
	assert_non_null(strstr(buf_text(&csv), ",value,\"'=9,\"\"7\\xe2\\x80\\xae\",,,40,40,"));
	assert_non_null(
		strstr(buf_text(&csv), "2015-W47,system.memory_total_kib,range,,4,9007199254740991,30,30,"));
	assert_non_null(strstr(buf_text(&csv), "2015-W47,system.memory_total_kib,quantile,0.50,2,2,,,\r\n"));
	assert_int_equal(dump_json(&view, &json, &failure), 0);
	assert_non_null(strstr(buf_text(&json), "\"min_cell\": 10"));
	assert_non_null(strstr(buf_text(&json), "\"accepted\": 110"));
	assert_null(strstr(buf_text(&json), "not JSON")); /* one */
	view_fini(&view);
}

/* A database may come from somebody else. */
static void put_week_and_change(const char *sql)
{
	sqlite3 *handle;

	(void)put_week(47, 110, 66);
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void masks_names_that_it_does_not_know(void **state)
{
	(void)state;
	struct view view;
	auto_buf struct buf json = BUF_INIT(1 << 20);

	put_week_and_change("UPDATE cell SET fact = CAST(X'1b5b41bb' AS TEXT) WHERE fact = "
			    "'system.memory_total_kib';"
			    "UPDATE report SET result = CAST(X'0a07' AS TEXT) WHERE result = 'accepted'");
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_non_null(view_find(&view, "\\x1b[A\\xbb"));
	assert_int_equal(dump_json(&view, &json, &failure), 0);
	assert_non_null(strstr(buf_text(&json), "\"\\\\x0a\\\\x07\": 1"));
	view_fini(&view);
}

static void adds_up_values_that_look_the_same(void **state)
{
	(void)state;
	struct view view;

	put_week_and_change(
		"INSERT INTO cell SELECT week, fact, kind, '=9,\"7\\xe2\\x80\\xae', low, high, 30, 20"
		" FROM cell WHERE value = '9.8.3'");
	assert_int_equal(load("sophos.product_version", 0, &view), 0);
	assert_string_equal(view.facts[0].lines[0].label, "=9,\"7\\xe2\\x80\\xae");
	assert_int_equal(view.facts[0].lines[0].weeks[0].machines, 70);
	view_fini(&view);
}

static void quotes_names_that_are_none_of_a_fact(void **state)
{
	(void)state;
	struct view view;
	auto_buf struct buf csv = BUF_INIT(1 << 20);

	put_week_and_change("UPDATE cell SET fact = '=1+1,x' WHERE fact = 'sophos.product_version'");
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_int_equal(dump_csv(&view, &csv, &failure), 0);
	assert_non_null(strstr(buf_text(&csv), "\r\n2015-W47,\"'=1+1,x\",value,\"9.8.3\",,,60,60,"));
	view_fini(&view);
}

static void draws_numbers_that_cannot_be_added_up(void **state)
{
	(void)state;
	const struct show_style drawn = {.bars = true, .width = 100};
	struct view view;
	auto_buf struct buf out = BUF_INIT(1 << 20);

	put_week_and_change(
		"DELETE FROM cell WHERE kind = 'other'; UPDATE cell SET machines = 9223372036854775807;"
		"INSERT INTO cell SELECT week, fact, kind, 'one more', low, high, 9, 9 FROM cell"
		" WHERE value = '9.8.3'");
	assert_int_equal(load(NULL, 0, &view), 0);
	for (size_t i = 0; i < view.fact_count; i++)
		for (size_t j = 0; j < view.facts[i].line_count; j++)
			assert_true(view_share(&view.facts[i], &view.facts[i].lines[j], 0) <= 1);
	assert_int_equal(show_format(&view, &drawn, &out, &failure), 0);
	view_fini(&view);
}

static void refuses_ranges_that_cannot_be(void **state)
{
	(void)state;
	static const char *const bounds[] = {"low = -1", "low = high + 99", "high = 9223372036854775807"};
	char sql[128];
	char wanted[FOLDER_PATH + 64];
	struct view view;

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		(void)snprintf(sql, sizeof sql, "UPDATE cell SET %s WHERE kind = 'range' AND low = 0",
			       bounds[i]);
		put_week_and_change(sql);
		(void)snprintf(wanted, sizeof wanted, "%s: holds a cell that cannot be", path);
		assert_fails(load(NULL, 0, &view), failure, EX_DATAERR, wanted);
	}
}

static void refuses_a_database_that_says_what_cannot_be(void **state)
{
	(void)state;
	const struct {
		const char *sql, *reason;
	} cases[] = {
		{"DELETE FROM week", "holds no week yet"},
		{"UPDATE week SET week='2015-W54'", "holds a week that cannot be"},
		{"PRAGMA ignore_check_constraints=1; UPDATE cell SET kind='guess' WHERE kind='value'",
		 "holds a cell that cannot be"},
	};
	struct view view;
	char wanted[FOLDER_PATH + 64];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		put_week_and_change(cases[i].sql);
		(void)snprintf(wanted, sizeof wanted, "%s: %s", path, cases[i].reason);
		assert_fails(load(NULL, 0, &view), failure, EX_DATAERR, wanted);
		assert_int_equal(unlink(path), 0);
	}
}

static void a_page_tells_what_was_refused(void **state)
{
	(void)state;
	struct view view;
	auto_buf struct buf out = BUF_INIT(4 << 20);

	put_week_and_change("INSERT INTO report VALUES ('2015-W47', 'not JSON', 1234)");
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_int_equal(html_format(&view, &out, &failure), 0);
	assert_non_null(strstr(buf_text(&out), "<b>1,234</b> reports refused"));
	view_fini(&view);
}

static void a_page_tells_how_much_it_leaves_out(void **state)
{
	(void)state;
	struct view view;
	auto_buf struct buf out = BUF_INIT(4 << 20);

	put_week_and_change(
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < 31) INSERT INTO cell "
		"SELECT '2015-W47', 'sophos.product_version', 'value', 'v ' || i, 0, 0, 10, 10 FROM n");
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_int_equal(html_format(&view, &out, &failure), 0);
	assert_non_null(strstr(buf_text(&out), "<p class=note>And 3 more values, on "));
	view_fini(&view);
}

static void a_fact_begins_when_it_was_asked(void **state)
{
	(void)state;
	struct view view;

	(void)put_week(46, 20, 20);
	put_week_and_change("DELETE FROM cell WHERE week='2015-W46' AND fact='sophos.product_version'");
	assert_int_equal(load(NULL, 0, &view), 0);
	assert_int_equal(view_first_week(&view, view_find(&view, "sophos.product_version")), 1);
	assert_int_equal(view_first_week(&view, view_find(&view, "on_access.enabled")), 0);
	view_fini(&view);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gives_back_what_was_put),
		TEST(replaces_a_week_as_a_whole),
		TEST(flags_a_flood),
		TEST(refuses_what_is_no_database_of_ours),
		TEST(refuses_a_fact_that_nobody_knows),
		TEST(draws_tables),
		TEST(tells_no_change_from_a_hidden_share),
		TEST(writes_csv_and_json),
		TEST(masks_names_that_it_does_not_know),
		TEST(adds_up_values_that_look_the_same),
		TEST(quotes_names_that_are_none_of_a_fact),
		TEST(draws_numbers_that_cannot_be_added_up),
		TEST(refuses_ranges_that_cannot_be),
		TEST(refuses_a_database_that_says_what_cannot_be),
		TEST(a_page_tells_what_was_refused),
		TEST(a_page_tells_how_much_it_leaves_out),
		TEST(a_fact_begins_when_it_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
