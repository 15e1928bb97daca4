/* Somebody who has everything that is told of a fleet, knows which values are parts of which, and wants to know
 * that there are machines in a cell, but fewer than may be told of. */
#include "tests/unit/unit.h"

#include "lib/report/cells.h"
#include "lib/report/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISTRO, RELEASE, DESCRIPTION, VERSION, ENABLED, MEMORY, MACHINE, CUSTOMER, TIME, FACTS };
enum {
	MIN_CELL = 10,
	ROUNDS = 3000,
	DISTROS = 3,
	RELEASES = 6,
	DESCRIPTIONS = 12,
	VERSIONS = 4,
	KINDS = 4,
	OCTAVES = 12,
	ROOM = 256
};

static const struct schema_fact facts[FACTS] = {
	[DISTRO] = {"system.distro_id", 0, SCHEMA_STRING, NULL},
	[RELEASE] = {"system.distro_release", 0, SCHEMA_STRING, NULL},
	[DESCRIPTION] = {"system.distro_description", 0, SCHEMA_STRING, NULL},
	[VERSION] = {"sophos.product_version", 0, SCHEMA_STRING, NULL},
	[ENABLED] = {"on_access.enabled", 1, SCHEMA_BOOLEAN, NULL},
	[MEMORY] = {"system.memory_total_kib", 0, SCHEMA_INTEGER, NULL},
	[MACHINE] = {"sophos.machine_id", 0, SCHEMA_HASH, NULL},
	[CUSTOMER] = {"sophos.customer_id", 0, SCHEMA_HASH, NULL},
	[TIME] = {"system.time", 0, SCHEMA_STRING, NULL},
};
static const char *const levels[] = {"old", "new"};

/* The cells of a fleet: all machines, then those of each fact. A value's number is its place in it. */
struct fleet {
	int64_t machines[1 + DISTROS + RELEASES + DESCRIPTIONS + VERSIONS + KINDS + OCTAVES];
};
enum {
	ALL,
	AT_DISTRO,
	AT_RELEASE = AT_DISTRO + DISTROS,
	AT_DESCRIPTION = AT_RELEASE + RELEASES,
	AT_VERSION = AT_DESCRIPTION + DESCRIPTIONS,
	AT_KIND = AT_VERSION + VERSIONS,
	AT_OCTAVE = AT_KIND + KINDS,
	CELLS = AT_OCTAVE + OCTAVES
};

/* What somebody knows of a number. */
struct bounds {
	int64_t low;
	int64_t high;
};

static struct schema schema;
static struct fail failure;

static int64_t draw(void)
{
	switch (rand() % 4) {
	case 0:
		return rand() % 4;
	case 1:
		return rand() % 25;
	case 2:
		return 0;
	default:
		return rand() % 150;
	}
}

/* Spreads all machines over `count` cells, mostly on one, so that the others are small. */
static void spread(struct fleet *fleet, int first, int count)
{
	int64_t left = fleet->machines[ALL];
	int most = first + rand() % count;

	for (int i = first; i < first + count; i++) {
		int64_t part = draw();
		fleet->machines[i] = i == most ? 0 : part < left ? part : left;
		left -= fleet->machines[i];
	}
	fleet->machines[most] += left;
}

static void make_fleet(struct fleet *fleet)
{
	memset(fleet, 0, sizeof *fleet);
	for (int i = 0; i < DESCRIPTIONS; i++) {
		int64_t part = draw();
		fleet->machines[AT_DESCRIPTION + i] = part;
		fleet->machines[AT_RELEASE + i / 2] += part;
		fleet->machines[AT_DISTRO + i / 4] += part;
		fleet->machines[ALL] += part;
	}
	spread(fleet, AT_VERSION, VERSIONS);
	spread(fleet, AT_OCTAVE, OCTAVES);
	/* Those of the first version are the ones that were not asked. */
	int64_t asked = fleet->machines[ALL] - fleet->machines[AT_VERSION];
	int64_t true_ones = draw() % (asked + 1);
	int64_t unknown = draw() % (asked - true_ones + 1);
	const int64_t kinds[KINDS] = {fleet->machines[AT_VERSION], unknown, true_ones,
				      asked - true_ones - unknown};
	memcpy(fleet->machines + AT_KIND, kinds, sizeof kinds);
}

static int fact_of(int cell)
{
	static const int firsts[] = {AT_RELEASE, AT_DESCRIPTION, AT_VERSION, AT_KIND, AT_OCTAVE, CELLS};
	int fact = DISTRO;

	while (cell >= firsts[fact])
		fact++;
	return fact;
}

static struct parse_value value_of(int cell, char text[16])
{
	static const enum parse_kind kinds[KINDS] = {PARSE_ABSENT, PARSE_UNKNOWN, PARSE_TRUE, PARSE_FALSE};

