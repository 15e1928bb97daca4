#include "tests/unit/unit.h"

#include "lib/facts/zone.h"

#include <string.h>

static const char *zone_of(const char *text)
{
	static char name[ZONE_NAME_SIZE];

	memset(name, 'x', sizeof name);
	return zone_parse_name(lines_of(text), name) ? name : "(none)";
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
			     "Company/Head_Office",
			     "/usr/share/zoneinfo/planteduser/Office",
			     "Europe",
			     "Europe//Berlin",
			     "Europe/Ber lin",
			     "Europe/B\xc3\xa9rlin",
			     "A/B\nC/D",
			     "A/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_string_equal(zone_of(bad[i]), "(none)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_names_of_zones),
		cmocka_unit_test(refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
