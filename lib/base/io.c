#include "lib/base/io.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { READ_STEP = 4096, TEMPORARY_DIGITS = 16 };

static int open_regular(int dir_fd, const char *path, int flags, struct stat *status, struct fail *fail)
{
	struct stat found;
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);

	if (fd < 0)
		return fail_errno(fail, fail_status_of_errno(errno), "%s", path);
	if (fstat(fd, &found) != 0) {
		(void)fail_errno(fail, EX_IOERR, "%s", path);
	} else if (!S_ISREG(found.st_mode)) {
		(void)fail_set(fail, EX_NOINPUT, "%s: not a regular file%s", path,
			       S_ISDIR(found.st_mode) ? " but a folder" : "");
	} else {
		if (status != NULL)
			*status = found;
		return fd;
	}
	(void)close(fd); /* was only read */
	return -1;
}

int io_open_file(int dir_fd, const char *path, struct stat *status, struct fail *fail)
{
	return open_regular(dir_fd, path, O_NOFOLLOW, status, fail);
}

int io_open_linked(const char *path, struct stat *status, struct fail *fail)
{
	return open_regular(AT_FDCWD, path, 0, status, fail);
}

int io_read_up_to(int fd, struct buf *out, bool *more)
{
	for (;;) {
		size_t room = out->limit - out->size;
		size_t step = out->capacity > out->size + READ_STEP ? out->capacity - out->size - 1
								    : READ_STEP;
		uint8_t extra; /* tells a file over the limit from one that just fits */
		if (step > room)
			step = room;
		if (step > 0 && buf_reserve(out, step) != 0)
			return -1;
		ssize_t got = step > 0 ? read(fd, out->data + out->size, step) : read(fd, &extra, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0 || step == 0) {
			*more = got > 0;
			return 0;
		}
		out->size += (size_t)got;
		out->data[out->size] = '\0';
	}
}

int io_read_fd(int fd, const char *name, struct buf *out, struct fail *fail)
{
	bool more;

	if (io_read_up_to(fd, out, &more) != 0)
		return fail_errno(fail, fail_status_of_errno(errno), "%s", name);
	return more ? fail_set(fail, EX_DATAERR, "%s: more than %zu bytes", name, out->limit) : 0;
}

int io_read_file(int dir_fd, const char *path, struct buf *out, struct fail *fail)
{
	struct stat status = {0};
	auto_close int fd = io_open_file(dir_fd, path, &status, fail);

	if (fd < 0)
		return -1;
	/* A file of known size is one read(), and none to see its end; /proc and /sys say 0. */
	bool fits = status.st_size > 0 && (uintmax_t)status.st_size <= out->limit - out->size;
	size_t size = fits ? (size_t)status.st_size : 0;
	if (fits && buf_reserve(out, size) == 0) {
		ssize_t got = read(fd, out->data + out->size, size);
		if (got > 0) {
			out->size += (size_t)got;
			out->data[out->size] = '\0';
			if ((size_t)got == size)
				return 0;
		}
	}
	return io_read_fd(fd, path, out, fail);
}

int io_read_input(const char *path, struct buf *out, struct fail *fail)
{
	if (path == NULL || strcmp(path, "-") == 0)
		return io_read_fd(STDIN_FILENO, "standard input", out, fail);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(fail, fail_status_of_errno(errno), "%s", path);
	return io_read_fd(fd, path, out, fail);
}

int io_write_all(int fd, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size > 0) {
		ssize_t put = write(fd, at, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		at += put;
		size -= (size_t)put;
	}
	return 0;
}

DIR *io_list(int fd)
{
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (folder == NULL)
		scope_close(&fd);
	return folder;
}

static void keep_owner(int fd, const struct stat *old)
{
	int refused = fchown(fd, old->st_uid, old->st_gid);

	(void)refused; /* who may not give files away makes it his own, as an editor that writes anew does */
}

/* Creates the temporary file and writes it; -1 with errno, and nothing left behind. `old` is whose owner
 * it gets, or NULL. */
static int put_temporary(int folder_fd, const char *name, const struct stat *old, mode_t permissions,
			 const void *bytes, size_t size)
{
	int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -1;
	if (old != NULL)
		keep_owner(fd, old);
	if (io_write_all(fd, bytes, size) == 0 && fchmod(fd, permissions) == 0 && fsync(fd) == 0) {
		if (close(fd) == 0)
			return 0;
	} else {
		int error = errno;
		(void)close(fd); /* the first error is the one to tell */
		errno = error;
	}
	int error = errno;
	(void)unlinkat(folder_fd, name, 0);
	errno = error;
	return -1;
}

