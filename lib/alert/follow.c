#include "lib/alert/follow.h"

#include "lib/alert/follow_file.h"
#include "lib/base/crc.h"
#include "lib/base/fail.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct follow {
	char folder[PATH_MAX];
	char name[NAME_MAX + 1];
	int dir_fd;
	int inotify_fd;
	int watches[2];        /* of the file at hand, and of an empty one that has its name; -1: none */
	int fd;                /* -1: no file */
	struct follow_file at; /* the file, and how much of it was read */
	bool is_live;          /* the file is the one of that name, as far as is known */
	bool was_at_end;       /* it may have become another since */
	uint64_t lost;
};

size_t follow_get_place(const struct follow *follow, size_t pending, uint8_t *place)
{
	_Static_assert((int)FOLLOW_PLACE_BYTES == (int)FOLLOW_FILE_PLACE_BYTES, "place");
	if (follow->fd < 0)
		return 0;
	follow_file_format(&follow->at, pending, place);
	return FOLLOW_PLACE_BYTES;
}

/* Takes over the descriptor, to be read from `offset` on. */
static void turn_to(struct follow *follow, int fd, const struct stat *status, uint64_t offset, bool is_live)
{
	scope_close(&follow->fd); /* was only read */
	for (size_t i = 0; i < 2; i++) {
		if (follow->watches[i] >= 0)
			(void)inotify_rm_watch(follow->inotify_fd,
					       follow->watches[i]); /* or it went with its file */
		follow->watches[i] = -1;
	}
	follow->fd = fd;
	follow->at.offset = offset;
	if (offset == 0)
		follow->at.print_size = follow->at.print_crc = 0;
	follow->at.device = status->st_dev;
	follow->at.inode = status->st_ino;
	follow->at.changed_ns = follow_file_changed_ns(status);
	follow->is_live = is_live;
	follow->was_at_end = false;
}

/* Has events come from the file of that name: what is the file at hand, or (`which` 1) an empty one that
 * is to follow it. Returns FOLLOW_BYTES the first time: something may have been written before the watch
 * was there. */
static enum follow_result watch(struct follow *follow, size_t which, struct fail *fail)
{
	char path[PATH_MAX + NAME_MAX + 2];

	(void)snprintf(path, sizeof path, "%s/%s", follow->folder, follow->name); /* there is room for both */
	int found = inotify_add_watch(follow->inotify_fd, path, IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF);
	if (found == follow->watches[which])
		return FOLLOW_END;
	if (found < 0 && errno == ENOENT)
		return FOLLOW_BYTES; /* rotated just now */
	if (found < 0) {
		(void)fail_errno(fail, EX_OSERR, "%s: inotify", path);
		return FOLLOW_FAILED;
	}
	follow->watches[which] = found;
	return FOLLOW_BYTES;
}

static void take_events(struct follow *follow)
{
	_Alignas(struct inotify_event) uint8_t events[4096];

	while (read(follow->inotify_fd, events, sizeof events) > 0)
		; /* each only says: look again */
}

/* Rotation */

static enum follow_result open_failed(const struct follow *follow, struct fail *fail)
{
	if (errno == ENOENT)
		return FOLLOW_END; /* between two names, or not there yet */
	if (errno == EINVAL)
		(void)fail_set(fail, EX_NOINPUT, "%s/%s: not a regular file", follow->folder, follow->name);
	else
		(void)fail_errno(fail, fail_status_of_errno(errno), "%s/%s", follow->folder, follow->name);
	return FOLLOW_FAILED;
}

/* Begins the live file. Keeps the present one when there is none. */
static enum follow_result open_live(struct follow *follow, struct fail *fail)
{
	struct stat status;
	int fd = follow_file_open(follow->dir_fd, follow->name, 0, &status);

	if (fd < 0)
		return open_failed(follow, fail);
	turn_to(follow, fd, &status, 0, true);
	return FOLLOW_NEXT;
}

