#include "tests/unit/folder.h"

#include "lib/base/notify.h"
#include "lib/base/scope.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

/* The other side, as systemd has it. */
static int bind_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(name);

	assert_true(size < sizeof address.sun_path);
	memcpy(address.sun_path, name, size);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)),
			 0);
	return fd;
}

static void assert_receives(int fd, const char *wanted)
{
	char got[4096];
	ssize_t size = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);

	assert_true(size >= 0);
	got[size] = '\0';
	assert_string_equal(got, wanted);
}

static void tells_a_socket_with_a_path(void **state)
{
	(void)state;
	struct fail fail;
	const char *path = folder_path("notify");
	auto_close int service = bind_socket(path);
	auto_close int fd = notify_open(path, &fail);

	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	notify_send(fd, "READY=1", "outputs: 2");
	notify_send(fd, "STOPPING=1", "");
	assert_receives(service, "READY=1\nSTATUS=outputs: 2");
	assert_receives(service, "STOPPING=1\nSTATUS=");
}

static void tells_a_socket_with_an_abstract_name(void **state)
{
	(void)state;
	struct fail fail;
	char name[FOLDER_PATH];

	(void)snprintf(name, sizeof name, "@%s", folder);
	auto_close int service = bind_socket(name);
	auto_close int fd = notify_open(name, &fail);
	assert_true(fd >= 0);
	notify_send(fd, "READY=1", "here");
	assert_receives(service, "READY=1\nSTATUS=here");
}

static void lets_a_status_add_no_line_and_no_end(void **state)
{
	(void)state;
	struct fail fail;
	char longer[2 * NOTIFY_STATUS_MAX];
	char got[4096];
	const char *path = folder_path("notify");
	auto_close int service = bind_socket(path);
	auto_close int fd = notify_open(path, &fail);

	notify_send(fd, "READY=1", "a\nMAINPID=1\xff");
	assert_receives(service, "READY=1\nSTATUS=a\\x0aMAINPID=1\\xff");
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	notify_send(fd, "READY=1", longer);
	ssize_t size = recv(service, got, sizeof got, MSG_DONTWAIT);
	assert_int_equal(size, strlen("READY=1\nSTATUS=") + NOTIFY_STATUS_MAX);
	assert_memory_equal(got + size - 4, "x...", 4);
}

static void names_what_is_no_socket(void **state)
{
	(void)state;
	struct fail fail;
	char longer[200];
	char wanted[FOLDER_PATH + 64];
	const char *path = folder_path("nobody");

	assert_fails(notify_open("", &fail), fail, EX_UNAVAILABLE, "'': neither an absolute path nor @NAME");
	assert_fails(notify_open("@", &fail), fail, EX_UNAVAILABLE, "@: neither an absolute path nor @NAME");
	assert_fails(notify_open("run/notify", &fail), fail, EX_UNAVAILABLE,
		     "run/notify: neither an absolute path nor @NAME");
	memset(longer, '/', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(notify_open(longer, &fail), -1);
	assert_int_equal(fail.status, EX_UNAVAILABLE);
	assert_non_null(strstr(fail.text, ": longer than the name of a socket"));
	(void)snprintf(wanted, sizeof wanted, "%s: No such file or directory", path);
	assert_fails(notify_open(path, &fail), fail, EX_UNAVAILABLE, wanted);
	folder_put("nobody", "");
	(void)snprintf(wanted, sizeof wanted, "%s: Connection refused", path);
	assert_fails(notify_open(path, &fail), fail, EX_UNAVAILABLE, wanted);
}

static void needs_a_descriptor(void **state)
{
	(void)state;
	struct fail fail;
	struct rlimit before;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	const struct rlimit none = {0, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	int fd = notify_open("/nobody", &fail);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_fails(fd, fail, EX_OSERR, "/nobody: Too many open files");
}

static void goes_on_when_nobody_listens(void **state)
{
	(void)state;
	struct fail fail;
	struct timeval wait = {0};
	socklen_t size = sizeof wait;
	const char *path = folder_path("notify");
	int service = bind_socket(path);
	auto_close int fd = notify_open(path, &fail);

	notify_send(-1, "READY=1", "");
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, &size), 0);
	assert_int_equal(wait.tv_sec, NOTIFY_WAIT_S);
	/* Nobody reads: the socket, here a small one, is full some time, and each message waits, here for a millisecond. */
	const int small = 1; /* the least that there is */
	wait = (struct timeval){.tv_usec = 1000};
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait), 0);
	for (int i = 0; i < 100; i++)
		notify_send(fd, "READY=1", "");
	assert_int_equal(close(service), 0);
	notify_send(fd, "READY=1", ""); /* and then it is gone: no signal */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_a_socket_with_a_path, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(tells_a_socket_with_an_abstract_name, folder_make,
						folder_remove),
		cmocka_unit_test_setup_teardown(lets_a_status_add_no_line_and_no_end, folder_make,
						folder_remove),
		cmocka_unit_test_setup_teardown(names_what_is_no_socket, folder_make, folder_remove),
		cmocka_unit_test(needs_a_descriptor),
		cmocka_unit_test_setup_teardown(goes_on_when_nobody_listens, folder_make, folder_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
