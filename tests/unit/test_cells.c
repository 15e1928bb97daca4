#include "tests/unit/report.h"

#include "lib/report/cells.h"

#include <string.h>

static struct schema schema;
static struct fail failure;

static int set_up(void **state)
{
	schema = report_schema();
	*state = cells_new(&schema, &failure);
	return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	cells_free(*state);
	return 0;
}

static uint32_t number_of(struct cells *cells, size_t fact, const struct parse_value *value)
{
	uint32_t number;

	assert_int_equal(cells_of(cells, fact, value, &number, &failure), 0);
	assert_true(number < cells_count(cells));
	return number;
}

static uint32_t text_cell(struct cells *cells, size_t fact, const char *text)
{
	struct parse_value value = {.kind = PARSE_TEXT, .text = (const uint8_t *)text, .size = strlen(text)};

	return number_of(cells, fact, &value);
}

static void gives_each_value_its_cell(void **state)
{
	struct cells *cells = *state;
	struct cells_cell cell;
	struct parse_value yes = {.kind = PARSE_TRUE};
	struct parse_value absent = {.kind = PARSE_ABSENT};

	uint32_t one = text_cell(cells, VERSION, "9.7.2");
	assert_int_equal(text_cell(cells, VERSION, "9.7.2"), one);
	assert_int_not_equal(text_cell(cells, CPU, "9.7.2"), one);
	assert_int_not_equal(text_cell(cells, VERSION, ""), one);
	cells_get(cells, one, &cell);
	assert_int_equal(cell.fact, VERSION);
	assert_int_equal(cell.kind, CELLS_TEXT);
	assert_memory_equal(cell.text, "9.7.2", 5);
	cells_get(cells, number_of(cells, ENABLED, &yes), &cell);
	assert_int_equal(cell.kind, CELLS_TRUE);
	cells_get(cells, number_of(cells, ENABLED, &absent), &cell);
	assert_int_equal(cell.kind, CELLS_ABSENT);
}

/* Every number is in its bucket, buckets follow each other without a gap, and are at most a 32nd wide. */
static void puts_numbers_in_narrow_buckets(void **state)
{
	struct cells *cells = *state;
	struct cells_cell cell;
	int64_t next = 0;

	while (next < INT64_C(1) << 53) {
		struct parse_value value = {.kind = PARSE_INTEGER, .integer = next};
		cells_get(cells, number_of(cells, MEMORY, &value), &cell);
		assert_true(cell.low == next && cell.high >= next);
		assert_true(cell.high - cell.low <= cell.low / CELLS_STEPS);
		value.integer = cell.high;
		struct cells_cell last;
		cells_get(cells, number_of(cells, MEMORY, &value), &last);
		assert_true(last.low == cell.low);
		next = cell.high + 1;
	}
	assert_true(next == INT64_C(1) << 53);
}

static void limits_different_texts(void **state)
{
	struct cells *cells = *state;
	struct cells_cell cell;
	char text[16];

	uint32_t first = text_cell(cells, VERSION, "0");
	for (int i = 1; i < CELLS_VALUES_MAX; i++) {
		(void)snprintf(text, sizeof text, "%d", i);
		(void)text_cell(cells, VERSION, text);
	}
	cells_get(cells, text_cell(cells, VERSION, "one more"), &cell);
	assert_int_equal(cell.kind, CELLS_REST);
	assert_int_equal(text_cell(cells, VERSION, "0"), first);
	cells_get(cells, text_cell(cells, CPU, "another fact"), &cell);
	assert_int_equal(cell.kind, CELLS_TEXT);
}

static void knows_the_cells_of_another_table(void **state)
{
	struct cells *cells = *state;
	struct cells *other = cells_new(&schema, &failure);
	struct parse_value number = {.kind = PARSE_INTEGER, .integer = 123456789};
	struct parse_value no = {.kind = PARSE_FALSE};
	const uint32_t numbers[] = {text_cell(other, CPU, "x"), number_of(other, MEMORY, &number),
				    number_of(other, ENABLED, &no)};

	(void)text_cell(cells, VERSION, "so that the numbers differ");
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		struct cells_cell theirs;
		struct cells_cell ours;
		uint32_t same;
		cells_get(other, numbers[i], &theirs);
		assert_int_equal(cells_same(cells, &theirs, &same, &failure), 0);
		cells_get(cells, same, &ours);
		assert_true(ours.fact == theirs.fact && ours.kind == theirs.kind && ours.low == theirs.low &&
			    ours.high == theirs.high && ours.text_size == theirs.text_size);
	}
	cells_free(other);
	const struct cells_cell bad[] = {{.fact = FACTS},
					 {.kind = CELLS_BUCKET + 1},
					 {.kind = CELLS_BUCKET, .low = -1},
					 {.kind = CELLS_BUCKET, .low = INT64_C(1) << 53},
					 {.kind = CELLS_TEXT, .text_size = PARSE_TEXT_MAX + 1}};
	uint32_t same;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_fails(cells_same(cells, &bad[i], &same, &failure), failure, EX_DATAERR,
			     "holds a cell that cannot be");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_each_value_its_cell, set_up, tear_down),
		cmocka_unit_test_setup_teardown(puts_numbers_in_narrow_buckets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limits_different_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_the_cells_of_another_table, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
