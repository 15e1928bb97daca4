#include "tests/unit/unit.h"

#include "lib/facts/lines.h"

static void takes_lines_and_words(void **state)
{
	(void)state;
	struct span rest = lines_of("one\n\n two\tthree  \nlast");
	struct span line;
	struct span word;

	assert_true(lines_next(&rest, &line) && lines_equal(line, "one"));
	assert_true(lines_next(&rest, &line) && line.size == 0);
	assert_true(lines_next(&rest, &line));
	assert_true(lines_word(&line, &word) && lines_equal(word, "two"));
	assert_true(lines_word(&line, &word) && lines_equal(word, "three"));
	assert_false(lines_word(&line, &word));
	assert_true(lines_next(&rest, &line) && lines_equal(line, "last"));
	assert_false(lines_next(&rest, &line));
	rest = lines_of("a,,");
	assert_true(lines_part(&rest, ',', &word) && lines_equal(word, "a"));
	assert_true(lines_part(&rest, ',', &word) && word.size == 0);
	assert_false(lines_part(&rest, ',', &word));
}

static void finds_the_first_field_of_that_name(void **state)
{
	(void)state;
	struct span text = lines_of("cpuid: no\ncpu MHz : 7\ncpu\t: POWER9 \r\ncpu : second\nempty:\n");
	struct span value;

	assert_true(lines_find(text, "cpu", ':', &value) && lines_equal(value, "POWER9"));
	assert_true(lines_find(text, "empty", ':', &value) && value.size == 0);
	assert_false(lines_find(text, "cp", ':', &value));
	assert_false(lines_find(text, "cpu", '=', &value));
	assert_false(lines_find((struct span){0}, "cpu", ':', &value));
}

static void searches_from_both_ends(void **state)
{
	(void)state;
	struct span text = lines_of("aXbXc");

	assert_ptr_equal(lines_first(text, "X"), text.bytes + 1);
	assert_ptr_equal(lines_last(text, "X"), text.bytes + 3);
	assert_null(lines_last(text, "Y"));
	assert_null(lines_first((struct span){0}, "X"));
}

static void reads_numbers_that_fit(void **state)
{
	(void)state;
	int64_t value = 7;

	assert_true(lines_number(lines_of("123 kB"), &value));
	assert_true(value == 123);
	assert_true(lines_number(lines_of("999999999999999999"), &value));
	assert_true(value == 999999999999999999);
	assert_false(lines_number(lines_of("1000000000000000000"), &value));
	assert_false(lines_number(lines_of("-1"), &value));
	assert_false(lines_number(lines_of(""), &value));
	assert_true(value == 999999999999999999);
}

static void trims_both_ends(void **state)
{
	(void)state;
	const uint8_t bytes[] = " \t\r\n x y \0\n";

	assert_true(lines_equal(lines_trim((struct span){bytes, sizeof bytes - 1}), "x y"));
	assert_int_equal(lines_trim(lines_of(" \n ")).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_lines_and_words),
		cmocka_unit_test(finds_the_first_field_of_that_name),
		cmocka_unit_test(searches_from_both_ends),
		cmocka_unit_test(reads_numbers_that_fit),
		cmocka_unit_test(trims_both_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
