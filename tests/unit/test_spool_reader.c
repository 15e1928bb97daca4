/* What the outputs of a spool are given, and where each goes on. */
#include "tests/unit/spool.h"

#include <sys/resource.h>

static void hands_out_what_it_was_given(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 0);
	assert_int_equal(spool_append(spool, "{}", 2), SPOOL_STORED);
	assert_int_equal(spool_append(spool, "{\"a\":1}", 7), SPOOL_STORED);
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 0); /* not durable yet */
	assert_true(spool_is_busy(spool));
	sync_spool(spool);
	assert_false(spool_is_busy(spool));
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.first, 1);
	assert_int_equal(batch.written_ms, NOW);
	assert_int_equal(batch.bytes_before, 0);
	assert_int_equal(batch.size, 11);
	assert_memory_equal(batch.bytes, "{}\n{\"a\":1}\n", 11);
	assert_int_equal(batch.ends[0], 3);
	assert_int_equal(stats_of(reader).queued_records, 2);
	assert_int_equal(stats_of(reader).queued_bytes, 11);
	assert_int_equal(stats_of(reader).oldest_ms, NOW);
	assert_int_equal(spool_reader_done(reader, &batch, 0, 2, &fail), 0);
	spool_reader_release(reader, &batch);
	assert_int_equal(stats_of(reader).queued_records, 0);
	assert_int_equal(stats_of(reader).queued_bytes, 0);
	assert_int_equal(stats_of(reader).oldest_ms, 0);
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 0);
	spool_close(spool);
}

static void keeps_the_limits_of_a_batch(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *a = open_reader(spool, "a");
	struct spool_reader *b = open_reader(spool, "b");
	struct spool_reader *c = open_reader(spool, "c");
	struct spool_reader *d = open_reader(spool, "d");

	append(spool, 1, 3001, 1500); /* several groups */
	assert_true(spool_stats_of(spool).groups >= 4);
	assert_int_equal(drain(a, 1, 1500, 10000, MANY), 3000);
	assert_int_equal(drain(b, 1, 1500, MANY, 7), 3000);
	assert_int_equal(drain(c, 1, 1500, 10, MANY), 3000); /* each is over the limit: one by one */
	assert_int_equal(drain(d, 1, 1500, 2 * MANY, MANY), 3000);
	spool_close(spool);
}

static void gathers_small_groups_into_one_batch(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	for (uint64_t i = 1; i <= 50; i++)
		append(spool, i, i + 1, 300);
	assert_int_equal(spool_stats_of(spool).groups, 50);
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_int_equal(batch.count, 50);
	check_batch(&batch, 1, 300);
	spool_reader_release(reader, &batch);
	spool_close(spool);
}

static void settles_in_any_order(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batches[3];

	append(spool, 1, 31, 100);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(spool_reader_next(reader, MANY, 10, &batches[i], &fail), 1);
	assert_int_equal(spool_reader_done(reader, &batches[2], 0, 10, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &batches[1], 5, 10, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &batches[1], 0, 3, &fail), 0);
	assert_int_equal(stats_of(reader).queued_records, 12);
	assert_int_equal(spool_reader_done(reader, &batches[0], 0, 10, &fail), 0);
	assert_int_equal(stats_of(reader).queued_records, 2);
	for (size_t i = 0; i < 3; i++)
		spool_reader_release(reader, &batches[i]);
	struct spool_batch batch;
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 0); /* handed out once */
	spool_close(spool);

	/* So does a restart. */
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	assert_int_equal(stats_of(reader).queued_records, 2);
	assert_int_equal(drain(reader, 14, 100, MANY, MANY), 2);
	spool_close(spool);
}

static void next_is(struct spool_reader *reader, uint64_t first, size_t count)
{
	struct spool_batch batch;

	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_int_equal(batch.count, count);
	check_batch(&batch, first, 100);
	spool_reader_release(reader, &batch);
}

/* In memory or on the disk, what is settled is left out. */
static void hands_out_again_what_is_not_settled(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	append(spool, 1, 31, 100);
	for (int turn = 0; turn < 2; turn++) {
		if (turn == 1)
			for (uint64_t i = 31; i < 34; i++)
				append(spool, i, i + 1, 100); /* what was in memory gives way */
		spool_reader_seek(reader, 0);
		assert_int_equal(spool_reader_next(reader, MANY, 30, &batch, &fail), 1);
		check_batch(&batch, 1, 100);
		if (turn == 0) {
			assert_int_equal(spool_reader_done(reader, &batch, 7, 9, &fail), 0);
			assert_int_equal(spool_reader_done(reader, &batch, 20, 30, &fail), 0);
		}
		spool_reader_release(reader, &batch);
		spool_reader_seek(reader, 0);
		next_is(reader, 1, 7);
		next_is(reader, 10, 11);
		if (turn == 1)
			next_is(reader, 31, 3);
		assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 0);
	}
	spool_close(spool);
}

