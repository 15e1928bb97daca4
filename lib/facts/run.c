#include "lib/facts/run.h"

#include "lib/base/fail.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

/* A descriptor that becomes readable after `wait_ms`; -1 with errno. */
static int alarm_clock(int wait_ms)
{
	const struct itimerspec once = {
		.it_value = {.tv_sec = wait_ms / MS_PER_S, .tv_nsec = wait_ms % MS_PER_S * (long)NS_PER_MS}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 && timerfd_settime(fd, 0, &once, NULL) != 0)
		scope_close(&fd);
	return fd;
}

static int start(const char *const *argv, int output_fd, pid_t *pid)
{
	static char path[] = "PATH=/usr/bin:/bin:/usr/sbin:/sbin";
	static char locale[] = "LC_ALL=C";
	char *environment[] = {path, locale, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	int error = posix_spawn_file_actions_init(&actions);
	if (error != 0)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error != 0) {
		(void)posix_spawn_file_actions_destroy(&actions); /* frees memory */
		return error;
	}
	sigset_t none;
	sigset_t all;
	(void)sigemptyset(&none); /* fails for no valid set */
	(void)sigfillset(&all);
	error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, output_fd, 1);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
								      POSIX_SPAWN_SETSIGDEF);
	if (error == 0)
		error = posix_spawnattr_setsigmask(&attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(&attributes, &all);
	if (error == 0)
		error = posix_spawn(pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv,
				    environment);
	(void)posix_spawnattr_destroy(&attributes); /* frees memory, as the next */
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Reads until the other end is closed. Returns false when the alarm goes off. */
static bool collect(int fd, int alarm_fd, char *out, size_t out_size, size_t *size)
{
	char spill[512];

	for (;;) {
		struct pollfd ready[] = {{.fd = alarm_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
		int woken = poll(ready, 2, -1);
		if (woken < 0 && errno == EINTR)
			continue;
		if (woken < 0 || ready[0].revents != 0)
			return false;
		bool room = *size < out_size;
		ssize_t got = room ? read(fd, out + *size, out_size - *size) : read(fd, spill, sizeof spill);
		if (got == 0)
			return true;
		if (got > 0 && room)
			*size += (size_t)got;
	}
}

/* Waits for the end of the process, which has closed its output. Returns false when the alarm goes off. */
static bool ended(pid_t pid, int alarm_fd, int *status)
{
	enum { NAP_MS = 2 };

	for (;;) {
		struct pollfd over = {.fd = alarm_fd, .events = POLLIN};
		pid_t found = waitpid(pid, status, WNOHANG);
		if (found == pid)
			return true;
		if (found < 0)
			return false;
		int woken = poll(&over, 1, NAP_MS);
		if (woken > 0 || (woken < 0 && errno != EINTR))
			return false;
	}
}

int run_program(const char *const *argv, int wait_ms, char *out, size_t out_size, size_t *size,
		struct fail *fail)
{
	int ends[2];
	pid_t pid;
	int status = 0;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail_errno(fail, EX_OSERR, "%s", argv[0]);
	auto_close int read_fd = ends[0];
	auto_close int alarm_fd = alarm_clock(wait_ms);
	int error = alarm_fd < 0 ? errno : start(argv, ends[1], &pid);
	(void)close(ends[1]); /* the child has its own */
	if (alarm_fd < 0 || error != 0) {
		errno = error;
		return fail_errno(fail, EX_OSERR, "%s", argv[0]);
	}
	size_t taken = 0;
	if (!collect(read_fd, alarm_fd, out, out_size, &taken) || !ended(pid, alarm_fd, &status)) {
		(void)kill(-pid, SIGKILL); /* it and what it started; gone is as good */
		(void)waitpid(pid, &status,
			      0); /* cannot fail but for a signal handler, of which there is none */
		return fail_set(fail, EX_UNAVAILABLE, "%s: no answer within %d ms", argv[0], wait_ms);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fail_set(fail, EX_UNAVAILABLE, "%s: failed", argv[0]);
	*size = taken;
	return 0;
}
