#include "tests/unit/report.h"

#include "lib/report/parse.h"

#include <stdlib.h>
#include <string.h>

enum { MONDAY = 1447632000 }; /* 2015-11-16T00:00:00Z */

#define SOPHOS(version, machine) \
	"\"sophos\":{\"product_version\":" version ",\"customer_id\":null,\"machine_id\":" machine "}"
#define ID "\"0123456789abcdef0123456789abcdef\""
#define REPORT(level, rest) "{\"schema\":1,\"level\":" level "," SOPHOS("\"9.7.2\"", ID) "," rest "}"
#define SYSTEM "\"system\":{\"time\":\"2015-11-17T08:00:00+01:00\""

static struct schema schema;
static struct parse_report report;

static int set_up(void **state)
{
	(void)state;
	schema = report_schema();
	return 0;
}

static enum parse_result parse_part(const char *line, uint64_t part, uint64_t parts)
{
	struct parse_rules rules = {&schema, MONDAY, MONDAY + 604800, MONDAY + 700000, part, parts};
	size_t size = strlen(line);
	uint8_t *exact = malloc(size + 1); /* so that a read behind the line is seen */
	memcpy(exact, line, size);
	uint8_t *fitted = realloc(exact, size > 0 ? size : 1);
	enum parse_result result = parse_report(&rules, fitted, size, &report);
	free(fitted);
	return result;
}

static enum parse_result parse(const char *line)
{
	return parse_part(line, 0, 1);
}

static void reads_a_report(void **state)
{
	(void)state;
	struct parse_rules rules = {&schema, MONDAY, MONDAY + 604800, MONDAY + 700000, 0, 1};
	const char *line = REPORT("\"9.8.3\"",
				  SYSTEM ",\"memory_total_kib\":4096,\"cpu_type\":\"a \\\"b\\\"\"},"
					 "\"on_access\":{\"enabled\":false},"
					 "\"config\":{\"update_sources\":[\"sophos\",\"http\",\"sophos\"]}");

	assert_int_equal(parse_report(&rules, (const uint8_t *)line, strlen(line), &report), PARSE_ACCEPTED);
	assert_int_equal(report.time, MONDAY + 86400 + 7 * 3600);
	assert_int_equal(report.machine, 0x0123456789abcdef);
	assert_int_equal(report.customer, 0);
	assert_int_equal(report.values[VERSION].kind, PARSE_TEXT);
	assert_memory_equal(report.values[VERSION].text, "9.7.2", 5);
	assert_int_equal(report.values[CUSTOMER].kind, PARSE_UNKNOWN);
	assert_int_equal(report.values[MEMORY].integer, 4096);
	assert_int_equal(report.values[ENABLED].kind, PARSE_FALSE);
	assert_int_equal(report.values[CPU].size, 5);
	assert_memory_equal(report.values[CPU].text, "a \"b\"", 5);
	assert_int_equal(report.values[SOURCES].size, strlen("http, sophos"));
	assert_memory_equal(report.values[SOURCES].text, "http, sophos", report.values[SOURCES].size);
}

static void takes_any_order_and_blanks(void **state)
{
	(void)state;
	assert_int_equal(parse(" { \"system\" : {\"memory_total_kib\" : null , \"time\" : "
			       "\"2015-11-17T00:00:00Z\" } , "
			       "\"sophos\":{ \"machine_id\" : " ID
			       " } , \"level\":\"9.7\", \"schema\":1 } \r"),
			 PARSE_ACCEPTED);
	assert_int_equal(report.values[MEMORY].kind, PARSE_UNKNOWN);
	assert_int_equal(report.values[VERSION].kind, PARSE_ABSENT);
	assert_int_equal(parse(REPORT("\"9.7\"", SYSTEM "},\"config\":{}")), PARSE_ACCEPTED);
}

