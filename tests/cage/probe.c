/* What the sandbox of a program lets through, tried from inside: LD_PRELOAD this, and say in the environment
 *
 *	CAGE_AT=open:SUFFIX	when: before a file whose name ends so is opened,
 *		read:0		before standard input is read, connect, or fsync: before the first such call
 *	CAGE_OUT=FILE		where one line of what was allowed and what refused is appended; opened at the start
 *	CAGE_WRITE=FILE		a file to try to make; it is not there
 *	CAGE_READ=FILE		a file to try to read
 *
 * What is tried goes to the kernel without libc between; the program it tries to start is /bin/true. */
#undef _TIME_BITS /* it defines the calls of 32 and of 64 bits, each by its own name */
#undef _FILE_OFFSET_BITS
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REFUSED_PROGRAM = 77 };
static atomic_flag done = ATOMIC_FLAG_INIT;
static const char *at;
static int out = -1;

__attribute__((constructor)) static void begin(void)
{
	const char *file = getenv("CAGE_OUT");

	at = getenv("CAGE_AT");
	if (file != NULL)
		out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* ISO C knows no way from the one kind of pointer to the other. */
static void find(const char *name, void *function)
{
	const void *found = dlsym(RTLD_NEXT, name);
	if (found == NULL)
		abort();
	memcpy(function, &found, sizeof found);
}

static const char *verdict(bool allowed)
{
	return allowed ? "allowed" : errno == EACCES || errno == EPERM ? "refused" : strerror(errno);
}

static const char *try_open(const char *path, int flags)
{
	long fd = path == NULL ? -1 : syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close((int)fd);
	if (fd >= 0 && (flags & O_CREAT) != 0)
		(void)unlink(path);
	return verdict(fd >= 0);
}

/* Nobody listens on port 1; who hears that has been allowed to ask. */
static const char *try_tcp(void)
{
	const struct sockaddr_in nobody = {
		.sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int (*connect_next)(int, const struct sockaddr *, socklen_t);
	find("connect", &connect_next);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return verdict(false);
	bool allowed = connect_next(fd, (const struct sockaddr *)&nobody, sizeof nobody) == 0 ||
		       errno == ECONNREFUSED;
	const char *said = verdict(allowed);
	(void)close(fd);
	return said;
}

static const char *try_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)close(fd);
	return verdict(fd >= 0);
}

static const char *try_program(void)
{
	static const char *const arguments[] = {"/bin/true", NULL};
	static const char *const environment[] = {NULL};
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		(void)syscall(SYS_execve, arguments[0], arguments, environment);
		_exit(errno == EACCES || errno == EPERM ? REFUSED_PROGRAM : EXIT_FAILURE);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return verdict(false);
	return WIFEXITED(status) && WEXITSTATUS(status) == REFUSED_PROGRAM ? "refused" : "allowed";
}

static void try_all(void)
{
	struct rlimit core = {1, 1};
	struct rlimit files = {0, 0};
	int error = errno;

	if (out < 0 || atomic_flag_test_and_set(&done))
		return;
	(void)getrlimit(RLIMIT_CORE, &core);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	(void)dprintf(out, "write=%s ", try_open(getenv("CAGE_WRITE"), O_WRONLY | O_CREAT | O_EXCL));
	(void)dprintf(out, "read=%s ", try_open(getenv("CAGE_READ"), O_RDONLY));
	(void)dprintf(out, "tcp=%s ", try_tcp());
	(void)dprintf(out, "udp=%s ", try_socket(AF_INET6));
	(void)dprintf(out, "unix=%s ", try_socket(AF_UNIX));
	(void)dprintf(out, "packet=%s ", try_socket(AF_PACKET));
	(void)dprintf(out, "exec=%s ", try_program());
	(void)dprintf(out, "privs=%s dump=%s core=%s few=%s\n",
		      prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? "none" : "more",
		      prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? "no" : "yes",
		      core.rlim_max == 0 ? "no" : "yes", files.rlim_max <= 64 ? "yes" : "no");
	errno = error;
}

static void on(const char *event)
{
	if (at != NULL && strcmp(at, event) == 0)
		try_all();
}

static void on_open(const char *path, int flags)
{
	static const char start[] = "open:";

	if (at == NULL || (flags & O_PATH) != 0 || strncmp(at, start, strlen(start)) != 0)
		return;
	const char *suffix = at + strlen(start);
	if (strlen(path) >= strlen(suffix) && strcmp(path + strlen(path) - strlen(suffix), suffix) == 0)
		try_all();
}

static mode_t mode_of(int flags, va_list arguments)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

/* The C library has each of these under several names. */
#define OPEN(name) \
	int name(const char *path, int flags, ...); \
	int name(const char *path, int flags, ...) \
	{ \
		int (*next)(const char *, int, ...); \
		find(#name, &next); \
		va_list arguments; \
		va_start(arguments, flags); \
		mode_t mode = mode_of(flags, arguments); \
		va_end(arguments); \
		on_open(path, flags); \
		return next(path, flags, mode); \
	}
#define OPENAT(name) \
	int name(int dir_fd, const char *path, int flags, ...); \
	int name(int dir_fd, const char *path, int flags, ...) \
	{ \
		int (*next)(int, const char *, int, ...); \
		find(#name, &next); \
		va_list arguments; \
		va_start(arguments, flags); \
		mode_t mode = mode_of(flags, arguments); \
		va_end(arguments); \
		on_open(path, flags); \
		return next(dir_fd, path, flags, mode); \
	}
OPEN(open)
OPEN(open64)
OPEN(__open_2)
OPEN(__open64_2)
OPENAT(openat)
OPENAT(openat64)
OPENAT(__openat_2)
OPENAT(__openat64_2)

ssize_t read(int fd, void *bytes, size_t size)
{
	ssize_t (*next)(int, void *, size_t);
	find("read", &next);

	if (fd == STDIN_FILENO)
		on("read:0");
	return next(fd, bytes, size);
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);
ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room)
{
	ssize_t (*next)(int, void *, size_t, size_t);
	find("__read_chk", &next);

	if (fd == STDIN_FILENO)
		on("read:0");
	return next(fd, bytes, size, room);
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
	int (*next)(int, __CONST_SOCKADDR_ARG, socklen_t);
	find("connect", &next);

	on("connect");
	return next(fd, address, size);
}

int fsync(int fd)
{
	int (*next)(int);
	find("fsync", &next);

	on("fsync");
	return next(fd);
}
