#include "tests/unit/unit.h"

#include "lib/alert/spool.h"
#include "lib/alert/spool_format.h"
#include "lib/alert/spool_reader.h"
#include "lib/alert/spool_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 1000000, MANY = 1 << 20 };

static char folder[64]; /* of the test */
static char path[PATH_MAX];
static struct fail fail;
static const uint8_t key[SPOOL_KEY_BYTES] = "a key that is only used by tests";
static const uint8_t other_key[SPOOL_KEY_BYTES] = "another key, only used by tests";

static void remove_all(const char *name)
{
	char inside[PATH_MAX + 300];
	DIR *dir = opendir(name);

	if (dir == NULL)
		return;
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		(void)snprintf(inside, sizeof inside, "%s/%s", name, entry->d_name);
		(void)unlink(inside);
	}
	(void)closedir(dir);
	(void)rmdir(name);
}

static int set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof folder, "/tmp/sav spool.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof path, "%s/spool", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove_all(path);
	return rmdir(folder);
}

static struct spool *open_with(uint64_t limit, enum spool_policy policy, const uint8_t *with_key)
{
	struct spool_options options = {
		.path = path, .limit_bytes = limit, .policy = policy, .key = with_key};

	fail.text[0] = '\0';
	return spool_open(&options, &fail);
}

static struct spool *open_spool(void)
{
	struct spool *spool = open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL);

	if (spool == NULL)
		fail_msg("%s", fail.text);
	return spool;
}

static struct spool_reader *open_reader(struct spool *spool, const char *name)
{
	struct spool_reader *reader = spool_reader_open(spool, name, &fail);

	assert_non_null(reader);
	return reader;
}

static void sync_spool(struct spool *spool)
{
	if (spool_sync(spool, NOW, &fail) != 0)
		fail_msg("%s", fail.text);
}

/* Record `number`, `size` bytes long or a little more. */
static size_t make_record(char *out, uint64_t number, size_t size)
{
	int used = sprintf(out, "{\"n\":%llu,\"pad\":\"", (unsigned long long)number);

	for (; (size_t)used + 2 < size; used++)
		out[used] = (char)('a' + (number + (uint64_t)used) % 26);
	out[used++] = '"';
	out[used++] = '}';
	return (size_t)used;
}

/* Appends records `first` to `end` - 1 and lets them become durable. */
static void append(struct spool *spool, uint64_t first, uint64_t end, size_t size)
{
	char *record = malloc(size + 64);

	assert_non_null(record);
	while (first < end) {
		switch (spool_append(spool, record, make_record(record, first, size))) {
		case SPOOL_STORED:
			first++;
			break;
		case SPOOL_WAIT:
			assert_int_equal(spool_sync(spool, NOW, &fail), 0);
			break;
		default:
			fail_msg("record %llu refused", (unsigned long long)first);
		}
	}
	free(record);
	sync_spool(spool);
}

/* The batch holds records first.. as make_record makes them. */
static void check_batch(const struct spool_batch *batch, uint64_t first, size_t size)
{
	char *record = malloc(size + 64);
	size_t start = 0;

	assert_non_null(record);
	assert_int_equal(batch->first, first);
	assert_int_equal(batch->ends[batch->count - 1], batch->size);
	for (size_t i = 0; i < batch->count; i++) {
		size_t wanted = make_record(record, first + i, size);
		assert_int_equal(batch->ends[i] - start, wanted + 1);
		assert_memory_equal(batch->bytes + start, record, wanted);
		assert_int_equal(batch->bytes[start + wanted], '\n');
		start = batch->ends[i];
	}
	free(record);
}

/* Reads and settles everything; returns how many records came, all in order from `first` on. */
static uint64_t drain(struct spool_reader *reader, uint64_t first, size_t size, size_t max_bytes,
		      size_t max_count)
{
	struct spool_batch batch;
	uint64_t number = first;
	int result;

	while ((result = spool_reader_next(reader, max_bytes, max_count, &batch, &fail)) == 1) {
		assert_true(batch.count >= 1 && batch.count <= max_count);
		assert_true(batch.count == 1 || batch.size <= max_bytes);
		check_batch(&batch, number, size);
		number += batch.count;
		assert_int_equal(spool_reader_done(reader, &batch, 0, batch.count, &fail), 0);
		spool_reader_release(reader, &batch);
	}
	assert_int_equal(result, 0);
	return number - first;
}

static struct spool_reader_stats stats_of(struct spool_reader *reader)
{
	struct spool_reader_stats stats;

	spool_reader_get_stats(reader, &stats);
	return stats;
}

static struct spool_stats spool_stats_of(const struct spool *spool)
{
	struct spool_stats stats;

	spool_get_stats(spool, &stats);
	return stats;
}

