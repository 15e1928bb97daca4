#include "lib/alert/spool_format.h"

#include "lib/base/bytes.h"
#include "lib/base/crc.h"
#include "lib/format/cipher.h"

#include <string.h>

enum { VERSION = 1, FLAG_KEYED = 1, PLAIN_ENTRY = 8 };

/* Where the fields of a head lie; all numbers little-endian. */
enum {
	AT_KIND = 7,
	AT_VERSION = 8,
	AT_FLAGS = 12,
	AT_SEGMENT = 16,
	AT_FIRST = 24,
	AT_BYTES_BEFORE = 32,
	AT_WRITTEN = 40,
	AT_COUNT = 48,
	AT_RECORDS_SIZE = 52,
	AT_PLACE_SIZE = 56,
	AT_TABLE_CRC = 60,
	AT_KEY_ID = 64,
	AT_NONCE = 72,
	AT_MAC = 88,
	AT_PLACE = 104,
	AT_CURSOR_COUNT = 232,
	AT_CRC = 252,
};

const uint8_t spool_format_magic[SPOOL_FORMAT_MAGIC_BYTES] = {0, 'S', 'L', 'S', 'g', 'r', 'p'};

static size_t entry_size(const struct spool_format_head *head)
{
	return head->is_keyed ? SPOOL_FORMAT_ENTRY_MAX : PLAIN_ENTRY;
}

size_t spool_format_table_size(const struct spool_format_head *head)
{
	return head->count * entry_size(head) + (size_t)head->cursor_count * SPOOL_FORMAT_CURSOR_BYTES;
}

size_t spool_format_group_size(const struct spool_format_head *head)
{
	return 2 * (SPOOL_FORMAT_HEAD_BYTES + spool_format_table_size(head)) + head->records_size;
}

/* All of a head but the kind and the checksum that covers it. */
static void put_fields(uint8_t *out, const struct spool_format_head *head)
{
	memset(out, 0, SPOOL_FORMAT_HEAD_BYTES);
	memcpy(out, spool_format_magic, sizeof spool_format_magic);
	bytes_put32(out + AT_VERSION, VERSION);
	bytes_put32(out + AT_FLAGS, head->is_keyed ? FLAG_KEYED : 0);
	bytes_put64(out + AT_SEGMENT, head->segment);
	bytes_put64(out + AT_FIRST, head->first);
	bytes_put64(out + AT_BYTES_BEFORE, head->bytes_before);
	bytes_put64(out + AT_WRITTEN, (uint64_t)head->written_ms);
	bytes_put32(out + AT_COUNT, head->count);
	bytes_put32(out + AT_RECORDS_SIZE, head->records_size);
	bytes_put32(out + AT_PLACE_SIZE, head->place_size);
	bytes_put32(out + AT_TABLE_CRC, head->table_crc);
	bytes_put32(out + AT_CURSOR_COUNT, head->cursor_count);
	memcpy(out + AT_KEY_ID, head->key_id, sizeof head->key_id);
	memcpy(out + AT_NONCE, head->nonce, sizeof head->nonce);
	memcpy(out + AT_PLACE, head->place, head->place_size);
}

static void make_table(const struct spool_format_head *head, const uint8_t *bytes, const uint32_t *ends,
		       const struct cipher *cipher, struct spool_format_group *group)
{
	size_t step = entry_size(head);
	uint32_t start = 0;

	for (size_t i = 0; i < head->count; start = ends[i], i++) {
		uint8_t *entry = group->table + i * step;
		uint32_t size = ends[i] - start;
		bytes_put32(entry, size);
		if (cipher != NULL)
			cipher_seal(cipher, head->nonce, i, bytes + start, size, group->sealed + start,
				    entry + 4);
		else
			bytes_put32(entry + 4, crc_32c(0, bytes + start, size));
	}
}

static size_t cursor_at(const struct spool_format_head *head, size_t index)
{
	return head->count * entry_size(head) + index * SPOOL_FORMAT_CURSOR_BYTES;
}

static void put_cursors(const struct spool_format_head *head, const struct spool_format_cursor *cursors,
			uint8_t *table)
{
	for (size_t i = 0; i < head->cursor_count; i++) {
		uint8_t *at = table + cursor_at(head, i);
		bytes_put64(at, cursors[i].slot);
		bytes_put64(at + 8, cursors[i].generation);
		bytes_put64(at + 16, cursors[i].next);
		bytes_put64(at + 24, cursors[i].bytes_before);
	}
}

void spool_format_get_cursor(const struct spool_format_head *head, const uint8_t *table, size_t index,
			     struct spool_format_cursor *cursor)
{
	const uint8_t *at = table + cursor_at(head, index);

	*cursor = (struct spool_format_cursor){
		.slot = bytes_get32(at),
		.generation = bytes_get64(at + 8),
		.next = bytes_get64(at + 16),
		.bytes_before = bytes_get64(at + 24),
	};
}

