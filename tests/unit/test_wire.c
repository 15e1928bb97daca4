#include "tests/unit/unit.h"

#include "lib/net/wire.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static int listen_on_loopback(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
	assert_true(type == SOCK_DGRAM || listen(fd, 1) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void sends_datagrams(void **state)
{
	(void)state;
	struct wire_target target = {.kind = WIRE_UDP, .host = "127.0.0.1", .timeout_ms = PATIENCE_MS};
	struct fail fail = {0};
	char got[16];
	static char large[70000];
	int fd = listen_on_loopback(SOCK_DGRAM, &target.port);
	struct wire *wire = wire_open(&target, &fail);

	assert_non_null(wire);
	assert_false(wire_is_stream(wire));
	assert_int_equal(wire_send(wire, "hello", 5, PATIENCE_MS, &fail), 0);
	assert_int_equal(wire_flush(wire, PATIENCE_MS, &fail), 0);
	assert_int_equal(recv(fd, got, sizeof got, 0), 5);
	assert_int_equal(wire_send(wire, large, sizeof large, PATIENCE_MS, &fail), -1);
	assert_int_equal(fail.status, EX_DATAERR);
	wire_close(wire);
	(void)close(fd);
}

static void sends_a_stream_and_notices_its_end(void **state)
{
	(void)state;
	struct wire_target target = {.kind = WIRE_TCP, .host = "127.0.0.1", .timeout_ms = PATIENCE_MS};
	struct fail fail = {0};
	char got[16];
	int fd = listen_on_loopback(SOCK_STREAM, &target.port);
	struct wire *wire = wire_open(&target, &fail);

	assert_non_null(wire);
	assert_true(wire_is_stream(wire));
	int peer = accept(fd, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(wire_send(wire, "hello", 5, PATIENCE_MS, &fail), 0);
	assert_int_equal(wire_flush(wire, PATIENCE_MS, &fail), 0);
	assert_int_equal(recv(peer, got, sizeof got, 0), 5);
	(void)close(peer);
	/* What is written now would go nowhere; the flush is what tells. */
	while (wire_flush(wire, PATIENCE_MS, &fail) == 0)
		(void)usleep(1000);
	assert_int_equal(fail.status, EX_UNAVAILABLE);
	wire_close(wire);
	(void)close(fd);
	assert_null(wire_open(&target, &fail)); /* nobody there any more */
	assert_int_equal(fail.status, EX_UNAVAILABLE);
}

static void takes_both_kinds_of_unix_sockets(void **state)
{
	(void)state;
	const int types[] = {SOCK_DGRAM, SOCK_STREAM};
	char folder[] = "/tmp/savXXXXXX";

	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		struct fail fail = {0};
		(void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
		const struct wire_target target = {
			.kind = WIRE_UNIX, .path = address.sun_path, .timeout_ms = PATIENCE_MS};
		assert_null(wire_open(&target, &fail));
		assert_int_equal(fail.status, EX_UNAVAILABLE);
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
		assert_true(types[i] == SOCK_DGRAM || listen(fd, 1) == 0);
		struct wire *wire = wire_open(&target, &fail);
		assert_non_null(wire);
		assert_int_equal(wire_is_stream(wire), types[i] == SOCK_STREAM);
		assert_int_equal(wire_send(wire, "x", 1, PATIENCE_MS, &fail), 0);
		assert_int_equal(wire_flush(wire, PATIENCE_MS, &fail), 0);
		wire_close(wire);
		(void)close(fd);
		assert_int_equal(unlink(address.sun_path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

/* A peer that never reads: what does not go is not waited for longer than told, and it is not called sent. */
static void waits_no_longer_than_told(void **state)
{
	(void)state;
	enum { SHORT_MS = 20 };
	struct wire_target target = {.kind = WIRE_TCP, .host = "127.0.0.1", .timeout_ms = PATIENCE_MS};
	struct fail fail = {0};
	static char large[64 << 20];
	int fd = listen_on_loopback(SOCK_STREAM, &target.port);
	struct wire *wire = wire_open(&target, &fail);

	assert_non_null(wire);
	assert_fails(wire_send(wire, large, sizeof large, SHORT_MS, &fail), fail, EX_UNAVAILABLE,
		     "Connection timed out");
	assert_fails(wire_flush(wire, SHORT_MS, &fail), fail, EX_UNAVAILABLE, "Connection timed out");
	wire_close(wire);
	(void)close(fd);
}

static void notices_a_unix_peer_that_is_gone(void **state)
{
	(void)state;
	char folder[] = "/tmp/savXXXXXX";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct fail fail = {0};
	char got;

	assert_non_null(mkdtemp(folder));
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
	const struct wire_target target = {
		.kind = WIRE_UNIX, .path = address.sun_path, .timeout_ms = PATIENCE_MS};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 1), 0);
	struct wire *wire = wire_open(&target, &fail);
	assert_non_null(wire);
	int peer = accept(fd, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(wire_send(wire, "x", 1, PATIENCE_MS, &fail), 0);
	assert_int_equal(recv(peer, &got, 1, 0), 1);
	(void)close(peer);
	assert_fails(wire_flush(wire, PATIENCE_MS, &fail), fail, EX_UNAVAILABLE, "Broken pipe");
	assert_fails(wire_send(wire, "x", 1, PATIENCE_MS, &fail), fail, EX_UNAVAILABLE, "Broken pipe");
	wire_close(wire);
	(void)close(fd);
	assert_int_equal(unlink(address.sun_path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void refuses_what_no_address_can_be(void **state)
{
	(void)state;
	char path[sizeof((struct sockaddr_un *)NULL)->sun_path + 1];
	const struct wire_target targets[] = {
		{.kind = WIRE_UNIX, .path = path},
		{.kind = WIRE_UDP, .host = "fe80::1%none", .port = 514},
		{.kind = WIRE_UDP,
		 .host = "255.255.255.255",
		 .port = 514}, /* for broadcasts one has to ask */
	};
	const char *const reasons[] = {"File name too long", "Name or service not known",
				       "Permission denied"};

	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	for (size_t i = 0; i < COUNT_OF(targets); i++) {
		struct fail fail = {0};
		assert_null(wire_open(&targets[i], &fail));
		assert_fails(-1, fail, EX_UNAVAILABLE, reasons[i]);
	}
}

int main(void)
{
	struct fail fail;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_datagrams),
		cmocka_unit_test(sends_a_stream_and_notices_its_end),
		cmocka_unit_test(takes_both_kinds_of_unix_sockets),
		cmocka_unit_test(waits_no_longer_than_told),
		cmocka_unit_test(notices_a_unix_peer_that_is_gone),
		cmocka_unit_test(refuses_what_no_address_can_be),
	};

	return wire_init(&fail) != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
