#include "tests/unit/folder.h"

#include "lib/alert/dead.h"
#include "lib/base/buf.h"
#include "lib/base/io.h"

#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>

static char path[FOLDER_PATH];

static int set_up(void **state)
{
	int result = folder_make(state);

	(void)snprintf(path, sizeof path, "%s", folder_path(DEAD_FILE));
	return result;
}

static void keep(struct dead *dead, const struct dead_letter *letter)
{
	struct fail fail = {0};

	assert_int_equal(dead_add(dead, letter, &fail), 0);
	assert_int_equal(dead_sync(dead, &fail), 0);
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
	struct dead *dead = dead_open(folder, NULL, &fail);
	struct stat status;
	struct dead_letter letter = {.reason = "the server answered 422: \"no\"",
				     .status = 422,
				     .at = 1763758686,
				     .output = "mcs",
				     .bytes = (const uint8_t *)"{\"a\":1}",
				     .size = 7,
				     .is_json = true};

	assert_non_null(dead);
	keep(dead, &letter);
	check_last("{\"reason\":\"the server answered 422: "
		   "\\\"no\\\"\",\"status\":422,\"at\":\"2025-11-21T20:58:06Z\","
		   "\"output\":\"mcs\",\"alert\":{\"a\":1}}\n");
	letter = (struct dead_letter){.reason = "not an object",
				      .at = 0,
				      .bytes = (const uint8_t *)"a\"\xff\0\n\xc3\xa9",
				      .size = 7};
	keep(dead, &letter);
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
	struct dead *dead = dead_open(folder, NULL, &fail);
	assert_non_null(dead);
	keep(dead, &letter);
	check_last("{\"reason\":\"r\",\"status\":0,\"at\":\"1970-01-01T00:00:00Z\",\"output\":null,\"alert\":"
		   "\"x\"}\n");
	dead_close(dead);
}

static void check_whole(const char *wanted)
{
	struct fail fail = {0};
	struct buf text = BUF_INIT(1 << 20);

	assert_int_equal(io_read_file(AT_FDCWD, path, &text, &fail), 0);
	assert_string_equal(buf_text(&text), wanted);
	buf_fini(&text);
}

/* Also one that somebody else has emptied meanwhile. */
static void leaves_the_file_as_it_was_when_it_cannot_write(void **state)
{
	(void)state;
	static const char cut[] = "{\"reason\":";
	static const char good[] =
		"{\"reason\":\"r\",\"status\":0,\"at\":\"1970-01-01T00:00:00Z\",\"output\":null,\"alert\":"
		"\"x\"}\n";
	const struct dead_letter letter = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};
	struct fail fail = {0};
	struct rlimit before;
	char wanted[200];

	assert_int_equal(unlink(path), 0);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(cut, file) >= 0 && fclose(file) == 0);
	struct dead *dead = dead_open(folder, NULL, &fail);
	assert_non_null(dead);
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	const struct rlimit little = {sizeof cut + 10, before.rlim_max}; /* in the middle of a letter */
	(void)snprintf(wanted, sizeof wanted, "%s\n", cut);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
		int result = dead_sync(dead, &fail);
		int error = errno;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_int_equal(result, -1);
		assert_int_equal(error, EFBIG);
		assert_int_equal(fail.status, EX_IOERR);
		check_whole(wanted);
		assert_int_equal(truncate(path, 0), 0);
		wanted[0] = '\0';
	}
	assert_int_equal(dead_sync(dead, &fail), 0); /* it has waited */
	check_whole(good);
	assert_int_equal(dead_sync(dead, &fail), 0); /* and is written once */
	check_whole(good);
	dead_close(dead);
}