/* Moves the finished temporary file to its name. */
static int settle(int folder_fd, const char *temporary, const char *base, enum io_mode mode)
{
	unsigned flags = mode == IO_CREATE ? RENAME_NOREPLACE : 0;

	if (renameat2(folder_fd, temporary, folder_fd, base, flags) == 0)
		return 0;
	/* Some file systems (NFS) know no RENAME_NOREPLACE; a hard link refuses a taken name everywhere. */
	if (mode == IO_CREATE && errno == EINVAL && linkat(folder_fd, temporary, folder_fd, base, 0) == 0)
		return unlinkat(folder_fd, temporary, 0);
	int error = errno;
	(void)unlinkat(folder_fd, temporary, 0);
	errno = error;
	return -1;
}

/* For a folder that may be written but not read (a drop), which fsync cannot be asked for: syncs the file
 * system through the new file. */
static int sync_through(int folder_fd, const char *base)
{
	auto_close int fd = openat(folder_fd, base, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return fd < 0 ? -1 : syncfs(fd);
}

/* The name of a file in the folder that it lies in; NULL with *fail when that is too long. */
static const char *split(const char *path, char folder[PATH_MAX], struct fail *fail)
{
	const char *slash = strrchr(path, '/');
	int size = slash == NULL || slash == path ? 1 : (int)(slash - path);
	int used = snprintf(folder, PATH_MAX, "%.*s", size, slash == NULL ? "." : path);

	if (used >= 0 && used < PATH_MAX)
		return slash == NULL ? path : slash + 1;
	(void)fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", path);
	return NULL;
}

int io_put_file(int dir_fd, const char *path, enum io_mode mode, mode_t permissions, const void *bytes,
		size_t size, struct fail *fail)
{
	char folder[PATH_MAX];
	char temporary[NAME_MAX + 1];
	struct stat old;
	uint64_t unique;

	const char *base = split(path, folder, fail);
	if (base == NULL)
		return -1;
	if (base[0] == '\0')
		return fail_set(fail, EX_CANTCREAT, "%s: is a folder", path);
	if (getrandom(&unique, sizeof unique, 0) != (ssize_t)sizeof unique)
		return fail_errno(fail, EX_OSERR, "random numbers");
	int used = snprintf(temporary, sizeof temporary, ".%s.%016llx.tmp", base, (unsigned long long)unique);
	if (used < 0 || (size_t)used >= sizeof temporary)
		return fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", path);

	auto_close int folder_fd = openat(dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool readable = folder_fd >= 0;
	if (!readable && errno == EACCES)
		folder_fd = openat(dir_fd, folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		return fail_errno(fail, fail_status_of_write(errno), "%s", folder);
	bool there = fstatat(folder_fd, base, &old, AT_SYMLINK_NOFOLLOW) == 0;
	if (mode != IO_CREATE && there && !S_ISREG(old.st_mode)) /* /dev/null, a fifo, a link to somewhere */
		return fail_set(fail, EX_CANTCREAT, "%s: not a regular file", path);
	if (put_temporary(folder_fd, temporary, mode == IO_EDIT && there ? &old : NULL, permissions, bytes,
			  size) != 0 ||
	    settle(folder_fd, temporary, base, mode) != 0)
		return fail_errno(fail, fail_status_of_write(errno), "%s", path);
	/* The new name is there, but not yet sure to survive a power cut. */
	if ((readable ? fsync(folder_fd) : sync_through(folder_fd, base)) == 0)
		return 0;
	(void)fail_errno(fail, EX_IOERR, "%s", folder);
	if (mode == IO_CREATE)
		(void)unlinkat(folder_fd, base, 0); /* or nothing; of the others, what was there is gone */
	return -1;
}

static bool is_temporary(const char *name, const char *base)
{
	size_t size = strlen(base);

	return name[0] == '.' && strncmp(name + 1, base, size) == 0 && name[1 + size] == '.' &&
	       strspn(name + size + 2, "0123456789abcdef") == TEMPORARY_DIGITS &&
	       strcmp(name + size + 2 + TEMPORARY_DIGITS, ".tmp") == 0;
}

int io_sweep(const char *path, struct fail *fail)
{
	const struct dirent *entry;
	char name[PATH_MAX];
	int result = 0;

	const char *base = split(path, name, fail);
	if (base == NULL)
		return -1;
	DIR *folder = opendir(name);
	if (folder == NULL)
		return errno == ENOENT ? 0 : fail_errno(fail, fail_status_of_errno(errno), "%s", name);
	while (result == 0 && (errno = 0, entry = readdir(folder)) != NULL)
		if (is_temporary(entry->d_name, base) && unlinkat(dirfd(folder), entry->d_name, 0) != 0 &&
		    errno != ENOENT) /* whoever removed it first has done our work */
			result = fail_errno(fail, fail_status_of_errno(errno), "%s/%s", name, entry->d_name);
	if (result == 0 && errno != 0)
		result = fail_errno(fail, EX_IOERR, "%s", name);
	(void)closedir(folder); /* was only read */
	return result;
}
