#include "tests/unit/unit.h"

#include "lib/facts/lines.h"
#include "lib/facts/value.h"

#include <string.h>

static const char *text_of(const char *bytes, size_t size)
{
	static struct value value;

	value = (struct value){0};
	value_set_text(&value, (struct span){(const uint8_t *)bytes, size}, "name");
	return value.known ? value.text : value.why;
}

#define TEXT(literal) text_of(literal, sizeof(literal) - 1)

static void cleans_text(void **state)
{
	(void)state;
	assert_string_equal(TEXT(" a b \n"), "a b");
	assert_string_equal(TEXT("a\x1b[31m\xff"), "a\\x1b[31m\\xff");
	assert_string_equal(TEXT("a\0b"), "a\\x00b");
	assert_string_equal(TEXT(" \n\t"), "name: empty");
	assert_string_equal(TEXT(""), "name: empty");
}

static void cuts_text_between_characters(void **state)
{
	(void)state;
	char bytes[200];
	struct value value = {0};

	memset(bytes, 'x', sizeof bytes);
	assert_int_equal(strlen(text_of(bytes, 64)), 64);
	assert_int_equal(strlen(text_of(bytes, 65)), 64);
	assert_int_equal(strlen(text_of(bytes, sizeof bytes)), 64);
	memcpy(bytes + 63, "\xe2\x82\xac", 3); /* does not fit whole */
	assert_int_equal(strlen(text_of(bytes, sizeof bytes)), 63);
	for (size_t i = 0; i + 3 <= 198; i += 3)
		memcpy(bytes + i, "\xe2\x82\xac", 3);
	assert_int_equal(strlen(text_of(bytes, 198)), 63);
	memset(bytes, '\x01', sizeof bytes);
	value_set_text(&value, (struct span){(const uint8_t *)bytes, sizeof bytes}, "name");
	assert_int_equal(strlen(value.text), 64);
	memset(bytes, 'y', 70);
	memset(bytes + 62, ' ', 2);
	assert_int_equal(strlen(text_of(bytes, 70)), 62); /* what was cut left blanks at the end */
}

static void no_needs_every_source(void **state)
{
	(void)state;
	struct value value = {0};

	value_set_any(&value, true, "x: unreadable");
	assert_true(value.known && value.boolean);
	value_set_any(&value, false, "");
	assert_true(value.known && !value.boolean);
	value_set_any(&value, false, "x: unreadable");
	assert_false(value.known);
	assert_string_equal(value.why, "x: unreadable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans_text),
		cmocka_unit_test(cuts_text_between_characters),
		cmocka_unit_test(no_needs_every_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
