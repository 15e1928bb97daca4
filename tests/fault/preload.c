/* Faults on order, between a program and libc: LD_PRELOAD this, and say in the environment what is to go wrong.
 *
 *	FAULT=OPERATION:FROM:TO:WHAT[,...]	the FROM-th to TO-th call of that kind (counted from 1, in the whole process)
 *		OPERATION	write, sync, rename, unlink, allocate, any; or a named point, below: one call upon one kind of file
 *		WHAT		kill (before the call; at a named point: once it was done), torn (a write: half of it, then kill),
 *				short (a write: half of it), EIO, ENOSPC, EINTR (an error; nothing is done)
 *	FAULT_CUT=SEED		a kill is a power cut: of what was written and not synced, each 4 KiB block may be lost
 *
 * Only regular files and folders count. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RULES_MAX = 16, BLOCK = 4096 };
enum operation { WRITE, SYNC, RENAME, UNLINK, ALLOCATE, ANY, OPERATIONS };
static const char *const operation_names[OPERATIONS] = {"write",  "sync",     "rename",
							"unlink", "allocate", "any"};
enum what { NOTHING, KILL, TORN, SHORT, FAILS };

/* What a spool goes through, as sls-spool(5) tells it, each by the call that does it and the file it is done to. */
static const struct point {
	const char *name;
	const char *call;
	const char *file; /* how its name ends; "/": a folder */
} points[] = {
	{"spare-allocated", "fallocate", ".spare"},    {"spare-synced", "fsync", ".spare"},
	{"first-group-appended", "pwritev", ".spare"}, {"first-group-synced", "fdatasync", ".spare"},
	{"segment-created", "renameat", ".seg"},       {"folder-synced", "fsync", "/"},
	{"group-appended", "pwritev", ".seg"},         {"group-synced", "fdatasync", ".seg"},
	{"cursor-stored", "pwritev", "cursors"},       {"cursor-synced", "fdatasync", "cursors"},
	{"cursors-replaced", "renameat2", "cursors"},  {"segment-recycled", "renameat", ".spare"},
	{"segment-unlinked", "unlinkat", ".seg"},      {"reserve-allocated", "fallocate", "reserve"},
	{"reserve-synced", "fsync", "reserve"},        {"letter-written", "pwritev", "dead.ndjson"},
	{"letter-synced", "fdatasync", "dead.ndjson"},
};
enum { POINTS = sizeof points / sizeof points[0] };

static struct rule {
	enum operation operation;
	const struct point *point; /* NULL: any file */
	unsigned long from;
	unsigned long to;
	enum what what;
	int error;
} rules[RULES_MAX];
static size_t rule_count;
static unsigned long counts[OPERATIONS];
static unsigned long point_counts[POINTS];
static bool is_cut;
static uint64_t dice;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* What a block held before a write that is not synced yet. */
static struct undo {
	struct undo *next;
	dev_t device;
	ino_t inode;
	int fd;
	off_t at;
	size_t size; /* 0: behind the old end */
	uint8_t bytes[BLOCK];
} * undos; /* the latest first */

static void *next_of(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (found == NULL)
		abort();
	return found;
}

static void parse_what(struct rule *rule, const char *text)
{
	static const struct {
		const char *name;
		enum what what;
		int error;
	} all[] = {
		{"kill", KILL, 0},   {"torn", TORN, 0},         {"short", SHORT, 0},
		{"EIO", FAILS, EIO}, {"ENOSPC", FAILS, ENOSPC}, {"EINTR", FAILS, EINTR},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (strcmp(all[i].name, text) == 0) {
			rule->what = all[i].what;
			rule->error = all[i].error;
			return;
		}
	}
	abort();
}

static void parse_operation(struct rule *rule, const char *text)
{
	for (size_t i = 0; i < POINTS; i++) {
		if (strcmp(points[i].name, text) == 0) {
			rule->point = &points[i];
			return;
		}
	}
	while (strcmp(operation_names[rule->operation], text) != 0) {
		if (++rule->operation == OPERATIONS)
			abort();
	}
}

__attribute__((constructor)) static void read_environment(void)
{
	const char *text = getenv("FAULT");
	const char *cut = getenv("FAULT_CUT");

	is_cut = cut != NULL;
	dice = cut == NULL ? 0 : strtoull(cut, NULL, 10) * 2 + 1;
	while (text != NULL && *text != '\0') {
		char operation[32];
		char what[16];
		struct rule *rule = &rules[rule_count++];
		if (rule_count > RULES_MAX || sscanf(text, "%31[a-z-]:%lu:%lu:%15[a-zA-Z]", operation,
						     &rule->from, &rule->to, what) != 4)
			abort();
		parse_operation(rule, operation);
		parse_what(rule, what);
		text = strchr(text, ',');
		text = text == NULL ? NULL : text + 1;
	}
}

