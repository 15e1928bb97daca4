#include "tests/unit/folder.h"

#include "lib/conf/conf.h"
#include "lib/conf/edit.h"
#include "lib/conf/home.h"
#include "lib/conf/store.h"

#include <sys/file.h>

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
	struct fail fail;

	if (folder_make(state) != 0 || home_init(&home, folder, &fail) != 0)
		return -1;
	return mkdir(place(HOME_ETC), 0700) != 0 || mkdir(place("var"), 0700) != 0 ||
			       mkdir(place(HOME_STATE), 0700) != 0
		       ? -1
		       : 0;
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

	folder_put(HOME_POLICY_LAYER, "Email: they@there\n");
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
	folder_put(HOME_WAITING "/a", "x");
	folder_put(HOME_WAITING "/b", "x");
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

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_home, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_and_leaves_alone_what_is_said_already),
		TEST(holds_the_lock_until_it_is_freed),
		TEST(policy_locks),
		TEST(discards_what_waits),
		TEST(refuses_a_lock_that_is_no_file),
		cmocka_unit_test(names_have_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
