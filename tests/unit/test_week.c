#include "tests/unit/unit.h"

#include "lib/base/instant.h"
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
		assert_int_equal(instant_parse((const uint8_t *)text, strlen(text), &time), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_week_of_a_day),   cmocka_unit_test(begins_on_monday),
		cmocka_unit_test(comes_back_for_every_week), cmocka_unit_test(knows_the_start_of_a_week),
		cmocka_unit_test(refuses_what_is_no_week),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