/* Many letters go with one sync; so many that they would fill the memory are written before. */
static void takes_letters_until_they_are_many(void **state)
{
	(void)state;
	enum { ENOUGH = 4000 };
	const struct dead_letter letter = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};
	struct fail fail = {0};
	struct rlimit before;
	struct stat status;
	off_t size = 0;
	int taken = 0;

	assert_int_equal(truncate(path, 0), 0);
	struct dead *dead = dead_open(folder, NULL, &fail);
	assert_non_null(dead);
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 0);
	assert_int_equal(dead_sync(dead, &fail), 0);
	assert_int_equal(stat(path, &status), 0);
	const off_t one = status.st_size;
	assert_true(one > 0);
	for (int i = 0; i < ENOUGH && size <= one; i++) {
		assert_int_equal(dead_add(dead, &letter, &fail), 0);
		assert_int_equal(stat(path, &status), 0);
		size = status.st_size;
	}
	assert_true(size > 100 * one && size % one == 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	const struct rlimit little = {(rlim_t)size, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	while (taken < ENOUGH && dead_add(dead, &letter, &fail) == 0)
		taken++;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_in_range(taken, 100, ENOUGH - 1); /* then no more are taken in */
	assert_int_equal(fail.status, EX_IOERR);
	assert_int_equal(dead_sync(dead, &fail), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size,
			 size + (taken + 1) * one); /* with the one that was too much before */
	dead_close(dead);
}

/* Whoever replays letters moves the file away: the next one goes to where it is looked for. */
static void goes_on_in_a_new_file(void **state)
{
	(void)state;
	const struct dead_letter letter = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};
	struct fail fail = {0};
	struct stat status;
	char moved[FOLDER_PATH];

	(void)snprintf(moved, sizeof moved, "%s", folder_path("moved"));
	struct dead *dead = dead_open(folder, NULL, &fail);
	assert_non_null(dead);
	assert_int_equal(truncate(path, 0), 0);
	keep(dead, &letter);
	assert_int_equal(stat(path, &status), 0);
	const off_t one = status.st_size;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(round == 0 ? rename(path, moved) : unlink(path), 0);
		keep(dead, &letter);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_size, one);
		assert_int_equal(status.st_mode & 07777, 0600);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0); /* no file can be made */
	assert_int_equal(dead_add(dead, &letter, &fail), -1);
	assert_int_equal(fail.status, EX_IOERR);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(dead_sync(dead, &fail), -1);
	assert_int_equal(fail.status, EX_IOERR);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(dead_sync(dead, &fail), 0); /* it has waited */
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, one);
	dead_close(dead);
	assert_int_equal(unlink(moved), 0);
}

/* One that is too long spoils none that waits. */
static void refuses_a_letter_that_is_too_long(void **state)
{
	(void)state;
	enum { LONG = 17 << 20 };
	const struct dead_letter letter = {.reason = "r", .bytes = (const uint8_t *)"x", .size = 1};
	struct dead_letter longer = {.reason = "r", .size = LONG};
	uint8_t *bytes = calloc(LONG, 1);
	struct fail fail = {0};
	struct stat status;

	assert_non_null(bytes);
	longer.bytes = bytes;
	assert_int_equal(truncate(path, 0), 0);
	struct dead *dead = dead_open(folder, NULL, &fail);
	assert_non_null(dead);
	keep(dead, &letter);
	assert_int_equal(stat(path, &status), 0);
	const off_t one = status.st_size;
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_int_equal(dead_add(dead, &longer, &fail), -1);
	assert_int_equal(fail.status, EX_OSERR);
	assert_int_equal(dead_add(dead, &letter, &fail), 0);
	assert_int_equal(dead_sync(dead, &fail), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 3 * one);
	dead_close(dead);
	free(bytes);
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
		dead_close(dead_open(folder, NULL, &fail));
		struct dead *dead = dead_open(folder, NULL, &fail);
		assert_non_null(dead);
		keep(dead, &input);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_size > size, size == DEAD_INPUT_MAX);
		off_t before = status.st_size;
		keep(dead, &refused);
		assert_int_equal(stat(path, &status), 0);
		assert_true(status.st_size > before);
		dead_close(dead);
	}
}

static void refuses_what_is_no_file(void **state)
{
	(void)state;
	struct fail fail = {0};

	assert_null(dead_open("/dev/null", NULL, &fail));
	assert_int_equal(fail.status, EX_CANTCREAT);
}

static void refuses_a_name_that_is_too_long(void **state)
{
	(void)state;
	char name[PATH_MAX];
	struct fail fail = {0};

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_null(dead_open(name, NULL, &fail));
	assert_int_equal(fail.status, EX_CANTCREAT);
	assert_non_null(strstr(fail.text, "...: name too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_letters_as_json),
		cmocka_unit_test(ends_a_line_that_was_cut),
		cmocka_unit_test(takes_letters_until_they_are_many),
		cmocka_unit_test(goes_on_in_a_new_file),
		cmocka_unit_test(refuses_a_letter_that_is_too_long),
		cmocka_unit_test(keeps_no_input_without_end),
		cmocka_unit_test(leaves_the_file_as_it_was_when_it_cannot_write),
		cmocka_unit_test(refuses_what_is_no_file),
		cmocka_unit_test(refuses_a_name_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, set_up, folder_remove);
}
