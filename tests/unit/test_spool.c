/* The spool as who fills it sees it: its folder, its limits, what happens when it is full. */
#include "tests/unit/spool.h"

#include <poll.h>

static void keeps_everything_for_its_owner_only(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct stat status;
	mode_t before = umask(0);

	open_reader(spool, "mcs");
	append(spool, 1, 10, 100);
	spool_close(spool);
	(void)umask(before);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	DIR *dir = opendir(path);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		assert_int_equal(stat(file_in(entry->d_name), &status), 0);
		assert_int_equal(status.st_mode & 07777, 0600);
	}
	(void)closedir(dir);
}

static void refuses_a_folder_that_is_not_safe(void **state)
{
	(void)state;
	char target[PATH_MAX];

	assert_int_equal(mkdir(path, 0750), 0);
	refuses_to_open(SPOOL_LIMIT_DEFAULT, NULL, EX_NOPERM, "others can look into it (mode 0750)");
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(symlink("/dev/null", file_in("lock")), 0);
	refuses_to_open(SPOOL_LIMIT_DEFAULT, NULL, EX_CANTCREAT, "lock: Too many levels of symbolic links");
	assert_int_equal(unlink(file_in("lock")), 0);
	assert_int_equal(rmdir(path), 0);
	(void)snprintf(target, sizeof target, "%s/elsewhere", folder);
	assert_int_equal(mkdir(target, 0700), 0);
	assert_int_equal(symlink(target, path), 0);
	refuses_to_open(SPOOL_LIMIT_DEFAULT, NULL, EX_CANTCREAT, "spool: Not a directory");
	assert_int_equal(unlink(path) | rmdir(target), 0);
	(void)snprintf(path, sizeof path, "%s/not/there", folder);
	refuses_to_open(SPOOL_LIMIT_DEFAULT, NULL, EX_CANTCREAT, "there: No such file");
}

static void refuses_limits_out_of_range(void **state)
{
	(void)state;
	refuses_to_open(SPOOL_LIMIT_MIN - 1, NULL, EX_CONFIG, "spool");
	refuses_to_open(SPOOL_LIMIT_MAX + 1, NULL, EX_CONFIG, "spool");
}

static void lets_only_one_have_it(void **state)
{
	(void)state;
	struct spool *spool = open_spool();

	refuses_to_open(SPOOL_LIMIT_DEFAULT, NULL, EX_TEMPFAIL, "another process has this spool");
	spool_close(spool);
	spool = open_spool();
	spool_close(spool);
}

static void takes_records_up_to_the_maximum(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	char *record = malloc(SPOOL_RECORD_MAX + 1);
	struct spool_batch batch;

	assert_non_null(record);
	memset(record, 'x', SPOOL_RECORD_MAX + 1);
	assert_int_equal(spool_append(spool, record, SPOOL_RECORD_MAX + 1), SPOOL_TOO_LONG);
	assert_int_equal(spool_append(spool, "{}", 2), SPOOL_STORED);
	assert_int_equal(spool_append(spool, record, SPOOL_RECORD_MAX), SPOOL_WAIT);
	sync_spool(spool);
	assert_int_equal(spool_append(spool, record, SPOOL_RECORD_MAX), SPOOL_STORED);
	assert_int_equal(spool_room(spool), 0);
	assert_int_equal(spool_append(spool, "{}", 2), SPOOL_WAIT);
	sync_spool(spool);
	assert_int_equal(spool_reader_next(reader, 100, MANY, &batch, &fail), 1);
	assert_int_equal(batch.size, 3);
	spool_reader_release(reader, &batch);
	assert_int_equal(spool_reader_next(reader, 100, MANY, &batch, &fail), 1);
	assert_int_equal(batch.size, SPOOL_RECORD_MAX + 1);
	assert_memory_equal(batch.bytes, record, SPOOL_RECORD_MAX);
	spool_reader_release(reader, &batch);
	free(record);
	spool_close(spool);
}

static void takes_many_tiny_and_empty_records(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;
	uint64_t number = 0;

	while (number < 20000) {
		if (spool_append(spool, "", 0) == SPOOL_STORED)
			number++;
		else
			sync_spool(spool);
	}
	sync_spool(spool);
	uint64_t got = 0;
	while (spool_reader_next(reader, MANY, MANY, &batch, &fail) == 1) {
		got += batch.count;
		assert_int_equal(batch.size, batch.count);
		spool_reader_release(reader, &batch);
	}
	assert_int_equal(got, 20000);
	spool_close(spool);
}

