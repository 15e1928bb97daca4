#include "tests/unit/folder.h"

#include "lib/facts/inroot.h"

#include <limits.h>

/* A folder that is the root, and beside it what must not be reached. */
static int root_fd;

static const struct {
	const char *path;
	const char *target; /* NULL for a folder, "" for a file */
} tree[] = {
	{"secret", ""},
	{"root", NULL},
	{"root/usr", NULL},
	{"root/usr/file", ""},
	{"root/relative", "usr/file"},
	{"root/absolute", "/usr/file"},
	{"root/escape", "../secret"},
	{"root/deep", "usr/../../../../usr/./file"},
	{"root/chain", "absolute"},
	{"root/folder", "/usr/"},
	{"root/loop", "loop"},
	{"root/dangling", "/nowhere"},
};

static int make(void **state)
{
	if (folder_make(state) != 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(tree); i++) {
		const char *path = folder_path(tree[i].path);
		if (tree[i].target == NULL)
			assert_int_equal(mkdir(path, 0700), 0);
		else if (tree[i].target[0] == '\0')
			folder_put(tree[i].path, "");
		else
			assert_int_equal(symlink(tree[i].target, path), 0);
	}
	root_fd = open(folder_path("root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0 ? -1 : 0;
}

static int clean(void **state)
{
	(void)close(root_fd);
	return folder_remove(state);
}

typedef int opener(int, const char *, int);

/* What `path` is opens as `inside`, a name below the root; a number is the errno instead. */
static void check(opener *way, const char *path, int flags, const char *inside, int error)
{
	struct stat wanted;
	struct stat got;
	int fd = way(root_fd, path, flags);

	if (inside == NULL) {
		assert_int_equal(fd, -1);
		assert_int_equal(errno, error);
		return;
	}
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &got), 0);
	assert_int_equal(fstatat(root_fd, inside, &wanted, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(got.st_ino, wanted.st_ino);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	(void)close(fd);
}

/* Both ways, so that an old kernel reads the same of a captured host as a new one. */
static void stays_inside(void **state)
{
	opener *const ways[] = {inroot_open, inroot_walk};
	const struct {
		const char *path, *inside;
		int error;
	} cases[] = {
		{"/usr/file", "usr/file", 0},
		{"usr//./file", "usr/file", 0},
		{"/relative", "usr/file", 0},
		{"/absolute", "usr/file", 0},
		{"/chain", "usr/file", 0},
		{"/deep", "usr/file", 0},
		{"/folder/file", "usr/file", 0},
		{"/../../usr/../usr/file", "usr/file", 0},
		{"/usr/..", ".", 0},
		{"/escape", NULL, ENOENT},
		{"/../secret", NULL, ENOENT},
		{"/dangling", NULL, ENOENT},
		{"/usr/file/x", NULL, ENOTDIR},
		{"/loop", NULL, ELOOP},
	};

	(void)state;
	for (size_t way = 0; way < COUNT_OF(ways); way++) {
		for (size_t i = 0; i < COUNT_OF(cases); i++)
			check(ways[way], cases[i].path, 0, cases[i].inside, cases[i].error);
		check(ways[way], "/dangling", O_NOFOLLOW, "dangling", 0);
		check(ways[way], "/loop", O_NOFOLLOW, "loop", 0);
		check(ways[way], "/folder/file", O_NOFOLLOW, "usr/file", 0);
	}
}

static void refuses_what_is_too_long_or_too_deep(void **state)
{
	(void)state;
	char path[PATH_MAX + 1];

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(inroot_walk(root_fd, path, 0), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	path[NAME_MAX + 1] = '\0'; /* one part */
	assert_int_equal(inroot_walk(root_fd, path, 0), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_inside),
		cmocka_unit_test(refuses_what_is_too_long_or_too_deep),
	};

	return cmocka_run_group_tests(tests, make, clean);
}
