/* A spool that is opened again: after a crash, with damage, with and without its key. */
#include "tests/unit/spool.h"

static const uint8_t key[SPOOL_KEY_BYTES] = "a key that is only used by tests";
static const uint8_t other_key[SPOOL_KEY_BYTES] = "another key, only used by tests";

static int refused_syncs;

/* In the place of libc's, for all that is linked here. */
int fdatasync(int fd)
{
	if (refused_syncs == 0)
		return fsync(fd);
	refused_syncs--;
	errno = EIO;
	return -1;
}

static void goes_on_after_a_restart(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	append(spool, 1, 101, 200);
	assert_int_equal(spool_reader_next(reader, MANY, 40, &batch, &fail), 1);
	assert_int_equal(spool_reader_done(reader, &batch, 0, 30, &fail), 0);
	spool_reader_release(reader, &batch);
	spool_close(spool);

	spool = open_spool();
	assert_int_equal(spool_stats_of(spool).end, 101);
	assert_int_equal(spool_stats_of(spool).torn_records, 0);
	reader = open_reader(spool, "mcs");
	assert_int_equal(stats_of(reader).queued_records, 70);
	append(spool, 101, 151, 200);
	assert_int_equal(drain(reader, 31, 200, MANY, MANY), 120);
	spool_close(spool);

	spool = open_spool();
	reader = open_reader(spool, "mcs");
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 0);
	assert_int_equal(spool_stats_of(spool).end, 151);
	spool_close(spool);
}

static void gives_up_what_was_never_durable(void **state)
{
	(void)state;
	struct spool *spool = open_spool();

	open_reader(spool, "mcs");
	append(spool, 1, 3, 50);
	assert_int_equal(spool_append(spool, "{}", 2), SPOOL_STORED);
	spool_close(spool);
	spool = open_spool();
	assert_int_equal(spool_stats_of(spool).end, 3);
	spool_close(spool);
}

enum { GROUP_RECORDS = 10, RECORD_BYTES = 201 };
static const struct spool_format_head full_group = {
	.count = GROUP_RECORDS, .records_size = GROUP_RECORDS * RECORD_BYTES, .cursor_count = 1};

/* Where record `index` of the second group of a segment begins. */
static size_t place_of(size_t index)
{
	return spool_format_group_size(&full_group) + SPOOL_FORMAT_HEAD_BYTES +
	       spool_format_table_size(&full_group) + index * RECORD_BYTES;
}

