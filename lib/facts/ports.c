#include "lib/facts/ports.h"

#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/base/scope.h"
#include "lib/facts/netlink.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

bool ports_is_open(const struct ports *ports, unsigned port)
{
	return port < PORTS_COUNT && (ports->open[port / 8] & (1U << port % 8)) != 0;
}

/* `address` in network byte order, of 4 or 16 bytes. */
static bool is_loopback(const uint8_t *address, size_t size)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (size == sizeof(struct in_addr))
		return address[0] == IN_LOOPBACKNET;
	if (memcmp(address, mapped, sizeof mapped) == 0)
		return address[sizeof mapped] == IN_LOOPBACKNET;
	return memcmp(address, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}

static void note(struct ports *ports, const uint8_t *address, size_t size, unsigned port)
{
	if (!is_loopback(address, size))
		ports->open[port / 8] |= (uint8_t)(1U << port % 8);
}

static bool hexadecimal(const uint8_t *text, size_t digits, uint32_t *number)
{
	*number = 0;
	for (size_t i = 0; i < digits; i++) {
		int value = num_hex((char)text[i]);
		if (value < 0)
			return false;
		*number = *number << 4 | (uint32_t)value;
	}
	return true;
}

/* "0100007F:1F90", or 32 digits and a port. */
static bool parse_endpoint(struct span word, bool big_endian, uint8_t address[16], size_t *size,
			   uint32_t *port)
{
	enum { WORD_DIGITS = 8, PORT_DIGITS = 4 };
	const uint8_t *colon = word.size == 0 ? NULL : memchr(word.bytes, ':', word.size);
	size_t digits = colon == NULL ? 0 : (size_t)(colon - word.bytes);

	if ((digits != WORD_DIGITS && digits != 4 * WORD_DIGITS) || word.size != digits + 1 + PORT_DIGITS ||
	    !hexadecimal(colon + 1, PORT_DIGITS, port))
		return false;
	*size = digits / 2;
	for (size_t i = 0; i < digits / WORD_DIGITS; i++) {
		uint32_t number;
		if (!hexadecimal(word.bytes + i * WORD_DIGITS, WORD_DIGITS, &number))
			return false;
		for (size_t byte = 0; byte < 4; byte++)
			address[4 * i + byte] = (uint8_t)(number >> 8 * (big_endian ? 3 - byte : byte));
	}
	return true;
}

int ports_parse(struct span text, bool big_endian, struct ports *ports, bool *all)
{
	struct span line;

	*all = false;
	if (!lines_next(&text, &line) || lines_first(line, "local_address") == NULL)
		return -1;
	while (lines_next(&text, &line)) {
		struct span slot;
		struct span local;
		struct span remote;
		struct span state;
		uint8_t address[16];
		size_t size;
		uint32_t port;
		uint32_t number;
		if (!lines_word(&line, &slot) || !lines_word(&line, &local) || !lines_word(&line, &remote) ||
		    !lines_word(&line, &state) || state.size != 2 || !hexadecimal(state.bytes, 2, &number) ||
		    !parse_endpoint(local, big_endian, address, &size, &port)) {
			if (text.size == 0)
				return 0; /* the last line, cut */
			return -1;
		}
		if (number == TCP_LISTEN)
			note(ports, address, size, port);
		else
			*all = true;
	}
	return 0;
}

static int on_socket(const struct nlmsghdr *message, void *data)
{
	const struct inet_diag_msg *socket_found = netlink_payload(message);

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof *socket_found))
		return -1;
	size_t size = socket_found->idiag_family == AF_INET ? 4 : 16;
	uint8_t address[16];
	memcpy(address, socket_found->id.idiag_src, sizeof address);
	note(data, address, size, ntohs(socket_found->id.idiag_sport));
	return 0;
}

int ports_ask(struct ports *ports, struct fail *fail)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct ports found = {0};
	auto_close int fd = netlink_open(NETLINK_SOCK_DIAG, fail);

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < sizeof families; i++) {
		struct inet_diag_req_v2 request = {.sdiag_family = families[i],
						   .sdiag_protocol = IPPROTO_TCP,
						   .idiag_states = 1U << TCP_LISTEN};
		if (netlink_dump(fd, SOCK_DIAG_BY_FAMILY, &request, sizeof request, on_socket, &found,
				 fail) != 0)
			return fail_prefix(fail, "sock_diag");
	}
	*ports = found;
	return 0;
}