/* What comes after the file at hand: the next rotated one, or else the live one. */
static enum follow_result go_on(struct follow *follow, struct fail *fail)
{
	struct stat status;
	int fd = follow_file_find(follow->dir_fd, follow->name, &follow->at, false, &status);

	if (fd < 0)
		return open_live(follow, fail);
	turn_to(follow, fd, &status, 0, false);
	return FOLLOW_NEXT;
}

/* The live file was cut short or written anew: reads the rest of what it held from its copy, if there is
 * one. */
static enum follow_result follow_copy(struct follow *follow, struct fail *fail)
{
	struct stat status;
	bool had_some = follow->at.offset > 0;
	int fd = had_some ? follow_file_find(follow->dir_fd, follow->name, &follow->at, true, &status) : -1;

	if (fd >= 0) {
		turn_to(follow, fd, &status, follow->at.offset, false);
		return FOLLOW_BYTES;
	}
	enum follow_result result = open_live(follow, fail);
	follow->lost += result == FOLLOW_NEXT && had_some;
	return result;
}

/* At the end of the file at hand. FOLLOW_BYTES: look again. */
static enum follow_result at_end(struct follow *follow, struct fail *fail)
{
	struct stat named;

	if (!follow->is_live)
		return go_on(follow, fail);
	if (fstatat(follow->dir_fd, follow->name, &named, 0) != 0)
		return open_failed(follow, fail);
	if (named.st_dev == follow->at.device && named.st_ino == follow->at.inode)
		return watch(follow, 0, fail);
	/* Who writes may still have the old file open; once there is something in the new one it has not. */
	return named.st_size > 0 ? go_on(follow, fail) : watch(follow, 1, fail);
}

/* Whether the live file is not what it was: shorter, or with another beginning. */
static bool is_changed(const struct follow *follow, const struct stat *status)
{
	return follow->is_live &&
	       ((uint64_t)status->st_size < follow->at.offset ||
		(follow->was_at_end && !follow_file_begins_alike(follow->fd, &follow->at)));
}

/* Takes the bytes just read into what the file is known by. */
static void take_print(struct follow *follow, const uint8_t *bytes, size_t size)
{
	if (follow->at.offset != follow->at.print_size || follow->at.offset >= FOLLOW_FILE_PRINT_MAX)
		return;
	size_t more = FOLLOW_FILE_PRINT_MAX - (size_t)follow->at.offset;
	if (more > size)
		more = size;
	follow->at.print_crc = crc_32c(follow->at.print_crc, bytes, more);
	follow->at.print_size += (uint32_t)more;
}

/* One look: bytes, the end, or a change of file. FOLLOW_BYTES with *got 0: look again. */
static enum follow_result look(struct follow *follow, uint8_t *bytes, size_t size, size_t *got,
			       struct fail *fail)
{
	struct stat status;
	ssize_t count = -1;

	if (fstat(follow->fd, &status) == 0) {
		if (is_changed(follow, &status))
			return follow_copy(follow, fail);
		do
			count = pread(follow->fd, bytes, size, (off_t)follow->at.offset);
		while (count < 0 && errno == EINTR);
	}
	if (count < 0) {
		(void)fail_errno(fail, EX_IOERR, "%s/%s", follow->folder, follow->name);
		return FOLLOW_FAILED;
	}
	follow->at.changed_ns = follow_file_changed_ns(&status);
	if (count == 0) {
		enum follow_result result = at_end(follow, fail);
		follow->was_at_end = result == FOLLOW_END;
		return result;
	}
	follow->was_at_end = false;
	take_print(follow, bytes, (size_t)count);
	follow->at.offset += (uint64_t)count;
	*got = (size_t)count;
	return FOLLOW_BYTES;
}

enum follow_result follow_read(struct follow *follow, uint8_t *bytes, size_t size, size_t *got,
			       struct fail *fail)
{
	enum follow_result result = FOLLOW_NEXT;

	take_events(follow);
	*got = 0;
	if (follow->fd < 0)
		result = open_live(follow, fail);
	if (result != FOLLOW_NEXT)
		return result;
	do
		result = look(follow, bytes, size, got, fail);
	while (result == FOLLOW_BYTES && *got == 0);
	return result;
}