void spool_format_make(struct spool_format_head *head, const uint8_t *bytes, const uint32_t *ends,
		       const struct spool_format_cursor *cursors, const struct cipher *cipher,
		       struct spool_format_group *group)
{
	head->is_keyed = cipher != NULL;
	memset(head->key_id, 0, sizeof head->key_id);
	memset(head->nonce, 0, sizeof head->nonce);
	memset(head->mac, 0, sizeof head->mac);
	group->body = bytes;
	if (cipher != NULL) {
		memcpy(head->key_id, cipher->id, sizeof head->key_id);
		cipher_make_nonce(head->nonce);
		group->body = group->sealed;
	}
	make_table(head, bytes, ends, cipher, group);
	put_cursors(head, cursors, group->table);
	head->table_crc = crc_32c(0, group->table, spool_format_table_size(head));
	put_fields(group->head, head);
	if (cipher != NULL)
		cipher_make_check(cipher, group->head, SPOOL_FORMAT_HEAD_BYTES, group->table,
				  spool_format_table_size(head), head->mac);
	for (int kind = SPOOL_FORMAT_HEAD; kind <= SPOOL_FORMAT_TAIL; kind++) {
		uint8_t *out = kind == SPOOL_FORMAT_HEAD ? group->head : group->tail;
		put_fields(out, head);
		memcpy(out + AT_MAC, head->mac, sizeof head->mac);
		out[AT_KIND] = (uint8_t)kind;
		bytes_put32(out + AT_CRC, crc_32c(0, out, AT_CRC));
	}
}

static bool is_in_range(const struct spool_format_head *head)
{
	return head->first >= 1 && head->first <= INT64_MAX && head->bytes_before <= INT64_MAX &&
	       head->segment >= 1 && head->segment <= head->first && head->count <= SPOOL_FORMAT_COUNT_MAX &&
	       head->records_size <= SPOOL_FORMAT_RECORDS_MAX && head->records_size >= head->count &&
	       head->cursor_count <= SPOOL_FORMAT_CURSORS_MAX &&
	       (head->count > 0 || head->records_size == 0) && head->place_size <= SPOOL_FORMAT_PLACE_MAX;
}

int spool_format_parse(const uint8_t *bytes, enum spool_format_kind kind, struct spool_format_head *head)
{
	struct spool_format_head got = {0};

	if (memcmp(bytes, spool_format_magic, sizeof spool_format_magic) != 0 || bytes[AT_KIND] != kind ||
	    bytes_get32(bytes + AT_CRC) != crc_32c(0, bytes, AT_CRC) ||
	    bytes_get32(bytes + AT_VERSION) != VERSION ||
	    (bytes_get32(bytes + AT_FLAGS) & ~(uint32_t)FLAG_KEYED) != 0)
		return -1;
	got.is_keyed = bytes_get32(bytes + AT_FLAGS) == FLAG_KEYED;
	got.segment = bytes_get64(bytes + AT_SEGMENT);
	got.first = bytes_get64(bytes + AT_FIRST);
	got.bytes_before = bytes_get64(bytes + AT_BYTES_BEFORE);
	got.written_ms = (int64_t)bytes_get64(bytes + AT_WRITTEN);
	got.count = bytes_get32(bytes + AT_COUNT);
	got.records_size = bytes_get32(bytes + AT_RECORDS_SIZE);
	got.place_size = bytes_get32(bytes + AT_PLACE_SIZE);
	got.table_crc = bytes_get32(bytes + AT_TABLE_CRC);
	got.cursor_count = bytes_get32(bytes + AT_CURSOR_COUNT);
	memcpy(got.key_id, bytes + AT_KEY_ID, sizeof got.key_id);
	memcpy(got.nonce, bytes + AT_NONCE, sizeof got.nonce);
	memcpy(got.mac, bytes + AT_MAC, sizeof got.mac);
	memcpy(got.place, bytes + AT_PLACE, sizeof got.place);
	if (!is_in_range(&got))
		return -1;
	*head = got;
	return 0;
}

bool spool_format_table_is_good(const struct spool_format_head *head, const uint8_t *table,
				const struct cipher *cipher)
{
	uint64_t sum = 0;

	if (crc_32c(0, table, spool_format_table_size(head)) != head->table_crc)
		return false;
	for (size_t i = 0; i < head->count; i++) {
		uint32_t size = spool_format_record_size(head, table, i);
		if (size == 0)
			return false;
		sum += size;
	}
	if (sum != head->records_size || head->is_keyed != (cipher != NULL))
		return false;
	if (cipher == NULL)
		return true;
	uint8_t fields[SPOOL_FORMAT_HEAD_BYTES];
	put_fields(fields, head);
	return cipher_check_is_good(cipher, fields, sizeof fields, table, spool_format_table_size(head),
				    head->mac);
}

uint32_t spool_format_record_size(const struct spool_format_head *head, const uint8_t *table, size_t index)
{
	return bytes_get32(table + index * entry_size(head));
}

int spool_format_open_record(const struct spool_format_head *head, const uint8_t *table, size_t index,
			     uint8_t *bytes, const struct cipher *cipher)
{
	const uint8_t *entry = table + index * entry_size(head);
	uint32_t size = bytes_get32(entry);

	if (cipher != NULL)
		return cipher_open(cipher, head->nonce, index, bytes, size, entry + 4, bytes);
	return crc_32c(0, bytes, size) == bytes_get32(entry + 4) ? 0 : -1;
}