static size_t count_files(const char *suffix)
{
	DIR *dir = opendir(path);
	size_t count = 0;

	assert_non_null(dir);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		size_t size = strlen(entry->d_name);
		count += size > strlen(suffix) && strcmp(entry->d_name + size - strlen(suffix), suffix) == 0;
	}
	(void)closedir(dir);
	return count;
}

static char *file_in(const char *name)
{
	static char out[PATH_MAX];

	assert_true(snprintf(out, sizeof out, "%.200s/%s", path, name) < (int)sizeof out);
	return out;
}

static const char first_segment[] = "0000000000000001.seg";

/* Writes bytes into a file of the spool, as damage. */
static void damage(const char *name, off_t at, const void *bytes, size_t size)
{
	int fd = open(file_in(name), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	if (at < 0)
		at += lseek(fd, 0, SEEK_END);
	assert_int_equal(pwrite(fd, bytes, size, at), size);
	(void)close(fd);
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
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_NOPERM);
	assert_non_null(strstr(fail.text, "others can look into it (mode 0750)"));
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(symlink("/dev/null", file_in("lock")), 0);
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_CANTCREAT);
	assert_int_equal(unlink(file_in("lock")), 0);
	assert_int_equal(rmdir(path), 0);
	(void)snprintf(target, sizeof target, "%s/elsewhere", folder);
	assert_int_equal(mkdir(target, 0700), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_CANTCREAT);
	assert_int_equal(unlink(path) | rmdir(target), 0);
	(void)snprintf(path, sizeof path, "%s/not/there", folder);
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_CANTCREAT);
}

static void refuses_limits_out_of_range(void **state)
{
	(void)state;
	assert_null(open_with(SPOOL_LIMIT_MIN - 1, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_CONFIG);
	assert_null(open_with(SPOOL_LIMIT_MAX + 1, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_CONFIG);
}

static void lets_only_one_have_it(void **state)
{
	(void)state;
	struct spool *spool = open_spool();

	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_TEMPFAIL);
	assert_non_null(strstr(fail.text, "another process has this spool"));
	spool_close(spool);
	spool = open_spool();
	spool_close(spool);
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

	/* A restart knows only the run that is settled from the start. */
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	assert_int_equal(drain(reader, 14, 100, MANY, MANY), 17);
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
	open_reader(spool, "new");
	assert_int_equal(drain(open_reader(spool, "1"), 2, 50, MANY, MANY), SPOOL_READER_MAX - 1);
	/* "0" had the lowest cursor; it is new now and begins at the end. */
	struct spool_reader *gone = open_reader(spool, "0");
	assert_int_equal(stats_of(gone).queued_records, 0);
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

/* Ten records whose place is "one", and ten more up to `place`; of those the group's bytes from record
 * `bad` on to `end` bytes before its own end are then destroyed. */
static struct spool *open_torn(const char *place, size_t bad, size_t end)
{
	const struct spool_format_head head = {.count = 10, .records_size = 2010, .cursor_count = 1};
	size_t group = spool_format_group_size(&head);
	size_t at = SPOOL_FORMAT_HEAD_BYTES + spool_format_table_size(&head) + bad * 201;
	struct spool *spool = open_spool();
	uint8_t zeros[4096] = {0};

	open_reader(spool, "mcs");
	spool_set_place(spool, "one", 3);
	append(spool, 1, 11, 200);
	spool_set_place(spool, place, 3);
	append(spool, 11, 21, 200);
	assert_int_equal(spool_stats_of(spool).groups, 2);
	spool_close(spool);
	assert_true(group - end - at <= sizeof zeros);
	damage(first_segment, (off_t)(group + at), zeros, group - end - at);
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
	uint64_t number = 1;

	append(spool, 1, 101, 1500);
	assert_int_equal(spool_reader_next(slow, MANY, 10, &held, &fail), 1);
	for (int round = 0; round < 20; round++) {
		append(spool, number == 1 ? 101 : number, number + 1000, 1500);
		if (round == 0)
			number = 1;
		assert_int_equal(drain(quick, number, 1500, MANY, MANY), 1000);
		number += 1000;
	}
	struct spool_reader_stats stats = stats_of(slow);
	assert_true(stats.dropped > 10000);
	assert_int_equal(stats.dropped + stats.queued_records, 20000);
	assert_int_equal(stats_of(quick).dropped, 0);
	assert_true(spool_stats_of(spool).disk_bytes <= SPOOL_LIMIT_MIN);
	check_batch(&held, 1, 1500); /* still good in memory, and settling it changes nothing */
	assert_int_equal(spool_reader_done(slow, &held, 0, held.count, &fail), 0);
	spool_reader_release(slow, &held);
	assert_int_equal(stats_of(slow).dropped, stats.dropped);
	assert_int_equal(drain(slow, stats.dropped + 1, 1500, MANY, MANY), 20000 - stats.dropped);
	spool_close(spool);
	spool = open_with(SPOOL_LIMIT_MIN, SPOOL_DROP_OLDEST, NULL);
	assert_int_equal(stats_of(open_reader(spool, "slow")).dropped, stats.dropped);
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

static void encrypts_with_a_key(void **state)
{
	(void)state;
	struct spool *spool = open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, key);
	assert_non_null(spool);
	open_reader(spool, "mcs");
	append(spool, 1, 2001, 1000);
	spool_close(spool);
	assert_int_equal(find_in(first_segment, "\"pad\"", 0), -1);

	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_CONFIG);
	assert_string_equal(fail.text, "spool: encrypted, and no key is given");
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, other_key));
	assert_int_equal(fail.status, EX_CONFIG);
	assert_string_equal(fail.text, "spool: encrypted with another key");
	/* The same when only the segments can tell. */
	assert_int_equal(unlink(file_in("cursors")), 0);
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, other_key));
	assert_int_equal(fail.status, EX_CONFIG);
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL));
	assert_int_equal(fail.status, EX_CONFIG);
	assert_int_equal(access(file_in("cursors"), F_OK), -1);

	spool = open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, key);
	assert_non_null(spool);
	assert_int_equal(drain(open_reader(spool, "mcs"), 1, 1000, MANY, MANY), 2000);
	spool_close(spool);
	remove_all(path);
	spool_close(open_spool());
	assert_null(open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, key));
	assert_int_equal(fail.status, EX_CONFIG);
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
	reader = open_reader(spool, "mcs");
	assert_true(stats_of(reader).queued_records <= 10);
	spool_close(spool);
	assert_int_equal(truncate(file_in("cursors"), 100), 0);
	spool = open_spool();
	assert_true(spool_stats_of(spool).cursors_rebuilt);
	assert_int_equal(stats_of(open_reader(spool, "mcs")).queued_records, 10);
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

