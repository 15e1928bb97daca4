/* Questions to the live kernel that are answered with a list. Nothing leaves the machine. Source:
 * netlink(7). */
#ifndef SAV_FACTS_NETLINK_H
#define SAV_FACTS_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct nlmsghdr;

/* A socket for one of the NETLINK_* protocols, which waits at most 2 seconds for an answer; or -1 with
 * *fail. */
int netlink_open(int protocol, struct fail *fail);

/* What stands behind a message's header. */
const void *netlink_payload(const struct nlmsghdr *message);

/* Called for each message of the answer, which is whole; not 0 when it cannot be read. */
typedef int netlink_message(const struct nlmsghdr *message, void *data);

/* Hands the messages of one datagram, aligned as they are, to `each`. Returns 0, and sets *done at the end
 * of the answer; or -1 with errno: EAGAIN when what is listed changed meanwhile, so that the list is of
 * neither state; EBADMSG when `each` says so; or the kernel's own. */
int netlink_take(struct nlmsghdr *message, size_t size, netlink_message *each, void *data, bool *done);

/* Asks for everything of `type` with the request's bytes (at most 64) behind the header, and hands each
 * message of the answer to `each`. Returns 0; or -1 with *fail: refused, not in this kernel, no answer in
 * time; EX_TEMPFAIL: changed meanwhile. */
int netlink_dump(int fd, uint16_t type, const void *request, size_t size, netlink_message *each, void *data,
		 struct fail *fail);

#endif
