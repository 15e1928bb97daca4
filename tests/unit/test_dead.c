#include "tests/unit/unit.h"

#include "lib/alert/dead.h"
#include "lib/base/buf.h"
#include "lib/base/io.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/sav test.XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/%s", folder, DEAD_FILE);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return unlink(path) == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void check_last(const char *wanted)
{
	struct fail fail = {0};
	struct buf text = BUF_INIT(1 << 20);

	assert_int_equal(io_read_file(AT_FDCWD, path, &text, &fail), 0);
	const char *line = buf_text(&text);
	for (const char *next; (next = strchr(line, '\n')) != NULL && next[1] != '\0';)
		line = next + 1;
	assert_string_equal(line, wanted);
	json_t *json = json_loads(line, JSON_ALLOW_NUL, NULL);
	assert_non_null(json);
	json_decref(json);
	buf_fini(&text);
}

static void writes_letters_as_json(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct dead *dead = dead_open(folder, &fail);
	struct stat status;
	struct dead_letter letter = {.reason = "the server answered 422: \"no\"",
				     .status = 422,
				     .at = 1763758686,
				     .output = "mcs",
				     .bytes = (const uint8_t *)"{\"a\":1}",
				     .size = 7,
				     .is_json = true};

	assert_non_null(dead);
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_int_equal(dead_sync(dead, &fail), 0);
	check_last("{\"reason\":\"the server answered 422: "
		   "\\\"no\\\"\",\"status\":422,\"at\":\"2025-11-21T20:58:06Z\","
		   "\"output\":\"mcs\",\"alert\":{\"a\":1}}\n");
	letter = (struct dead_letter){.reason = "not an object",
				      .at = 0,
				      .bytes = (const uint8_t *)"a\"\xff\0\n\xc3\xa9",
				      .size = 7};
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	check_last("{\"reason\":\"not an "
		   "object\",\"status\":0,\"at\":\"1970-01-01T00:00:00Z\",\"output\":null,\"alert\":"
		   "\"a\\\"\xef\xbf\xbd\\u0000\\n\xc3\xa9\"}\n");
	dead_close(dead);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void ends_a_line_that_was_cut(void **state)
{
	(void)state;
	struct fail fail = {0};
	FILE *file = fopen(path, "a");
	const struct dead_letter letter = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};

	assert_non_null(file);
	assert_true(fputs("{\"reason\":", file) >= 0);
	assert_int_equal(fclose(file), 0);
	struct dead *dead = dead_open(folder, &fail);
	assert_non_null(dead);
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	check_last("{\"reason\":\"r\",\"status\":0,\"at\":\"1970-01-01T00:00:00Z\",\"output\":null,\"alert\":"
		   "\"x\"}\n");
	dead_close(dead);
}

static void refuses_what_is_no_file(void **state)
{
	(void)state;
	struct fail fail = {0};

	assert_null(dead_open("/dev/null", &fail));
	assert_int_equal(fail.status, EX_CANTCREAT);
}

/* The line that did not go whole leaves nothing, and the next stands alone. */
static void keeps_the_file_whole_when_a_write_fails(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct dead *dead = dead_open(folder, &fail);
	struct stat before, after;
	struct rlimit limit;
	const struct dead_letter letter = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};

	assert_non_null(dead);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_ptr_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	const struct rlimit tight = {(rlim_t)before.st_size + 5, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	int result = dead_add(dead, &letter, &fail);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(result, -1);
	assert_int_equal(fail.status, EX_IOERR);
	assert_non_null(strstr(fail.text, "/" DEAD_FILE ": File too large"));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	check_last("{\"reason\":\"r\",\"status\":0,\"at\":\"1970-01-01T00:00:00Z\",\"output\":null,\"alert\":"
		   "\"x\"}\n");
	dead_close(dead);
}

static void refuses_a_name_that_is_too_long(void **state)
{
	(void)state;
	char name[PATH_MAX];
	struct fail fail = {0};

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_null(dead_open(name, &fail));
	assert_int_equal(fail.status, EX_CANTCREAT);
	assert_non_null(strstr(fail.text, "...: name too long"));
}

static void counts_input_only_when_it_is_full(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct stat status;
	struct dead_letter letter = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};

	assert_int_equal(truncate(path, DEAD_INPUT_MAX + 1), 0); /* a hole */
	struct dead *dead = dead_open(folder, &fail);
	assert_non_null(dead);
	assert_int_equal(stat(path, &status), 0);
	off_t full = status.st_size;
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, full);
	letter.output = "mcs"; /* an alert that was read is not dropped */
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size > full);
	dead_close(dead);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_letters_as_json),
		cmocka_unit_test(ends_a_line_that_was_cut),
		cmocka_unit_test(refuses_what_is_no_file),
		cmocka_unit_test(keeps_the_file_whole_when_a_write_fails),
		cmocka_unit_test(refuses_a_name_that_is_too_long),
		cmocka_unit_test(counts_input_only_when_it_is_full),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