static void never_gives_a_number_twice(void **state)
{
	(void)state;
	struct spool *spool = open_spool();
	struct spool_reader *reader = open_reader(spool, "mcs");
	append(spool, 1, 11, 100);
	assert_int_equal(drain(reader, 1, 100, MANY, MANY), 10);
	spool_close(spool);
	assert_int_equal(unlink(file_in(first_segment)), 0);
	spool = open_spool();
	reader = open_reader(spool, "mcs");
	append(spool, 11, 21, 100);
	assert_int_equal(drain(reader, 11, 100, MANY, MANY), 10);
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

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hands_out_what_it_was_given),
		TEST(keeps_everything_for_its_owner_only),
		TEST(refuses_a_folder_that_is_not_safe),
		TEST(refuses_limits_out_of_range),
		TEST(lets_only_one_have_it),
		TEST(goes_on_after_a_restart),
		TEST(gives_up_what_was_never_durable),
		TEST(keeps_the_limits_of_a_batch),
		TEST(gathers_small_groups_into_one_batch),
		TEST(settles_in_any_order),
		TEST(starts_a_new_output_at_the_end),
		TEST(an_output_that_was_away_goes_on),
		TEST(refuses_wrong_names_of_outputs),
		TEST(forgets_the_output_that_was_away_longest),
		TEST(takes_records_up_to_the_maximum),
		TEST(takes_many_tiny_and_empty_records),
		TEST(waits_for_more_only_while_there_is_more),
		TEST(moves_the_place_with_its_records),
		TEST(leaves_to_the_followed_file_what_was_cut_off),
		TEST(leaves_what_was_cut_off_across_segments),
		TEST(salvages_what_nobody_can_read_again),
		TEST(salvages_round_damage_to_a_whole_group),
		TEST(removes_segments_everyone_has_passed),
		TEST(reads_on_in_a_segment_that_has_grown),
		TEST(waits_at_the_limit),
		TEST(drops_the_oldest_when_told_to),
		TEST(starts_quickly_at_any_backlog),
		TEST(memory_does_not_grow_with_a_slow_output),
		TEST(encrypts_with_a_key),
		TEST(does_not_take_what_was_changed_under_a_key),
		TEST(begins_again_when_the_cursors_are_lost),
		TEST(finds_cursors_in_the_last_group),
		TEST(never_gives_a_number_twice),
		TEST(frees_and_remakes_its_reserve),
		TEST(drops_nothing_that_is_settled),
		TEST(an_output_that_was_away_loses_the_oldest),
		TEST(passes_over_a_group_that_is_gone),
		TEST(refuses_a_segment_that_is_no_file),
		TEST(refuses_a_folder_of_another_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
