#include "tests/unit/report.h"

#include "lib/report/cells.h"
#include "lib/report/plan.h"

#include <stdlib.h>
#include <string.h>

enum { MIN_CELL = 10, ROOM = 4096 };

static struct schema schema;
static struct fail failure;
static struct cells *cells;
static struct plan plan;
static uint64_t machines[ROOM];

static int set_up(void **state)
{
	(void)state;
	schema = report_schema();
	cells = cells_new(&schema, &failure);
	memset(machines, 0, sizeof machines);
	return cells == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	plan_fini(&plan);
	cells_free(cells);
	return 0;
}

static void have(size_t fact, struct parse_value value, uint64_t count)
{
	uint32_t number;

	assert_int_equal(cells_of(cells, fact, &value, &number, &failure), 0);
	machines[number] += count;
}

static void have_text(size_t fact, const char *text, uint64_t count)
{
	have(fact,
	     (struct parse_value){.kind = PARSE_TEXT, .text = (const uint8_t *)text, .size = strlen(text)},
	     count);
}

static void have_number(int64_t number, uint64_t count)
{
	have(MEMORY, (struct parse_value){.kind = PARSE_INTEGER, .integer = number}, count);
}

static void have_kind(size_t fact, enum parse_kind kind, uint64_t count)
{
	have(fact, (struct parse_value){.kind = kind}, count);
}

static void make(void)
{
	assert_int_equal(plan_make(&plan, cells, machines, FACTS, MIN_CELL, &failure), 0);
}

static const struct plan_group *find(enum plan_kind kind, uint64_t count)
{
	for (size_t i = 0; i < plan.count; i++)
		if (plan.groups[i].kind == kind && plan.groups[i].machines == count)
			return &plan.groups[i];
	return NULL;
}

static void rounds_large_cells_down(void **state)
{
	(void)state;
	have_text(VERSION, "a", 20);
	have_text(VERSION, "b", 59);
	have_kind(VERSION, PARSE_UNKNOWN, 21);
	have_kind(VERSION, PARSE_ABSENT, 30);
	make();
	assert_int_equal(plan.count, 5);
	assert_non_null(find(PLAN_VALUE, 20));
	assert_non_null(find(PLAN_VALUE, 50));
	assert_non_null(find(PLAN_UNKNOWN, 20));
	assert_non_null(find(PLAN_ABSENT, 30));
	assert_non_null(find(PLAN_OTHER, 10)); /* 9 and 1 that rounding took */
}

static void puts_small_cells_together(void **state)
{
	(void)state;
	have_text(VERSION, "a", 50);
	have_text(VERSION, "b", 19);
	have_text(VERSION, "c", 1);
	have_kind(VERSION, PARSE_ABSENT, 4);
	make();
	assert_int_equal(plan.count, 2);
	assert_non_null(find(PLAN_VALUE, 50));
	assert_non_null(find(PLAN_OTHER, 20)); /* of 74 machines 70 are told of */
}

/* The values that are told, and those that are not, are the same machines in both cases. */
static void says_nothing_of_a_few(void **state)
{
	(void)state;
	have_kind(ENABLED, PARSE_TRUE, 993);
	have_kind(ENABLED, PARSE_FALSE, 6);
	have_text(VERSION, "a", 999);
	make();
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.groups[0].machines, 990);
	assert_int_equal(plan.groups[1].machines, 990);
}

static void tells_nothing_of_a_fact_on_few_machines(void **state)
{
	(void)state;
	have_text(VERSION, "a", 15);
	have_text(VERSION, "b", 4);
	have_text(CPU, "x", 20);
	make();
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.groups[0].fact, CPU);
	uint32_t number;
	struct parse_value a = {.kind = PARSE_TEXT, .text = (const uint8_t *)"a", .size = 1};
	assert_int_equal(cells_of(cells, VERSION, &a, &number, &failure), 0);
	assert_int_equal(plan.group_of[number], PLAN_NO_GROUP);
}

