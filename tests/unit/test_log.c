#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"

#include <stdlib.h>

/* The article's own line, in the local time of the host. */
static void writes_the_line_of_the_article(void **state)
{
	(void)state;
	const struct timespec now = {.tv_sec = 1408442362, .tv_nsec = 724819999};
	auto_buf struct buf line = BUF_INIT(1000);

	assert_int_equal(setenv("TZ", "UTC0", 1), 0);
	tzset();
	assert_int_equal(log_format(&now, "Preparing feedback data", &line), 0);
	assert_string_equal(buf_text(&line), "2014-08-19 09:59:22.724819: Preparing feedback data\n");
	buf_fini(&line);
	assert_int_equal(setenv("TZ", "XXX-02", 1), 0);
	tzset();
	assert_int_equal(log_format(&now, "a\nb\x1b", &line), 0);
	assert_string_equal(buf_text(&line), "2014-08-19 11:59:22.724819: a\\x0ab\\x1b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(writes_the_line_of_the_article)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
