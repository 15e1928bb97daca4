/* A segment of the spool (lib/alert spool_scan, spool_format): whatever it holds, reading it ends, stays in
 * bounds, and gives only what verifies. Input: '0' the bytes as they are; '1' with the checksums put right, so
 * that the numbers are believed. Layout: sls-spool(5). */
#include "tests/fuzz/frame/fuzz.h"
#include "tests/fuzz/frame/segment.h"

#include "lib/base/bytes.h"
#include "lib/base/crc.h"

#include <string.h>

enum {
	AT_KIND = 7,
	AT_COUNT = 48,
	AT_RECORDS = 52,
	AT_TABLE_CRC = 60,
	AT_CURSORS = 232,
	AT_CRC = 252,
	ENTRY = 8
};

/* The checksums of a table and of the records behind it, as far as they are there. */
static void mend_table(uint8_t *table, size_t room, uint32_t count, size_t table_size)
{
	size_t at = table_size;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t size = bytes_get32(table + (size_t)i * ENTRY);
		if (size > room - at)
			return;
		bytes_put32(table + (size_t)i * ENTRY + 4, crc_32c(0, table + at, size));
		at += size;
	}
}

static void mend(uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at + SPOOL_FORMAT_HEAD_BYTES <= size; at++) {
		uint8_t *head = bytes + at;
		if (memcmp(head, spool_format_magic, sizeof spool_format_magic) != 0)
			continue;
		uint32_t count = bytes_get32(head + AT_COUNT);
		size_t table_size = (size_t)count * ENTRY +
				    (size_t)bytes_get32(head + AT_CURSORS) * SPOOL_FORMAT_CURSOR_BYTES;
		size_t room = size - at - SPOOL_FORMAT_HEAD_BYTES;
		if (head[AT_KIND] == SPOOL_FORMAT_HEAD && table_size <= room) {
			mend_table(head + SPOOL_FORMAT_HEAD_BYTES, room, count, table_size);
			bytes_put32(head + AT_TABLE_CRC,
				    crc_32c(0, head + SPOOL_FORMAT_HEAD_BYTES, table_size));
		} else if (head[AT_KIND] == SPOOL_FORMAT_TAIL && table_size <= at) {
			bytes_put32(head + AT_TABLE_CRC, crc_32c(0, head - table_size, table_size));
		}
		bytes_put32(head + AT_CRC, crc_32c(0, head, AT_CRC));
		at += SPOOL_FORMAT_HEAD_BYTES - 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	bool mends = fuzz_choice(&in, 2) == 1;
	uint8_t *copy = fuzz_copy(in);

	if (mends)
		mend(copy, in.size);
	(void)segment_read(copy, in.size);
	free(copy);
	return 0;
}
