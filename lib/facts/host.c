#include "lib/facts/host.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/facts/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 256 };

struct entry {
	char *path;
	struct host_file file;
	struct buf bytes;
};

struct host {
	int root_fd;                      /* -1: the live host */
	struct entry *entries[FILES_MAX]; /* pointers, so that what was handed out stays where it is */
	size_t count;
	struct host_file full; /* the answer when there is no room for another */
};

struct host *host_new(const char *root, struct fail *fail)
{
	struct host *host = calloc(1, sizeof *host);

	if (host == NULL) {
		(void)fail_errno(fail, EX_OSERR, "the host");
		return NULL;
	}
	host->root_fd = -1;
	host->full = (struct host_file){.state = HOST_UNREADABLE, .why = "too many files"};
	if (root == NULL)
		return host;
	host->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host->root_fd >= 0)
		return host;
	(void)fail_errno(fail, fail_status_of_errno(errno), "%s", root);
	host_free(host);
	return NULL;
}

void host_free(struct host *host)
{
	if (host == NULL)
		return;
	for (size_t i = 0; i < host->count; i++) {
		free(host->entries[i]->path);
		buf_fini(&host->entries[i]->bytes);
		free(host->entries[i]);
	}
	scope_close(&host->root_fd); /* was never written to */
	free(host);
}

bool host_is_live(const struct host *host)
{
	return host->root_fd < 0;
}

/* A descriptor of what is at `path`; in a captured host it can only be looked at (O_PATH), as what was
 * captured may be a device that acts on being opened. */
static int find(struct host *host, const char *path, int flags)
{
	if (host->root_fd < 0)
		return open(path, flags | O_CLOEXEC);
	return inroot_open(host->root_fd, path, flags & O_NOFOLLOW);
}

/* Opens a regular file for reading; -1 with errno, ENXIO for what is no regular file. */
static int open_regular(struct host *host, const char *path, struct stat *status)
{
	int fd = find(host, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (fstat(fd, status) != 0 || !S_ISREG(status->st_mode)) {
		(void)close(fd); /* was not written to */
		errno = ENXIO;
		return -1;
	}
	if (host->root_fd < 0)
		return fd;
	char itself[sizeof "/proc/self/fd/" + 16];
	(void)snprintf(itself, sizeof itself, "/proc/self/fd/%d", fd); /* has room for any int */
	int readable = open(itself, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	scope_close(&fd);
	return readable;
}

void host_say(char why[HOST_WHY_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(why, HOST_WHY_SIZE, format, arguments); /* cut: see the header */
	va_end(arguments);
}

static const char *reason(int error)
{
	return error == ENXIO ? "not a regular file" : strerror(error);
}

static enum host_state state_of(int error)
{
	return error == ENOENT || error == ENOTDIR ? HOST_ABSENT : HOST_UNREADABLE;
}

static enum host_state explain(const char *path, int error, char *why)
{
	host_say(why, "%s: %s", path, reason(error));
	return state_of(error);
}

static void load(struct host *host, struct entry *entry, enum host_mode mode)
{
	struct host_file *file = &entry->file;
	struct stat status;
	auto_close int fd = open_regular(host, entry->path, &status);

	if (fd < 0) {
		file->state = explain(entry->path, errno, file->why);
		return;
	}
	off_t behind = status.st_size - (off_t)entry->bytes.limit;
	if (mode == HOST_TAIL && behind > 0) {
		file->cut = true;
		if (lseek(fd, behind, SEEK_SET) < 0) {
			file->state = explain(entry->path, errno, file->why);
			return;
		}
	}
	bool more = false;
	if (io_read_up_to(fd, &entry->bytes, &more) != 0) {
		(void)explain(entry->path, errno, file->why);
		file->state = HOST_UNREADABLE; /* whatever the errno: it is there */
		return;
	}
	if (more && mode == HOST_WHOLE) {
		file->state = HOST_UNREADABLE;
		host_say(file->why, "%s: more than %zu bytes", entry->path, entry->bytes.limit);
		return;
	}
	file->cut |= more;
	file->state = HOST_FOUND;
	file->content = (struct span){(const uint8_t *)buf_text(&entry->bytes), entry->bytes.size};
}

const struct host_file *host_read(struct host *host, const char *path, size_t limit, enum host_mode mode)
{
	for (size_t i = 0; i < host->count; i++)
		if (strcmp(host->entries[i]->path, path) == 0)
			return &host->entries[i]->file;
	if (host->count == FILES_MAX)
		return &host->full;
	struct entry *entry = calloc(1, sizeof *entry);
	if (entry == NULL)
		return &host->full;
	entry->path = strdup(path);
	if (entry->path == NULL) {
		free(entry);
		return &host->full;
	}
	entry->bytes = BUF_INIT(limit);
	load(host, entry, mode);
	host->entries[host->count++] = entry;
	return &entry->file;
}

const struct host_file *host_text(struct host *host, const char *path)
{
	return host_read(host, path, HOST_FILE_MAX, HOST_WHOLE);
}

enum host_state host_stat(struct host *host, const char *path, struct stat *status, char *why)
{
	struct stat found;
	int result;

	if (host->root_fd < 0) {
		result = stat(path, &found);
	} else {
		auto_close int fd = find(host, path, 0);
		result = fd < 0 ? -1 : fstat(fd, &found);
	}
	if (result != 0)
		return explain(path, errno, why);
	if (status != NULL)
		*status = found;
	return HOST_FOUND;
}

bool host_has(struct host *host, const char *path, struct stat *status, char *why)
{
	char reason[HOST_WHY_SIZE];
	enum host_state state = host_stat(host, path, status, reason);

	if (state == HOST_UNREADABLE)
		memcpy(why, reason, sizeof reason);
	return state == HOST_FOUND;
}

enum host_state host_link(struct host *host, const char *path, char *target, size_t target_size,
			  bool *is_link, char *why)
{
	ssize_t size;

	*is_link = true;
	if (host->root_fd < 0) {
		size = readlink(path, target, target_size);
	} else {
		auto_close int fd = find(host, path, O_NOFOLLOW);
		size = fd < 0 ? -1 : readlinkat(fd, "", target, target_size);
		if (fd >= 0 && size < 0 && errno == ENOENT)
			errno = EINVAL; /* what readlinkat says of an O_PATH descriptor that is no link */
	}
	if (size < 0 && errno == EINVAL) {
		*is_link = false;
		return HOST_ABSENT;
	}
	if (size < 0 || (size_t)size >= target_size)
		return explain(path, size < 0 ? errno : ENAMETOOLONG, why);
	target[size] = '\0';
	return HOST_FOUND;
}

ssize_t host_peek(struct host *host, const char *path, void *bytes, size_t size)
{
	struct stat status;
	auto_close int fd = open_regular(host, path, &status);

	return fd < 0 ? -1 : read(fd, bytes, size);
}

int host_open_folder(struct host *host, const char *path)
{
	if (host->root_fd < 0)
		return open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	auto_close int fd = find(host, path, 0);
	return fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}
