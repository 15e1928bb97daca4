#include "tests/unit/unit.h"

#include "lib/base/progress.h"

static void says_how_far_and_how_long(void **state)
{
	(void)state;
	const struct {
		struct progress progress;
		const char *text;
	} cases[] = {
		{{0}, "0 of 0"},
		{{.total = 999}, "0 of 999"},
		{{.done = 10, .total = 1000, .elapsed_ms = 999}, "10 of 1,000"},
		{{.done = 412345, .total = 1000000, .elapsed_ms = 13215},
		 "412,345 of 1,000,000, 31,203/s, 0:19 left"},
		{{.done = 1, .total = 61, .bad = 1234, .elapsed_ms = 1000},
		 "1 of 61, 1,234 bad, 1/s, 1:00 left"},
		{{.done = 1, .total = 3726, .elapsed_ms = 1000}, "1 of 3,726, 1/s, 1:02:05 left"},
		{{.done = 30, .total = 20, .elapsed_ms = 2000}, "30 of 30, 15/s, 0:00 left"},
		{{.skipped = 500, .done = 100, .total = 700, .elapsed_ms = 1000},
		 "600 of 700, 100/s, 0:01 left"},
		{{.elapsed_ms = 5000, .total = 7}, "0 of 7"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[PROGRESS_MAX];
		assert_string_equal(progress_format(&cases[i].progress, text), cases[i].text);
	}
}

static void fits_whatever_the_numbers(void **state)
{
	(void)state;
	const struct progress most = {
		.done = UINT64_MAX, .total = UINT64_MAX, .bad = UINT64_MAX, .elapsed_ms = 1000};
	char text[PROGRESS_MAX];

	assert_string_equal(progress_format(&most, text),
			    "18,446,744,073,709,551,615 of 18,446,744,073,709,551,615, "
			    "18,446,744,073,709,551,615 bad, 1,000,000,000,000,000/s, 0:00 left");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_how_far_and_how_long),
		cmocka_unit_test(fits_whatever_the_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
