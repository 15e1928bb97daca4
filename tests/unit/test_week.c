#include "tests/unit/unit.h"

#include "lib/report/week.h"

#include <stdio.h>
#include <string.h>

/* Source: the ISO 8601 week dates that `date +%G-W%V` prints. */
static void knows_the_week_of_a_day(void **state)
{
	(void)state;
	const struct {
		const char *day;
		const char *week;
	} cases[] = {
		{"1970-01-01", "1970-W01"}, {"1971-01-02", "1970-W53"}, {"2014-12-29", "2015-W01"},
		{"2015-11-22", "2015-W47"}, {"2015-11-23", "2015-W48"}, {"2016-01-03", "2015-W53"},
		{"2016-01-04", "2016-W01"}, {"2020-12-31", "2020-W53"}, {"2021-01-03", "2020-W53"},
		{"2024-02-29", "2024-W09"}, {"2027-01-01", "2026-W53"}, {"2100-03-01", "2100-W09"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[32];
		char week[WEEK_TEXT];
		int64_t time;
		(void)snprintf(text, sizeof text, "%sT12:00:00Z", cases[i].day);
		assert_int_equal(week_parse_instant((const uint8_t *)text, strlen(text), &time), 0);
		assert_string_equal(week_format(week_of(time), week), cases[i].week);
	}
}

static void begins_on_monday(void **state)
{
	(void)state;
	struct week week;

	assert_int_equal(week_parse("2015-W47", &week), 0);
	assert_int_equal(week_start(week), 1447632000); /* 2015-11-16T00:00:00Z */
	assert_int_equal(week_parse("2015-W53", &week), 0);
	assert_int_equal(week_start(week), 1451260800); /* 2015-12-28T00:00:00Z */
}

static void comes_back_for_every_week(void **state)
{
	(void)state;
	for (int64_t time = 345600; time < INT64_C(7000000000); time += WEEK_SECONDS) {
		struct week week = week_of(time);
		struct week again;
		char text[WEEK_TEXT];
		assert_int_equal(week_start(week), time);
		assert_int_equal(week_of(time + WEEK_SECONDS - 1).number, week.number);
		assert_int_equal(week_parse(week_format(week, text), &again), 0);
		assert_int_equal(week_start(again), time);
	}
}

static void knows_the_start_of_a_week(void **state)
{
	(void)state;
	const int64_t first = week_start((struct week){1970, 1});
	const int64_t last = week_start((struct week){9998, 53});

	assert_true(week_is_start(first));
	assert_false(week_is_start(first - WEEK_SECONDS));
	assert_false(week_is_start(first + 86400));
	assert_true(week_is_start(last));
	assert_false(week_is_start(last + WEEK_SECONDS));
	assert_false(week_is_start(INT64_MIN) || week_is_start(INT64_MAX));
}

static void refuses_what_is_no_week(void **state)
{
	(void)state;
	const char *bad[] = {"",         "2015",     "2015-47",   "2015-W00",   "2014-W53", "2015-W54",
			     "2015-w47", "2015-W4",  "2015-W047", "1969-W10",   "9999-W01", "2015-W47 ",
			     " 015-W47", "-015-W47", "2015/W47",  "2015-W4\xb2"};
	struct week week = {1, 2};

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(week_parse(bad[i], &week), -1);
	assert_int_equal(week.year, 1);
}

static void reads_instants(void **state)
{
	(void)state;
	const struct {
		const char *text;
		int64_t time;
	} cases[] = {
		{"2015-11-16T00:00:00Z", 1447632000},
		{"2015-11-16T01:00:00+01:00", 1447632000},
		{"2015-11-15T19:30:00-04:30", 1447632000},
		{"2015-11-16t00:00:00.123456z", 1447632000},
		{"1970-01-01T00:00:00Z", 0},
		{"2016-12-31T23:59:60Z", 1483228800},
		{"2000-02-29T00:00:00+14:00", 951732000},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t time = -1;
		assert_int_equal(
			week_parse_instant((const uint8_t *)cases[i].text, strlen(cases[i].text), &time), 0);
		assert_int_equal(time, cases[i].time);
	}
}

static void refuses_what_is_no_instant(void **state)
{
	(void)state;
	const char *bad[] = {"",
			     "2015-11-16",
			     "2015-11-16T00:00:00",
			     "2015-11-16 00:00:00Z",
			     "2015-02-29T00:00:00Z",
			     "2100-02-29T00:00:00Z",
			     "2015-13-01T00:00:00Z",
			     "2015-00-01T00:00:00Z",
			     "2015-11-31T00:00:00Z",
			     "2015-11-16T24:00:00Z",
			     "2015-11-16T00:60:00Z",
			     "2015-11-16T00:00:61Z",
			     "2015-11-16T00:00:00.Z",
			     "2015-11-16T00:00:00+0100",
			     "2015-11-16T00:00:00+14:01",
			     "2015-11-16T00:00:00+01:60",
			     "2015-11-16T00:00:00ZZ",
			     "1969-12-31T23:59:59Z",
			     "+015-11-16T00:00:00Z"};
	int64_t time = 7;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(week_parse_instant((const uint8_t *)bad[i], strlen(bad[i]), &time), -1);
	assert_int_equal(time, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_week_of_a_day),    cmocka_unit_test(begins_on_monday),
		cmocka_unit_test(comes_back_for_every_week),  cmocka_unit_test(knows_the_start_of_a_week),
		cmocka_unit_test(refuses_what_is_no_week),    cmocka_unit_test(reads_instants),
		cmocka_unit_test(refuses_what_is_no_instant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
