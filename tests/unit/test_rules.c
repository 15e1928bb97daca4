#include "tests/unit/unit.h"

#include "lib/facts/rules.h"

#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>

/* A table as the kernel hands it out: one entry after the other, each with one target. */
struct table {
	_Alignas(8) uint8_t bytes[4096];
	size_t size;
};

static void add(struct table *table, const char *target, bool six)
{
	size_t head = six ? sizeof(struct ip6t_entry) : sizeof(struct ipt_entry);
	struct xt_entry_target found = {.u.user.target_size = sizeof found};
	uint16_t target_offset = (uint16_t)head;
	uint16_t next_offset = (uint16_t)(head + sizeof found);
	uint8_t *entry = table->bytes + table->size;

	memcpy(found.u.user.name, target, strlen(target));
	memcpy(entry + (six ? offsetof(struct ip6t_entry, target_offset)
			    : offsetof(struct ipt_entry, target_offset)),
	       &target_offset, sizeof target_offset);
	memcpy(entry + (six ? offsetof(struct ip6t_entry, next_offset)
			    : offsetof(struct ipt_entry, next_offset)),
	       &next_offset, sizeof next_offset);
	memcpy(entry + head, &found, sizeof found);
	table->size += next_offset;
}

static int64_t count(const struct table *table, bool six, unsigned hooks)
{
	return rules_count_entries((struct span){table->bytes, table->size}, six, hooks);
}

static void counts_rules_only(void **state)
{
	(void)state;
	for (int six = 0; six < 2; six++) {
		struct table table = {.size = 0};
		add(&table, "", six == 1); /* a rule of INPUT, its policy, those of FORWARD and OUTPUT */
		add(&table, "", six == 1);
		add(&table, "", six == 1);
		add(&table, "", six == 1);
		add(&table, XT_ERROR_TARGET, six == 1); /* a chain of a user's: head, two rules, end */
		add(&table, "DROP", six == 1);
		add(&table, "", six == 1);
		add(&table, "", six == 1);
		add(&table, XT_ERROR_TARGET, six == 1); /* the table's end */
		assert_true(count(&table, six == 1, 3) == 3);
	}
}

static void an_empty_table_has_none(void **state)
{
	(void)state;
	struct table table = {.size = 0};

	for (int i = 0; i < 3; i++)
		add(&table, "", false);
	add(&table, XT_ERROR_TARGET, false);
	assert_true(count(&table, false, 3) == 0);
}

static void refuses_what_is_no_table(void **state)
{
	(void)state;
	struct table table = {.size = 0};

	assert_true(count(&table, false, 0) == -1); /* not even an end */
	add(&table, "", false);
	assert_true(count(&table, false, 1) == -1);
	add(&table, XT_ERROR_TARGET, false);
	assert_true(count(&table, false, 1) == 0);
	assert_true(count(&table, false, 5) == -1); /* more chains than entries */
	table.size -= 1;
	assert_true(count(&table, false, 1) == -1); /* cut */
	table.size += 1;
	uint16_t zero = 0;
	memcpy(table.bytes + offsetof(struct ipt_entry, next_offset), &zero, sizeof zero);
	assert_true(count(&table, false, 1) == -1); /* would never end */
	uint16_t far = 60000;
	memcpy(table.bytes + offsetof(struct ipt_entry, next_offset), &far, sizeof far);
	assert_true(count(&table, false, 1) == -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_rules_only),
		cmocka_unit_test(an_empty_table_has_none),
		cmocka_unit_test(refuses_what_is_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
