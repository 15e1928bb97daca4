#include "tests/unit/unit.h"

#include "lib/report/rows.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 3, CELLS = 100 };

static struct fail failure;

static int set_up(void **state)
{
	*state = rows_new("/tmp", WIDTH, &failure);
	return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	rows_free(*state);
	return 0;
}

static void add(struct rows *rows, uint64_t machine, uint64_t customer, uint32_t time, uint32_t cell)
{
	const uint32_t cells[WIDTH] = {cell, cell + 1, CELLS - 1};

	assert_int_equal(rows_add(rows, machine, customer, time, cells, &failure), 0);
}

static void keeps_the_latest_of_a_machine(void **state)
{
	struct rows *rows = *state;
	uint64_t machines[CELLS] = {0};
	uint64_t customer;
	uint32_t cells[WIDTH];

	add(rows, 7, 20, 100, 0);
	add(rows, 8, 10, 100, 10);
	add(rows, 7, 20, 300, 20);
	add(rows, 7, 20, 200, 30);
	add(rows, 8, 11, 100, 40); /* the same second: the one added later */
	assert_int_equal(rows_settle(rows, machines, &failure), 0);
	assert_int_equal(rows_count(rows), 2);
	assert_int_equal(machines[0] + machines[10] + machines[30], 0);
	assert_int_equal(machines[20], 1);
	assert_int_equal(machines[21], 1);
	assert_int_equal(machines[40], 1);
	assert_int_equal(machines[CELLS - 1], 2);
	assert_int_equal(rows_get(rows, 0, &customer, cells, &failure), 0);
	assert_int_equal(customer, 11);
	assert_int_equal(cells[0], 40);
	assert_int_equal(rows_get(rows, 1, &customer, cells, &failure), 0);
	assert_int_equal(customer, 20);
	assert_int_equal(cells[1], 21);
}

/* Many machines with ids that differ only in their last bits, so that every pass of the sort is gone
 * through, and one that floods. */
static void stands_many_and_a_flood(void **state)
{
	enum { MACHINES = 20000, FLOOD = 200000 };
	struct rows *rows = *state;
	uint64_t machines[CELLS] = {0};
	uint64_t before = 0;
	uint32_t cells[WIDTH];

	for (uint64_t i = 0; i < MACHINES; i++)
		add(rows, i * 7919 % MACHINES, UINT64_MAX - i % 100, (uint32_t)(i % 1000),
		    (uint32_t)(i % 50));
	for (uint32_t i = 0; i < FLOOD; i++)
		add(rows, UINT64_MAX, 5, i, i == FLOOD - 1 ? 70 : 60);
	assert_int_equal(rows_settle(rows, machines, &failure), 0);
	assert_int_equal(rows_count(rows), MACHINES + 1);
	assert_int_equal(machines[70], 1);
	assert_int_equal(machines[60], 0);
	assert_int_equal(machines[0], MACHINES / 50);
	for (size_t i = 0; i < rows_count(rows); i++) {
		uint64_t customer;
		assert_int_equal(rows_get(rows, i, &customer, cells, &failure), 0);
		assert_true(customer >= before);
		before = customer;
	}
}

static void stands_no_rows(void **state)
{
	struct rows *rows = *state;
	uint64_t machines[CELLS] = {0};

	assert_int_equal(rows_settle(rows, machines, &failure), 0);
	assert_int_equal(rows_count(rows), 0);
}

static void names_a_folder_that_is_not_there(void **state)
{
	(void)state;
	assert_null(rows_new("/nonexistent/folder", WIDTH, &failure));
	assert_int_equal(failure.status, EX_CANTCREAT);
	assert_string_equal(failure.text,
			    "/nonexistent/folder: a file for the rows: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_the_latest_of_a_machine, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stands_many_and_a_flood, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stands_no_rows, set_up, tear_down),
		cmocka_unit_test(names_a_folder_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
