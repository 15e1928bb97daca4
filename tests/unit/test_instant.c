#include "tests/unit/unit.h"

#include "lib/base/instant.h"

#include <stdlib.h>
#include <string.h>

static int parse(const char *text, int64_t *time)
{
	return instant_parse((const uint8_t *)text, strlen(text), time);
}

static void reads_instants(void **state)
{
	(void)state;
	const struct {
		const char *text;
		int64_t time;
	} cases[] = {
		{"2015-11-16T00:00:00Z", 1447632000},      {"2015-11-16T01:00:00+01:00", 1447632000},
		{"2015-11-15T19:30:00-04:30", 1447632000}, {"2015-11-16t00:00:00.123456z", 1447632000},
		{"2014-08-19T09:59:22+01:00", 1408438762}, {"2014-08-19T08:59:22Z", 1408438762},
		{"2014-08-19T04:29:22-04:30", 1408438762}, {"1970-01-01T00:00:00Z", 0},
		{"2016-12-31T23:59:60Z", 1483228800},      {"2000-02-29T00:00:00+14:00", 951732000},
		{"9999-12-31T23:59:59Z", 253402300799},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int64_t time = -1;
		assert_int_equal(parse(cases[i].text, &time), 0);
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
			     "2015-11-00T00:00:00Z",
			     "2015-11-31T00:00:00Z",
			     "2015-11-16T24:00:00Z",
			     "2015-11-16T00:60:00Z",
			     "2015-11-16T00:00:61Z",
			     "2015-11-16T00:00:0aZ",
			     "2015-11-16T00:00:00.Z",
			     "2015-11-16T00:00:00+0100",
			     "2015-11-16T00:00:00 01:00",
			     "2015-11-16T00:00:00+14:01",
			     "2015-11-16T00:00:00+24:00",
			     "2015-11-16T00:00:00+01:60",
			     "2015-11-16T00:00:00ZZ",
			     "2015-11-16T00:00:00Z\n",
			     "1969-12-31T23:59:59Z",
			     "+015-11-16T00:00:00Z"};
	int64_t time = 7;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(parse(bad[i], &time), -1);
	assert_int_equal(time, 7);
}

static void writes_local_time(void **state)
{
	(void)state;
	const time_t when = 1408438762;
	char text[INSTANT_SIZE];

	assert_int_equal(setenv("TZ", "Asia/Kolkata", 1), 0);
	tzset();
	assert_int_equal(instant_format(when, text), 0);
	assert_string_equal(text, "2014-08-19T14:29:22+05:30");
	assert_int_equal(setenv("TZ", "America/St_Johns", 1), 0);
	tzset();
	assert_int_equal(instant_format(when, text), 0);
	assert_string_equal(text, "2014-08-19T06:29:22-02:30");
	assert_int_equal(instant_format((time_t)1 << 40, text), -1);
	assert_int_equal(instant_format(-((time_t)1 << 36), text), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_instants),
		cmocka_unit_test(refuses_what_is_no_instant),
		cmocka_unit_test(writes_local_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