/* Opening */

/* Finds the file of the place again: under its name, or rotated; or else what was written after it. */
static int resume(struct follow *follow, struct fail *fail)
{
	struct stat status;
	int fd = follow_file_open(follow->dir_fd, follow->name, 0, &status);

	if (fd < 0 && open_failed(follow, fail) == FOLLOW_FAILED)
		return -1;
	if (fd >= 0 && status.st_dev == follow->at.device && status.st_ino == follow->at.inode &&
	    (uint64_t)status.st_size >= follow->at.offset && follow_file_begins_alike(fd, &follow->at)) {
		turn_to(follow, fd, &status, follow->at.offset, true);
		return 0;
	}
	scope_close(&fd); /* was only looked at */
	fd = follow_file_find(follow->dir_fd, follow->name, &follow->at, true, &status);
	if (fd >= 0) {
		turn_to(follow, fd, &status, follow->at.offset, false);
		return 0;
	}
	follow->lost++;
	follow->at.inode = follow->at.offset = 0; /* it may be another file's by now */
	return go_on(follow, fail) == FOLLOW_FAILED ? -1 : 0;
}

/* Splits the path, opens the folder and watches it, and that of the file a symbolic link leads to. */
static int open_folder(struct follow *follow, const char *path, struct fail *fail)
{
	enum { EVENTS = IN_CREATE | IN_MOVED_TO | IN_ONLYDIR };
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	int folder_size = slash == NULL || slash == path ? 1 : (int)(slash - path);
	char target[PATH_MAX];

	int used = snprintf(follow->folder, sizeof follow->folder, "%.*s", folder_size,
			    slash == NULL ? "." : path);
	if (name[0] == '\0' || strlen(name) > NAME_MAX || used < 0 || (size_t)used >= sizeof follow->folder)
		return fail_set(fail, EX_NOINPUT, "%.200s: not the name of a file", path);
	(void)snprintf(follow->name, sizeof follow->name, "%s", name); /* measured above */
	follow->dir_fd = open(follow->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (follow->dir_fd < 0)
		return fail_errno(fail, fail_status_of_errno(errno), "%s", follow->folder);
	follow->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (follow->inotify_fd < 0 || inotify_add_watch(follow->inotify_fd, follow->folder, EVENTS) < 0)
		return fail_errno(fail, EX_OSERR, "%s: inotify", follow->folder);
	if (realpath(path, target) == NULL)
		return 0; /* not there yet */
	*strrchr(target, '/') = '\0';
	if (inotify_add_watch(follow->inotify_fd, target[0] == '\0' ? "/" : target, EVENTS) < 0)
		return fail_errno(fail, EX_OSERR, "%s: inotify", target);
	return 0;
}

struct follow *follow_open(const char *path, const uint8_t *place, size_t place_size, struct fail *fail)
{
	struct follow *follow = calloc(1, sizeof *follow);

	if (follow == NULL) {
		(void)fail_errno(fail, EX_OSERR, "%s", path);
		return NULL;
	}
	follow->dir_fd = follow->inotify_fd = follow->fd = follow->watches[0] = follow->watches[1] = -1;
	if (open_folder(follow, path, fail) != 0 ||
	    (place_size > 0 &&
	     (follow_file_parse(place, place_size, &follow->at, fail) != 0 || resume(follow, fail) != 0)) ||
	    (follow->fd < 0 && open_live(follow, fail) == FOLLOW_FAILED)) {
		follow_close(follow);
		return NULL;
	}
	return follow;
}

void follow_close(struct follow *follow)
{
	if (follow == NULL)
		return;
	scope_close(&follow->fd);
	scope_close(&follow->inotify_fd);
	scope_close(&follow->dir_fd);
	free(follow);
}

int follow_fd(const struct follow *follow)
{
	return follow->inotify_fd;
}

uint64_t follow_lost(const struct follow *follow)
{
	return follow->lost;
}
