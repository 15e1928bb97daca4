#include "tests/unit/unit.h"

#include "lib/alert/spool_format.h"
#include "lib/format/cipher.h"
#include "tests/fuzz/frame/segment.h" /* as the fuzz target reads */

#include <string.h>

enum { GROUPS = 3, RECORDS = 4, ROOM = 8192 };

static uint8_t segment[ROOM];
static size_t segment_size;
static uint64_t segment_number;

/* Appends a group of RECORDS records from `first` on. */
static void add_group(uint64_t first, const struct cipher *cipher)
{
	uint8_t bytes[256];
	uint8_t head_bytes[SPOOL_FORMAT_HEAD_BYTES];
	uint8_t tail_bytes[SPOOL_FORMAT_HEAD_BYTES];
	uint8_t table[RECORDS * SPOOL_FORMAT_ENTRY_MAX + SPOOL_FORMAT_CURSOR_BYTES];
	uint8_t sealed[sizeof bytes];
	uint32_t ends[RECORDS];
	struct spool_format_cursor cursor = {.slot = 3, .generation = 7, .next = 5, .bytes_before = 99};
	struct spool_format_group group = {.head = head_bytes,
					   .tail = tail_bytes,
					   .table = table,
					   .sealed = cipher == NULL ? NULL : sealed};
	struct spool_format_head head = {.segment = segment_number,
					 .first = first,
					 .written_ms = -5,
					 .place_size = 3,
					 .count = RECORDS,
					 .cursor_count = 1};

	memcpy(head.place, "abc", 3);
	for (uint32_t i = 0; i < RECORDS; i++) {
		memset(bytes + head.records_size, (int)('a' + i), 10 + i);
		head.records_size += 10 + i;
		ends[i] = head.records_size;
	}
	spool_format_make(&head, bytes, ends, &cursor, cipher, &group);
	size_t table_size = spool_format_table_size(&head);
	const struct {
		const uint8_t *bytes;
		size_t size;
	} parts[] = {{head_bytes, sizeof head_bytes},
		     {table, table_size},
		     {group.body, head.records_size},
		     {table, table_size},
		     {tail_bytes, sizeof tail_bytes}};
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		assert_true(segment_size + parts[i].size <= sizeof segment);
		memcpy(segment + segment_size, parts[i].bytes, parts[i].size);
		segment_size += parts[i].size;
	}
}

static int set_up(void **state)
{
	(void)state;
	segment_size = 0;
	segment_number = 1;
	for (uint64_t i = 0; i < GROUPS; i++)
		add_group(1 + i * RECORDS, NULL);
	return 0;
}

static void reads_back_what_it_wrote(void **state)
{
	(void)state;
	struct spool_format_head head;
	struct spool_format_cursor cursor;

	assert_int_equal(spool_format_parse(segment, SPOOL_FORMAT_HEAD, &head), 0);
	assert_int_equal(head.segment, 1);
	assert_int_equal(head.first, 1);
	assert_int_equal(head.written_ms, -5);
	assert_int_equal(head.count, RECORDS);
	assert_int_equal(head.place_size, 3);
	assert_memory_equal(head.place, "abc", 3);
	assert_int_equal(spool_format_group_size(&head) * GROUPS, segment_size);
	assert_true(spool_format_table_is_good(&head, segment + SPOOL_FORMAT_HEAD_BYTES, NULL));
	spool_format_get_cursor(&head, segment + SPOOL_FORMAT_HEAD_BYTES, 0, &cursor);
	assert_int_equal(cursor.slot, 3);
	assert_int_equal(cursor.generation, 7);
	assert_int_equal(cursor.next, 5);
	assert_int_equal(cursor.bytes_before, 99);
	assert_int_equal(spool_format_parse(segment, SPOOL_FORMAT_TAIL, &head), -1);
	size_t tail = spool_format_group_size(&head) - SPOOL_FORMAT_HEAD_BYTES;
	assert_int_equal(spool_format_parse(segment + tail, SPOOL_FORMAT_TAIL, &head), 0);
	assert_int_equal(segment_read(segment, segment_size), GROUPS * RECORDS);
}

/* Every bit of the whole costs at most the one record it is in. */
static void loses_one_record_for_one_byte(void **state)
{
	(void)state;
	for (size_t at = 0; at < segment_size; at++) {
		segment[at] ^= 0x40;
		assert_true(segment_read(segment, segment_size) >= GROUPS * RECORDS - 1);
		segment[at] ^= 0x40;
	}
}

static void reads_what_a_cut_left_whole(void **state)
{
	(void)state;
	size_t group_size = segment_size / GROUPS;

	for (size_t size = 0; size <= segment_size; size++)
		assert_int_equal(segment_read(segment, size), size / group_size * RECORDS);
}

static void passes_over_a_hole(void **state)
{
	(void)state;
	size_t group_size = segment_size / GROUPS;

	memset(segment + group_size / 2, 0,
	       group_size); /* the end of the first, the beginning of the second */
	assert_true(segment_read(segment, segment_size) >= RECORDS);
	memset(segment, 0xff, segment_size);
	assert_int_equal(segment_read(segment, segment_size), 0);
}

static void does_not_take_a_group_of_another_segment(void **state)
{
	(void)state;
	size_t group_size = segment_size / GROUPS;

	/* What an earlier use of the file left: numbers that do not go on. */
	memmove(segment + group_size, segment, group_size);
	assert_int_equal(segment_read(segment, segment_size), 2 * RECORDS);
	/* Or numbers that do. */
	segment_size = group_size;
	segment_number = 2;
	add_group(1 + RECORDS, NULL);
	assert_int_equal(segment_read(segment, segment_size), RECORDS);
}

static void proves_its_key(void **state)
{
	(void)state;
	struct cipher cipher;
	struct cipher other;
	struct fail fail;
	struct spool_format_head head;
	uint8_t record[16];

	assert_int_equal(cipher_init(&cipher, (const uint8_t *)"0123456789abcdef0123456789abcdef", &fail), 0);
	assert_int_equal(cipher_init(&other, (const uint8_t *)"0123456789abcdef0123456789abcdeF", &fail), 0);
	assert_memory_not_equal(cipher.id, other.id, sizeof cipher.id);
	segment_size = 0;
	add_group(1, &cipher);
	assert_int_equal(spool_format_parse(segment, SPOOL_FORMAT_HEAD, &head), 0);
	uint8_t *table = segment + SPOOL_FORMAT_HEAD_BYTES;
	assert_true(spool_format_table_is_good(&head, table, &cipher));
	assert_false(spool_format_table_is_good(&head, table, &other));
	assert_false(spool_format_table_is_good(&head, table, NULL));
	memcpy(record, table + spool_format_table_size(&head), 10);
	assert_memory_not_equal(record, "aaaaaaaaaa", 10);
	assert_int_equal(spool_format_open_record(&head, table, 0, record, &cipher), 0);
	assert_memory_equal(record, "aaaaaaaaaa", 10);
	/* A record does not verify in another one's place. */
	memcpy(record, table + spool_format_table_size(&head), 10);
	assert_int_equal(spool_format_open_record(&head, table, 1, record, &cipher), -1);
	head.first++; /* a head forged with a good checksum */
	assert_false(spool_format_table_is_good(&head, table, &cipher));
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_back_what_it_wrote),
		TEST(loses_one_record_for_one_byte),
		TEST(reads_what_a_cut_left_whole),
		TEST(passes_over_a_hole),
		TEST(does_not_take_a_group_of_another_segment),
		TEST(proves_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