/* What is settled up to there is not begun with again. */
static void goes_on_behind_what_it_has_met(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	append(spool, 1, 31, 100);
	spool_reader_seek(reader, 10);
	assert_int_equal(spool_reader_next(reader, MANY, 10, &batch, &fail), 1);
	check_batch(&batch, 11, 100);
	assert_int_equal(spool_reader_done(reader, &batch, 0, 10, &fail), 0);
	spool_reader_release(reader, &batch);
	spool_reader_seek(reader, 0);
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_int_equal(batch.count, 10);
	assert_int_equal(spool_reader_done(reader, &batch, 0, 10, &fail), 0);
	spool_reader_release(reader, &batch);
	assert_int_equal(stats_of(reader).queued_records, 10);
	next_is(reader, 21, 10);
	assert_int_equal(spool_reader_reach(reader), 10);
	spool_close(spool);
}

/* However long the runs between them are, of those not settled each is as near as the one before. */
static void seeks_among_what_is_not_settled(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	append(spool, 1, 101, 100);
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_int_equal(spool_reader_done(reader, &batch, 2, 50, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &batch, 51, 99, &fail), 0);
	spool_reader_release(reader, &batch);
	assert_int_equal(spool_reader_reach(reader), 4);
	static const uint64_t wanted[] = {1, 2, 51, 100};
	for (size_t ahead = 0; ahead < 4; ahead++) {
		spool_reader_seek(reader, ahead);
		next_is(reader, wanted[ahead], ahead == 0 ? 2 : 1);
	}
	spool_close(spool);
}

/* Of what is settled out of turn a restart knows the longest runs. */
static void keeps_the_longest_runs(void **state)
{
	(void)state;
	static const struct {
		size_t from, to;
		bool known;
	} runs[] = {{10, 13, false}, {20, 25, true}, {30, 34, true},
		    {40, 42, false}, {50, 54, true}, {60, 70, true}};
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	append(spool, 1, 101, 100);
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	uint64_t bytes = batch.size;
	for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
		assert_int_equal(spool_reader_done(reader, &batch, runs[i].from, runs[i].to, &fail), 0);
		if (runs[i].known)
			bytes -= batch.ends[runs[i].to - 1] - batch.ends[runs[i].from - 1];
	}
	spool_reader_release(reader, &batch);
	spool_close(spool);
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	assert_int_equal(stats_of(reader).queued_records, 100 - 23);
	assert_int_equal(stats_of(reader).queued_bytes, bytes);
	size_t first = 1;
	for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
		if (!runs[i].known)
			continue;
		next_is(reader, first, runs[i].from + 1 - first);
		first = runs[i].to + 1;
	}
	next_is(reader, first, 101 - first);
	spool_close(spool);
}

static void starts_a_new_output_at_the_end(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *old = open_reader(spool, "old");

	append(spool, 1, 11, 100);
	struct spool_reader *new = open_reader(spool, "new");
	append(spool, 11, 21, 100);
	assert_int_equal(drain(new, 11, 100, MANY, MANY), 10);
	assert_int_equal(drain(old, 1, 100, MANY, MANY), 20);
	spool_close(spool);
}

static void an_output_that_was_away_goes_on(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *a = open_reader(spool, "a");
	struct spool_reader *b = open_reader(spool, "b");

	append(spool, 1, 11, 100);
	assert_int_equal(drain(b, 1, 100, MANY, MANY), 10);
	spool_reader_close(b);
	append(spool, 11, 21, 100);
	assert_int_equal(drain(a, 1, 100, MANY, MANY), 20);
	spool_close(spool);
	spool = open_spool();
	assert_int_equal(drain(open_reader(spool, "b"), 11, 100, MANY, MANY), 10);
	spool_close(spool);
}

