/* Parts of a count, and what they make together. */
#include "tests/unit/fleet.h"
#include "tests/unit/folder.h"

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/io.h"
#include "lib/report/cells.h"
#include "lib/report/merge.h"
#include "lib/report/tally.h"

#include <endian.h>
#include <limits.h>

static void feed_more_values_than_are_counted_apart(struct count *count)
{
	char line[REPORT_SIZE];
	char version[16];

	for (unsigned i = 0; i <= CELLS_VALUES_MAX; i++) {
		(void)snprintf(version, sizeof version, "%u", i);
		feed(count, report_line(i + 1, i % 20 + 1, 0, version, 1, "true", line));
	}
}

/* The parts' files. */
struct parts {
	char names[16][FOLDER_PATH];
	const char *paths[16];
};

static int set_up_folder(void **state)
{
	(void)set_up(state); /* cannot fail */
	return folder_make(state);
}

static void write_part(struct parts *parts, size_t index, struct count *count)
{
	char name[8];

	(void)snprintf(name, sizeof name, "%zu", index);
	(void)snprintf(parts->names[index], FOLDER_PATH, "%s", folder_path(name)); /* measured there */
	parts->paths[index] = parts->names[index];
	int fd = open(parts->names[index], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(count_write_part(count, fd, &failure), 0);
	assert_int_equal(close(fd), 0);
	count_free(count);
}

static void make_parts(struct parts *parts, size_t count, void (*feed_all)(struct count *count))
{
	for (size_t i = 0; i < count; i++) {
		struct count *part = begin_part(i, count);
		feed_all(part);
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
	assert_int_equal(count_tally(count, MIN_CELL, &whole, &failure), 0);
	make_parts(&parts, 7, feed_fleet);
	struct merge *merge = merge_new(&schema, parts.paths, 7, &failure);
	assert_non_null(merge);
	assert_int_equal(merge_tally(merge, MIN_CELL, &merged, &failure), 0);
	assert_int_equal(merged.machines, whole.machines);
	assert_int_equal(merged.customers, whole.customers);
	assert_int_equal(merged.results[PARSE_ACCEPTED], whole.results[PARSE_ACCEPTED]);
	assert_int_equal(merged.results[PARSE_NOT_JSON], 1);
	assert_int_equal(merged.flags, whole.flags);
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
}

static void flags_an_overflow_of_parts_too(void **state)
{
	(void)state;
	struct parts parts;
	struct count *count = begin_part(0, 1);
	struct tally tally;

	feed_more_values_than_are_counted_apart(count);
	assert_int_equal(count_tally(count, MIN_CELL, &tally, &failure), 0);
	assert_int_equal(tally.flags, TALLY_OVERFLOW);
	tally_fini(&tally);
	count_free(count);

	make_parts(&parts, 1, feed_more_values_than_are_counted_apart);
	struct merge *merge = merge_new(&schema, parts.paths, 1, &failure);
	assert_non_null(merge);
	assert_int_equal(merge_tally(merge, MIN_CELL, &tally, &failure), 0);
	assert_int_equal(tally.flags, TALLY_OVERFLOW);
	tally_fini(&tally);
	merge_free(merge);
}

static void refuses_parts_that_make_no_whole(void **state)
{
	(void)state;
	struct parts parts;
	char wanted[256];

	make_parts(&parts, 3, feed_fleet);
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
}

static void refuses_weeks_that_cannot_be(void **state)
{
	(void)state;
	enum { AT_WEEK = 16 };
	const int64_t bad[] = {INT64_MIN, -1, 1, INT64_C(1) << 62, INT64_MAX};
	struct parts parts;
	auto_buf struct buf part = BUF_INIT(1 << 22);
	char wanted[PATH_MAX + 64];

	make_parts(&parts, 1, feed_fleet);
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
}

/* A part that was cut or changed anywhere is refused, or counts as another part would; it never breaks the
 * process. */
static void stands_damaged_parts(void **state)
{
	(void)state;
	struct parts parts;
	auto_buf struct buf part = BUF_INIT(1 << 22);

	make_parts(&parts, 1, feed_fleet);
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

	make_parts(&parts, 1, feed_fleet);
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
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up_folder, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(merges_parts_to_what_one_process_counts),
		TEST(flags_an_overflow_of_parts_too),
		TEST(refuses_parts_that_make_no_whole),
		TEST(refuses_weeks_that_cannot_be),
		TEST(stands_damaged_parts),
		TEST(refuses_customers_out_of_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
