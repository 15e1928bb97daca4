#include "tests/unit/fleet.h"

#include "lib/base/buf.h"
#include "lib/report/cells.h"
#include "lib/report/tally.h"

static const struct plan_group *find_text(const struct tally *tally, const char *text, uint64_t *customers)
{
	struct cells_cell cell;

	for (size_t i = 0; i < tally->plan.count; i++) {
		if (tally->plan.groups[i].kind != PLAN_VALUE)
			continue;
		cells_get(tally->cells, tally->plan.groups[i].cell, &cell);
		if (cell.kind == CELLS_TEXT && cell.text_size == strlen(text) &&
		    memcmp(cell.text, text, cell.text_size) == 0) {
			*customers = tally->customers_of[i];
			return &tally->plan.groups[i];
		}
	}
	return NULL;
}

static void counts_each_machine_once_by_its_latest_report(void **state)
{
	(void)state;
	struct count *count = begin_part(0, 1);
	struct tally tally;
	uint64_t customers;

	feed_fleet(count);
	assert_int_equal(count_tally(count, MIN_CELL, &tally, &failure), 0);
	assert_int_equal(tally.machines, 200);
	assert_int_equal(tally.customers, 20);
	assert_int_equal(tally.results[PARSE_ACCEPTED], 300);
	const struct plan_group *group = find_text(&tally, "9.8.3", &customers);
	assert_non_null(group);
	assert_int_equal(group->machines, 50);
	assert_int_equal(customers, 0); /* machines divisible by 4 belong to 5 of the 20: too few to tell */
	assert_null(find_text(&tally, "9.7.0", &customers));
	assert_null(find_text(&tally, "9.0", &customers));
	assert_int_equal(tally.flags, 0);
	tally_fini(&tally);
	count_free(count);
}

static void takes_bytes_however_they_come(void **state)
{
	(void)state;
	char one[REPORT_SIZE];
	char two[REPORT_SIZE];
	auto_buf struct buf text = BUF_INIT(1 << 20);

	assert_int_equal(buf_add_text(&text, report_line(1, 1, 0, "9.7.2", 1, "true", one)), 0);
	assert_int_equal(buf_add_text(&text, "\n\nnot JSON\n"), 0);
	assert_int_equal(buf_add_text(&text, report_line(2, 1, 0, "9.7.2", 1, "true", two)), 0);
	for (size_t step = 1; step < text.size; step += 13) {
		struct count *count = begin_part(0, 1);
		size_t end = text.size - 1; /* the last newline is not needed */
		for (size_t at = 0; at < end; at += step)
			assert_int_equal(count_feed(count, text.data + at, end - at < step ? end - at : step,
						    &failure),
					 0);
		assert_int_equal(count_end(count, &failure), 0);
		assert_int_equal(count_results(count)[PARSE_ACCEPTED], 2);
		assert_int_equal(count_results(count)[PARSE_NOT_JSON], 1);
		count_free(count);
	}
}

static void passes_over_a_line_without_end(void **state)
{
	(void)state;
	struct count *count = begin_part(0, 1);
	char line[REPORT_SIZE];
	char block[5000];

	memset(block, 'x', sizeof block - 1);
	block[sizeof block - 1] = '\0';
	for (int i = 0; i < 100; i++)
		feed(count, block);
	feed(count, "\n");
	feed(count, report_line(1, 1, 0, "9.7.2", 1, "true", line));
	for (int i = 0; i < 100; i++)
		feed(count, block);
	assert_int_equal(count_end(count, &failure), 0);
	assert_int_equal(count_results(count)[PARSE_TOO_LONG], 2);
	assert_int_equal(count_results(count)[PARSE_ACCEPTED], 1);
	count_free(count);
}

static void flags_what_its_reader_should_know(void **state)
{
	(void)state;
	const uint64_t before[] = {100, 90, 5000, 80, 110};
	struct count *count = begin_part(0, 1);
	struct tally tally;
	char line[REPORT_SIZE];

	assert_false(tally_is_flood(1000000, before, 0));
	assert_false(tally_is_flood(201, before, 5));
	assert_true(tally_is_flood(202, before, 5));
	for (unsigned i = 1; i <= 39; i++)
		feed(count, report_line(i, i <= 20 ? 1 : i, 0, "9.7.2", 1, "true", line));
	assert_int_equal(count_tally(count, MIN_CELL, &tally, &failure), 0);
	assert_int_equal(tally.flags, TALLY_ONE_CUSTOMER);
	tally_fini(&tally);
	count_free(count);

	count = begin_part(0, 1);
	feed(count, report_line(1, 1, 0, "9.7.2", 1, "true", line));
	assert_int_equal(count_tally(count, MIN_CELL, &tally, &failure), 0);
	assert_int_equal(tally.flags, TALLY_TOO_FEW);
	assert_int_equal(tally.machines + tally.customers + tally.plan.count + tally.plan.quantile_count, 0);
	for (size_t i = 0; i < PARSE_RESULTS; i++)
		assert_int_equal(tally.told[i], 0);
	tally_fini(&tally);
	count_free(count);

	count = begin_part(0, 1);
	for (unsigned i = 0; i <= CELLS_VALUES_MAX; i++) {
		char version[16];
		(void)snprintf(version, sizeof version, "%u", i);
		feed(count, report_line(i, i, 0, version, 1, "true", line));
	}
	assert_int_equal(count_tally(count, MIN_CELL, &tally, &failure), 0);
	assert_int_equal(tally.flags, TALLY_OVERFLOW);
	tally_fini(&tally);
	count_free(count);

	/* Days 16740 = 186 * 90 since 1970 are 2015-11-01, in 2015-W44. */
	struct count_options options = {&schema, {2015, 44}, NOW, 0, 1, "/tmp"};
	count = count_new(&options, &failure);
	assert_int_equal(count_tally(count, MIN_CELL, &tally, &failure), 0);
	assert_int_equal(tally.flags, TALLY_TOO_FEW | TALLY_EPOCH);
	tally_fini(&tally);
	count_free(count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_each_machine_once_by_its_latest_report),
		cmocka_unit_test(takes_bytes_however_they_come),
		cmocka_unit_test(passes_over_a_line_without_end),
		cmocka_unit_test(flags_what_its_reader_should_know),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
