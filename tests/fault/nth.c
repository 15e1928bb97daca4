/* Makes the N-th call of a kind fail, whoever makes it: the program, libc's own, a library. preload.c cuts the power
 * under what was written; this one asks of every call what follows when it alone is refused.
 *
 *	NTH=KIND:N[+]:WHAT	the N-th call (from 1) of that kind; with "+" each one from there on
 *		KIND	one of kind_names
 *		WHAT	short (half of what was asked for), or an error: ENOMEM, ENOSPC, EIO, EINTR, EAGAIN, EMFILE,
 *			EACCES, EDQUOT, ECONNREFUSED, ENOSYS
 *	NTH_LOG=FILE		a struct log, shared by all processes that are started with it
 *	NTH_UNCONFINED=1	what confines the process is said to be done, and is not: valgrind reads files late,
 *				and knows neither Landlock nor its own limit of open files lowered
 *	NTH_ONLY=PROGRAM	only in processes of that name
 *
 * Calls are counted from the start of main() on; those that libc makes without its own symbols (as fread() makes its
 * read) are not seen. */
#undef _TIME_BITS /* it defines the calls of 32 and of 64 bits, each by its own name */
#undef _FILE_OFFSET_BITS
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind {
	ALLOCATE,
	READ,
	WRITE,
	OPEN,
	CLOSE,
	SYNC,
	RENAME,
	UNLINK,
	SIZE,
	STATUS,
	FOLDER,
	MODE,
	DESCRIPTOR,
	CONNECT,
	WAIT,
	LOCK,
	START,
	CONFINE,
	RANDOM,
	KINDS
};
static const char *const kind_names[KINDS] = {
	"allocate", "read", "write",      "open",    "close", "sync", "rename", "unlink",  "size",  "status",
	"folder",   "mode", "descriptor", "connect", "wait",  "lock", "start",  "confine", "random"};

enum { SHORT = -1, FRAMES_MAX = 40, FDS_MAX = 1024, LANDLOCK_ABI = 3 };

struct log {
	_Atomic uint64_t counts[KINDS];
	_Atomic uint64_t hits;
	char stack[8192 - (KINDS + 1) * 8]; /* of the first hit: a line a frame, "module+offset" */
};

static struct log *log_page;
static enum kind wanted;
static uint64_t nth;
static bool lasts;
static int what; /* an errno, or SHORT */
static bool is_unconfined;
static _Thread_local bool is_inside;
static atomic_bool is_eventfd[FDS_MAX];

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
ssize_t __pread_chk(int fd, void *bytes, size_t size, off_t at, size_t room);
ssize_t __recv_chk(int fd, void *bytes, size_t size, size_t room, int flags);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);

static void *next_of(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		abort();
	return found;
}

static int parse_what(const char *text)
{
	static const struct {
		const char *name;
		int what;
	} all[] = {{"short", SHORT},   {"ENOMEM", ENOMEM},
		   {"ENOSPC", ENOSPC}, {"EIO", EIO},
		   {"EINTR", EINTR},   {"EAGAIN", EAGAIN},
		   {"EMFILE", EMFILE}, {"EACCES", EACCES},
		   {"EDQUOT", EDQUOT}, {"ECONNREFUSED", ECONNREFUSED},
		   {"ENOSYS", ENOSYS}};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].name, text) == 0)
			return all[i].what;
	abort();
}