static uint32_t roll(void)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
	return (uint32_t)(dice >> 33);
}

/* The end of the process, and in a power cut of what it did not sync. A block goes back to what it was, or
 * not; one that was written several times goes back step by step. */
static void die(void)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);

	if (is_cut) {
		if (real == NULL)
			real = (ssize_t(*)(int, const void *, size_t, off_t))(uintptr_t)next_of("pwrite64");
		for (const struct undo *undo = undos; undo != NULL; undo = undo->next) {
			if (roll() % 2 == 0)
				(void)!real(undo->fd, undo->bytes, BLOCK, undo->at);
		}
	}
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

static bool counts_for(int fd, struct stat *status)
{
	return fstat(fd, status) == 0 && (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode));
}

static const struct point *find_point(const char *call, const char *file)
{
	size_t size = strlen(file);

	for (size_t i = 0; i < POINTS; i++) {
		size_t end = strlen(points[i].file);
		if (strcmp(points[i].call, call) == 0 && size >= end &&
		    strcmp(file + size - end, points[i].file) == 0)
			return &points[i];
	}
	return NULL;
}

static const struct point *find_point_of(const char *call, int fd, const struct stat *status)
{
	char link[32];
	char file[4096];

	if (S_ISDIR(status->st_mode))
		return find_point(call, "/");
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t size = readlink(link, file, sizeof file - 1);
	if (size < 0)
		return NULL;
	file[size] = '\0';
	return find_point(call, file);
}

/* Counts the call; kills, or says what is to happen to it; KILL: once it was done. With the mutex held. */
static enum what judge(enum operation operation, const struct point *point, int *error)
{
	enum what what = NOTHING;

	counts[operation]++;
	counts[ANY]++;
	if (point != NULL)
		point_counts[point - points]++;
	for (size_t i = 0; i < rule_count; i++) {
		const struct rule *rule = &rules[i];
		bool is_meant = rule->point != NULL ? rule->point == point
						    : rule->operation == operation || rule->operation == ANY;
		if (!is_meant)
			continue;
		unsigned long count = rule->point != NULL ? point_counts[point - points]
							  : counts[rule->operation];
		if (count < rule->from || count > rule->to)
			continue;
		what = rule->what == TORN && operation != WRITE ? KILL : rule->what;
		if (what == KILL && rule->point == NULL)
			die();
		*error = rule->error;
	}
	return what;
}

static void remember(int fd, const struct stat *status, off_t at, size_t size)
{
	off_t end = at + (off_t)size;

	if (!is_cut || !S_ISREG(status->st_mode))
		return;
	for (at -= at % BLOCK; at < end; at += BLOCK) {
		struct undo *undo = calloc(1, sizeof *undo);
		if (undo == NULL)
			abort();
		undo->device = status->st_dev;
		undo->inode = status->st_ino;
		undo->fd = fcntl(fd, F_DUPFD_CLOEXEC, 100);
		undo->at = at;
		ssize_t got = pread(fd, undo->bytes, BLOCK, at);
		undo->size = got < 0 ? 0 : (size_t)got;
		undo->next = undos;
		undos = undo;
	}
}

static void forget(const struct stat *status)
{
	for (struct undo **at = &undos; *at != NULL;) {
		struct undo *undo = *at;
		if (undo->device != status->st_dev || undo->inode != status->st_ino) {
			at = &undo->next;
			continue;
		}
		*at = undo->next;
		(void)close(undo->fd);
		free(undo);
	}
}

static int fails(int error)
{
	(void)pthread_mutex_unlock(&mutex);
	errno = error;
	return -1;
}