/* Whatever the cells: every group but "(other)" is large enough, all are full tens, and they add up. */
static void keeps_its_promise_for_random_cells(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 300; round++) {
		uint64_t total = 0;
		uint64_t grouped = 0;
		memset(machines, 0, sizeof machines);
		for (int i = 0; i < 1 + rand() % 12; i++) {
			char name[16];
			uint64_t count = (uint64_t)(rand() % 3 == 0 ? rand() % 12 : rand() % 60);
			(void)snprintf(name, sizeof name, "%d", i);
			total += count;
			if (round % 2 == 0)
				have_text(VERSION, name, count);
			else
				have_number(rand() % 2000, count);
		}
		make();
		size_t others = 0;
		for (size_t i = 0; i < plan.count; i++) {
			bool other = plan.groups[i].kind == PLAN_OTHER;
			assert_true(plan.groups[i].machines >= (other ? MIN_CELL : 2 * MIN_CELL));
			assert_int_equal(plan.groups[i].machines % MIN_CELL, 0);
			others += other;
			grouped += plan.groups[i].machines;
		}
		assert_true(others <= 1);
		assert_int_equal(grouped, plan_told(total, MIN_CELL));
		plan_fini(&plan);
	}
}

static void puts_numbers_together_by_octaves(void **state)
{
	(void)state;
	have_number(0, 100);
	have_number(1, 3);
	have_number(2, 4);
	have_number(3, 20);
	have_number(1000, 40);
	have_number(1023, 1);
	have_number(5000, 2); /* too few at the end: with those before */
	make();
	const struct plan_group *zero = find(PLAN_BIN, 100);
	const struct plan_group *few = find(PLAN_BIN, 20);
	const struct plan_group *many = find(PLAN_BIN, 40);
	assert_true(zero != NULL && zero->low == 0 && zero->high == 0);
	assert_true(few != NULL && few->low == 1 && few->high == 3);
	assert_true(many != NULL && many->low == 4 && many->high == PLAN_TOP);
	assert_int_equal(plan.count, 4);
	assert_non_null(find(PLAN_OTHER, 10)); /* of 170 */
}

static void begins_ranges_at_zero(void **state)
{
	(void)state;
	have_kind(MEMORY, PARSE_UNKNOWN, 30);
	have_kind(MEMORY, PARSE_ABSENT, 30);
	have_number(600, 30);
	make();
	const struct plan_group *all = find(PLAN_UNKNOWN, 30) != NULL ? find(PLAN_BIN, 30) : NULL;
	assert_true(all != NULL && all->low == 0 && all->high == PLAN_TOP);
}

static void gives_quantiles_only_of_enough(void **state)
{
	(void)state;
	for (int i = 1; i <= 60; i++)
		have_number(i, 1);
	make();
	/* 5 % is the 3rd of 60, 95 % the 57th: fewer than 10 on one side. */
	assert_int_equal(plan.quantile_count, 3);
	assert_int_equal(plan.quantiles[0].per_mille, 250);
	assert_int_equal(plan.quantiles[0].value, 15);
	assert_int_equal(plan.quantiles[1].value, 30);
	assert_int_equal(plan.quantiles[2].value, 45);
}

static void gives_quantiles_to_a_64th(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		have_number(1000000 + i * 1000, 1);
	make();
	assert_int_equal(plan.quantile_count, PLAN_QUANTILES);
	const int64_t exact[PLAN_QUANTILES] = {1049000, 1249000, 1499000, 1749000, 1949000};
	for (size_t i = 0; i < PLAN_QUANTILES; i++)
		assert_true(llabs(plan.quantiles[i].value - exact[i]) <= exact[i] / 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rounds_large_cells_down, set_up, tear_down),
		cmocka_unit_test_setup_teardown(puts_small_cells_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_nothing_of_a_few, set_up, tear_down),
		cmocka_unit_test_setup_teardown(begins_ranges_at_zero, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_nothing_of_a_fact_on_few_machines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_its_promise_for_random_cells, set_up, tear_down),
		cmocka_unit_test_setup_teardown(puts_numbers_together_by_octaves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gives_quantiles_only_of_enough, set_up, tear_down),
		cmocka_unit_test_setup_teardown(gives_quantiles_to_a_64th, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
