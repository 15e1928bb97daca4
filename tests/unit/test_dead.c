#include "tests/unit/folder.h"

#include "lib/alert/dead.h"
#include "lib/base/buf.h"
#include "lib/base/io.h"

#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>

static char path[FOLDER_PATH];

static int set_up(void **state)
{
	int result = folder_make(state);

	(void)snprintf(path, sizeof path, "%s", folder_path(DEAD_FILE));
	return result;
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

/* What could not be written leaves the file as it was, also behind a line that was cut. */
static void takes_back_what_it_could_not_write(void **state)
{
	(void)state;
	const struct dead_letter letter = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};
	struct fail fail = {0};
	struct stat status;
	struct rlimit limit;
	struct rlimit small;

	folder_put(DEAD_FILE, "{\"reason\":");
	struct dead *dead = dead_open(folder, &fail);
	assert_non_null(dead);
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_int_equal(stat(path, &status), 0);
	off_t before = status.st_size;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = (struct rlimit){.rlim_cur = (rlim_t)before + 5, .rlim_max = limit.rlim_max};
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(dead_add(dead, &letter, &fail), -1);
	assert_int_equal(fail.status, EX_IOERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, before);
	dead_close(dead);
}

/* What is no alert is only counted when the file is large; what an output refused is always kept. */
static void keeps_no_input_without_end(void **state)
{
	(void)state;
	const struct dead_letter input = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};
	const struct dead_letter refused = {
		.reason = "r", .output = "mcs", .bytes = (const uint8_t *)"x", .size = 1};
	struct fail fail = {0};
	struct stat status;

	for (off_t size = DEAD_INPUT_MAX; size <= (off_t)DEAD_INPUT_MAX + 1; size++) {
		assert_int_equal(truncate(path, 0), 0);
		assert_int_equal(truncate(path, size - 1), 0); /* a line without end, which is ended */
		dead_close(dead_open(folder, &fail));
		struct dead *dead = dead_open(folder, &fail);
		assert_non_null(dead);
		assert_int_equal(dead_add(dead, &input, &fail), 0);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_size > size, size == DEAD_INPUT_MAX);
		off_t before = status.st_size;
		assert_int_equal(dead_add(dead, &refused, &fail), 0);
		assert_int_equal(stat(path, &status), 0);
		assert_true(status.st_size > before);
		dead_close(dead);
	}
}

static void refuses_what_is_no_file(void **state)
{
	(void)state;
	struct fail fail = {0};

	assert_null(dead_open("/dev/null", &fail));
	assert_int_equal(fail.status, EX_CANTCREAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_letters_as_json),
		cmocka_unit_test(ends_a_line_that_was_cut),
		cmocka_unit_test(takes_back_what_it_could_not_write),
		cmocka_unit_test(keeps_no_input_without_end),
		cmocka_unit_test(refuses_what_is_no_file),
	};

	return cmocka_run_group_tests(tests, set_up, folder_remove);
}
