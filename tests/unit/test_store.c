#include "tests/unit/unit.h"

#include "lib/conf/conf.h"
#include "lib/conf/edit.h"
#include "lib/conf/home.h"
#include "lib/conf/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static struct home home;

static const char *place(const char *relative)
{
	static char path[PATH_MAX];
	struct fail fail;

	assert_int_equal(home_path(&home, relative, path, &fail), 0);
	return path;
}

static int make_home(void **state)
{
	(void)state;
	const char *base = getenv("TMPDIR");
	char path[PATH_MAX];
	struct fail fail;

	(void)snprintf(path, sizeof path, "%s/sav store.XXXXXX", base != NULL ? base : "/tmp");
	if (mkdtemp(path) == NULL || home_init(&home, path, &fail) != 0)
		return -1;
	return mkdir(place(HOME_ETC), 0700) | mkdir(place("var"), 0700) | mkdir(place(HOME_STATE), 0700);
}

static int remove_home(void **state)
{
	(void)state;
	const char *files[] = {HOME_LOCAL_LAYER, HOME_POLICY_LAYER, HOME_LOCK, HOME_ETC,
			       HOME_WAITING,     HOME_STATE,        "var"};

	for (size_t i = 0; i < COUNT_OF(files); i++)
		(void)remove(place(files[i])); /* not every test makes each */
	return rmdir(home.path);
}

static void write_file(const char *relative, const char *text)
{
	FILE *file = fopen(place(relative), "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) < 0, 0);
	assert_int_equal(fclose(file), 0);
}

static int set_email(const char *value, struct fail *fail)
{
	auto_store struct store *store = store_open(&home, fail);
	const struct edit edit = {.param = PARAM_EMAIL, .is_set = true, .items = &value, .count = 1};

	return store == NULL ? -1 : store_apply(store, &edit, fail);
}

static void writes_and_leaves_alone_what_is_said_already(void **state)
{
	(void)state;
	struct stat first;
	struct stat second;
	struct fail fail;

	assert_int_equal(set_email("a@b", &fail), 0);
	assert_int_equal(stat(place(HOME_LOCAL_LAYER), &first), 0);
	assert_int_equal(first.st_mode & 0777, 0600);
	assert_int_equal(set_email("a@b", &fail), 0);
	assert_int_equal(stat(place(HOME_LOCAL_LAYER), &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	auto_conf struct conf *conf = conf_load(&home, &fail);
	assert_non_null(conf);
	assert_string_equal(conf_text(conf, PARAM_EMAIL), "a@b");
}

static void holds_the_lock_until_it_is_freed(void **state)
{
	(void)state;
	struct fail fail;
	struct store *store = store_open(&home, &fail);
	int fd = open(place(HOME_LOCK), O_RDWR | O_CLOEXEC);

	assert_non_null(store);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	store_free(store);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(close(fd), 0);
}

static void policy_locks(void **state)
{
	(void)state;
	struct fail fail;

	write_file(HOME_POLICY_LAYER, "Email: they@there\n");
	assert_fails(set_email("a@b", &fail), fail, EX_NOPERM, "Email: locked by policy");
	assert_int_equal(access(place(HOME_LOCAL_LAYER), F_OK), -1);
}

static void discards_what_waits(void **state)
{
	(void)state;
	struct fail fail;
	size_t count = 7;

	assert_int_equal(store_discard_waiting(&home, &count, &fail), 0);
	assert_int_equal(count, 0);
	assert_int_equal(mkdir(place(HOME_WAITING), 0700), 0);
	write_file(HOME_WAITING "/a", "x");
	write_file(HOME_WAITING "/b", "x");
	assert_int_equal(store_discard_waiting(&home, &count, &fail), 0);
	assert_int_equal(count, 2);
}

static void refuses_a_lock_that_is_no_file(void **state)
{
	(void)state;
	struct fail fail;

	assert_int_equal(mkfifo(place(HOME_LOCK), 0600), 0);
	assert_null(store_open(&home, &fail));
	assert_int_equal(fail.status, EX_CANTCREAT);
	assert_non_null(strstr(fail.text, "/" HOME_LOCK ": not a regular file"));
}

static void names_have_limits(void **state)
{
	(void)state;
	char long_path[PATH_MAX + 1];
	char out[PATH_MAX];
	struct home other;
	struct fail fail;
	size_t count = 7;

	assert_int_equal(home_init(&other, "/a//", &fail), 0);
	assert_string_equal(other.path, "/a");
	memset(long_path, 'x', sizeof long_path);
	long_path[0] = '/';
	long_path[PATH_MAX] = '\0';
	assert_int_equal(home_init(&other, long_path, &fail), -1);
	assert_int_equal(fail.status, EX_CONFIG);
	long_path[PATH_MAX - 1] = '\0'; /* the home itself, and nothing in it */
	assert_int_equal(home_init(&other, long_path, &fail), 0);
	assert_int_equal(home_path(&other, HOME_ETC, out, &fail), -1);
	assert_int_equal(fail.status, EX_CONFIG);
	assert_null(store_open(&other, &fail));
	assert_null(conf_load(&other, &fail));
	assert_int_equal(store_discard_waiting(&other, &count, &fail), -1);
	assert_int_equal(count, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_and_leaves_alone_what_is_said_already, make_home,
						remove_home),
		cmocka_unit_test_setup_teardown(holds_the_lock_until_it_is_freed, make_home, remove_home),
		cmocka_unit_test_setup_teardown(policy_locks, make_home, remove_home),
		cmocka_unit_test_setup_teardown(discards_what_waits, make_home, remove_home),
		cmocka_unit_test_setup_teardown(refuses_a_lock_that_is_no_file, make_home, remove_home),
		cmocka_unit_test(names_have_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