static void names_why_a_report_is_refused(void **state)
{
	(void)state;
	const struct {
		const char *line;
		enum parse_result result;
	} cases[] = {
		{"", PARSE_NOT_JSON},
		{"x", PARSE_NOT_JSON},
		{"[]", PARSE_NOT_JSON},
		{"{", PARSE_NOT_JSON},
		{"{}", PARSE_NOT_A_REPORT},
		{REPORT("\"9.7\"", SYSTEM "}") "}", PARSE_NOT_JSON},
		{REPORT("\"9.7\"", SYSTEM "}") "{}", PARSE_NOT_JSON},
		{REPORT("\"9.7\"", SYSTEM), PARSE_NOT_JSON},
		{REPORT("\"9.7\"", SYSTEM ",}"), PARSE_NOT_JSON},
		{REPORT("\"9.7\"", SYSTEM "},"), PARSE_NOT_JSON},
		{REPORT("\"9.6\"", SYSTEM "}"), PARSE_NOT_A_REPORT},
		{REPORT("9.7", SYSTEM "}"), PARSE_NOT_A_REPORT},
		{"{\"schema\":2,\"level\":\"9.7\"," SOPHOS("\"1\"", ID) "," SYSTEM "}}", PARSE_NOT_A_REPORT},
		{"{\"level\":\"9.7\"," SOPHOS("\"1\"", ID) "," SYSTEM "}}", PARSE_NOT_A_REPORT},
		{REPORT("\"9.9\"", SYSTEM "}"), PARSE_NOT_A_REPORT},
		{"{\"schema\":1," SOPHOS("\"1\"", ID) "," SYSTEM "}}", PARSE_NOT_A_REPORT},
		{"{\"schema\":1,\"schema\":1,\"level\":\"9.7\"}", PARSE_KEY_TWICE},
		{"{\"schema\":1,\"level\":\"9.7\",\"level\":\"9.7\"}", PARSE_KEY_TWICE},
		{REPORT("\"9.7\"", SYSTEM ",\"time\":null}"), PARSE_KEY_TWICE},
		{REPORT("\"9.7\"", SYSTEM "},\"system\":{}"), PARSE_KEY_TWICE},
		{REPORT("\"9.7\"", SYSTEM "},\"system\":{\"memory_total_kib\":1}"), PARSE_KEY_TWICE},
		{REPORT("\"9.7\"", SYSTEM "},\"on_access\":{},\"on\\u005faccess\":{}"), PARSE_KEY_TWICE},
		{REPORT("\"9.7\"", SYSTEM "},\"on_access\":{}"), PARSE_ACCEPTED},
		{REPORT("\"9.7\"", SYSTEM "},\"what\":{}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM "},\"on\":{}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM "},\"\":{}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM ",\"what\":1}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM "},\"what\":{\"time\":1}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM "},\"what\":1"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM "},\"\":{\"\":1}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM "},\"sophos.product_version\":{\"\":1}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM ",\"time\\u0000\":1}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM ",\"cpu_type\":\"of a later level\"}"), PARSE_UNKNOWN_KEY},
		{REPORT("\"9.7\"", SYSTEM ",\"memory_total_kib\":\"1\"}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.7\"", SYSTEM ",\"memory_total_kib\":true}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.7\"", SYSTEM ",\"memory_total_kib\":1.0}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.7\"", SYSTEM ",\"memory_total_kib\":-1}"), PARSE_BAD_NUMBER},
		{REPORT("\"9.7\"", SYSTEM ",\"memory_total_kib\":9007199254740992}"), PARSE_BAD_NUMBER},
		{REPORT("\"9.7\"", SYSTEM ",\"memory_total_kib\":{}}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.7\"", SYSTEM "},\"on_access\":{\"enabled\":1}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.7\"", SYSTEM "},\"on_access\":{\"enabled\":truely}"), PARSE_NOT_JSON},
		{REPORT("\"9.8.3\"", SYSTEM ",\"cpu_type\":1}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.8.3\"", SYSTEM ",\"cpu_type\":\"a\\u0000b\"}"), PARSE_BAD_TEXT},
		{REPORT("\"9.8.3\"", SYSTEM ",\"cpu_type\":\"a\\u007fb\"}"), PARSE_BAD_TEXT},
		{REPORT("\"9.8.3\"", SYSTEM ",\"cpu_type\":\"a\\u009bb\"}"), PARSE_BAD_TEXT},
		{REPORT("\"9.8.3\"", SYSTEM ",\"cpu_type\":\"a\302\200\"}"), PARSE_BAD_TEXT},
		{REPORT("\"9.8.3\"", SYSTEM ",\"cpu_type\":\"\302\240\303\204\"}"), PARSE_ACCEPTED},
		{REPORT("\"9.8.3\"", SYSTEM ",\"cpu_type\":\"a\xff\"}"), PARSE_NOT_JSON},
		{REPORT("\"9.8.3\"",
			SYSTEM ",\"cpu_type\":\"0123456789012345678901234567890123456789012345678901234567890"
			       "1234\"}"),
		 PARSE_BAD_TEXT},
		{REPORT("\"9.8.3\"", SYSTEM "},\"config\":{\"update_sources\":\"http\"}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.8.3\"",
			SYSTEM "},\"config\":{\"update_sources\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
			       "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"]}"),
		 PARSE_ACCEPTED},
		{REPORT("\"9.8.3\"",
			SYSTEM "},\"config\":{\"update_sources\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
			       "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"]}"),
		 PARSE_BAD_TEXT},
		{REPORT("\"9.8.3\"", SYSTEM "},\"config\":{\"update_sources\":[1]}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.8.3\"", SYSTEM "},\"config\":{\"update_sources\":[\"a\",]}"), PARSE_WRONG_TYPE},
		{REPORT("\"9.8.3\"", SYSTEM "},\"config\":{\"update_sources\":[\"a\"}"), PARSE_NOT_JSON},
		{REPORT("\"9.8.3\"", SYSTEM
			"},\"config\":{\"update_sources\":[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
			"\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]}"),
		 PARSE_BAD_TEXT},
		{"{\"schema\":1,\"level\":\"9.7\"," SOPHOS("\"1\"", "null") "," SYSTEM "}}",
		 PARSE_NO_MACHINE},
		{"{\"schema\":1,\"level\":\"9.7\"," SOPHOS(
			 "\"1\"", "\"0123456789ABCDEF0123456789abcdef\"") "," SYSTEM "}}",
		 PARSE_NO_MACHINE},
		{"{\"schema\":1,\"level\":\"9.7\"," SOPHOS("\"1\"", "\"host\"") "," SYSTEM "}}",
		 PARSE_NO_MACHINE},
		{"{\"schema\":1,\"level\":\"9.7\"," SYSTEM "}}", PARSE_NO_MACHINE},
		{"{\"schema\":1,\"level\":\"9.7\",\"sophos\":{\"customer_id\":\"me\",\"machine_id\":" ID
		 "}," SYSTEM "}}",
		 PARSE_BAD_TEXT},
		{REPORT("\"9.7\"", "\"system\":{}"), PARSE_BAD_TIME},
		{REPORT("\"9.7\"", "\"system\":{\"time\":null}"), PARSE_BAD_TIME},
		{REPORT("\"9.7\"", "\"system\":{\"time\":\"yesterday\"}"), PARSE_BAD_TIME},
		{REPORT("\"9.7\"", "\"system\":{\"time\":\"1970-01-01T00:00:00Z\"}"), PARSE_BAD_TIME},
		{REPORT("\"9.7\"", "\"system\":{\"time\":\"2037-01-01T00:00:00Z\"}"), PARSE_BAD_TIME},
		{REPORT("\"9.7\"", "\"system\":{\"time\":\"2015-11-15T23:59:59Z\"}"), PARSE_OUTSIDE},
		{REPORT("\"9.7\"", "\"system\":{\"time\":\"2015-11-16T00:00:00Z\"}"), PARSE_ACCEPTED},
		{REPORT("\"9.7\"", "\"system\":{\"time\":\"2015-11-22T23:59:59Z\"}"), PARSE_ACCEPTED},
		{REPORT("\"9.7\"", "\"system\":{\"time\":\"2015-11-23T00:00:00Z\"}"), PARSE_OUTSIDE},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (parse(cases[i].line) != cases[i].result)
			fail_msg("%s: %s, not %s", cases[i].line, parse_reason(parse(cases[i].line)),
				 parse_reason(cases[i].result));
}