	if (fact_of(cell) == ENABLED)
		return (struct parse_value){.kind = kinds[cell - AT_KIND]};
	if (fact_of(cell) == MEMORY)
		return (struct parse_value){.kind = PARSE_INTEGER, .integer = 1 << (cell - AT_OCTAVE)};
	(void)snprintf(text, 16, "value-%d", cell);
	return (struct parse_value){.kind = PARSE_TEXT, .text = (uint8_t *)text, .size = strlen(text)};
}

/* What is told of a cell's group, unless that is "(other)": 0 then, as when there is none. */
static int64_t told_of(const struct plan *plan, uint32_t number)
{
	uint32_t group = plan->group_of[number];

	return group == PLAN_NO_GROUP || plan->groups[group].kind == PLAN_OTHER
		       ? 0
		       : (int64_t)plan->groups[group].machines;
}

/* Tells of the fleet; what was told of each cell, and of ranges the bounds of the one that holds the octave. */
static void tell(const struct fleet *fleet, int64_t told[CELLS], int range_of[OCTAVES])
{
	struct cells *cells = cells_new(&schema, &failure);
	uint64_t machines[ROOM] = {0};
	uint32_t numbers[CELLS] = {0};
	struct plan plan;
	char text[16];

	assert_non_null(cells);
	for (int i = AT_DISTRO; i < CELLS; i++) {
		struct parse_value value = value_of(i, text);
		assert_int_equal(cells_of(cells, (size_t)fact_of(i), &value, &numbers[i], &failure), 0);
		machines[numbers[i]] += (uint64_t)fleet->machines[i];
	}
	assert_int_equal(plan_make(&plan, cells, machines, FACTS, MIN_CELL, &failure), 0);
	told[ALL] = (int64_t)plan_told((uint64_t)fleet->machines[ALL], MIN_CELL);
	for (int i = AT_DISTRO; i < CELLS; i++)
		told[i] = fleet->machines[i] == 0 ? 0 : told_of(&plan, numbers[i]);
	for (int i = 0; i < OCTAVES; i++) {
		range_of[i] = -1;
		for (size_t j = 0; j < plan.count; j++)
			if (plan.groups[j].kind == PLAN_BIN && plan.groups[j].low <= 1 << i &&
			    plan.groups[j].high >= 1 << i)
				range_of[i] = (int)j;
	}
	plan_fini(&plan);
	cells_free(cells);
}

/* All numbers that would be told so. */
static struct bounds bounds_of(int64_t told)
{
	struct bounds bounds = {told, told};

	while ((int64_t)plan_told((uint64_t)bounds.high + 1, MIN_CELL) == told)
		bounds.high++;
	return bounds;
}

static bool is_small_for_sure(struct bounds bounds)
{
	assert_true(bounds.low <= bounds.high);
	return bounds.low >= 1 && bounds.high < MIN_CELL;
}

/* A whole that is the sum of its parts. */
struct sum {
	int whole;
	int first;
	int count;
};

static size_t all_sums(struct sum *sums)
{
	size_t count = 0;

	sums[count++] = (struct sum){ALL, AT_DISTRO, DISTROS};
	sums[count++] = (struct sum){ALL, AT_RELEASE, RELEASES};
	sums[count++] = (struct sum){ALL, AT_DESCRIPTION, DESCRIPTIONS};
	sums[count++] = (struct sum){ALL, AT_VERSION, VERSIONS};
	sums[count++] = (struct sum){ALL, AT_KIND, KINDS};
	sums[count++] = (struct sum){AT_KIND, AT_VERSION, 1};
	for (int i = 0; i < DISTROS; i++) {
		sums[count++] = (struct sum){AT_DISTRO + i, AT_RELEASE + 2 * i, 2};
		sums[count++] = (struct sum){AT_DISTRO + i, AT_DESCRIPTION + 4 * i, 4};
	}
	for (int i = 0; i < RELEASES; i++)
		sums[count++] = (struct sum){AT_RELEASE + i, AT_DESCRIPTION + 2 * i, 2};
	return count;
}

static struct bounds add_up(const struct bounds *known, const struct sum *sum, unsigned left_out)
{
	struct bounds total = {0, 0};

	for (int i = 0; i < sum->count; i++) {
		if ((left_out & 1U << i) != 0)
			continue;
		total.low += known[sum->first + i].low;
		total.high += known[sum->first + i].high;
	}
	return total;
}

static bool narrow(struct bounds *bounds, int64_t low, int64_t high)
{
	bool narrower = low > bounds->low || high < bounds->high;

	bounds->low = low > bounds->low ? low : bounds->low;
	bounds->high = high < bounds->high ? high : bounds->high;
	return narrower;
}

/* Draws every conclusion from every sum until there is none left. */
static void conclude(struct bounds *known, const struct sum *sums, size_t count)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < count; i++) {
			struct bounds *whole = &known[sums[i].whole];
			struct bounds total = add_up(known, &sums[i], 0);
			again |= narrow(whole, total.low, total.high);
			for (int j = 0; j < sums[i].count; j++) {
				struct bounds others = add_up(known, &sums[i], 1U << j);
				again |= narrow(&known[sums[i].first + j], whole->low - others.high,
						whole->high - others.low);
			}
		}
	}
}

