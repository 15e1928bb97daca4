/* A way to a service that only listens, such as syslog's: Unix sockets, UDP, TCP, TLS. Calls wait, within
 * their limits. */
#ifndef SAV_NET_WIRE_H
#define SAV_NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct fail;
struct wire; /* opaque */

enum wire_kind { WIRE_UNIX, WIRE_UDP, WIRE_TCP, WIRE_TLS };

struct wire_target {
	enum wire_kind kind;
	const char *path; /* WIRE_UNIX */
	const char *host; /* a name or address, IPv6 in brackets */
	uint16_t port;
	const struct buf *ca;                 /* PEM; NULL: the system's store */
	const struct buf *client_certificate; /* PEM; NULL: none */
	const struct buf *client_key;
	int64_t timeout_ms; /* for names, connection and TLS together; names for UDP take what resolv.conf(5) says */
};

/* To be called once before any thread is started. Returns 0, or -1 with *fail (EX_SOFTWARE). */
int wire_init(struct fail *fail);

/* Connects. A Unix socket is tried as a datagram one, then as a stream. Returns NULL with *fail:
 * EX_UNAVAILABLE (nobody there), EX_PROTOCOL (TLS does not hold), EX_OSERR. */
struct wire *wire_open(const struct wire_target *target, struct fail *fail);
void wire_close(struct wire *wire);

/* Whether bytes flow without boundaries, so that the messages need a frame. */
bool wire_is_stream(const struct wire *wire);

/* Sends all bytes; a datagram wire, as one message. Waits at most `timeout_ms` each time that nothing more can be
 * sent. Returns 0; or -1 with *fail: EX_DATAERR when the message is too long for a datagram, EX_UNAVAILABLE else, when the
 * wire is of no more use. */
int wire_send(struct wire *wire, const void *bytes, size_t size, int64_t timeout_ms, struct fail *fail);

/* Waits until the other side's system has taken everything in (TCP and TLS; at once for the rest), and
 * sees whether it has hung up. Returns as wire_send. Source: tcp(7), SIOCOUTQ. */
int wire_flush(struct wire *wire, int64_t timeout_ms, struct fail *fail);

#endif
