#include "lib/alert/dead.h"

#include "lib/alert/gofmt.h"
#include "lib/alert/spool.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 16 << 20,
	WAITING_BYTES = 64 << 10 /* from here on they are written before more are taken */
};

struct dead {
	char path[PATH_MAX];
	int folder_fd;
	int fd;
	struct buf waiting; /* letters that are not written */
	struct spool *spool;
};

/* A line that a crash cut short must not spoil the next; a name that was just made must not be lost. Returns 0, or -1
 * with errno. */
static int make_ready(int fd, int folder_fd)
{
	struct stat status;
	char last = '\n';

	if (fstat(fd, &status) != 0)
		return -1;
	if (!S_ISREG(status.st_mode)) {
		errno = ENXIO; /* as of a pipe that nobody reads */
		return -1;
	}
	if (status.st_size > 0 && pread(fd, &last, 1, status.st_size - 1) != 1)
		return -1;
	if (last != '\n' && io_write_all(fd, "\n", 1) != 0)
		return -1;
	return fsync(folder_fd);
}

/* Opens the file, or makes it. Returns the descriptor, or -1 with errno. */
static int open_file(const struct dead *dead)
{
	int fd = openat(dead->folder_fd, DEAD_FILE,
			O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0 || make_ready(fd, dead->folder_fd) == 0)
		return fd;
	scope_close(&fd);
	return -1;
}

/* Why there is no file to write to, from errno. Returns -1. */
static int fail_file(const struct dead *dead, int status, struct fail *fail)
{
	if (errno != EISDIR && errno != ELOOP && errno != ENXIO)
		return fail_errno(fail, status, "%s", dead->path);
	(void)fail_set(fail, status, "%s: not a regular file", dead->path);
	return fail_hint(fail, "move it away");
}

/* Somebody may have moved the file away, or emptied it. Returns its size now, or -1 with errno. */
static off_t look(struct dead *dead)
{
	struct stat ours;
	struct stat named;

	if (fstat(dead->fd, &ours) != 0)
		return -1;
	if (fstatat(dead->folder_fd, DEAD_FILE, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    named.st_ino == ours.st_ino && named.st_dev == ours.st_dev)
		return ours.st_size;
	int fd = open_file(dead);
	if (fd < 0)
		return -1;
	(void)close(dead->fd); /* what was written is synced */
	dead->fd = fd;
	return fstat(fd, &ours) == 0 ? ours.st_size : -1;
}

struct dead *dead_open(const char *folder, struct spool *spool, struct fail *fail)
{
	struct dead *dead = calloc(1, sizeof *dead);

	if (dead == NULL) {
		(void)fail_errno(fail, EX_OSERR, "%s", folder);
		return NULL;
	}
	if (snprintf(dead->path, sizeof dead->path, "%s/%s", folder, DEAD_FILE) >= (int)sizeof dead->path) {
		free(dead);
		(void)fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", folder);
		return NULL;
	}
	dead->spool = spool;
	dead->waiting = BUF_INIT(WAITING_BYTES + LINE_MAX_BYTES);
	dead->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dead->fd = dead->folder_fd < 0 ? -1 : open_file(dead);
	if (dead->fd < 0) {
		(void)fail_file(dead, EX_CANTCREAT, fail);
		dead_close(dead);
		return NULL;
	}
	return dead;
}

void dead_close(struct dead *dead)
{
	int error = errno;

	if (dead != NULL) {
		scope_close(&dead->fd); /* what was written is synced */
		scope_close(&dead->folder_fd);
		buf_fini(&dead->waiting);
		free(dead);
	}
	errno = error;
}

/* Appends the bytes as a JSON string. */
static int add_text(const uint8_t *bytes, size_t size, struct buf *out)
{
	static const char replacement[] = "\xef\xbf\xbd";
	auto_buf struct buf clean = BUF_INIT(LINE_MAX_BYTES);

	for (size_t at = 0; at < size;) {
		size_t length = text_character(bytes + at, size - at);
		if (length == 0 ? buf_add_text(&clean, replacement) != 0
				: buf_add(&clean, bytes + at, length) != 0)
			return -1;
		at += length == 0 ? 1 : length;
	}
	struct value text = value_string(buf_text(&clean), clean.size);
	return gofmt_json(&text, out);
}

static int format(const struct dead_letter *letter, struct buf *out)
{
	struct tm parts;
	char at[32];
	int result;

	if (gmtime_r(&letter->at, &parts) == NULL ||
	    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		return -1;
	result = buf_add_text(out, "{\"reason\":");
	result |= add_text((const uint8_t *)letter->reason, strlen(letter->reason), out);
	result |= buf_printf(out, ",\"status\":%ld,\"at\":\"%s\",\"output\":", letter->status, at);
	if (letter->output == NULL)
		result |= buf_add_text(out, "null");
	else
		result |= add_text((const uint8_t *)letter->output, strlen(letter->output), out);
	result |= buf_add_text(out, ",\"alert\":");
	if (result == 0)
		result = letter->is_json ? buf_add(out, letter->bytes, letter->size)
					 : add_text(letter->bytes, letter->size, out);
	return result != 0 ? -1 : buf_add_text(out, "}\n");
}

/* Returns 0; or -1 with errno, and the file as it was. */
static int append(struct dead *dead)
{
	off_t size = look(dead);

	if (size < 0)
		return -1;
	if (io_write_all(dead->fd, dead->waiting.data, dead->waiting.size) == 0 && fdatasync(dead->fd) == 0)
		return 0;
	int error = errno;
	/* Without a cut line; if even that is denied, with one that is ended. */
	if (ftruncate(dead->fd, size) != 0)
		(void)io_write_all(dead->fd, "\n", 1);
	errno = error;
	return -1;
}

int dead_sync(struct dead *dead, struct fail *fail)
{
	if (dead->waiting.size == 0)
		return 0;
	int result = append(dead);
	if (result != 0 && (errno == ENOSPC || errno == EDQUOT) && dead->spool != NULL) {
		spool_free_reserve(dead->spool); /* a letter is worth it */
		result = append(dead);
	}
	if (result != 0)
		return fail_file(dead, EX_IOERR, fail);
	buf_fini(&dead->waiting);
	return 0;
}

/* As dead_add; *before: bytes that wait without it. */
static int take(struct dead *dead, const struct dead_letter *letter, size_t *before, struct fail *fail)
{
	if (dead->waiting.size >= WAITING_BYTES && dead_sync(dead, fail) != 0)
		return -1;
	*before = dead->waiting.size;
	off_t size = look(dead);
	if (size < 0)
		return fail_file(dead, EX_IOERR, fail);
	if (letter->output == NULL && (uint64_t)size + *before > DEAD_INPUT_MAX)
		return 0;
	if (format(letter, &dead->waiting) == 0)
		return 0;
	dead->waiting.size = *before;
	return fail_errno(fail, EX_OSERR, "%s", dead->path);
}

int dead_add(struct dead *dead, const struct dead_letter *letter, struct fail *fail)
{
	size_t before;

	return take(dead, letter, &before, fail);
}

int dead_keep(struct dead *dead, const struct dead_letter *letter, struct fail *fail)
{
	size_t before;

	if (take(dead, letter, &before, fail) != 0)
		return -1;
	if (dead_sync(dead, fail) == 0)
		return 0;
	dead->waiting.size = before;
	return -1;
}