/* Of each sum, whatever parts are taken from the whole: what is left. */
static void subtract_everything(const struct bounds *known, const struct sum *sum)
{
	for (unsigned left = 1; left < 1U << sum->count; left++) {
		struct bounds rest = add_up(known, sum, ~left);
		struct bounds taken = add_up(known, sum, left);
		(void)narrow(&rest, known[sum->whole].low - taken.high, known[sum->whole].high - taken.low);
		assert_false(is_small_for_sure(rest));
	}
}

static void no_cell_can_be_had_by_subtraction(void **state)
{
	(void)state;
	struct fleet fleet;
	struct sum sums[32];
	size_t count = all_sums(sums);
	int64_t told[CELLS];
	int range_of[OCTAVES];
	struct bounds known[CELLS];

	srand(1);
	for (int round = 0; round < ROUNDS; round++) {
		make_fleet(&fleet);
		tell(&fleet, told, range_of);
		for (int i = ALL; i < CELLS; i++)
			known[i] = bounds_of(told[i]);
		conclude(known, sums, count);
		for (int i = ALL; i < AT_OCTAVE; i++) {
			assert_in_range(fleet.machines[i], known[i].low, known[i].high);
			assert_false(is_small_for_sure(known[i]));
		}
		for (size_t i = 0; i < count; i++)
			subtract_everything(known, &sums[i]);
	}
}

/* From one week to the next, a few machines more or fewer. */
static void no_change_of_a_few_machines_can_be_seen(void **state)
{
	(void)state;
	struct fleet fleet;
	int64_t before[CELLS];
	int64_t after[CELLS];
	int range_of[OCTAVES];

	srand(2);
	for (int round = 0; round < ROUNDS; round++) {
		make_fleet(&fleet);
		tell(&fleet, before, range_of);
		int cell = AT_DESCRIPTION + rand() % DESCRIPTIONS;
		int64_t more = 1 + rand() % 30;
		fleet.machines[cell] += more;
		fleet.machines[AT_RELEASE + (cell - AT_DESCRIPTION) / 2] += more;
		fleet.machines[AT_DISTRO + (cell - AT_DESCRIPTION) / 4] += more;
		fleet.machines[ALL] += more;
		spread(&fleet, AT_OCTAVE, OCTAVES);
		tell(&fleet, after, range_of);
		for (int i = ALL; i < AT_VERSION; i++) {
			struct bounds first = bounds_of(before[i]);
			struct bounds then = bounds_of(after[i]);
			assert_false(is_small_for_sure(
				(struct bounds){then.low - first.high, then.high - first.low}));
			assert_false(is_small_for_sure(
				(struct bounds){first.low - then.high, first.high - then.low}));
		}
	}
}

/* All numbers are in the ranges, and a range begins where the one before it is full: an octave between two is no
 * proof that somebody is there. */
static void ranges_leave_nothing_out(void **state)
{
	(void)state;
	struct fleet fleet;
	int64_t told[CELLS];
	int range_of[OCTAVES];

	srand(3);
	for (int round = 0; round < ROUNDS; round++) {
		make_fleet(&fleet);
		tell(&fleet, told, range_of);
		int64_t inside = 0;
		for (int i = 0; i < OCTAVES && told[ALL] > 0; i++) {
			assert_int_not_equal(range_of[i], -1);
			if (i > 0 && range_of[i] != range_of[i - 1]) {
				assert_true(inside >= 2 * MIN_CELL);
				assert_true(inside - fleet.machines[AT_OCTAVE + i - 1] < 2 * MIN_CELL);
				inside = 0;
			}
			inside += fleet.machines[AT_OCTAVE + i];
		}
	}
}

static void tells_full_tens_from_twenty_on(void **state)
{
	(void)state;
	assert_int_equal(plan_told(0, 10), 0);
	assert_int_equal(plan_told(19, 10), 0);
	assert_int_equal(plan_told(20, 10), 20);
	assert_int_equal(plan_told(29, 10), 20);
	assert_int_equal(plan_told(UINT64_MAX, 10), UINT64_MAX - 5);
	assert_int_equal(plan_told(3, 2), 0);
	assert_int_equal(plan_told(5, 2), 4);
	for (uint64_t i = 0; i < 30; i++)
		assert_int_equal(plan_told(i, 1), i);
}

static int set_up(void **state)
{
	(void)state;
	return schema_init(&schema, facts, FACTS, levels, 2, &failure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_full_tens_from_twenty_on),
		cmocka_unit_test(no_cell_can_be_had_by_subtraction),
		cmocka_unit_test(no_change_of_a_few_machines_can_be_seen),
		cmocka_unit_test(ranges_leave_nothing_out),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