/* Of this size, in the folder of the spool; sparse, or wholly allocated. */
static void make_spare(const char *name, off_t size, bool is_sparse)
{
	int fd = open(file_in(name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(is_sparse ? ftruncate(fd, size) : posix_fallocate(fd, 0, size), 0);
	assert_int_equal(close(fd), 0);
}

/* A kill may have come while it was made, and a write into it may find the disk full. */
static void takes_only_spares_that_are_whole(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	off_t size = (off_t)spool->segment_bytes;

	spool_close(spool);
	make_spare("4000000000000007.spare", size, true);
	make_spare("4000000000000008.spare", size - 4096, false);
	make_spare("4000000000000009.spare", size, false);
	spool = open_spool();
	assert_int_equal(access(file_in("4000000000000007.spare"), F_OK), -1);
	assert_int_equal(access(file_in("4000000000000008.spare"), F_OK), -1);
	assert_int_equal(access(file_in("4000000000000009.spare"), F_OK), 0);
	spool_close(spool);
}

/* Ten records whose place is "one", and ten more up to `place`; of those the group's bytes from record
 * `bad` on to `end` bytes before its own end are then destroyed. */
static void make_torn(const char *place, size_t bad, size_t end)
{
	size_t size = 2 * spool_format_group_size(&full_group) - end - place_of(bad);
	struct spool *spool = open_spool();
	uint8_t zeros[4096] = {0};

	open_reader(spool, "mcs");
	spool_set_place(spool, "one", 3);
	append(spool, 1, 11, RECORD_BYTES - 1);
	spool_set_place(spool, place, 3);
	append(spool, 11, 21, RECORD_BYTES - 1);
	assert_int_equal(spool_stats_of(spool).groups, 2);
	spool_close(spool);
	assert_true(size <= sizeof zeros);
	damage(first_segment, (off_t)place_of(bad), zeros, size);
}

static struct spool *open_torn(const char *place, size_t bad, size_t end)
{
	make_torn(place, bad, end);
	return open_spool();
}

static void assert_place_is_one(struct spool *spool)
{
	uint8_t place[SPOOL_PLACE_MAX];

	assert_int_equal(spool_get_place(spool, place), 3);
	assert_memory_equal(place, "one", 3);
}

static void leaves_to_the_followed_file_what_was_cut_off(void **state)
{
	(void)state;
	struct spool *spool = open_torn("two", 6, 0);

	assert_int_equal(spool_stats_of(spool).end, 11); /* all ten are read again, none twice */
	assert_int_equal(spool_stats_of(spool).torn_records, 10);
	assert_place_is_one(spool);
	spool_set_place(spool, "two", 3);
	append(spool, 11, 21, 200);
	spool_close(spool);
	spool = open_spool();
	assert_int_equal(drain(open_reader(spool, "mcs"), 1, 200, MANY, MANY), 20);
	spool_close(spool);
}

static void leaves_what_was_cut_off_across_segments(void **state)
{
	(void)state;
	struct spool *spool = open_torn("one", 10, 0); /* only the second table and the tail: whole */
	char name[32];

	assert_int_equal(spool_stats_of(spool).end, 21);
	/* A first group of a segment: the place before it is in the one before. */
	spool_set_place(spool, "two", 3);
	spool->disk.fd = (close(spool->disk.fd), -1);
	append(spool, 21, 31, 200);
	spool_close(spool);
	(void)snprintf(name, sizeof name, SPOOL_DISK_SEGMENT, 21ULL);
	uint8_t zeros[2048] = {0};
	damage(name, 256 + 112 + 201, zeros, sizeof zeros);
	damage(name, 256 + 112 + 2010, zeros, 112 + 256);
	spool = open_spool();
	assert_int_equal(spool_stats_of(spool).end, 21);
	assert_place_is_one(spool);
	spool_close(spool);
}

static void salvages_what_nobody_can_read_again(void **state)
{
	(void)state;
	struct spool *spool = open_torn("one", 6, 0); /* standard input: the place is an older run's */

	assert_int_equal(spool_stats_of(spool).end, 17);
	assert_int_equal(spool_stats_of(spool).torn_records, 4);
	assert_place_is_one(spool);
	assert_int_equal(drain(open_reader(spool, "mcs"), 1, 200, MANY, MANY), 16);
	spool_close(spool);
}

static void salvages_round_damage_to_a_whole_group(void **state)
{
	(void)state;
	struct spool *spool = open_torn(
		"two", 6, 256); /* its tail was written: it was durable once, or may have been */

	assert_int_equal(spool_stats_of(spool).end, 17);
	assert_place_is_one(spool);
	spool_close(spool);
}

/* No write that was cut off leaves a record out. */
static void salvages_what_lies_behind_a_hole(void **state)
{
	(void)state;
	make_torn("two", 10, 0);
	damage(first_segment, (off_t)place_of(3), "!", 1);
	struct spool *spool = open_spool();

	assert_int_equal(spool_stats_of(spool).end, 20);
	assert_int_equal(spool_stats_of(spool).torn_records, 1);
	assert_place_is_one(spool);
	spool_close(spool);
}

static void starts_quickly_at_any_backlog(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	open_reader(spool, "mcs");
	append(spool, 1, 60001, 1500); /* 90 MB in six segments */
	spool_close(spool);
	/* Segments before the last are not even opened. */
	assert_int_equal(truncate(file_in(first_segment), 0), 0);
	spool = open_spool();
	assert_int_equal(spool_stats_of(spool).end, 60001);
	struct spool_reader *reader = open_reader(spool, "mcs");
	assert_int_equal(stats_of(reader).queued_records, 60000);
	struct spool_batch batch;
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_true(batch.first > 5000);
	assert_int_equal(stats_of(reader).damaged, batch.first - 1); /* counted, and told */
	spool_reader_release(reader, &batch);
	spool_close(spool);
}

static void remove_segments(void)
{
	DIR *dir = opendir(path);

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (strstr(entry->d_name, ".seg") != NULL)
			assert_int_equal(unlink(file_in(entry->d_name)), 0);
	(void)closedir(dir);
}

static void never_gives_a_number_twice(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	append(spool, 1, 11, 100);
	assert_int_equal(drain(reader, 1, 100, MANY, MANY), 10);
	spool_close(spool);
	remove_segments();
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	append(spool, 11, 21, 100);
	assert_int_equal(drain(reader, 11, 100, MANY, MANY), 10);

	/* Nor when only the last were settled. */
	append(spool, 21, 31, 100);
	struct spool_batch batch;
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_int_equal(spool_reader_done(reader, &batch, 5, 10, &fail), 0);
	spool_reader_release(reader, &batch);
	spool_close(spool);
	remove_segments();
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	append(spool, 31, 41, 100);
	assert_int_equal(drain(reader, 31, 100, MANY, MANY), 10);
	assert_int_equal(stats_of(reader).dropped, 5);
	spool_close(spool);
}

/* Where `text` is first found in the file from `from` on. */
static off_t find_in(const char *name, const char *text, off_t from)
{
	static uint8_t bytes[1 << 22];
	int fd = open(file_in(name), O_RDONLY | O_CLOEXEC);
	ssize_t got = pread(fd, bytes, sizeof bytes, from);

	assert_true(fd >= 0 && got > 0);
	(void)close(fd);
	const uint8_t *found = memmem(bytes, (size_t)got, text, strlen(text));
	return found == NULL ? -1 : from + (found - bytes);
}

/* Nor where the last that is left is whole, and cannot be synced once more. */
static void nor_when_the_disk_refuses(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	append(spool, 1, 11, 100);
	append(spool, 11, 21, 100);
	assert_int_equal(drain(reader, 1, 100, MANY, MANY), 20);
	spool_close(spool);
	static const uint8_t nothing[8192];
	damage(first_segment, find_in(first_segment, "{\"n\":11,", 0) - 512, nothing, sizeof nothing);
	refused_syncs = 1;
	spool = open_spool();
	assert_int_equal(refused_syncs, 0);
	reader = open_reader(spool, "mcs");
	append(spool, 21, 31, 100);
	assert_int_equal(drain(reader, 21, 100, MANY, MANY), 10);
	spool_close(spool);
}

static void encrypts_with_a_key(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, key);
	assert_non_null(spool);
	open_reader(spool, "mcs");
	append(spool, 1, 2001, 1000);
	spool_close(spool);
	assert_int_equal(find_in(first_segment, "\"pad\"", 0), -1);

	refuses_to_open(SPOOL_LIMIT_DEFAULT, NULL, EX_CONFIG, "spool: encrypted, and no key is given");
	refuses_to_open(SPOOL_LIMIT_DEFAULT, other_key, EX_CONFIG, "spool: encrypted with another key");
	/* The same when only the segments can tell. */
	assert_int_equal(unlink(file_in("cursors")), 0);
	refuses_to_open(SPOOL_LIMIT_DEFAULT, other_key, EX_CONFIG, "spool: written with another key");
	refuses_to_open(SPOOL_LIMIT_DEFAULT, NULL, EX_CONFIG, "spool: written with another key");
	assert_int_equal(access(file_in("cursors"), F_OK), -1);

	spool = open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, key);
	assert_non_null(spool);
	assert_int_equal(drain(open_reader(spool, "mcs"), 1, 1000, MANY, MANY), 2000);
	spool_close(spool);
	assert_int_equal(folder_remove(NULL) | set_up(NULL), 0);
	spool_close(open_spool());
	refuses_to_open(SPOOL_LIMIT_DEFAULT, key, EX_CONFIG, "spool: not encrypted, and a key is given");
}

