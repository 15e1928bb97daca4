#include "lib/alert/spool_folder.h"

#include "lib/base/fail.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor that holds the lock, or -1. */
static int take_lock(int dir_fd, const char *path, struct fail *fail)
{
	int fd = openat(dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0)
		return fail_errno(fail, EX_CANTCREAT, "%s/lock", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno != EWOULDBLOCK) {
		(void)fail_errno(fail, EX_IOERR, "%s/lock", path);
	} else {
		(void)fail_set(fail, EX_TEMPFAIL, "%s: another process has this spool", path);
		(void)fail_hint(fail, "one process a spool: give each its own --spool DIR");
	}
	scope_close(&fd);
	return -1;
}

/* Makes the folder when it is missing; its name must survive a power cut like what will be in it. */
static int make(const char *path, struct fail *fail)
{
	char copy[PATH_MAX];

	if (mkdir(path, 0700) != 0)
		return errno == EEXIST ? 0 : fail_errno(fail, EX_CANTCREAT, "%s", path);
	int size = snprintf(copy, sizeof copy, "%s", path);
	if (size < 0 || (size_t)size >= sizeof copy)
		return fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", path);
	auto_close int parent = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0 || fsync(parent) != 0)
		return fail_errno(fail, EX_IOERR, "%s", path);
	return 0;
}

static int check(int fd, const char *path, struct fail *fail)
{
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0)
		return fail_errno(fail, errno == EACCES ? EX_NOPERM : EX_CANTCREAT, "%s", path);
	if (status.st_uid != geteuid() && status.st_uid != 0) {
		(void)fail_set(fail, EX_NOPERM, "%s: belongs to another user", path);
		return fail_hint(fail, "be that user, or give a folder of your own with --spool");
	}
	if ((status.st_mode & 077) != 0) {
		(void)fail_set(fail, EX_NOPERM, "%s: others can look into it (mode %04o)", path,
			       status.st_mode & 07777);
		return fail_hint(fail, "chmod 700 %.200s", path);
	}
	return 0;
}

int spool_folder_open(const char *path, int *dir_fd, int *lock_fd, struct fail *fail)
{
	if (make(path, fail) != 0)
		return -1;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int lock = check(fd, path, fail) != 0 ? -1 : take_lock(fd, path, fail);
	if (lock < 0) {
		scope_close(&fd);
		return -1;
	}
	*dir_fd = fd;
	*lock_fd = lock;
	return 0;
}