static void survives_every_cut(void **state)
{
	(void)state;
	char line[REPORT_SIZE];
	size_t size = strlen(report_line(1, 1, 0, "9.7.2\\u00e9", 4096, "true", line)) - 1;

	line[size] = '\0';
	assert_int_equal(parse(line), PARSE_ACCEPTED);
	for (size_t cut = 0; cut < size; cut++) {
		char kept = line[cut];
		line[cut] = '\0';
		assert_int_not_equal(parse(line), PARSE_ACCEPTED);
		line[cut] = kept;
	}
}

static void refuses_a_line_too_long(void **state)
{
	(void)state;
	char *line = malloc(PARSE_LINE_MAX + 2);

	memset(line, ' ', PARSE_LINE_MAX + 1);
	line[PARSE_LINE_MAX + 1] = '\0';
	assert_int_equal(parse(line), PARSE_TOO_LONG);
	free(line);
}

static void leaves_other_parts_alone(void **state)
{
	(void)state;
	const char *line = REPORT("\"9.7\"", SYSTEM "}");
	unsigned accepted = 0;

	for (uint64_t part = 0; part < 7; part++) {
		enum parse_result result = parse_part(line, part, 7);
		assert_true(result == PARSE_ACCEPTED || result == PARSE_ELSEWHERE);
		assert_true(report.has_machine);
		accepted += result == PARSE_ACCEPTED;
	}
	assert_int_equal(accepted, 1);
	(void)parse_part("{\"schema\":1,\"level\":\"9.7\"}", 3, 7);
	assert_false(report.has_machine);
}

static void knows_its_table(void **state)
{
	(void)state;
	struct schema_fact other[FACTS];
	struct schema changed = schema;
	struct fail fail;

	memcpy(other, report_facts, sizeof other);
	assert_int_equal(schema_find_key(&schema, "system.time"), TIME);
	assert_int_equal(schema_find_key(&schema, "system.tim"), FACTS);
	assert_false(schema_is_counted(&schema, MACHINE) || schema_is_counted(&schema, CUSTOMER) ||
		     schema_is_counted(&schema, TIME));
	assert_true(schema_is_counted(&schema, VERSION));
	changed.facts = other;
	assert_true(schema_fingerprint(&changed) == schema_fingerprint(&schema));
	other[CPU].type = SCHEMA_INTEGER;
	assert_true(schema_fingerprint(&changed) != schema_fingerprint(&schema));
	other[MACHINE].type = SCHEMA_STRING;
	assert_fails(schema_init(&changed, other, FACTS, report_levels, 2, &fail), fail, EX_SOFTWARE,
		     "the table of facts: no sophos.machine_id");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_report),           cmocka_unit_test(takes_any_order_and_blanks),
		cmocka_unit_test(survives_every_cut),       cmocka_unit_test(names_why_a_report_is_refused),
		cmocka_unit_test(knows_its_table),          cmocka_unit_test(refuses_a_line_too_long),
		cmocka_unit_test(leaves_other_parts_alone),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
