#include "tests/unit/folder.h"

#include "lib/base/buf.h"
#include "lib/base/io.h"

#include <dirent.h>
#include <limits.h>
#include <sys/syscall.h>
#include <sysexits.h>

/* In the place of libc's: fails on folders when it should, and on a file when it must. */
static bool folders_fail;
static bool files_fail;

int fsync(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	if (S_ISDIR(status.st_mode) ? folders_fail : files_fail) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

static size_t count_entries(void)
{
	size_t count = 0;
	DIR *stream = opendir(folder);

	assert_non_null(stream);
	while (readdir(stream) != NULL)
		count++;
	(void)closedir(stream);
	return count - 2; /* "." and ".." */
}

static void buffers_stop_at_their_limit(void **state)
{
	(void)state;
	struct buf buf = BUF_INIT(4);

	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf_add(&buf, "abc", 3), 0);
	errno = 0;
	assert_int_equal(buf_add(&buf, "de", 2), -1);
	assert_int_equal(errno, EFBIG);
	assert_string_equal(buf_text(&buf), "abc");
	assert_int_equal(buf_printf(&buf, "%d", 4), 0);
	assert_int_equal(buf_printf(&buf, "%d", 5), -1);
	assert_int_equal(buf_add(&buf, NULL, 0), 0);
	assert_string_equal(buf_text(&buf), "abc4");
	buf_wipe(&buf);
	assert_int_equal(buf.size, 0);
	assert_int_equal(buf.limit, 4);
}

