/* Counting, its aggregates, and its parts. */
#include "tests/unit/report.h"

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/io.h"
#include "lib/report/cells.h"
#include "lib/report/count.h"
#include "lib/report/merge.h"
#include "lib/report/tally.h"

#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1448236800 /* 2015-11-23, the end of 2015-W47 */, MIN_CELL = 10 };

static struct schema schema;
static struct fail failure;

static int set_up(void **state)
{
	(void)state;
	schema = report_schema();
	return 0;
}

static struct count *begin_part(uint64_t part, uint64_t parts)
{
	struct count_options options = {&schema, {2015, 47}, NOW, part, parts, "/tmp"};
	struct count *count = count_new(&options, &failure);

	assert_non_null(count);
	return count;
}

static void feed(struct count *count, const char *text)
{
	assert_int_equal(count_feed(count, (const uint8_t *)text, strlen(text), &failure), 0);
}

/* 200 machines of 20 customers, the older half of them with an earlier report too. */
static void feed_fleet(struct count *count)
{
	char line[REPORT_SIZE];

	for (unsigned i = 1; i <= 200; i++) {
		const char *version = i > 22 || i % 2 == 0 ? "9.7.2"
				      : i < 12             ? "9.0"
							   : "8.0"; /* 6 and 5 go to (other) */
		if (i % 2 == 0)
			feed(count, report_line(i, i % 20 + 1, -3600, "9.7.0", 1024, "null",
						line)); /* the day before */
		feed(count, report_line(i, i % 20 + 1, (int)i * 1000, i % 4 == 0 ? "9.8.3" : version,
					1 << i % 12, i % 3 == 0 ? "true" : "false", line));
	}
}

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

/* The parts' files, in a folder of their own. */
struct parts {
	char folder[32];
	char names[16][64];
	const char *paths[16];
};

static void write_part(struct parts *parts, size_t index, struct count *count)
{
	(void)snprintf(parts->names[index], sizeof parts->names[index], "%s/%zu", parts->folder, index);
	parts->paths[index] = parts->names[index];
	int fd = open(parts->names[index], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(count_write_part(count, fd, &failure), 0);
	assert_int_equal(close(fd), 0);
	count_free(count);
}

static void remove_parts(const struct parts *parts)
{
	for (size_t i = 0; i < COUNT_OF(parts->names); i++)
		if (parts->names[i][0] != '\0')
			(void)unlink(parts->names[i]);
	assert_int_equal(rmdir(parts->folder), 0);
}

static void make_parts(struct parts *parts, size_t count)
{
	*parts = (struct parts){.folder = "/tmp/sav-parts.XXXXXX"};
	assert_non_null(mkdtemp(parts->folder));
	for (size_t i = 0; i < count; i++) {
		struct count *part = begin_part(i, count);
		feed_fleet(part);
		feed(part, "not JSON\n");
		write_part(parts, i, part);
	}
}

static void merges_parts_to_what_one_process_counts(void **state)
{
	(void)state;
	struct parts parts;
	struct count *count = begin_part(0, 1);
	struct tally whole;
	struct tally merged;

	feed_fleet(count);
	feed(count, "not JSON\n");
	assert_int_equal(count_tally(count, MIN_CELL, &whole, &failure), 0);
	make_parts(&parts, 7);
	struct merge *merge = merge_new(&schema, parts.paths, 7, &failure);
	assert_non_null(merge);
	assert_int_equal(merge_tally(merge, MIN_CELL, &merged, &failure), 0);
	assert_int_equal(merged.machines, whole.machines);
	assert_int_equal(merged.customers, whole.customers);
	assert_int_equal(merged.results[PARSE_ACCEPTED], whole.results[PARSE_ACCEPTED]);
	assert_int_equal(merged.results[PARSE_NOT_JSON], 1);
	assert_int_equal(merged.plan.count, whole.plan.count);
	for (size_t i = 0; i < whole.plan.count; i++) {
		assert_int_equal(merged.plan.groups[i].machines, whole.plan.groups[i].machines);
		assert_int_equal(merged.plan.groups[i].kind, whole.plan.groups[i].kind);
		assert_int_equal(merged.customers_of[i], whole.customers_of[i]);
	}
	assert_int_equal(merged.plan.quantile_count, whole.plan.quantile_count);
	tally_fini(&merged);
	tally_fini(&whole);
	merge_free(merge);
	count_free(count);
	remove_parts(&parts);
}

static void refuses_parts_that_make_no_whole(void **state)
{
	(void)state;
	struct parts parts;
	char wanted[256];

	make_parts(&parts, 3);
	assert_null(merge_new(&schema, parts.paths, 2, &failure));
	assert_string_equal(failure.text, "part 3/3: missing");
	const char *twice[] = {parts.paths[0], parts.paths[1], parts.paths[1]};
	assert_null(merge_new(&schema, twice, 3, &failure));
	(void)snprintf(wanted, sizeof wanted, "%s: part 2/3 is there twice", parts.paths[1]);
	assert_string_equal(failure.text, wanted);
	struct schema_fact other[FACTS];
	struct schema changed = schema;
	memcpy(other, report_facts, sizeof other);
	other[CPU].type = SCHEMA_INTEGER;
	changed.facts = other;
	assert_null(merge_new(&changed, parts.paths, 3, &failure));
	(void)snprintf(wanted, sizeof wanted, "%s: made with another table of facts", parts.paths[0]);
	assert_string_equal(failure.text, wanted);
	remove_parts(&parts);
}

static void refuses_weeks_that_cannot_be(void **state)
{
	(void)state;
	enum { AT_WEEK = 16 };
	const int64_t bad[] = {INT64_MIN, -1, 1, INT64_C(1) << 62, INT64_MAX};
	struct parts parts;
	auto_buf struct buf part = BUF_INIT(1 << 22);
	char wanted[PATH_MAX + 64];

	make_parts(&parts, 1);
	assert_int_equal(io_read_file(AT_FDCWD, parts.paths[0], &part, &failure), 0);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		bytes_put64(part.data + AT_WEEK, (uint64_t)bad[i]);
		assert_int_equal(io_put_file(AT_FDCWD, parts.paths[0], IO_REPLACE, 0600, part.data, part.size,
					     &failure),
				 0);
		assert_null(merge_new(&schema, parts.paths, 1, &failure));
		assert_int_equal(failure.status, EX_DATAERR);
		(void)snprintf(wanted, sizeof wanted, "%s: of a week that cannot be", parts.paths[0]);
		assert_string_equal(failure.text, wanted);
	}
	remove_parts(&parts);
}

