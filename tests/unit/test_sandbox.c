#include "tests/unit/folder.h"

#include "lib/base/sandbox.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Bits of the child's exit status: what the sandbox let through. */
enum {
	READ_ALLOWED = 1,
	WRITE_ALLOWED = 2,
	WRITE_ELSEWHERE = 4,
	CONNECT_TRIED = 8,
	EXECUTED = 16,
	INACTIVE = 32,
	BROKEN = 64,
	ASKED_KERNEL = 128,
};

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

static bool may_make(int family)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
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

	if (sandbox_begin(&sandbox, kept, &fail) != 0 ||
	    sandbox_allow(&sandbox, "/", SANDBOX_READ | SANDBOX_EXECUTE, &fail) != 0 ||
	    sandbox_allow(&sandbox, "/not/there", SANDBOX_WRITE, &fail) != 0 ||
	    sandbox_allow(&sandbox, folder_path("inside"), SANDBOX_WRITE, &fail) != 0 ||
	    sandbox_enter(&sandbox, &active, &fail) != 0)
		_exit(BROKEN);
	seen |= active ? 0 : INACTIVE;
	seen |= may_open("/etc/passwd", O_RDONLY) ? READ_ALLOWED : 0;
	seen |= may_open(folder_path("inside/file"), O_WRONLY | O_CREAT) ? WRITE_ALLOWED : 0;
	seen |= may_open(folder_path("elsewhere"), O_WRONLY | O_CREAT) ? WRITE_ELSEWHERE : 0;
	seen |= may_connect() ? CONNECT_TRIED : 0;
	seen |= may_make(AF_NETLINK) ? ASKED_KERNEL : 0;
	seen |= may_execute() ? EXECUTED : 0;
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
	assert_int_equal(mkdir(folder_path("inside"), 0700), 0);
	int seen = attempted(0);
	int seen_connecting = attempted(SANDBOX_CONNECT);
	int seen_asking = attempted(SANDBOX_NETLINK);
	int seen_starting = attempted(SANDBOX_EXECUTE);
	if ((seen & INACTIVE) != 0)
		skip(); /* this kernel has no Landlock */
	assert_int_equal(seen, READ_ALLOWED | WRITE_ALLOWED);
	assert_int_equal(seen_connecting, READ_ALLOWED | WRITE_ALLOWED | CONNECT_TRIED | ASKED_KERNEL);
	assert_int_equal(seen_asking, READ_ALLOWED | WRITE_ALLOWED | ASKED_KERNEL);
#ifdef SYS_socketcall
	seen_starting &=
		~ASKED_KERNEL; /* all families come by one call there, whose arguments no filter sees */
#endif
	assert_int_equal(seen_starting, READ_ALLOWED | WRITE_ALLOWED | EXECUTED);
}

static void limits(unsigned files)
{
	struct fail fail;
	struct rlimit core;
	struct rlimit open_files;

	if (sandbox_limit(files, &fail) != 0 || sandbox_limit(files + 1, &fail) != 0 ||
	    getrlimit(RLIMIT_CORE, &core) != 0 || getrlimit(RLIMIT_NOFILE, &open_files) != 0)
		_exit(BROKEN);
	_exit(core.rlim_max == 0 && open_files.rlim_cur == files && open_files.rlim_max == files ? 0 : 1);
}

static void limits_files_and_never_raises(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		limits(20);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(forbids_what_was_not_allowed, folder_make, folder_remove),
		cmocka_unit_test(limits_files_and_never_raises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