static void does_not_take_what_was_changed_under_a_key(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, key);
	open_reader(spool, "mcs");
	append(spool, 1, 11, 1000);
	append(spool, 11, 21, 1000);
	spool_close(spool);
	/* Record 1 begins behind the head, ten entries of 20 bytes, and a cursor. */
	damage(first_segment, 256 + 200 + 32 + 5, "!", 1);
	spool = open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, key);
	struct spool_reader *reader = open_reader(spool, "mcs");
	assert_int_equal(drain(reader, 2, 1000, MANY, MANY), 19);
	assert_int_equal(stats_of(reader).damaged, 1);
	spool_close(spool);
}

/* All of it, in a segment that is not the last, where no recovery looks. */
static void passes_over_a_group_that_is_gone(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_MIN, SPOOL_BLOCK, NULL);
	static const uint8_t zeros[1 << 18];
	uint64_t number = 1;

	open_reader(spool, "mcs");
	for (; spool->segment_count < 3; number += 100)
		append(spool, number, number + 100, 1500);
	spool_close(spool);
	off_t at = find_in(first_segment, "{\"n\":101,", 0);
	off_t behind = find_in(first_segment, "{\"n\":201,", 0);
	assert_true(at > 0 && behind > at && behind - at < (off_t)sizeof zeros);
	/* From within the head, which is before a table of 8 bytes a record, on. */
	damage(first_segment, at - 100 * 8 - SPOOL_FORMAT_HEAD_BYTES / 2, zeros, (size_t)(behind - at));
	spool = open_with(SPOOL_LIMIT_MIN, SPOOL_BLOCK, NULL);
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;
	uint64_t next = 1;
	while (spool_reader_next(reader, MANY, 100, &batch, &fail) == 1) {
		if (next == 101)
			next = 201;
		check_batch(&batch, next, 1500);
		next += batch.count;
		assert_int_equal(spool_reader_done(reader, &batch, 0, batch.count, &fail), 0);
		spool_reader_release(reader, &batch);
	}
	assert_int_equal(next, number);
	assert_int_equal(stats_of(reader).damaged, 100);
	assert_int_equal(stats_of(reader).queued_records, 0);
	spool_close(spool);
}