/* A part that was cut or changed anywhere is refused, or counts as another part would; it never breaks the
 * process. */
static void stands_damaged_parts(void **state)
{
	(void)state;
	struct parts parts;
	auto_buf struct buf part = BUF_INIT(1 << 22);

	make_parts(&parts, 1);
	assert_int_equal(io_read_file(AT_FDCWD, parts.paths[0], &part, &failure), 0);
	for (size_t cut = 0; cut < part.size; cut += 1 + cut / 50) {
		struct tally tally = {0};
		assert_int_equal(
			io_put_file(AT_FDCWD, parts.paths[0], IO_REPLACE, 0600, part.data, cut, &failure), 0);
		struct merge *merge = merge_new(&schema, parts.paths, 1, &failure);
		assert_true(merge == NULL || merge_tally(merge, MIN_CELL, &tally, &failure) != 0);
		assert_int_equal(failure.status, EX_DATAERR);
		merge_free(merge);
	}
	srand(2);
	for (int round = 0; round < 300; round++) {
		struct tally tally = {0};
		size_t at = (size_t)rand() % part.size;
		uint8_t kept = part.data[at];
		part.data[at] = (uint8_t)rand();
		assert_int_equal(io_put_file(AT_FDCWD, parts.paths[0], IO_REPLACE, 0600, part.data, part.size,
					     &failure),
				 0);
		part.data[at] = kept;
		struct merge *merge = merge_new(&schema, parts.paths, 1, &failure);
		if (merge != NULL && merge_tally(merge, MIN_CELL, &tally, &failure) == 0)
			tally_fini(&tally);
		merge_free(merge);
	}
	remove_parts(&parts);
}

/* Customers out of order would be counted twice. */
static void refuses_customers_out_of_order(void **state)
{
	(void)state;
	struct parts parts;
	auto_buf struct buf part = BUF_INIT(1 << 22);
	uint64_t lowest = UINT64_MAX;
	const uint64_t high = htole64(UINT64_MAX - 1);
	struct tally tally = {0};

	make_parts(&parts, 1);
	assert_int_equal(io_read_file(AT_FDCWD, parts.paths[0], &part, &failure), 0);
	for (uint32_t i = 1; i <= 20; i++) { /* as report_line makes them */
		uint64_t id = (uint64_t)(i * 2654435761U) << 32;
		lowest = id < lowest ? id : lowest;
	}
	lowest = htole64(lowest);
	uint8_t *place = memmem(part.data, part.size, &lowest, sizeof lowest);
	assert_non_null(place);
	memcpy(place, &high, sizeof high);
	assert_int_equal(
		io_put_file(AT_FDCWD, parts.paths[0], IO_REPLACE, 0600, part.data, part.size, &failure), 0);
	struct merge *merge = merge_new(&schema, parts.paths, 1, &failure);
	assert_non_null(merge);
	assert_int_equal(merge_tally(merge, MIN_CELL, &tally, &failure), -1);
	assert_non_null(strstr(failure.text, "holds a customer that cannot be"));
	merge_free(merge);
	remove_parts(&parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_each_machine_once_by_its_latest_report),
		cmocka_unit_test(takes_bytes_however_they_come),
		cmocka_unit_test(passes_over_a_line_without_end),
		cmocka_unit_test(flags_what_its_reader_should_know),
		cmocka_unit_test(merges_parts_to_what_one_process_counts),
		cmocka_unit_test(refuses_parts_that_make_no_whole),
		cmocka_unit_test(refuses_weeks_that_cannot_be),
		cmocka_unit_test(stands_damaged_parts),
		cmocka_unit_test(refuses_customers_out_of_order),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