static void refuses_wrong_names_of_outputs(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	char name[80];

	open_reader(spool, "mcs");
	assert_null(spool_reader_open(spool, "mcs", &fail));
	assert_int_equal(fail.status, EX_CONFIG);
	assert_null(spool_reader_open(spool, "", &fail));
	memset(name, 'x', sizeof name);
	name[SPOOL_READER_NAME_MAX + 1] = '\0';
	assert_null(spool_reader_open(spool, name, &fail));
	name[SPOOL_READER_NAME_MAX] = '\0';
	open_reader(spool, name);
	for (int i = 2; i < SPOOL_READER_MAX; i++) {
		(void)snprintf(name, sizeof name, "output %d", i);
		open_reader(spool, name);
	}
	assert_null(spool_reader_open(spool, "one too many", &fail));
	assert_int_equal(fail.status, EX_CONFIG);
	spool_close(spool);
}

static void forgets_the_output_that_was_away_longest(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	char name[16];

	for (int i = 0; i < SPOOL_READER_MAX; i++) {
		(void)snprintf(name, sizeof name, "%d", i);
		spool_reader_close(open_reader(spool, name));
		append(spool, (uint64_t)i + 1, (uint64_t)i + 2, 50);
	}
	struct spool_reader *first = open_reader(spool, "0"); /* got on meanwhile */
	assert_int_equal(drain(first, 1, 50, MANY, MANY), SPOOL_READER_MAX);
	spool_reader_close(first);
	open_reader(spool, "new");
	assert_int_equal(drain(open_reader(spool, "2"), 3, 50, MANY, MANY), SPOOL_READER_MAX - 2);
	/* "1" had the lowest cursor; it is new now and begins at the end. */
	struct spool_reader *gone = open_reader(spool, "1");
	assert_int_equal(stats_of(gone).queued_records, 0);
	spool_close(spool);
}

/* A reader that has looked at the last segment's end finds what came behind it, also once it is not the
 * last any more. */
static void reads_on_in_a_segment_that_has_grown(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_MIN, SPOOL_BLOCK, NULL);
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	for (uint64_t i = 1; i < 9; i++)
		append(spool, i, i + 1, 1500);
	assert_int_equal(spool_reader_next(reader, MANY, 3, &batch, &fail), 1); /* from the disk */
	spool_reader_release(reader, &batch);
	append(spool, 9, 4001, 1500); /* into the next segment */
	assert_true(count_files(".seg") > 1);
	assert_int_equal(drain(reader, 4, 1500, MANY, MANY), 3997);
	assert_int_equal(stats_of(reader).damaged, 0);
	spool_close(spool);
}

static void begins_again_when_the_cursors_are_lost(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	append(spool, 1, 11, 100);
	assert_int_equal(drain(reader, 1, 100, MANY, MANY), 10);
	spool_close(spool);
	assert_int_equal(unlink(file_in("cursors")), 0);
	spool = open_spool();
	assert_true(spool_stats_of(spool).cursors_rebuilt);
	assert_int_equal(drain(open_reader(spool, "mcs"), 1, 100, MANY, MANY), 10);
	spool_close(spool);
	spool = open_spool();
	assert_false(spool_stats_of(spool).cursors_rebuilt);
	assert_int_equal(stats_of(open_reader(spool, "mcs")).queued_records, 0);
	spool_close(spool);
	damage("cursors", 512, "garbage", 7);
	spool = open_spool();
	assert_true(spool_stats_of(spool).cursors_rebuilt);
	assert_int_equal(stats_of(open_reader(spool, "mcs")).queued_records, 0); /* the other copy tells */
	spool_close(spool);
	assert_int_equal(truncate(file_in("cursors"), 100), 0);
	spool = open_spool();
	assert_true(spool_stats_of(spool).cursors_rebuilt);
	assert_int_equal(stats_of(open_reader(spool, "mcs")).queued_records, 10);
	spool_close(spool);
}

/* The last group still tells of outputs by the slots they had before. */
static void takes_no_place_of_another_output(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *a = open_reader(spool, "a");

	open_reader(spool, "b");
	append(spool, 1, 11, 100);
	assert_int_equal(drain(a, 1, 100, MANY, MANY), 10);
	append(spool, 11, 12, 100);
	spool_close(spool);
	assert_int_equal(unlink(file_in("cursors")), 0);
	spool = open_spool();
	open_reader(spool, "b");
	open_reader(spool, "a");
	spool_close(spool);
	spool = open_spool();
	assert_int_equal(drain(open_reader(spool, "b"), 1, 100, MANY, MANY), 11);
	spool_close(spool);
}

