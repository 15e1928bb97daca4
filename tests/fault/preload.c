/* Faults on order, between a program and libc: LD_PRELOAD this, and say in the environment what is to go wrong.
 *
 *	FAULT=OPERATION:FROM:TO:WHAT[,...]	the FROM-th to TO-th call of that kind (counted from 1, in the whole process)
 *		OPERATION	write, sync, rename, unlink, allocate, any
 *		WHAT		kill (before the call), torn (a write: half of it, then kill), short (a write: half of it),
 *				EIO, ENOSPC, EINTR (an error; nothing is done)
 *	FAULT_CUT=SEED		a kill is a power cut: of what was written and not synced, each 4 KiB block may be lost
 *
 * Only regular files and folders count. */
#undef _TIME_BITS /* it defines the calls of 32 and of 64 bits, each by its own name */
#undef _FILE_OFFSET_BITS
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

static struct rule {
	enum operation operation;
	unsigned long from;
	unsigned long to;
	enum what what;
	int error;
} rules[RULES_MAX];
static size_t rule_count;
static unsigned long counts[OPERATIONS];
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

__attribute__((constructor)) static void read_environment(void)
{
	const char *text = getenv("FAULT");
	const char *cut = getenv("FAULT_CUT");

	is_cut = cut != NULL;
	dice = cut == NULL ? 0 : strtoull(cut, NULL, 10) * 2 + 1;
	while (text != NULL && *text != '\0') {
		char operation[16];
		char what[16];
		struct rule *rule = &rules[rule_count++];
		if (rule_count > RULES_MAX || sscanf(text, "%15[a-z]:%lu:%lu:%15[a-zA-Z]", operation,
						     &rule->from, &rule->to, what) != 4)
			abort();
		while (strcmp(operation_names[rule->operation], operation) != 0) {
			if (++rule->operation == OPERATIONS)
				abort();
		}
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
			real = (ssize_t(*)(int, const void *, size_t, off_t))(uintptr_t)next_of("pwrite");
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

/* Counts the call; kills, or says what is to happen to it. With the mutex held. */
static enum what judge(enum operation operation, int *error)
{
	enum what what = NOTHING;

	counts[operation]++;
	counts[ANY]++;
	for (size_t i = 0; i < rule_count; i++) {
		const struct rule *rule = &rules[i];
		unsigned long count = counts[rule->operation];
		if ((rule->operation != operation && rule->operation != ANY) || count < rule->from ||
		    count > rule->to)
			continue;
		if (rule->what == KILL || (rule->what == TORN && operation != WRITE))
			die();
		what = rule->what;
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

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	static ssize_t (*real)(int, const struct iovec *, int, off_t);
	static ssize_t (*real_one)(int, const void *, size_t, off_t);
	struct stat status;
	int error = 0;
	size_t size = 0;

	(void)pthread_mutex_lock(&mutex);
	if (real == NULL)
		real = (ssize_t(*)(int, const struct iovec *, int, off_t))(uintptr_t)next_of("pwritev");
	if (real_one == NULL)
		real_one = (ssize_t(*)(int, const void *, size_t, off_t))(uintptr_t)next_of("pwrite");
	for (int i = 0; i < count; i++)
		size += parts[i].iov_len;
	enum what what = counts_for(fd, &status) ? judge(WRITE, &error) : NOTHING;
	if (what == FAILS)
		return fails(error);
	remember(fd, &status, at, size);
	ssize_t put;
	if (what == NOTHING || size < 2) {
		put = real(fd, parts, count, at);
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
	if (judge(SYNC, &error) == FAILS)
		return fails(error);
	int result = real(fd);
	if (result == 0)
		forget(&status);
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

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	int error = 0;

	(void)pthread_mutex_lock(&mutex);
	int (*real)(int, const char *, int, const char *) = (int (*)(int, const char *, int, const char *))(
		uintptr_t)next_of("renameat");
	if (judge(RENAME, &error) == FAILS)
		return fails(error);
	int result = real(from_fd, from, to_fd, to);
	(void)pthread_mutex_unlock(&mutex);
	return result;
}

int unlinkat(int fd, const char *path, int flags)
{
	int error = 0;

	(void)pthread_mutex_lock(&mutex);
	int (*real)(int, const char *, int) = (int (*)(int, const char *, int))(uintptr_t)next_of("unlinkat");
	if (judge(UNLINK, &error) == FAILS)
		return fails(error);
	int result = real(fd, path, flags);
	(void)pthread_mutex_unlock(&mutex);
	return result;
}

int fallocate(int fd, int mode, off_t at, off_t size)
{
	int error = 0;

	(void)pthread_mutex_lock(&mutex);
	int (*real)(int, int, off_t,
		    off_t) = (int (*)(int, int, off_t, off_t))(uintptr_t)next_of("fallocate");
	if (judge(ALLOCATE, &error) == FAILS)
		return fails(error);
	int result = real(fd, mode, at, size);
	(void)pthread_mutex_unlock(&mutex);
	return result;
}
