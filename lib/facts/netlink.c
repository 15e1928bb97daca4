#include "lib/facts/netlink.h"

#include "lib/base/fail.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { REQUEST_MAX = 64, ANSWER_SIZE = 32 * 1024, WAIT_S = 2, SEQUENCE = 1 };
enum { ERROR_MAX = 4095 }; /* Source: MAX_ERRNO in include/linux/err.h */

int netlink_open(int protocol, struct fail *fail)
{
	const struct timeval wait = {.tv_sec = WAIT_S};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0)
		return fd;
	(void)fail_errno(fail, EX_OSERR, "netlink");
	scope_close(&fd); /* never used */
	return -1;
}

static int ask(int fd, uint16_t type, const void *request, size_t size)
{
	struct {
		struct nlmsghdr header;
		uint8_t body[REQUEST_MAX];
	} message = {.header = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
				.nlmsg_type = type,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
				.nlmsg_seq = SEQUENCE}};
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	if (size > sizeof message.body) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(message.body, request, size);
	ssize_t sent = sendto(fd, &message, message.header.nlmsg_len, 0, (const struct sockaddr *)&kernel,
			      sizeof kernel);
	return sent < 0 ? -1 : 0;
}

/* NLMSG_DATA() would drop the const. */
const void *netlink_payload(const struct nlmsghdr *message)
{
	return (const uint8_t *)message + NLMSG_HDRLEN;
}

/* The error that an NLMSG_ERROR or NLMSG_DONE carries, 0 for none. */
static int error_of(const struct nlmsghdr *message)
{
	int error = 0;

	if (message->nlmsg_len >= NLMSG_LENGTH(sizeof error))
		memcpy(&error, netlink_payload(message),
		       sizeof error); /* the first field of struct nlmsgerr too */
	if (error < -ERROR_MAX)
		return EBADMSG;
	return error < 0 ? -error : 0;
}

static bool is_whole(const uint8_t *bytes, size_t size)
{
	struct nlmsghdr header;

	if (size < sizeof header)
		return false;
	memcpy(&header, bytes, sizeof header);
	return header.nlmsg_len >= sizeof header && header.nlmsg_len <= size;
}

int netlink_take(struct nlmsghdr *message, size_t size, netlink_message *each, void *data, bool *done)
{
	uint8_t *at = (uint8_t *)message;
	size_t step;

	/* NLMSG_NEXT() goes on behind the end when the last message comes without its padding. */
	for (size_t left = size; is_whole(at, left); at += step, left -= step) {
		message = (struct nlmsghdr *)(void *)at;
		step = NLMSG_ALIGN(message->nlmsg_len) < left ? NLMSG_ALIGN(message->nlmsg_len) : left;
		if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
			errno = EAGAIN;
			return -1;
		}
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
			errno = error_of(message);
			*done = true;
			return errno == 0 ? 0 : -1;
		}
		if (each(message, data) != 0) {
			errno = EBADMSG;
			return -1;
		}
	}
	return 0;
}

int netlink_dump(int fd, uint16_t type, const void *request, size_t size, netlink_message *each, void *data,
		 struct fail *fail)
{
	_Alignas(struct nlmsghdr) uint8_t answer[ANSWER_SIZE];
	bool done = false;

	if (ask(fd, type, request, size) != 0)
		return fail_errno(fail, EX_OSERR, "netlink");
	while (!done) {
		struct sockaddr_nl from = {0};
		socklen_t from_size = sizeof from;
		ssize_t got = recvfrom(fd, answer, sizeof answer, MSG_TRUNC, (struct sockaddr *)&from,
				       &from_size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(fail, EX_OSERR, "netlink");
		if (from_size != sizeof from || from.nl_pid != 0)
			continue; /* not the kernel's */
		if (got == 0 || (size_t)got > sizeof answer)
			return fail_set(fail, EX_OSERR, "netlink: an answer that does not fit");
		if (netlink_take((struct nlmsghdr *)(void *)answer, (size_t)got, each, data, &done) != 0)
			return fail_errno(fail,
					  errno == EPERM    ? EX_NOPERM
					  : errno == EAGAIN ? EX_TEMPFAIL
							    : EX_OSERR,
					  "netlink");
	}
	return 0;
}
