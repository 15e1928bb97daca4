#include "tests/unit/unit.h"

#include "lib/report/plan.h"
#include "lib/report/quantity.h"

static void reads_as_people_write(void **state)
{
	(void)state;
	char out[2 * QUANTITY_TEXT];

	assert_string_equal(quantity_told(12340, 10, out), "12,340");
	assert_string_equal(quantity_told(0, 10, out), "<20");
	assert_string_equal(quantity_told(0, 1, out), "0");
	assert_string_equal(quantity_ending(1), "");
	assert_string_equal(quantity_ending(0), "s");
	assert_string_equal(quantity_value("server.iptables_rules", 12345, out), "12,345");
	assert_string_equal(quantity_value("system.memory_total_kib", 3900000, out), "3.7 GiB");
	assert_string_equal(quantity_value("system.memory_total_kib", 1 << 20, out), "1 GiB");
	assert_string_equal(quantity_value("config.webui_log_bytes", 0, out), "0 B");
	assert_string_equal(quantity_value("system.uptime_seconds", 86400 * 400, out), "400 d");
	assert_string_equal(quantity_range("system.cpu_cores", 4, 4, out), "4");
	assert_string_equal(quantity_range("system.cpu_cores", 4, 7, out), "4 to 7");
	assert_string_equal(quantity_range("system.memory_total_kib", 1 << 21, (1 << 22) - 1, out),
			    "2 GiB to 4 GiB");
	assert_string_equal(quantity_range("system.memory_total_kib", 1 << 21, PLAN_TOP, out),
			    "2 GiB or more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads_as_people_write)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
