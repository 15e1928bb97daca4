/* A spool in a folder of the test's own, numbered records, and what readers are given of them. */
#ifndef SAV_TESTS_UNIT_SPOOL_H
#define SAV_TESTS_UNIT_SPOOL_H

#include "tests/unit/folder.h"

#include "lib/alert/spool.h"
#include "lib/alert/spool_reader.h"
#include "lib/alert/spool_state.h"

#include <dirent.h>
#include <limits.h>

enum { NOW = 1000000, MANY = 1 << 20 };

static char path[PATH_MAX]; /* of the spool */
static struct fail fail;
static const char first_segment[] = "0000000000000001.seg";

static inline int set_up(void **state)
{
	int result = folder_make(state);

	(void)snprintf(path, sizeof path, "%s/spool", folder);
	return result;
}

static inline struct spool *open_with(uint64_t limit, enum spool_policy policy, const uint8_t *with_key)
{
	struct spool_options options = {
		.path = path, .limit_bytes = limit, .policy = policy, .key = with_key};

	fail.text[0] = '\0';
	return spool_open(&options, &fail);
}

/* It does not open, with this status and something of this text. */
static inline void refuses_to_open(uint64_t limit, const uint8_t *with_key, int status, const char *text)
{
	assert_null(open_with(limit, SPOOL_BLOCK, with_key));
	assert_int_equal(fail.status, status);
	if (strstr(fail.text, text) == NULL)
		fail_msg("%s", fail.text);
}

static inline struct spool *open_spool(void)
{
	struct spool *spool = open_with(SPOOL_LIMIT_DEFAULT, SPOOL_BLOCK, NULL);

	if (spool == NULL)
		fail_msg("%s", fail.text);
	return spool;
}

static inline struct spool_reader *open_reader(struct spool *spool, const char *name)
{
	struct spool_reader *reader = spool_reader_open(spool, name, &fail);

	assert_non_null(reader);
	return reader;
}

static inline void sync_spool(struct spool *spool)
{
	if (spool_sync(spool, NOW, &fail) != 0)
		fail_msg("%s", fail.text);
}

/* Record `number`, `size` bytes long or a little more. */
static inline size_t make_record(char *out, uint64_t number, size_t size)
{
	int used = sprintf(out, "{\"n\":%llu,\"pad\":\"", (unsigned long long)number);

	for (; (size_t)used + 2 < size; used++)
		out[used] = (char)('a' + (number + (uint64_t)used) % 26);
	out[used++] = '"';
	out[used++] = '}';
	return (size_t)used;
}

/* Appends records `first` to `end` - 1 and lets them become durable. */
static inline void append(struct spool *spool, uint64_t first, uint64_t end, size_t size)
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
static inline void check_batch(const struct spool_batch *batch, uint64_t first, size_t size)
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
static inline uint64_t drain(struct spool_reader *reader, uint64_t first, size_t size, size_t max_bytes,
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

static inline struct spool_reader_stats stats_of(struct spool_reader *reader)
{
	struct spool_reader_stats stats;

	spool_reader_get_stats(reader, &stats);
	return stats;
}

static inline struct spool_stats spool_stats_of(const struct spool *spool)
{
	struct spool_stats stats;

	spool_get_stats(spool, &stats);
	return stats;
}

static inline size_t count_files(const char *suffix)
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

static inline char *file_in(const char *name)
{
	static char out[PATH_MAX];

	assert_true(snprintf(out, sizeof out, "%.200s/%s", path, name) < (int)sizeof out);
	return out;
}

/* Writes bytes into a file of the spool, as damage. */
static inline void damage(const char *name, off_t at, const void *bytes, size_t size)
{
	int fd = open(file_in(name), O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	if (at < 0)
		at += lseek(fd, 0, SEEK_END);
	assert_int_equal(pwrite(fd, bytes, size, at), size);
	(void)close(fd);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, folder_remove)

#endif