__attribute__((constructor)) static void read_environment(void)
{
	const char *order = getenv("NTH");
	const char *path = getenv("NTH_LOG");
	const char *only = getenv("NTH_ONLY");
	void *frames[1];
	char kind[16];
	char name[16];
	char plus[2] = "";
	unsigned long number;

	if (path == NULL || (only != NULL && strcmp(only, program_invocation_short_name) != 0))
		return;
	if (order != NULL) {
		if (sscanf(order, "%15[a-z]:%lu%1[+]:%15[a-zA-Z]", kind, &number, plus, name) != 4 &&
		    sscanf(order, "%15[a-z]:%lu:%15[a-zA-Z]", kind, &number, name) != 3)
			abort();
		while (strcmp(kind_names[wanted], kind) != 0)
			if (++wanted == KINDS)
				abort();
		nth = number;
		lasts = plus[0] == '+';
		what = parse_what(name);
	}
	is_unconfined = getenv("NTH_UNCONFINED") != NULL;
	(void)backtrace(frames, 1); /* loads what it needs */
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *page = fd < 0 ? MAP_FAILED
			    : mmap(NULL, sizeof *log_page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		abort();
	(void)close(fd);
	log_page = page;
}

static void keep_stack(void)
{
	void *frames[FRAMES_MAX];
	int count = backtrace(frames, FRAMES_MAX);
	size_t used = 0;

	for (int i = 2; i < count && used < sizeof log_page->stack; i++) {
		Dl_info info;
		if (dladdr(frames[i], &info) == 0)
			continue;
		const char *slash = strrchr(info.dli_fname, '/');
		int size = snprintf(log_page->stack + used, sizeof log_page->stack - used, "%s+%#zx\n",
				    slash == NULL ? info.dli_fname : slash + 1,
				    (size_t)((uintptr_t)frames[i] - (uintptr_t)info.dli_fbase));
		used += (size_t)size;
	}
}

/* Counts the call. 0 when it may go on, else what is to become of it. */
static int strike(enum kind kind)
{
	if (log_page == NULL || is_inside)
		return 0;
	uint64_t count = atomic_fetch_add(&log_page->counts[kind], 1) + 1;
	if (what == 0 || kind != wanted || (lasts ? count < nth : count != nth))
		return 0;
	is_inside = true;
	if (atomic_fetch_add(&log_page->hits, 1) == 0)
		keep_stack();
	is_inside = false;
	return what;
}

/* The same for a call that knows no half. */
static int strike_whole(enum kind kind)
{
	int struck = strike(kind);

	return struck == SHORT ? 0 : struck;
}

static int fails(int error)
{
	errno = error;
	return -1;
}

void *malloc(size_t size)
{
	return strike_whole(ALLOCATE) != 0 ? (errno = ENOMEM, NULL) : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return strike_whole(ALLOCATE) != 0 ? (errno = ENOMEM, NULL) : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	return strike_whole(ALLOCATE) != 0 ? (errno = ENOMEM, NULL) : __libc_realloc(block, size);
}

void *reallocarray(void *block, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return errno = ENOMEM, NULL;
	return realloc(block, count * size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
	return strike_whole(ALLOCATE) != 0 ? (errno = ENOMEM, NULL) : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
	void *made = memalign(alignment, size);

	if (made == NULL)
		return ENOMEM;
	*block = made;
	return 0;
}

#define FIND(name) next = (__typeof__(next))(uintptr_t)next_of(#name)

/* A function of a fixed list that says -1 and errno. */
#define REFUSES(kind, type, name, parameters, arguments) \
	type name parameters \
	{ \
		static type(*next) parameters; \
		int struck = strike_whole(kind); \
		if (struck != 0) \
			return fails(struck); \
		if (next == NULL) \
			FIND(name); \
		return next arguments; \
	}

/* One that says NULL and errno, or the error itself. */
#define GIVES_NULL(kind, type, name, parameters, arguments) \
	type name parameters \
	{ \
		static type(*next) parameters; \
		int struck = strike_whole(kind); \
		if (struck != 0) { \
			errno = struck; \
			return NULL; \
		} \
		if (next == NULL) \
			FIND(name); \
		return next arguments; \
	}
#define GIVES_ERROR(kind, name, parameters, arguments) \
	int name parameters \
	{ \
		static int(*next) parameters; \
		int struck = strike_whole(kind); \
		if (struck != 0) \
			return struck; \
		if (next == NULL) \
			FIND(name); \
		return next arguments; \
	}

#define LIMITS(name, type) \
	int name(__rlimit_resource_t resource, const struct type *limit) \
	{ \
		static int (*next)(__rlimit_resource_t, const struct type *); \
		int struck = strike_whole(CONFINE); \
		if (struck != 0) \
			return fails(struck); \
		if (next == NULL) \
			FIND(name); \
		return is_unconfined ? 0 : next(resource, limit); \
	}

/* One that may do half of it: `size` is the parameter that says how much. */
#define HALVES(kind, name, parameters, arguments) HALVES_UNLESS(false, kind, name, parameters, arguments)
#define HALVES_UNLESS(spared, kind, name, parameters, arguments) \
	ssize_t name parameters \
	{ \
		static ssize_t(*next) parameters; \
		int struck = (spared) ? 0 : strike(kind); \
		if (struck > 0) \
			return fails(struck); \
		if (struck == SHORT && size > 1) \
			size /= 2; \
		if (next == NULL) \
			FIND(name); \
		return next arguments; \
	}

/* clang-format off */
HALVES_UNLESS(fd >= 0 && fd < FDS_MAX && is_eventfd[fd], READ, read, (int fd, void *bytes, size_t size), (fd, bytes, size))
HALVES(READ, __read_chk, (int fd, void *bytes, size_t size, size_t room), (fd, bytes, size, room))
HALVES(READ, pread, (int fd, void *bytes, size_t size, off_t at), (fd, bytes, size, at))
HALVES(READ, pread64, (int fd, void *bytes, size_t size, off64_t at), (fd, bytes, size, at))
HALVES(READ, __pread_chk, (int fd, void *bytes, size_t size, off_t at, size_t room), (fd, bytes, size, at, room))
HALVES(READ, recv, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags))
HALVES(READ, __recv_chk, (int fd, void *bytes, size_t size, size_t room, int flags), (fd, bytes, size, room, flags))
HALVES_UNLESS(fd >= 0 && fd < FDS_MAX && is_eventfd[fd], WRITE, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
HALVES(WRITE, pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at))
HALVES(WRITE, pwrite64, (int fd, const void *bytes, size_t size, off64_t at), (fd, bytes, size, at))
HALVES(WRITE, send, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags))
REFUSES(WRITE, ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
REFUSES(WRITE, ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
REFUSES(WRITE, ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
REFUSES(READ, ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
REFUSES(STATUS, ssize_t, readlink, (const char *path, char *out, size_t size), (path, out, size))
REFUSES(STATUS, ssize_t, readlinkat, (int folder, const char *path, char *out, size_t size), (folder, path, out, size))

REFUSES(OPEN, int, __open_2, (const char *path, int flags), (path, flags))
REFUSES(OPEN, int, __open64_2, (const char *path, int flags), (path, flags))
REFUSES(OPEN, int, __openat_2, (int folder, const char *path, int flags), (folder, path, flags))
REFUSES(OPEN, int, __openat64_2, (int folder, const char *path, int flags), (folder, path, flags))
REFUSES(OPEN, int, mkostemp, (char *path, int flags), (path, flags))
GIVES_NULL(OPEN, FILE *, fopen, (const char *path, const char *mode), (path, mode))
GIVES_NULL(OPEN, FILE *, fopen64, (const char *path, const char *mode), (path, mode))
GIVES_NULL(OPEN, FILE *, fdopen, (int fd, const char *mode), (fd, mode))

REFUSES(SYNC, int, fsync, (int fd), (fd))
REFUSES(SYNC, int, fdatasync, (int fd), (fd))
REFUSES(SYNC, int, syncfs, (int fd), (fd))
REFUSES(RENAME, int, rename, (const char *from, const char *to), (from, to))
REFUSES(RENAME, int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
REFUSES(RENAME, int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags))
REFUSES(RENAME, int, link, (const char *from, const char *to), (from, to))
REFUSES(RENAME, int, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
REFUSES(UNLINK, int, unlink, (const char *path), (path))
REFUSES(UNLINK, int, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
REFUSES(UNLINK, int, rmdir, (const char *path), (path))
REFUSES(SIZE, int, ftruncate, (int fd, off_t size), (fd, size))
REFUSES(SIZE, int, ftruncate64, (int fd, off64_t size), (fd, size))
REFUSES(SIZE, int, fallocate, (int fd, int mode, off_t at, off_t size), (fd, mode, at, size))
GIVES_ERROR(SIZE, posix_fallocate, (int fd, off_t at, off_t size), (fd, at, size))

REFUSES(STATUS, int, fstat, (int fd, struct stat *status), (fd, status))
REFUSES(STATUS, int, fstat64, (int fd, struct stat64 *status), (fd, status))
REFUSES(STATUS, int, stat, (const char *path, struct stat *status), (path, status))
REFUSES(STATUS, int, stat64, (const char *path, struct stat64 *status), (path, status))
REFUSES(STATUS, int, lstat, (const char *path, struct stat *status), (path, status))
REFUSES(STATUS, int, lstat64, (const char *path, struct stat64 *status), (path, status))
REFUSES(STATUS, int, fstatat, (int folder, const char *path, struct stat *status, int flags), (folder, path, status, flags))
REFUSES(STATUS, int, access, (const char *path, int mode), (path, mode))
REFUSES(STATUS, int, faccessat, (int folder, const char *path, int mode, int flags), (folder, path, mode, flags))
REFUSES(STATUS, off_t, lseek, (int fd, off_t at, int from), (fd, at, from))

GIVES_NULL(FOLDER, DIR *, opendir, (const char *path), (path))
GIVES_NULL(FOLDER, DIR *, fdopendir, (int fd), (fd))
GIVES_NULL(FOLDER, struct dirent *, readdir, (DIR *folder), (folder))
GIVES_NULL(FOLDER, struct dirent64 *, readdir64, (DIR *folder), (folder))
REFUSES(FOLDER, int, mkdir, (const char *path, mode_t mode), (path, mode))
REFUSES(FOLDER, int, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode))
REFUSES(MODE, int, fchmod, (int fd, mode_t mode), (fd, mode))
REFUSES(MODE, int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group))

REFUSES(DESCRIPTOR, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
REFUSES(DESCRIPTOR, int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
REFUSES(DESCRIPTOR, int, pipe2, (int fds[2], int flags), (fds, flags))
REFUSES(DESCRIPTOR, int, timerfd_create, (clockid_t id, int flags), (id, flags))
REFUSES(DESCRIPTOR, int, signalfd, (int fd, const sigset_t *mask, int flags), (fd, mask, flags))
REFUSES(DESCRIPTOR, int, inotify_init1, (int flags), (flags))
REFUSES(DESCRIPTOR, int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask))
REFUSES(DESCRIPTOR, int, timerfd_settime, (int fd, int flags, const struct itimerspec *to, struct itimerspec *old), (fd, flags, to, old))
REFUSES(CONNECT, int, connect, (int fd, __CONST_SOCKADDR_ARG address, socklen_t size), (fd, address, size))
REFUSES(CONNECT, int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size), (fd, level, name, value, size))
REFUSES(CONNECT, int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size), (fd, level, name, value, size))
REFUSES(WAIT, int, poll, (struct pollfd *fds, nfds_t count, int timeout), (fds, count, timeout))
REFUSES(WAIT, int, __poll_chk, (struct pollfd *fds, nfds_t count, int timeout, size_t room), (fds, count, timeout, room))
REFUSES(WAIT, pid_t, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags))
REFUSES(LOCK, int, flock, (int fd, int operation), (fd, operation))
GIVES_ERROR(START, pthread_create, (pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *given), (thread, how, run, given))
GIVES_ERROR(START, posix_spawn, (pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *how, char *const argv[], char *const environment[]), (pid, path, actions, how, argv, environment))
REFUSES(START, pid_t, fork, (void), ())
LIMITS(setrlimit, rlimit)
LIMITS(setrlimit64, rlimit64)
HALVES(RANDOM, getrandom, (void *bytes, size_t size, unsigned flags), (bytes, size, flags))
/* clang-format on */

/* Six words, as the kernel takes them: prctl() and syscall() take what they are given. */
#define TAKES_WORDS(name, first) \
	va_list words; \
	va_start(words, first); \
	long a = va_arg(words, long); \
	long b = va_arg(words, long); \
	long c = va_arg(words, long); \
	long d = va_arg(words, long); \
	va_end(words)

int prctl(int option, ...)
{
	static int (*next)(int, ...);
	TAKES_WORDS(prctl, option);
	int struck = strike_whole(CONFINE);

	if (struck != 0)
		return fails(struck);
	if (next == NULL)
		FIND(prctl);
	return is_unconfined ? 0 : next(option, a, b, c, d);
}

/* Only Landlock's are of the kind: three numbers, the same on every architecture; older headers lack them. */
enum { LANDLOCK_FIRST = 444, LANDLOCK_LAST = 446 };
long syscall(long number, ...)
{
	static long (*next)(long, ...);
	TAKES_WORDS(syscall, number);
	bool confines = number >= LANDLOCK_FIRST && number <= LANDLOCK_LAST;
	int struck = confines ? strike_whole(CONFINE) : 0;

	if (struck != 0)
		return fails(struck);
	if (next == NULL)
		FIND(syscall);
	if (confines && is_unconfined)
		return number != LANDLOCK_FIRST ? 0
		       : a == 0                 ? LANDLOCK_ABI
						: open("/dev/null", O_RDONLY | O_CLOEXEC);
	return next(number, a, b, c, d);
}

#define OPENS(name, lead, lead_arguments) \
	int name(lead const char *path, int flags, ...) \
	{ \
		static int (*next)(lead const char *, int, ...); \
		va_list rest; \
		va_start(rest, flags); \
		mode_t mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE \
				      ? va_arg(rest, mode_t) \
				      : 0; \
		va_end(rest); \
		int struck = strike_whole(OPEN); \
		if (struck != 0) \
			return fails(struck); \
		if (next == NULL) \
			FIND(name); \
		return next(lead_arguments path, flags, mode); \
	}
#define FOLDER_PARAMETER int folder,
#define FOLDER_ARGUMENT folder,
OPENS(open, , )
OPENS(open64, , )
OPENS(openat, FOLDER_PARAMETER, FOLDER_ARGUMENT)
OPENS(openat64, FOLDER_PARAMETER, FOLDER_ARGUMENT)

/* What is written to an eventfd that does not block is never refused, and what it holds never withheld. */
int eventfd(unsigned count, int flags)
{
	static int (*next)(unsigned, int);
	int struck = strike_whole(DESCRIPTOR);

	if (struck != 0)
		return fails(struck);
	if (next == NULL)
		FIND(eventfd);
	int fd = next(count, flags);
	if (fd >= 0 && fd < FDS_MAX)
		is_eventfd[fd] = true;
	return fd;
}

/* Closed it is, whatever close() says. */
int close(int fd)
{
	static int (*next)(int);
	int struck = strike_whole(CLOSE);

	if (fd >= 0 && fd < FDS_MAX)
		is_eventfd[fd] = false;
	if (next == NULL)
		FIND(close);
	int result = next(fd);
	return struck != 0 ? fails(struck) : result;
}

/* stdio's writes are its own: they fail where they are asked to be done. */
int fflush(FILE *file)
{
	static int (*next)(FILE *);
	int struck = file == stdout ? strike_whole(WRITE) : 0;

	if (struck != 0)
		return fails(struck);
	if (next == NULL)
		FIND(fflush);
	return next(file);
}
