#include "lib/facts/inroot.h"

#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINKS_MAX = 40, DEPTH_MAX = 64 };

/* The folders from the root to where the walk stands, so that ".." has somewhere to go back to. */
struct walk {
	int fds[DEPTH_MAX];
	size_t depth; /* fds[depth - 1] is here; with 0 the root is */
	int root_fd;
	size_t links;
	char rest[PATH_MAX];
};

static int here(const struct walk *walk)
{
	return walk->depth == 0 ? walk->root_fd : walk->fds[walk->depth - 1];
}

static void go_back(struct walk *walk, size_t depth)
{
	while (walk->depth > depth)
		scope_close(&walk->fds[--walk->depth]);
}

/* Puts the link's target before what is left of the way. -1 with errno. */
static int put_target(struct walk *walk, int link_fd, const char *left)
{
	char target[PATH_MAX];
	char joined[PATH_MAX];
	ssize_t size = readlinkat(link_fd, "", target, sizeof target);

	if (size < 0)
		return -1;
	int used = snprintf(joined, sizeof joined, "%.*s/%s", (int)size, target, left);
	if (++walk->links > LINKS_MAX || size == 0 || used < 0 || (size_t)used >= sizeof joined) {
		errno = ELOOP;
		return -1;
	}
	memcpy(walk->rest, joined, (size_t)used + 1);
	if (target[0] == '/')
		go_back(walk, 0);
	return 0;
}

/* One part of the way: goes there, or splices the link it is, or ends at a last part that stays a link. */
static int step(struct walk *walk, bool follow_last, bool *done)
{
	char part[NAME_MAX + 1];
	char left[PATH_MAX];
	struct stat status;
	const char *start = walk->rest + strspn(walk->rest, "/");
	size_t size = strcspn(start, "/");

	*done = size == 0;
	if (size == 0)
		return 0;
	if (size > NAME_MAX || walk->depth == DEPTH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(part, start, size);
	part[size] = '\0';
	const char *after = start + size + strspn(start + size, "/");
	memcpy(left, after, strlen(after) + 1);
	memcpy(walk->rest, left, strlen(left) + 1);
	if (strcmp(part, ".") == 0)
		return 0;
	if (strcmp(part, "..") == 0) {
		go_back(walk, walk->depth > 0 ? walk->depth - 1 : 0);
		return 0;
	}
	int fd = openat(here(walk), part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISLNK(status.st_mode) && (left[0] != '\0' || follow_last)) {
		int result = put_target(walk, fd, left);
		scope_close(&fd);
		return result;
	}
	walk->fds[walk->depth++] = fd;
	return 0;
}

int inroot_walk(int root_fd, const char *path, int flags)
{
	struct walk walk = {.root_fd = root_fd};
	bool done = false;
	int result = 0;

	if (strlen(path) >= sizeof walk.rest) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(walk.rest, path, strlen(path) + 1);
	while (result == 0 && !done)
		result = step(&walk, (flags & O_NOFOLLOW) == 0, &done);
	int fd = result == 0 ? fcntl(here(&walk), F_DUPFD_CLOEXEC, 0) : -1;
	int error = errno;
	go_back(&walk, 0);
	errno = error;
	return fd;
}

#ifndef SYS_openat2
#define SYS_openat2 437 /* on every architecture; the libc of Debian 11 does not name it */
#endif

int inroot_open(int root_fd, const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned)(O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW)),
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof how);
	/* EPERM: what filters of system calls answer that are older than the call. */
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd;
	return inroot_walk(root_fd, path, flags);
}
