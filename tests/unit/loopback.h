/* Ports of the loopback, as the system chooses them. */
#ifndef SAV_TESTS_UNIT_LOOPBACK_H
#define SAV_TESTS_UNIT_LOOPBACK_H

#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <sys/socket.h>

/* A socket of this type that has one, and nobody else can take it. A stream does not listen yet: connecting is refused. */
static inline int loopback_bind(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

#endif