/* A byte of that record, on the disk. */
static void spoil(uint64_t number)
{
	char text[32];

	(void)snprintf(text, sizeof text, "{\"n\":%llu,", (unsigned long long)number);
	off_t at = find_in(first_segment, text, 0);
	assert_true(at > 0);
	damage(first_segment, at + 20, "!", 1);
}

/* Records of the last group that are damaged later leave the others their numbers: cursors and runs are of those. */
static void damage_at_rest_moves_no_number(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	struct spool_batch batch;

	append(spool, 1, 11, 100);
	assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
	assert_int_equal(spool_reader_done(reader, &batch, 4, 7, &fail), 0);
	spool_reader_release(reader, &batch);
	spool_close(spool);
	spoil(2);
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	static const uint64_t left[][2] = {{1, 1}, {3, 2}, {8, 3}}; /* first, count */
	for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
		assert_int_equal(spool_reader_next(reader, MANY, MANY, &batch, &fail), 1);
		assert_int_equal(batch.count, left[i][1]);
		check_batch(&batch, left[i][0], 100);
		assert_int_equal(spool_reader_done(reader, &batch, 0, batch.count, &fail), 0);
		spool_reader_release(reader, &batch);
	}
	assert_int_equal(stats_of(reader).damaged, 1);
	spool_close(spool);
	spoil(4);
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	append(spool, 11, 13, 100);
	assert_int_equal(drain(reader, 11, 100, MANY, MANY), 2);
	spool_close(spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(goes_on_after_a_restart),
		TEST(gives_up_what_was_never_durable),
		TEST(takes_only_spares_that_are_whole),
		TEST(leaves_to_the_followed_file_what_was_cut_off),
		TEST(leaves_what_was_cut_off_across_segments),
		TEST(salvages_what_nobody_can_read_again),
		TEST(salvages_round_damage_to_a_whole_group),
		TEST(salvages_what_lies_behind_a_hole),
		TEST(starts_quickly_at_any_backlog),
		TEST(never_gives_a_number_twice),
		TEST(nor_when_the_disk_refuses),
		TEST(encrypts_with_a_key),
		TEST(does_not_take_what_was_changed_under_a_key),
		TEST(passes_over_a_group_that_is_gone),
		TEST(damage_at_rest_moves_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