static void waits_for_more_only_while_there_is_more(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	char record[2048];

	open_reader(spool, "mcs");
	assert_int_equal(spool_append(spool, "{}", 2), SPOOL_STORED);
	assert_int_equal(spool_turn(spool, NOW, true, &fail), 0);
	assert_int_equal(spool_stats_of(spool).end, 1);
	struct pollfd event = {.fd = spool_fd(spool), .events = POLLIN};
	assert_int_equal(poll(&event, 1, 0), 0);
	uint64_t appended = 1;
	while (spool_room(spool) > 0) {
		assert_int_equal(spool_append(spool, record, make_record(record, 1, 2000)), SPOOL_STORED);
		appended++;
	}
	assert_int_equal(spool_turn(spool, NOW, true, &fail), 0); /* full: begins to write */
	assert_true(spool_room(spool) > 0);                       /* and takes more meanwhile */
	assert_int_equal(poll(&event, 1, 10000), 1);
	assert_int_equal(spool_turn(spool, NOW, true, &fail), 0);
	assert_int_equal(spool_stats_of(spool).end, appended + 1);
	spool_close(spool);
}

static void moves_the_place_with_its_records(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	uint8_t place[SPOOL_PLACE_MAX];

	open_reader(spool, "mcs");
	assert_int_equal(spool_get_place(spool, place), 0);
	spool_set_place(spool, "one", 3);
	assert_int_equal(spool_append(spool, "{}", 2), SPOOL_STORED);
	assert_int_equal(spool_get_place(spool, place), 0);
	sync_spool(spool);
	assert_int_equal(spool_get_place(spool, place), 3);
	assert_memory_equal(place, "one", 3);
	assert_int_equal(spool_append(spool, "{}", 2), SPOOL_STORED);
	spool_set_place(spool, "gone", 4);
	spool_close(spool); /* never durable */

	spool = open_spool();
	assert_int_equal(spool_get_place(spool, place), 3);
	append(spool, 2, 3, 50); /* goes on being there */
	spool_set_place(spool, "two", 3);
	assert_true(spool_is_busy(spool));
	sync_spool(spool); /* without a record */
	assert_false(spool_is_busy(spool));
	spool_close(spool);
	spool = open_spool();
	assert_int_equal(spool_get_place(spool, place), 3);
	assert_memory_equal(place, "two", 3);
	assert_int_equal(spool_stats_of(spool).end, 3);
	assert_int_equal(stats_of(open_reader(spool, "mcs")).queued_records, 2);
	spool_close(spool);
}

static void removes_segments_everyone_has_passed(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_MIN, SPOOL_BLOCK, NULL); /* segments of 3 MiB */
	struct spool_reader *a = open_reader(spool, "a");
	struct spool_reader *b = open_reader(spool, "b");

	append(spool, 1, 5001, 1500); /* 7.5 MB */
	assert_int_equal(count_files(".seg"), 4);
	assert_int_equal(drain(a, 1, 1500, MANY, MANY), 5000);
	sync_spool(spool);
	assert_int_equal(count_files(".seg"), 4);
	assert_int_equal(drain(b, 1, 1500, MANY, MANY), 5000);
	sync_spool(spool);
	assert_int_equal(count_files(".seg"), 1);
	assert_int_equal(count_files(".spare"), 3); /* kept for use */
	assert_true(spool_stats_of(spool).disk_bytes <= SPOOL_LIMIT_MIN);
	/* What a recycled segment held does not come back. */
	append(spool, 5001, 9001, 1500);
	assert_int_equal(drain(a, 5001, 1500, MANY, MANY), 4000);
	spool_close(spool);
	spool = open_with(SPOOL_LIMIT_MIN, SPOOL_BLOCK, NULL);
	assert_int_equal(spool_stats_of(spool).end, 9001);
	assert_int_equal(drain(open_reader(spool, "b"), 5001, 1500, MANY, MANY), 4000);
	spool_close(spool);
}

/* Appends until there is no room; returns the number behind the last. */
static uint64_t fill(struct spool *spool, uint64_t first)
{
	char record[2048];

	for (;;) {
		if (spool_append(spool, record, make_record(record, first, 1500)) == SPOOL_STORED) {
			first++;
			continue;
		}
		assert_int_equal(spool_sync(spool, NOW, &fail), 0);
		if (spool_room(spool) == 0)
			return first;
	}
}

