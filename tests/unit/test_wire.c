#include "tests/unit/folder.h"

#include "lib/net/wire.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

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
	static char large[1 << 20]; /* more than the kernel holds for one */

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		struct fail fail = {0};
		(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", folder_path("s"));
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
		if (types[i] == SOCK_DGRAM) {
			assert_int_equal(wire_send(wire, large, sizeof large, PATIENCE_MS, &fail), -1);
			assert_int_equal(fail.status, EX_DATAERR);
		}
		wire_close(wire);
		(void)close(fd);
		assert_int_equal(unlink(address.sun_path), 0);
	}
}

int main(void)
{
	struct fail fail;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_datagrams),
		cmocka_unit_test(sends_a_stream_and_notices_its_end),
		cmocka_unit_test_setup_teardown(takes_both_kinds_of_unix_sockets, folder_make, folder_remove),
	};

	return wire_init(&fail) != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
