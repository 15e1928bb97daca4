#include "tests/unit/unit.h"

#include "lib/base/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Bits of the child's exit status: what the sandbox let through. */
enum {
	READ_ALLOWED = 1,
	WRITE_ALLOWED = 2,
	WRITE_ELSEWHERE = 4,
	CONNECT_TRIED = 8,
	EXECUTED = 16,
	INACTIVE = 32,
	BROKEN = 64
};

static char folder[] = "/tmp/test_sandbox.XXXXXX";

static bool may_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

static bool may_connect(void)
{
	const struct sockaddr_in nobody = {
		.sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool tried = connect(fd, (const struct sockaddr *)&nobody, sizeof nobody) == 0 ||
		     errno == ECONNREFUSED;

	(void)close(fd);
	return tried;
}

static bool may_execute(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		(void)execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	return waitpid(child, &status, 0) == child && status == 0;
}

static void attempt(unsigned kept)
{
	struct sandbox sandbox;
	struct fail fail;
	bool active;
	int seen = 0;
	char path[sizeof folder + 8];

	if (sandbox_begin(&sandbox, kept, &fail) != 0 ||
	    sandbox_allow(&sandbox, "/", SANDBOX_READ, &fail) != 0 ||
	    sandbox_allow(&sandbox, "/not/there", SANDBOX_WRITE, &fail) != 0 ||
	    sandbox_allow(&sandbox, folder, SANDBOX_WRITE, &fail) != 0 ||
	    sandbox_enter(&sandbox, &active, &fail) != 0)
		_exit(BROKEN);
	(void)snprintf(path, sizeof path, "%s/file", folder);
	seen |= active ? 0 : INACTIVE;
	seen |= may_open("/etc/passwd", O_RDONLY) ? READ_ALLOWED : 0;
	seen |= may_open(path, O_WRONLY | O_CREAT) ? WRITE_ALLOWED : 0;
	seen |= may_open("/tmp/test_sandbox.elsewhere", O_WRONLY | O_CREAT) ? WRITE_ELSEWHERE : 0;
	seen |= may_connect() ? CONNECT_TRIED : 0;
	seen |= may_execute() ? EXECUTED : 0;
	(void)unlink(path);
	_exit(seen);
}

static int attempted(unsigned kept)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		attempt(kept);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void forbids_what_was_not_allowed(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	int seen = attempted(0);
	int seen_connecting = attempted(SANDBOX_CONNECT);
	assert_int_equal(rmdir(folder), 0);
	if ((seen & INACTIVE) != 0)
		skip(); /* this kernel has no Landlock */
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int old_kernel = abi < 4 ? CONNECT_TRIED : 0; /* Linux before 6.7 cannot forbid connections */
	assert_int_equal(seen, READ_ALLOWED | WRITE_ALLOWED | old_kernel);
	assert_int_equal(seen_connecting, READ_ALLOWED | WRITE_ALLOWED | CONNECT_TRIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(forbids_what_was_not_allowed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
