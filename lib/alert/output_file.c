/* Alerts in a file, a line each: synced before they count as delivered, rotated by size, taken up anew
 * when somebody else has moved the file away. */
#include "lib/alert/config.h"
#include "lib/alert/output.h"
#include "lib/alert/output_local.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PERMISSIONS = 0640, NAME_ROOM = PATH_MAX + 8 };

struct file {
	const struct config_output *own;
	int fd; /* -1: not open */
	uint64_t size;
};

/* A line that a crash cut short is ended, so that it does not spoil the next. */
static int end_last_line(struct file *file)
{
	char last = '\n';

	if (file->size > 0 && pread(file->fd, &last, 1, (off_t)file->size - 1) != 1)
		return -1;
	if (last == '\n')
		return 0;
	if (io_write_all(file->fd, "\n", 1) != 0)
		return -1;
	file->size++;
	return 0;
}

static void close_fd(struct file *file)
{
	scope_close(&file->fd); /* everything in it is synced */
	file->fd = -1;
}

/* The name of a file just made: an alert in it is not to be lost with it. */
static int sync_name(const struct file *file)
{
	char folder[PATH_MAX];

	(void)snprintf(folder, sizeof folder, "%s",
		       file->own->path); /* the configuration has no longer ones */
	auto_close int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return syncfs(file->fd);                   /* a folder that may be written but not read */
	return fsync(fd) == 0 || errno == EINVAL ? 0 : -1; /* some network file systems do not know it */
}

static int open_fd(struct file *file, struct fail *fail)
{
	const char *path = file->own->path;
	struct stat status;

	close_fd(file);
	file->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, PERMISSIONS);
	if (file->fd < 0)
		return fail_errno(fail, errno == EACCES || errno == EPERM ? EX_NOPERM : EX_CANTCREAT, "%s",
				  path);
	bool known = fstat(file->fd, &status) == 0;
	if (known && !S_ISREG(status.st_mode)) {
		close_fd(file);
		return fail_set(fail, EX_CANTCREAT, "%s: not a regular file", path);
	}
	file->size = known ? (uint64_t)status.st_size : 0;
	if (!known || end_last_line(file) != 0 || (file->size == 0 && sync_name(file) != 0)) {
		(void)fail_errno(fail, EX_IOERR, "%s", path);
		close_fd(file);
		return -1;
	}
	return 0;
}

static void *open_file(const struct config_output *own, const struct output_world *world, struct fail *fail)
{
	struct file *file = calloc(1, sizeof *file);

	(void)world;
	if (file == NULL) {
		(void)fail_errno(fail, EX_OSERR, "memory");
		return NULL;
	}
	*file = (struct file){.own = own, .fd = -1};
	if (open_fd(file, fail) != 0) {
		free(file);
		return NULL;
	}
	return file;
}

/* Whether the name still means the open file: logrotate moves it away, or somebody removes it. */
static bool is_current(const struct file *file)
{
	struct stat named;
	struct stat open;

	return file->fd >= 0 && fstat(file->fd, &open) == 0 && stat(file->own->path, &named) == 0 &&
	       named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

/* PATH.1 is the youngest; the one beyond max_backups is written over. Gaps are left alone. */
static int rotate(struct file *file, struct fail *fail)
{
	const char *path = file->own->path;
	char from[NAME_ROOM];
	char to[NAME_ROOM];

	for (unsigned i = file->own->max_backups; i > 0; i--) {
		int width = i == 1 ? snprintf(from, sizeof from, "%s", path)
				   : snprintf(from, sizeof from, "%s.%u", path, i - 1);
		if (width >= (int)sizeof from || snprintf(to, sizeof to, "%s.%u", path, i) >= (int)sizeof to)
			return fail_set(fail, EX_CANTCREAT, "%s: name too long", path);
		if (rename(from, to) != 0 && errno != ENOENT)
			return fail_errno(fail, EX_IOERR, "%s", to);
	}
	if (file->own->max_backups == 0 && unlink(path) != 0 && errno != ENOENT)
		return fail_errno(fail, EX_IOERR, "%s", path);
	return open_fd(file, fail);
}

/* Takes a half-written tail away again: what is tried later would else be there twice, once cut. */
static int append(struct file *file, const uint8_t *bytes, size_t size, struct fail *fail)
{
	struct stat status;

	if (fstat(file->fd, &status) != 0)
		return fail_errno(fail, EX_IOERR, "%s", file->own->path);
	file->size = (uint64_t)status.st_size; /* others may have written to it, or emptied it */
	if (io_write_all(file->fd, bytes, size) == 0 && fdatasync(file->fd) == 0) {
		file->size += size;
		return 0;
	}
	(void)fail_errno(fail, EX_IOERR, "%s", file->own->path);
	if (ftruncate(file->fd, (off_t)file->size) != 0)
		close_fd(file); /* opening ends the cut line */
	return -1;
}

/* How many records from `index` on still fit into the file; at least one into an empty one. */
static size_t count_fitting(const struct file *file, const struct render *slice, size_t index, uint32_t start)
{
	size_t count = 0;
	uint64_t room = file->own->max_size_bytes > file->size ? file->own->max_size_bytes - file->size : 0;

	while (index + count < slice->to && slice->ends[index + count - slice->from] - start <= room)
		count++;
	return count == 0 && file->size == 0 ? 1 : count;
}

static int write_file(void *driver, const struct render *slice, int64_t written_ms,
		      struct output_written *written)
{
	struct file *file = driver;
	struct fail fail;
	uint32_t start = 0;
	int result = is_current(file) ? 0 : open_fd(file, &fail);

	(void)written_ms;
	for (size_t index = slice->from; index < slice->to && result == 0;) {
		size_t count = count_fitting(file, slice, index, start);
		if (count == 0) {
			result = rotate(file, &fail);
			continue;
		}
		uint32_t end = slice->ends[index + count - 1 - slice->from];
		result = append(file, slice->bytes + start, end - start, &fail);
		if (result == 0) {
			index += count;
			start = end;
			written->to = index;
		}
	}
	if (result == 0)
		return 0;
	written->outcome = DELIVERY_NO_ANSWER;
	(void)snprintf(written->reason, sizeof written->reason, "%.*s", (int)sizeof written->reason - 1,
		       fail.text);
	return -1;
}

static void reopen_file(void *driver)
{
	close_fd(driver); /* the next write opens it */
}

static void close_file(void *driver)
{
	close_fd(driver);
	free(driver);
}

const struct output_driver output_file_driver = {open_file, write_file, reopen_file, close_file};