/* The tools are built with _FILE_OFFSET_BITS=64, as this is, which makes it pwritev64 by its name in both; so with
 * pwrite and fallocate. */
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	static ssize_t (*real)(int, const struct iovec *, int, off_t);
	static ssize_t (*real_one)(int, const void *, size_t, off_t);
	struct stat status;
	int error = 0;
	size_t size = 0;

	(void)pthread_mutex_lock(&mutex);
	if (real == NULL)
		real = (ssize_t(*)(int, const struct iovec *, int, off_t))(uintptr_t)next_of("pwritev64");
	if (real_one == NULL)
		real_one = (ssize_t(*)(int, const void *, size_t, off_t))(uintptr_t)next_of("pwrite64");
	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	enum what what = counts_for(fd, &status) ? judge(WRITE, find_point_of("pwritev", fd, &status), &error)
						 : NOTHING;
	if (what == FAILS)
		return fails(error);
	remember(fd, &status, at, size);
	ssize_t put;
	if (what == NOTHING || what == KILL || size < 2) {
		put = real(fd, parts, count, at);
		if (what == KILL)
			die();
	} else {
		size_t left = size / 2;
		put = 0;
		for (int i = 0; i < count && left > 0; i++) {
			size_t step = parts[i].iov_len < left ? parts[i].iov_len : left;
			put += real_one(fd, parts[i].iov_base, step, at + put);
			left -= step;
		}
		if (what == TORN)
			die();
	}
	(void)pthread_mutex_unlock(&mutex);
	return put;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	struct iovec part = {(void *)(uintptr_t)bytes, size};

	return pwritev(fd, &part, 1, at);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	static ssize_t (*real)(int, const void *, size_t);
	struct stat status;

	if (real == NULL)
		real = (ssize_t(*)(int, const void *, size_t))(uintptr_t)next_of("write");
	off_t at = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
	if (at < 0)
		return real(fd, bytes, size); /* a pipe, an eventfd */
	ssize_t put = pwrite(fd, bytes, size, at);
	if (put > 0)
		(void)lseek(fd, at + put, SEEK_SET);
	return put;
}

static int sync_any(int fd, const char *name)
{
	struct stat status;
	int error = 0;

	(void)pthread_mutex_lock(&mutex);
	int (*real)(int) = (int (*)(int))(uintptr_t)next_of(name);
	if (!counts_for(fd, &status)) {
		(void)pthread_mutex_unlock(&mutex);
		return real(fd);
	}
	enum what what = judge(SYNC, find_point_of(name, fd, &status), &error);
	if (what == FAILS)
		return fails(error);
	int result = real(fd);
	if (result == 0)
		forget(&status);
	if (what == KILL)
		die();
	(void)pthread_mutex_unlock(&mutex);
	return result;
}

int fdatasync(int fd)
{
	return sync_any(fd, "fdatasync");
}

int fsync(int fd)
{
	return sync_any(fd, "fsync");
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	int error = 0;

	(void)pthread_mutex_lock(&mutex);
	int (*real)(int, const char *, int, const char *, unsigned) =
		(int (*)(int, const char *, int, const char *, unsigned))(uintptr_t)next_of("renameat2");
	enum what what = judge(RENAME, find_point("renameat2", to), &error);
	if (what == FAILS)
		return fails(error);
	int result = real(from_fd, from, to_fd, to, flags);
	if (what == KILL)
		die();
	(void)pthread_mutex_unlock(&mutex);
	return result;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	int error = 0;

	(void)pthread_mutex_lock(&mutex);
	int (*real)(int, const char *, int, const char *) = (int (*)(int, const char *, int, const char *))(
		uintptr_t)next_of("renameat");
	enum what what = judge(RENAME, find_point("renameat", to), &error);
	if (what == FAILS)
		return fails(error);
	int result = real(from_fd, from, to_fd, to);
	if (what == KILL)
		die();
	(void)pthread_mutex_unlock(&mutex);
	return result;
}

int unlinkat(int fd, const char *path, int flags)
{
	int error = 0;

	(void)pthread_mutex_lock(&mutex);
	int (*real)(int, const char *, int) = (int (*)(int, const char *, int))(uintptr_t)next_of("unlinkat");
	enum what what = judge(UNLINK, find_point("unlinkat", path), &error);
	if (what == FAILS)
		return fails(error);
	int result = real(fd, path, flags);
	if (what == KILL)
		die();
	(void)pthread_mutex_unlock(&mutex);
	return result;
}

int fallocate(int fd, int mode, off_t at, off_t size)
{
	struct stat status;
	int error = 0;

	(void)pthread_mutex_lock(&mutex);
	int (*real)(int, int, off_t,
		    off_t) = (int (*)(int, int, off_t, off_t))(uintptr_t)next_of("fallocate64");
	const struct point *point = fstat(fd, &status) == 0 ? find_point_of("fallocate", fd, &status) : NULL;
	enum what what = judge(ALLOCATE, point, &error);
	if (what == FAILS)
		return fails(error);
	int result = real(fd, mode, at, size);
	if (what == KILL)
		die();
	(void)pthread_mutex_unlock(&mutex);
	return result;
}
