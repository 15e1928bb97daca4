/* The bytes of a group of records on the disk, as sls-spool(5) lays them out. Pure: bytes in, values out.
 *
 *	head (256) | table (an entry a record, then the cursors) | records | the table again | tail (256, the head again)
 *
 * Head and table stand twice, so that no single bad sector costs more than the records it holds. */
#ifndef SAV_ALERT_SPOOL_FORMAT_H
#define SAV_ALERT_SPOOL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cipher;

enum {
	SPOOL_FORMAT_HEAD_BYTES = 256,
	SPOOL_FORMAT_COUNT_MAX = 8192,               /* records of a group */
	SPOOL_FORMAT_RECORDS_MAX = (1 << 20) + 4096, /* bytes of a group's records */
	SPOOL_FORMAT_PLACE_MAX = 128,
	SPOOL_FORMAT_ENTRY_MAX = 20, /* bytes of a table entry: size and tag; size and CRC-32C need 8 */
	SPOOL_FORMAT_CURSOR_BYTES = 32,
	SPOOL_FORMAT_CURSORS_MAX = 64,
	SPOOL_FORMAT_TABLE_MAX = SPOOL_FORMAT_COUNT_MAX * SPOOL_FORMAT_ENTRY_MAX +
				 SPOOL_FORMAT_CURSORS_MAX * SPOOL_FORMAT_CURSOR_BYTES,
	SPOOL_FORMAT_GROUP_MAX = 2 * (SPOOL_FORMAT_HEAD_BYTES + SPOOL_FORMAT_TABLE_MAX) +
				 SPOOL_FORMAT_RECORDS_MAX,
	SPOOL_FORMAT_MAGIC_BYTES =
		7, /* the beginning that head and tail share; its NUL cannot be part of JSON */
};
extern const uint8_t spool_format_magic[SPOOL_FORMAT_MAGIC_BYTES];

enum spool_format_kind { SPOOL_FORMAT_HEAD = 1, SPOOL_FORMAT_TAIL = 2 };

struct spool_format_head {
	uint64_t segment;      /* number of the segment's first record: its file's name */
	uint64_t first;        /* number of the group's first record, from 1 */
	uint64_t bytes_before; /* of all records ever appended before */
	int64_t written_ms;    /* UTC */
	uint32_t count;
	uint32_t records_size;
	uint32_t cursor_count;
	uint32_t table_crc;
	uint32_t place_size;
	uint8_t place[SPOOL_FORMAT_PLACE_MAX];
	bool is_keyed;
	uint8_t key_id[8];
	uint8_t nonce[16];
	uint8_t mac[16]; /* over head and table, keyed */
};

/* Where an output was when the group was written: so one sync makes both durable. */
struct spool_format_cursor {
	uint32_t slot; /* of the file of cursors */
	uint64_t generation;
	uint64_t next;
	uint64_t bytes_before;
};

/* Sizes that follow from the head. */
size_t spool_format_table_size(const struct spool_format_head *head);
size_t spool_format_group_size(const struct spool_format_head *head);

/* What a group is written from: SPOOL_FORMAT_HEAD_BYTES, the same, SPOOL_FORMAT_TABLE_MAX, and with a
 * cipher SPOOL_FORMAT_RECORDS_MAX bytes of room; `body` says where the bytes of the records are: `sealed`,
 * or without a cipher the caller's own. */
struct spool_format_group {
	uint8_t *head;
	uint8_t *tail;
	uint8_t *table;
	uint8_t *sealed; /* NULL without a cipher */
	const uint8_t *body;
};

/* Fills *group for the records `bytes` that end at `ends[0 .. head->count - 1]` and head->cursor_count
 * cursors. Sets the head's table_crc, nonce, key_id and mac. */
void spool_format_make(struct spool_format_head *head, const uint8_t *bytes, const uint32_t *ends,
		       const struct spool_format_cursor *cursors, const struct cipher *cipher,
		       struct spool_format_group *group);

/* Reads a head or a tail of SPOOL_FORMAT_HEAD_BYTES. Returns 0 and sets *head; or -1: other bytes,
 * damaged, or numbers out of range. */
int spool_format_parse(const uint8_t *bytes, enum spool_format_kind kind, struct spool_format_head *head);

/* Whether the table (spool_format_table_size bytes) is the one that belongs to the head: its checksum, its
 * sums, and with a cipher the keyed check of both. */
bool spool_format_table_is_good(const struct spool_format_head *head, const uint8_t *table,
				const struct cipher *cipher);

/* The size of record `index` in a good table, its newline included. */
uint32_t spool_format_record_size(const struct spool_format_head *head, const uint8_t *table, size_t index);

/* Cursor `index` of a good table. */
void spool_format_get_cursor(const struct spool_format_head *head, const uint8_t *table, size_t index,
			     struct spool_format_cursor *cursor);

/* Checks record `index` of `size` bytes, and decrypts it in place. Returns 0, or -1 when it does not verify. */
int spool_format_open_record(const struct spool_format_head *head, const uint8_t *table, size_t index,
			     uint8_t *bytes, const struct cipher *cipher);

#endif
