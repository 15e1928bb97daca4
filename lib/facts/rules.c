#include "lib/facts/rules.h"

#include "lib/base/fail.h"
#include "lib/base/scope.h"
#include "lib/facts/netlink.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ENTRIES_MAX = 64 << 20, NAMES_MAX = 16, TRIES = 5 };

/* The two kinds of table differ in their numbers and in the size of their structures' heads. */
struct kind {
	int domain;
	int level;
	int get_info;
	int get_entries;
	size_t head; /* of an entry */
	const char *name;
};
static const struct kind kinds[] = {
	{AF_INET, IPPROTO_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES, sizeof(struct ipt_entry), "ip_tables"},
	{AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES, sizeof(struct ip6t_entry),
	 "ip6_tables"},
};

/* The table's structures are the same for both but for the types of their names. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
		       sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries),
	       "one code for both");

int64_t rules_count_entries(struct span entries, bool six, unsigned hooks)
{
	size_t head = kinds[six].head;
	size_t target_at = six ? offsetof(struct ip6t_entry, target_offset)
			       : offsetof(struct ipt_entry, target_offset);
	size_t next_at = six ? offsetof(struct ip6t_entry, next_offset)
			     : offsetof(struct ipt_entry, next_offset);
	int64_t all = 0;
	int64_t heads = 0; /* of users' chains, and the table's end */

	for (size_t at = 0; at < entries.size;) {
		uint16_t target;
		uint16_t next;
		struct xt_entry_target found;
		if (entries.size - at < head)
			return -1;
		memcpy(&target, entries.bytes + at + target_at, sizeof target);
		memcpy(&next, entries.bytes + at + next_at, sizeof next);
		if (next < head + sizeof found || next > entries.size - at || target < head ||
		    target + sizeof found > next)
			return -1;
		memcpy(&found, entries.bytes + at + target, sizeof found);
		all++;
		heads += strncmp(found.u.user.name, XT_ERROR_TARGET, sizeof found.u.user.name) == 0;
		at += next;
	}
	/* A user's chain has a head and an end of its own, a built-in one its policy, the table its end. */
	int64_t rules = all - (2 * (heads - 1) + 1) - (int64_t)hooks;
	return heads < 1 || rules < 0 ? -1 : rules;
}

/* Entries may be added between the two questions: EAGAIN, and another try. */
static int ask_table(int fd, const struct kind *kind, struct span name, int64_t *count, struct fail *fail)
{
	for (int i = 0; i < TRIES; i++) {
		struct ipt_getinfo info = {0};
		socklen_t size = sizeof info;
		memcpy(info.name, name.bytes, name.size);
		if (getsockopt(fd, kind->level, kind->get_info, &info, &size) != 0)
			break;
		if (info.size > ENTRIES_MAX)
			return fail_set(fail, EX_DATAERR, "%s: a table too large", kind->name);
		size = (socklen_t)(sizeof(struct ipt_get_entries) + info.size);
		auto_free struct ipt_get_entries *entries = calloc(1, size);
		if (entries == NULL)
			break;
		memcpy(entries->name, name.bytes, name.size);
		entries->size = info.size;
		if (getsockopt(fd, kind->level, kind->get_entries, entries, &size) != 0) {
			if (errno == EAGAIN)
				continue;
			break;
		}
		struct span bytes = {(const uint8_t *)entries->entrytable, info.size};
		int64_t rules = rules_count_entries(bytes, kind == &kinds[1],
						    (unsigned)__builtin_popcount(info.valid_hooks));
		if (rules < 0)
			return fail_set(fail, EX_DATAERR, "%s: a table of another form", kind->name);
		*count += rules;
		return 0;
	}
	return fail_errno(fail, errno == EPERM ? EX_NOPERM : EX_OSERR, "%s", kind->name);
}

int rules_ask_legacy(struct span names, bool six, int64_t *count, struct fail *fail)
{
	const struct kind *kind = &kinds[six];
	struct span line;
	int64_t total = 0;
	int left = NAMES_MAX;

	if (lines_trim(names).size == 0)
		return 0;
	/* An option is asked for, nothing is sent: any socket of the family does, and this kind needs no
	 * right. */
	auto_close int fd = socket(kind->domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail_errno(fail, EX_OSERR, "%s", kind->name);
	while (lines_next(&names, &line)) {
		struct span name = lines_trim(line);
		if (name.size == 0)
			continue;
		if (name.size >= XT_TABLE_MAXNAMELEN || left-- == 0)
			return fail_set(fail, EX_DATAERR, "%s: not the name of a table", kind->name);
		if (ask_table(fd, kind, name, &total, fail) != 0)
			return -1;
	}
	*count += total;
	return 0;
}

static int on_rule(const struct nlmsghdr *message, void *data)
{
	const struct nfgenmsg *generic = netlink_payload(message);

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof *generic))
		return -1;
	if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE) &&
	    (generic->nfgen_family == NFPROTO_IPV4 || generic->nfgen_family == NFPROTO_IPV6 ||
	     generic->nfgen_family == NFPROTO_INET))
		++*(int64_t *)data;
	return 0;
}

static int ask_nft(int64_t *total, struct fail *fail)
{
	const struct nfgenmsg request = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0};
	auto_close int fd = netlink_open(NETLINK_NETFILTER, fail);

	*total = 0;
	if (fd < 0)
		return -1;
	return netlink_dump(fd, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, &request, sizeof request,
			    on_rule, total, fail);
}

/* Rules may be replaced while they are listed; the rest of that list lies unread in its socket, so the
 * next try has its own. */
int rules_ask_nft(int64_t *count, struct fail *fail)
{
	int64_t total;

	for (int i = 0; i < TRIES; i++) {
		if (ask_nft(&total, fail) == 0) {
			*count += total;
			return 0;
		}
		if (fail->status != EX_TEMPFAIL)
			break;
	}
	return fail_prefix(fail, "nf_tables");
}
