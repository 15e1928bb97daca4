#include "tests/unit/unit.h"

#include "lib/base/num.h"
#include "lib/base/text.h"

#include <string.h>

static bool is_utf8(const char *text)
{
	return text_is_utf8((const uint8_t *)text, strlen(text));
}

/* Source of the boundaries: Unicode 15, table 3-7. */
static void knows_well_formed_utf8(void **state)
{
	(void)state;
	const char *good[] = {"",
			      "a",
			      "\xc2\x80",
			      "\xdf\xbf",
			      "\xe0\xa0\x80",
			      "\xed\x9f\xbf",
			      "\xee\x80\x80",
			      "\xf0\x90\x80\x80",
			      "\xf4\x8f\xbf\xbf"};
	const char *bad[] = {"\x80",
			     "\xc0\x80",
			     "\xc1\xbf",
			     "\xc2",
			     "\xe0\x9f\xbf",
			     "\xed\xa0\x80",
			     "\xe2\x82",
			     "\xf0\x8f\xbf\xbf",
			     "\xf4\x90\x80\x80",
			     "\xf5\x80\x80\x80",
			     "\xff",
			     "a\xe2\x82-"};

	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(is_utf8(good[i]));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(is_utf8(bad[i]));
}

static void cuts_between_characters(void **state)
{
	(void)state;
	const uint8_t euro[] = "a\xe2\x82\xac";

	assert_int_equal(text_cut(euro, 4, 10), 4);
	assert_int_equal(text_cut(euro, 4, 4), 4);
	assert_int_equal(text_cut(euro, 4, 3), 1);
	assert_int_equal(text_cut(euro, 4, 0), 0);
}

static void finds_control_characters(void **state)
{
	(void)state;
	const struct {
		const char *text;
		bool has;
	} cases[] = {
		{"", false},        {"plain ~", false},  {"caf\xc3\xa9 \xc2\xa0", false},
		{"a\tb\n", false},  {"a\rb", true},      {"\x7f", true},
		{"\xc2\x80", true}, {"x\xc2\x9f", true}, {"\xe2\x82\x85", false},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(
			text_has_control((const uint8_t *)cases[i].text, strlen(cases[i].text), "\t\n"),
			cases[i].has);
	assert_true(text_has_control((const uint8_t *)"\n", 1, ""));
	assert_true(text_has_control((const uint8_t *)"", 1, "\n")); /* NUL */
}

static void masks_what_a_terminal_would_obey(void **state)
{
	(void)state;
	const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{"plain \xc3\xa9", "plain \xc3\xa9"},
		{"\x1b[2J", "\\x1b[2J"},
		{"a\nb\t\x7f", "a\\x0ab\\x09\\x7f"},
		{"\xff", "\\xff"},
		{"\xc2\x9b"
		 "1m",
		 "\\xc2\\x9b1m"}, /* C1 control */
		{"\xe2\x80\xae"
		 "evil",
		 "\\xe2\\x80\\xaeevil"}, /* right-to-left override */
		{"\xe2\x80\x8f\xe2\x80\xa8", "\\xe2\\x80\\x8f\\xe2\\x80\\xa8"},
		{"\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9"},
		{"\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xaa", "\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xaa"},
		{"0123456789012345678901234567890123456789", "0123456789012345678901234567..."},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char out[32];
		assert_string_equal(
			text_mask((const uint8_t *)cases[i].in, strlen(cases[i].in), out, sizeof out),
			cases[i].out);
	}
}

static void measures_likeness(void **state)
{
	(void)state;
	assert_int_equal(text_distance("abc", "ABC"), 0);
	assert_int_equal(text_distance("DisableFedback", "DisableFeedback"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
	assert_int_equal(text_distance("Emails", "Email"), 1);
}

static void reads_numbers_strictly(void **state)
{
	(void)state;
	const char *bad[] = {"", "-", "+1", " 1", "1 ", "01", "-0", "1x", "0x1", "9223372036854775808", "11"};
	int64_t value = 7;

	assert_int_equal(num_parse("10", 0, 10, &value), 0);
	assert_int_equal(value, 10);
	assert_int_equal(num_parse("-9223372036854775808", INT64_MIN, 0, &value), 0);
	assert_true(value == INT64_MIN);
	value = 7;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(num_parse(bad[i], 0, 10, &value), -1);
	assert_int_equal(value, 7);
}

static void groups_the_digits_of_numbers(void **state)
{
	(void)state;
	char out[NUM_GROUPED];

	assert_string_equal(num_group(0, out), "0");
	assert_string_equal(num_group(999, out), "999");
	assert_string_equal(num_group(1000, out), "1,000");
	assert_string_equal(num_group(UINT64_MAX, out), "18,446,744,073,709,551,615");
}

static void takes_characters_apart_and_puts_them_together(void **state)
{
	(void)state;
	const uint32_t codes[] = {0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff};

	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		char bytes[4];
		size_t length = text_encode(codes[i], bytes);
		assert_int_equal(text_character((uint8_t *)bytes, length), length);
		assert_int_equal(text_decode((uint8_t *)bytes, length), codes[i]);
	}
	assert_int_equal(text_character((const uint8_t *)"\xff", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_well_formed_utf8),
		cmocka_unit_test(cuts_between_characters),
		cmocka_unit_test(finds_control_characters),
		cmocka_unit_test(masks_what_a_terminal_would_obey),
		cmocka_unit_test(measures_likeness),
		cmocka_unit_test(reads_numbers_strictly),
		cmocka_unit_test(groups_the_digits_of_numbers),
		cmocka_unit_test(takes_characters_apart_and_puts_them_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
