#include "tests/unit/unit.h"

#include "lib/report/scan.h"

#include <string.h>

static uint8_t scratch[64];

static struct scan scan_of(const char *text)
{
	return (struct scan){(const uint8_t *)text, (const uint8_t *)text + strlen(text), scratch,
			     sizeof scratch};
}

static void reads_strings(void **state)
{
	(void)state;
	const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"\"\"", ""},
		{"\"plain \xc3\xa9\"", "plain \xc3\xa9"},
		{"\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\"", "a\"b\\c/d\b\f\n\r\t"},
		{"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
		{"\"\\uABcd\"", "\xea\xaf\x8d"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scan scan = scan_of(cases[i].in);
		struct scan_text text;
		assert_int_equal(scan_string(&scan, &text), SCAN_DONE);
		assert_int_equal(text.size, strlen(cases[i].out));
		assert_memory_equal(text.bytes, cases[i].out, text.size);
		assert_ptr_equal(scan.at, scan.end);
	}
}

static void refuses_what_is_no_string(void **state)
{
	(void)state;
	const char *bad[] = {
		"\"",          "\"a",         "\"a\\",       "\"a\\\"",      "\"\\x\"",
		"\"\\u12\"",   "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800a\"", "\"\\ud800\\u0041\"",
		"\"\\udc00\"", "\"\x01\"",    "\"\\n\x01\"", "\"\xff\"",     "\"\\n\xff\"",
		"\"\xc3\"",    "\"\n\"",      "\"\\u"};
	struct scan_text text;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct scan scan = scan_of(bad[i]);
		assert_int_equal(scan_string(&scan, &text), SCAN_MALFORMED);
	}
	struct scan other = scan_of("1");
	assert_int_equal(scan_string(&other, &text), SCAN_OTHER);
	struct scan empty = scan_of("");
	assert_int_equal(scan_string(&empty, &text), SCAN_OTHER);
	char long_text[] = "\"\\n0123456789012345678901234567890123456789012345678901234567890123456789\"";
	struct scan full = scan_of(long_text);
	assert_int_equal(scan_string(&full, &text), SCAN_NO_ROOM);
}

static void reads_whole_numbers(void **state)
{
	(void)state;
	const struct {
		const char *in;
		enum scan_result result;
	} cases[] = {
		{"0", SCAN_DONE},
		{"7,", SCAN_DONE},
		{"9007199254740991", SCAN_DONE},
		{"9007199254740992", SCAN_OUT_OF_RANGE},
		{"99999999999999999999", SCAN_OUT_OF_RANGE},
		{"-1", SCAN_OUT_OF_RANGE},
		{"01", SCAN_MALFORMED},
		{"1.5", SCAN_OTHER},
		{"1e3", SCAN_OTHER},
		{"\"1\"", SCAN_OTHER},
		{"", SCAN_OTHER},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct scan scan = scan_of(cases[i].in);
		int64_t value = -7;
		assert_int_equal(scan_integer(&scan, &value), cases[i].result);
		assert_true((value == -7) == (cases[i].result != SCAN_DONE));
	}
}

static void takes_what_is_next(void **state)
{
	(void)state;
	struct scan scan = scan_of(" \t{ true");

	assert_false(scan_take(&scan, '}'));
	assert_true(scan_take(&scan, '{'));
	assert_false(scan_word(&scan, "truely"));
	assert_true(scan_word(&scan, "true"));
	assert_false(scan_take(&scan, '}'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_strings),
		cmocka_unit_test(refuses_what_is_no_string),
		cmocka_unit_test(reads_whole_numbers),
		cmocka_unit_test(takes_what_is_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
