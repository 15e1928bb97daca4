/* Answers of the kernel: tables of iptables ('0' IPv4, '1' IPv6; lib/facts rules), datagrams of netlink ('2';
 * netlink). */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/facts/netlink.h"
#include "lib/facts/rules.h"

#include <linux/netlink.h>
#include <stdlib.h>

struct datagram {
	const uint8_t *bytes;
	size_t size;
};

static int look(const struct nlmsghdr *message, void *data)
{
	const struct datagram *whole = data;
	const uint8_t *at = (const uint8_t *)message;

	REQUIRE(at >= whole->bytes && message->nlmsg_len >= sizeof *message &&
		at + message->nlmsg_len <= whole->bytes + whole->size);
	return message->nlmsg_type == 0x7f ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	unsigned which = fuzz_choice(&in, 3);
	uint8_t *copy = fuzz_copy(in);
	struct datagram whole = {copy, in.size};
	bool done = false;

	if (which == 2) {
		(void)netlink_take((struct nlmsghdr *)(void *)copy, in.size, look, &whole, &done);
	} else {
		int64_t count = rules_count_entries((struct span){copy, in.size}, which == 1, 3);
		REQUIRE(count >= -1 && count <= (int64_t)in.size);
	}
	free(copy);
	return 0;
}
