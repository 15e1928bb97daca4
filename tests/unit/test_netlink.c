#include "tests/unit/unit.h"

#include "lib/base/scope.h"
#include "lib/facts/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

enum { KIND = 100, WORD = 4 };

/* An answer as it arrives: messages of one word each. */
struct answer {
	_Alignas(struct nlmsghdr) uint8_t bytes[256];
	size_t size;
};

static void add(struct answer *answer, uint16_t type, uint16_t flags, int32_t word)
{
	const struct nlmsghdr header = {
		.nlmsg_len = NLMSG_LENGTH(WORD), .nlmsg_type = type, .nlmsg_flags = flags};

	memcpy(answer->bytes + answer->size, &header, sizeof header);
	memcpy(answer->bytes + answer->size + NLMSG_HDRLEN, &word, WORD);
	answer->size += NLMSG_SPACE(WORD);
}

static int sum(const struct nlmsghdr *message, void *data)
{
	int32_t word;

	memcpy(&word, netlink_payload(message), WORD);
	*(int *)data += word;
	return word < 0 ? -1 : 0;
}

static int take(struct answer *answer, int *total, bool *done)
{
	*total = 0;
	*done = false;
	errno = 0;
	return netlink_take((struct nlmsghdr *)(void *)answer->bytes, answer->size, sum, total, done);
}

static void hands_on_each_message(void **state)
{
	(void)state;
	struct answer answer = {.size = 0};
	int total;
	bool done;

	add(&answer, KIND, NLM_F_MULTI, 3);
	add(&answer, KIND, NLM_F_MULTI, 4);
	assert_int_equal(take(&answer, &total, &done), 0);
	assert_true(total == 7 && !done);
	add(&answer, NLMSG_DONE, NLM_F_MULTI, 0);
	add(&answer, KIND, 0, 9); /* behind the end */
	assert_int_equal(take(&answer, &total, &done), 0);
	assert_true(total == 7 && done);
}

static void refuses_what_is_no_whole_answer(void **state)
{
	(void)state;
	struct answer changed = {.size = 0};
	struct answer refused = {.size = 0};
	struct answer bad = {.size = 0};
	int total;
	bool done;

	add(&changed, KIND, NLM_F_MULTI, 3);
	add(&changed, KIND, NLM_F_MULTI | NLM_F_DUMP_INTR, 4);
	assert_int_equal(take(&changed, &total, &done), -1);
	assert_int_equal(errno, EAGAIN);
	changed.size = 0;
	add(&changed, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, 0); /* where an empty list says so */
	assert_int_equal(take(&changed, &total, &done), -1);
	assert_int_equal(errno, EAGAIN);
	add(&refused, NLMSG_ERROR, 0, -EPERM);
	assert_int_equal(take(&refused, &total, &done), -1);
	assert_int_equal(errno, EPERM);
	refused.size = 0;
	add(&refused, NLMSG_ERROR, 0, INT32_MIN); /* no error that Linux has */
	assert_int_equal(take(&refused, &total, &done), -1);
	assert_int_equal(errno, EBADMSG);
	add(&bad, KIND, 0, -1);
	assert_int_equal(take(&bad, &total, &done), -1);
	assert_int_equal(errno, EBADMSG);
}

static void reads_nothing_beyond_the_end(void **state)
{
	(void)state;
	struct answer answer = {.size = 0};
	struct nlmsghdr long_one = {.nlmsg_len = 4096, .nlmsg_type = KIND};
	int total;
	bool done;

	add(&answer, KIND, 0, 5);
	for (size_t size = 0; size < NLMSG_LENGTH(WORD); size++) {
		answer.size = size;
		assert_int_equal(take(&answer, &total, &done), 0);
		assert_true(total == 0 && !done);
	}
	memcpy(answer.bytes, &long_one, sizeof long_one);
	answer.size = sizeof answer.bytes;
	assert_int_equal(take(&answer, &total, &done), 0);
	assert_true(total == 0 && !done);
}

static void takes_a_last_message_without_padding(void **state)
{
	(void)state;
	struct answer answer = {.size = 0};
	const struct nlmsghdr bare = {.nlmsg_len = NLMSG_HDRLEN + 1, .nlmsg_type = KIND};
	int total;
	bool done;

	add(&answer, KIND, 0, 5);
	add(&answer, KIND, 0, 7); /* behind the end */
	memcpy(answer.bytes, &bare, sizeof bare);
	answer.size = bare.nlmsg_len;
	assert_int_equal(take(&answer, &total, &done), 0);
	assert_true(total == 5 && !done);
}

static int count(const struct nlmsghdr *message, void *data)
{
	(void)message;
	++*(int *)data;
	return 0;
}

static void asks_the_kernel(void **state)
{
	(void)state;
	const struct rtgenmsg request = {.rtgen_family = AF_UNSPEC};
	uint8_t large[65] = {0};
	struct fail fail;
	int links = 0;
	auto_close int fd = netlink_open(NETLINK_ROUTE, &fail);

	assert_true(fd >= 0);
	assert_int_equal(netlink_dump(fd, RTM_GETLINK, &request, sizeof request, count, &links, &fail), 0);
	assert_true(links > 0);
	assert_fails(netlink_dump(fd, RTM_GETLINK, large, sizeof large, count, &links, &fail), fail, EX_OSERR,
		     "netlink: Message too long");
	assert_fails(netlink_dump(fd, RTM_MAX + 1, &request, sizeof request, count, &links, &fail), fail,
		     EX_OSERR, "netlink: Operation not supported");
	assert_fails(netlink_open(-1, &fail), fail, EX_OSERR, "netlink: Protocol not supported");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_on_each_message),
		cmocka_unit_test(refuses_what_is_no_whole_answer),
		cmocka_unit_test(reads_nothing_beyond_the_end),
		cmocka_unit_test(takes_a_last_message_without_padding),
		cmocka_unit_test(asks_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
