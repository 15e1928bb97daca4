/* How many firewall rules the live kernel holds, without starting a program. */
#ifndef SAV_FACTS_RULES_H
#define SAV_FACTS_RULES_H

#include "lib/facts/lines.h"

struct fail;

/* The rules of a table's entries as IPT_SO_GET_ENTRIES (`six`: IP6T_SO_GET_ENTRIES) hands them out: what
 * iptables-save prints as "-A". Chains' heads, ends and policies do not count: `hooks` is how many
 * built-in chains the table has. Returns -1 for what is not of that form. Source:
 * include/uapi/linux/netfilter/x_tables.h, iptables' libiptc.c. */
int64_t rules_count_entries(struct span entries, bool six, unsigned hooks);

/* Adds the rules of the legacy tables named in `names` (a name a line, as in /proc/net/ip_tables_names) to
 * *count. Returns 0, or -1 with *fail. */
int rules_ask_legacy(struct span names, bool six, int64_t *count, struct fail *fail);

/* Adds the rules of nf_tables' families ip, ip6 and inet to *count. Returns 0, or -1 with *fail. */
int rules_ask_nft(int64_t *count, struct fail *fail);

#endif
