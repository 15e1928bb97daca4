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

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_home, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_and_leaves_alone_what_is_said_already),
		TEST(holds_the_lock_until_it_is_freed),
		TEST(policy_locks),
		TEST(discards_what_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