static void waits_at_the_limit(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_MIN, SPOOL_BLOCK, NULL);
	struct spool_reader *reader = open_reader(spool, "mcs");
	uint64_t end = fill(spool, 1);

	assert_int_equal(spool_stats_of(spool).end, end);
	assert_true(spool_stats_of(spool).waits);
	assert_true(spool_stats_of(spool).disk_bytes <= SPOOL_LIMIT_MIN);
	assert_true(end > 5000); /* most of the space is used */
	assert_int_equal(spool_append(spool, "{}", 2), SPOOL_WAIT);
	assert_int_equal(spool_turn(spool, NOW, false, &fail), 0); /* waiting is no failure */
	assert_false(spool_is_busy(spool));
	/* Nor does a place that finds no room hold up the end. */
	spool_set_place(spool, "here", 4);
	(void)alarm(20);
	assert_int_equal(spool_sync(spool, NOW, &fail), -1);
	assert_int_equal(fail.status, EX_TEMPFAIL);
	(void)alarm(0);
	/* An output gets on: there is room again. */
	assert_int_equal(drain(reader, 1, 1500, MANY, MANY), end - 1);
	sync_spool(spool);
	assert_true(spool_room(spool) > 0);
	assert_false(spool_stats_of(spool).waits);
	uint64_t next = fill(spool, end);
	assert_int_equal(drain(reader, end, 1500, MANY, MANY), next - end);
	spool_close(spool);
}

static void drops_the_oldest_when_told_to(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_MIN, SPOOL_DROP_OLDEST, NULL);
	struct spool_reader *slow = open_reader(spool, "slow");
	struct spool_reader *quick = open_reader(spool, "quick");
	struct spool_batch held;
	struct spool_batch settled;
	uint64_t number = 1;

	append(spool, 1, 101, 1500);
	assert_int_equal(spool_reader_next(slow, MANY, 10, &held, &fail), 1);
	assert_int_equal(spool_reader_next(slow, MANY, 10, &settled, &fail), 1);
	assert_int_equal(spool_reader_done(slow, &settled, 0, 10, &fail), 0);
	spool_reader_release(slow, &settled);
	for (int round = 0; round < 20; round++) {
		append(spool, number == 1 ? 101 : number, number + 1000, 1500);
		if (round == 0)
			number = 1;
		assert_int_equal(drain(quick, number, 1500, MANY, MANY), 1000);
		number += 1000;
	}
	struct spool_reader_stats stats = stats_of(slow);
	assert_true(stats.dropped > 10000);
	assert_int_equal(stats.dropped + stats.queued_records, 20000 - 10); /* those were settled */
	assert_int_equal(stats_of(quick).dropped, 0);
	assert_true(spool_stats_of(spool).disk_bytes <= SPOOL_LIMIT_MIN);
	check_batch(&held, 1, 1500); /* still good in memory, and settling it changes nothing */
	assert_int_equal(spool_reader_done(slow, &held, 0, held.count, &fail), 0);
	spool_reader_release(slow, &held);
	assert_int_equal(stats_of(slow).dropped, stats.dropped);
	assert_int_equal(drain(slow, stats.dropped + 10 + 1, 1500, MANY, MANY), stats.queued_records);
	spool_close(spool);
	spool = open_with(SPOOL_LIMIT_MIN, SPOOL_DROP_OLDEST, NULL);
	assert_int_equal(stats_of(open_reader(spool, "slow")).dropped, stats.dropped);
	spool_close(spool);
}

static void memory_does_not_grow_with_a_slow_output(void **state)
{
	enum { RECORDS = 64, SIZE = SPOOL_GROUP_BYTES / 4, CALM = 4 }; /* groups: filled, written, two lent */
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "slow");
	struct spool_batch first, second;

	(void)state;
	append(spool, 1, 9, SIZE);
	assert_int_equal(spool_reader_next(reader, SPOOL_GROUP_BYTES, 10, &first, &fail), 1);
	assert_int_equal(spool_reader_next(reader, SPOOL_GROUP_BYTES, 10, &second, &fail), 1);
	append(spool, 9, RECORDS, SIZE);
	assert_in_range(spool->pool.allocated, 2, CALM);
	check_batch(&first, 1, SIZE);
	uint64_t next = second.first + second.count;
	spool_reader_release(reader, &first);
	spool_reader_release(reader, &second);
	assert_int_equal(drain(reader, next, SIZE, SPOOL_GROUP_BYTES, 10), RECORDS - next);
	assert_in_range(spool->pool.allocated, 2, CALM);
	spool_close(spool);
}

