/* TCP ports that something listens on, on an address that others can reach. */
#ifndef SAV_FACTS_PORTS_H
#define SAV_FACTS_PORTS_H

#include "lib/facts/lines.h"

struct fail;

enum { PORTS_COUNT = 65536 };

/* One bit a port. */
struct ports {
	uint8_t open[PORTS_COUNT / 8];
};

bool ports_is_open(const struct ports *ports, unsigned port);

/* Adds the listeners of /proc/net/tcp or tcp6. Addresses there are the kernel's words as numbers, so that
 * the host's byte order must be known. Returns 0, or -1 when the text is not of that form. The kernel
 * prints the listeners first: *all is set when the end of them was seen, so that a text that was cut may
 * do. Source: proc_net_tcp(5); tcp_seek_last_pos() of net/ipv4/tcp_ipv4.c. */
int ports_parse(struct span text, bool big_endian, struct ports *ports, bool *all);

/* Asks the live kernel for its listening sockets, IPv4 and IPv6; the cost grows with these, not with the
 * connections. Returns 0, or -1 with *fail (and *ports unchanged). Source: sock_diag(7). */
int ports_ask(struct ports *ports, struct fail *fail);

#endif