/* What a power cut leaves when the file of cursors was not synced, but a group was. */
static void finds_cursors_in_the_last_group(void **state)
{
	(void)state;
	static uint8_t old[65536];
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	append(spool, 1, 101, 100);
	int fd = open(file_in("cursors"), O_RDWR | O_CLOEXEC);
	ssize_t size = pread(fd, old, sizeof old, 0);
	assert_true(size > 512);
	assert_int_equal(drain(reader, 1, 100, MANY, 10), 100);
	append(spool, 101, 103, 100);
	spool_close(spool);
	assert_int_equal(pwrite(fd, old, (size_t)size, 0), size);
	(void)close(fd);
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	assert_int_equal(stats_of(reader).queued_records, 2);
	assert_int_equal(drain(reader, 101, 100, MANY, MANY), 2);
	assert_int_equal(stats_of(reader).queued_bytes, 0);
	spool_close(spool);
}

/* What was settled out of turn and synced is settled, whatever a later group says of the one before it. */
static void keeps_runs_behind_the_last_group(void **state)
{
	(void)state;
	static uint8_t old[65536];
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;
	append(spool, 1, 101, 100);
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_int_equal(spool_reader_done(reader, &batch, 5, 8, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &batch, 9, 15, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &batch, 20, 99, &fail), 0);
	sync_spool(spool);
	int fd = open(file_in("cursors"), O_RDWR | O_CLOEXEC);
	ssize_t size = pread(fd, old, sizeof old, 0);
	assert_true(size > 512);
	assert_int_equal(spool_reader_done(reader, &batch, 0, 5, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &batch, 8, 9, &fail), 0);
	assert_int_equal(spool_reader_done(reader, &batch, 15, 17, &fail), 0);
	spool_reader_release(reader, &batch);
	append(spool, 101, 103, 100);
	spool_close(spool);
	assert_int_equal(pwrite(fd, old, (size_t)size, 0), size);
	(void)close(fd);
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	assert_int_equal(stats_of(reader).queued_records, 3 + 1 + 2);
	next_is(reader, 18, 3);
	next_is(reader, 100, 3);
	spool_close(spool);
}

/* A segment that cannot be opened just now is not a damaged one. */
static void passes_nothing_over_for_want_of_descriptors(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_reader_stats stats;
	struct spool_batch batch;
	struct rlimit before;

	append(spool, 1, 5001, 1000); /* more than what is kept in memory */
	int lowest = dup(STDERR_FILENO);
	assert_true(lowest >= 0 && close(lowest) == 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	const struct rlimit none_left = {(rlim_t)lowest, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none_left), 0);
	int result = spool_reader_next(reader, MANY, MANY, &batch, &fail);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_fails(result, fail, EX_OSERR, "0000000000000001.seg: Too many open files");
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	check_batch(&batch, 1, 1000);
	spool_reader_release(reader, &batch);
	spool_reader_get_stats(reader, &stats);
	assert_int_equal(stats.damaged, 0);
	assert_int_equal(stats.queued_records, 5000);
	spool_close(spool);
}

static void an_output_that_was_away_loses_the_oldest(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_MIN, SPOOL_DROP_OLDEST, NULL);
	struct spool_reader *away = open_reader(spool, "away");
	struct spool_reader *slow = open_reader(spool, "slow");
	uint64_t number = 1;

	spool_reader_close(away);
	spool_reader_close(NULL);
	for (; stats_of(slow).dropped == 0; number += 100)
		append(spool, number, number + 100, 1500);
	away = open_reader(spool, "away");
	assert_int_equal(stats_of(away).dropped, stats_of(slow).dropped);
	assert_int_equal(stats_of(away).queued_records, stats_of(slow).queued_records);
	assert_int_equal(drain(away, stats_of(slow).dropped + 1, 1500, MANY, MANY),
			 stats_of(slow).queued_records);
	spool_close(spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hands_out_what_it_was_given),
		TEST(keeps_the_limits_of_a_batch),
		TEST(gathers_small_groups_into_one_batch),
		TEST(settles_in_any_order),
		TEST(hands_out_again_what_is_not_settled),
		TEST(goes_on_behind_what_it_has_met),
		TEST(seeks_among_what_is_not_settled),
		TEST(keeps_the_longest_runs),
		TEST(starts_a_new_output_at_the_end),
		TEST(an_output_that_was_away_goes_on),
		TEST(refuses_wrong_names_of_outputs),
		TEST(forgets_the_output_that_was_away_longest),
		TEST(reads_on_in_a_segment_that_has_grown),
		TEST(begins_again_when_the_cursors_are_lost),
		TEST(takes_no_place_of_another_output),
		TEST(finds_cursors_in_the_last_group),
		TEST(keeps_runs_behind_the_last_group),
		TEST(passes_nothing_over_for_want_of_descriptors),
		TEST(an_output_that_was_away_loses_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