static void frees_and_remakes_its_reserve(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct stat status;

	assert_int_equal(stat(file_in("reserve"), &status), 0);
	assert_true((uint64_t)status.st_blocks * 512 >= 1 << 20);
	spool_free_reserve(spool);
	assert_int_equal(stat(file_in("reserve"), &status), -1);
	assert_int_equal(spool_turn(spool, NOW + 5000, false, &fail), 0);
	assert_int_equal(spool_sync(spool, NOW + 5000, &fail), 0);
	assert_int_equal(stat(file_in("reserve"), &status), 0);
	spool_close(spool);
}

/* What was settled out of turn is neither dropped nor handed out again, whether in the segment that goes or where the next
 * one begins. */
static void drops_nothing_that_is_settled(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_MIN, SPOOL_DROP_OLDEST, NULL);
	struct spool_reader *reader = open_reader(spool, "slow");
	struct spool_batch early;
	struct spool_batch late = {0};
	uint64_t number = 21;

	append(spool, 1, number, 1500);
	assert_int_equal(spool_reader_next(reader, MANY, 20, &early, &fail), 1);
	assert_int_equal(early.count, 20);
	assert_int_equal(spool_reader_done(reader, &early, 2, 4, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &early, 6, 8, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &early, 9, 9, &fail), 0); /* none */
	assert_int_equal(stats_of(reader).queued_records, 16);
	for (; spool->segment_count < 2; number += 100)
		append(spool, number, number + 100, 1500);
	uint64_t second = spool->segments[1].first;
	do {
		spool_reader_release(reader, &late);
		assert_int_equal(spool_reader_next(reader, MANY, 10, &late, &fail), 1);
	} while (late.first + late.count <= second);
	size_t from = (size_t)(second - late.first);
	assert_int_equal(spool_reader_done(reader, &late, from, late.count, &fail), 0);
	const uint64_t settled = 4 + late.count - from;
	for (; stats_of(reader).dropped == 0; number += 100)
		append(spool, number, number + 100, 1500);

	struct spool_reader_stats stats = stats_of(reader);
	assert_int_equal(stats.dropped, second - 1 - 4);
	assert_int_equal(stats.dropped + settled + stats.queued_records, number - 1);
	assert_int_equal(spool_reader_done(reader, &early, 0, 2, &fail), 0);
	assert_int_equal(stats_of(reader).queued_records, stats.queued_records);
	const uint64_t next = late.first + late.count;
	spool_reader_release(reader, &early);
	spool_reader_release(reader, &late);
	assert_int_equal(drain(reader, next, 1500, MANY, MANY), stats.queued_records);
	spool_close(spool);
}

static void refuses_a_segment_that_is_no_file(void **state)
{
	(void)state;

	spool_close(open_spool());
	assert_int_equal(mkfifo(file_in("00000000000000ff.seg"), 0600), 0);
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_IOERR);
	assert_string_equal(fail.text, "00000000000000ff.seg: not a regular file");
}

static void refuses_a_folder_of_another_user(void **state)
{
	(void)state;

	if (geteuid() != 0)
		skip();
	spool_close(open_spool());
	assert_int_equal(chown(path, 1, 1), 0);
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_NOPERM);
	assert_non_null(strstr(fail.text, ": belongs to another user"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_everything_for_its_owner_only),
		TEST(refuses_a_folder_that_is_not_safe),
		TEST(refuses_limits_out_of_range),
		TEST(lets_only_one_have_it),
		TEST(takes_records_up_to_the_maximum),
		TEST(takes_many_tiny_and_empty_records),
		TEST(waits_for_more_only_while_there_is_more),
		TEST(moves_the_place_with_its_records),
		TEST(removes_segments_everyone_has_passed),
		TEST(waits_at_the_limit),
		TEST(drops_the_oldest_when_told_to),
		TEST(memory_does_not_grow_with_a_slow_output),
		TEST(frees_and_remakes_its_reserve),
		TEST(drops_nothing_that_is_settled),
		TEST(refuses_a_segment_that_is_no_file),
		TEST(refuses_a_folder_of_another_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