static void replaces_a_file_as_a_whole(void **state)
{
	(void)state;
	struct fail fail;
	struct stat status;
	auto_buf struct buf content = BUF_INIT(100);

	assert_int_equal(io_put_file(folder_fd, "file", IO_REPLACE, 0640, "old", 3, &fail), 0);
	assert_int_equal(io_put_file(folder_fd, "file", IO_REPLACE, 0600, "new", 3, &fail), 0);
	assert_int_equal(io_read_file(folder_fd, "file", &content, &fail), 0);
	assert_string_equal(buf_text(&content), "new");
	assert_int_equal(fstatat(folder_fd, "file", &status, 0), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(count_entries(), 1);
}

static void creates_only_what_is_not_there(void **state)
{
	(void)state;
	struct fail fail;
	auto_buf struct buf content = BUF_INIT(100);

	assert_int_equal(io_put_file(folder_fd, "created", IO_CREATE, 0600, "first", 5, &fail), 0);
	assert_fails(io_put_file(folder_fd, "created", IO_CREATE, 0600, "second", 6, &fail), fail,
		     EX_CANTCREAT, "created: File exists");
	assert_int_equal(io_read_file(folder_fd, "created", &content, &fail), 0);
	assert_string_equal(buf_text(&content), "first");
	assert_int_equal(unlinkat(folder_fd, "created", 0), 0);
	assert_int_equal(count_entries(), 1); /* "file", and no temporary one */
}

/* A public key whose folder cannot be synced must not stay without the secret one, which goes then. */
static void creates_nothing_that_may_not_last(void **state)
{
	(void)state;
	struct fail fail;
	size_t before = count_entries();

	folders_fail = true;
	assert_fails(io_put_file(folder_fd, "lost", IO_CREATE, 0600, "x", 1, &fail), fail, EX_IOERR,
		     ".: Input/output error");
	assert_int_equal(count_entries(), before);
	assert_int_equal(io_put_file(folder_fd, "replaced", IO_REPLACE, 0600, "x", 1, &fail), -1);
	folders_fail = false;
	assert_int_equal(unlinkat(folder_fd, "replaced", 0), 0);
	files_fail = true; /* what is not on the disk gets no name */
	assert_fails(io_put_file(folder_fd, "lost", IO_REPLACE, 0600, "x", 1, &fail), fail, EX_IOERR,
		     "lost: Input/output error");
	files_fail = false;
	assert_int_equal(count_entries(), before);
}

/* A report that root writes over a stranger's file must not become the stranger's. */
static void gives_a_file_away_only_when_asked(void **state)
{
	(void)state;
	const uid_t stranger = 65534;
	struct stat status;
	struct fail fail;

	if (geteuid() != 0)
		skip(); /* may not give files away */
	assert_int_equal(io_put_file(folder_fd, "theirs", IO_REPLACE, 0600, "old", 3, &fail), 0);
	assert_int_equal(fchownat(folder_fd, "theirs", stranger, stranger, 0), 0);
	assert_int_equal(io_put_file(folder_fd, "theirs", IO_EDIT, 0600, "edited", 6, &fail), 0);
	assert_int_equal(fstatat(folder_fd, "theirs", &status, 0), 0);
	assert_int_equal(status.st_uid, stranger);
	assert_int_equal(io_put_file(folder_fd, "theirs", IO_REPLACE, 0600, "secret", 6, &fail), 0);
	assert_int_equal(fstatat(folder_fd, "theirs", &status, 0), 0);
	assert_int_equal(status.st_uid, 0);
	assert_int_equal(unlinkat(folder_fd, "theirs", 0), 0);
}

static void names_what_cannot_be_written(void **state)
{
	(void)state;
	struct fail fail;
	char name[300];

	assert_fails(io_put_file(folder_fd, "none/x", IO_REPLACE, 0600, "", 0, &fail), fail, EX_CANTCREAT,
		     "none: No such file or directory");
	assert_fails(io_put_file(folder_fd, "x/", IO_REPLACE, 0600, "", 0, &fail), fail, EX_CANTCREAT,
		     "x/: is a folder");
	assert_int_equal(mkfifoat(folder_fd, "device", 0600), 0);
	assert_fails(io_put_file(folder_fd, "device", IO_REPLACE, 0600, "", 0, &fail), fail, EX_CANTCREAT,
		     "device: not a regular file");
	assert_int_equal(unlinkat(folder_fd, "device", 0), 0);
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(io_put_file(folder_fd, name, IO_REPLACE, 0600, "", 0, &fail), -1);
	assert_int_equal(fail.status, EX_CANTCREAT);
}

static void sweeps_what_a_killed_writer_left(void **state)
{
	const char *const names[] = {".swept.0123456789abcdef.tmp",      ".swept.fedcba9876543210.tmp",
				     ".swept.0123456789abcdeg.tmp",      ".swept.0123456789abcdef.tmp2",
				     ".swept.more.0123456789abcdef.tmp", "swept"};
	struct fail fail;

	(void)state;
	size_t before = count_entries();
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_int_equal(close(openat(folder_fd, names[i], O_WRONLY | O_CREAT, 0600)), 0);
	assert_int_equal(io_sweep(folder_path("swept"), &fail), 0);
	assert_int_equal(count_entries(), before + 4);
	for (size_t i = 0; i < 2; i++)
		assert_int_not_equal(faccessat(folder_fd, names[i], F_OK, 0), 0);
	assert_int_equal(io_sweep(folder_path("none/swept"), &fail), 0);
	assert_int_equal(io_sweep(folder_path("swept/x"), &fail), -1);
}

static int truncate_file(const char *name, off_t size)
{
	int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int result = ftruncate(fd, size);

	return close(fd) == 0 ? result : -1;
}

static void reads_only_regular_files_within_the_limit(void **state)
{
	(void)state;
	struct fail fail;
	auto_buf struct buf fits = BUF_INIT(4);
	auto_buf struct buf small = BUF_INIT(3);

	assert_int_equal(io_put_file(folder_fd, "four", IO_REPLACE, 0600, "1234", 4, &fail), 0);
	assert_int_equal(symlinkat("four", folder_fd, "link"), 0);
	assert_int_equal(mkfifoat(folder_fd, "fifo", 0600), 0);
	assert_int_equal(io_read_file(folder_fd, "four", &fits, &fail), 0);
	assert_string_equal(buf_text(&fits), "1234");
	assert_fails(io_read_file(folder_fd, "four", &small, &fail), fail, EX_DATAERR,
		     "four: more than 3 bytes");
	/* Its size modulo 2^32 would fit. */
	assert_int_equal(truncate_file("large", (INT64_C(1) << 32) + 2), 0);
	assert_fails(io_read_file(folder_fd, "large", &small, &fail), fail, EX_DATAERR,
		     "large: more than 3 bytes");
	assert_int_equal(io_open_file(folder_fd, "link", NULL, &fail), -1);
	assert_int_equal(fail.status, EX_NOINPUT);
	assert_fails(io_open_file(folder_fd, "fifo", NULL, &fail), fail, EX_NOINPUT,
		     "fifo: not a regular file");
	assert_fails(io_open_file(folder_fd, ".", NULL, &fail), fail, EX_NOINPUT,
		     ".: not a regular file but a folder");
	assert_fails(io_open_file(folder_fd, "none", NULL, &fail), fail, EX_NOINPUT,
		     "none: No such file or directory");
}

static void errors_keep_their_parts(void **state)
{
	(void)state;
	struct fail fail;

	errno = ENOENT;
	assert_fails(fail_errno(&fail, EX_NOINPUT, "%s", "file"), fail, EX_NOINPUT,
		     "file: No such file or directory");
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fail_hint(&fail, "look %s", "there"), -1);
	assert_fails(fail_prefix(&fail, "folder"), fail, EX_NOINPUT,
		     "folder: file: No such file or directory");
	assert_string_equal(fail.hint, "look there");
	assert_int_equal(fail_set(&fail, EX_USAGE, "x"), -1);
	assert_string_equal(fail.hint, "");
	assert_int_equal(fail_status_of_errno(EACCES), EX_NOPERM);
	assert_int_equal(fail_status_of_errno(EIO), EX_IOERR);
}

static void refuses_names_that_are_too_long(void **state)
{
	(void)state;
	char path[PATH_MAX + 8];
	struct fail fail = {0};

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	path[PATH_MAX] = '/';
	assert_int_equal(io_put_file(AT_FDCWD, path, IO_REPLACE, 0600, "", 0, &fail), -1);
	assert_int_equal(fail.status, EX_CANTCREAT);
	assert_non_null(strstr(fail.text, "...: name too long"));
	fail = (struct fail){0};
	assert_int_equal(io_sweep(path, &fail), -1);
	assert_int_equal(fail.status, EX_CANTCREAT);
	assert_non_null(strstr(fail.text, "...: name too long"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_stop_at_their_limit),
		cmocka_unit_test(replaces_a_file_as_a_whole),
		cmocka_unit_test(creates_only_what_is_not_there),
		cmocka_unit_test(creates_nothing_that_may_not_last),
		cmocka_unit_test(gives_a_file_away_only_when_asked),
		cmocka_unit_test(names_what_cannot_be_written),
		cmocka_unit_test(sweeps_what_a_killed_writer_left),
		cmocka_unit_test(reads_only_regular_files_within_the_limit),
		cmocka_unit_test(errors_keep_their_parts),
		cmocka_unit_test(refuses_names_that_are_too_long),
	};

	return cmocka_run_group_tests(tests, folder_open, folder_close);
}
