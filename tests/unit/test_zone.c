#include "tests/unit/unit.h"

#include "lib/facts/stamp.h"
#include "lib/facts/zone.h"

#include <stdlib.h>
#include <string.h>

static const char *zone_of(const char *text)
{
	static char name[ZONE_NAME_SIZE];

	memset(name, 'x', sizeof name);
	return zone_parse_name((struct span){(const uint8_t *)text, strlen(text)}, name) ? name : "(none)";
}

static void takes_names_of_zones(void **state)
{
	(void)state;
	assert_string_equal(zone_of("Europe/Berlin"), "Europe/Berlin");
	assert_string_equal(zone_of(":America/Argentina/Buenos_Aires\n"), "America/Argentina/Buenos_Aires");
	assert_string_equal(zone_of("/usr/share/zoneinfo/Etc/GMT+3"), "Etc/GMT+3");
	assert_string_equal(zone_of("../usr/share/zoneinfo/posix/America/Port-au-Prince"),
			    "America/Port-au-Prince");
	assert_string_equal(zone_of("/usr/share/zoneinfo/right/UTC"), "UTC");
	assert_string_equal(zone_of("UTC"), "UTC");
	assert_string_equal(zone_of("EST5EDT"), "EST5EDT");
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	const char *bad[] = {"",
			     "CET-1CEST",
			     "<+03>-3",
			     "XYZ",
			     "../../etc/passwd",
			     "Europe/../passwd",
			     "Europe/",
			     "/etc/Zone",
			     "Europe//Berlin",
			     "Europe/Ber lin",
			     "Europe/B\xc3\xa9rlin",
			     "A/B\nC/D",
			     "A/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_string_equal(zone_of(bad[i]), "(none)");
}

static int stamp(const char *text, time_t *when)
{
	return stamp_parse((struct span){(const uint8_t *)text, strlen(text)}, when);
}

static void reads_and_writes_times(void **state)
{
	(void)state;
	char text[STAMP_SIZE];
	time_t when;

	assert_int_equal(stamp("2014-08-19T09:59:22+01:00", &when), 0);
	assert_true(when == 1408438762);
	assert_int_equal(stamp("2014-08-19T08:59:22Z", &when), 0);
	assert_true(when == 1408438762);
	assert_int_equal(stamp("2014-08-19T04:29:22-04:30", &when), 0);
	assert_true(when == 1408438762);
	assert_int_equal(setenv("TZ", "Asia/Kolkata", 1), 0);
	tzset();
	assert_int_equal(stamp_format(when, text), 0);
	assert_string_equal(text, "2014-08-19T14:29:22+05:30");
	assert_int_equal(setenv("TZ", "America/St_Johns", 1), 0);
	tzset();
	assert_int_equal(stamp_format(when, text), 0);
	assert_string_equal(text, "2014-08-19T06:29:22-02:30");
	assert_int_equal(stamp_format((time_t)1 << 40, text), -1);
}

static void refuses_what_is_no_time(void **state)
{
	(void)state;
	const char *bad[] = {"",
			     "2014-08-19",
			     "2014-08-19T09:59:22",
			     "2014-08-19T09:59:22z",
			     "2014-13-19T09:59:22Z",
			     "2014-08-00T09:59:22Z",
			     "2014-08-19T24:59:22Z",
			     "2014-08-19T09:60:22Z",
			     "1969-08-19T09:59:22Z",
			     "2014-08-19 09:59:22Z",
			     "2014-08-19T09:59:22+0100",
			     "2014-08-19T09:59:22+24:00",
			     "2014-08-19T09:59:22 01:00",
			     "2014-08-19T09:59:2aZ",
			     "2014-08-19T09:59:22Z\n"};
	time_t when = 7;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(stamp(bad[i], &when), -1);
	assert_true(when == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_names_of_zones),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(reads_and_writes_times),
		cmocka_unit_test(refuses_what_is_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
