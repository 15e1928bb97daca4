#include "lib/base/crc.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* Castagnoli's, bits reversed */

/* Eight tables, so that eight bytes cost eight independent look-ups instead of a chain of eight. Source:
 * Kounavis and Berry, "A Systematic Approach to Building High Performance, Software-based, CRC
 * Generators", 2005. */
static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
		tables[0][byte] = crc;
	}
	for (uint32_t byte = 0; byte < 256; byte++) {
		for (int i = 1; i < 8; i++) {
			uint32_t before = tables[i - 1][byte];
			tables[i][byte] = (before >> 8) ^ tables[0][before & 0xff];
		}
	}
}

uint32_t crc_32c_portable(uint32_t crc, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	(void)pthread_once(&tables_once, make_tables); /* fails only on a bad argument */
	crc = ~crc;
	for (; size >= 8; size -= 8, at += 8) {
		uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
				      (uint32_t)at[3] << 24);
		crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
		      tables[4][low >> 24] ^ tables[3][at[4]] ^ tables[2][at[5]] ^ tables[1][at[6]] ^
		      tables[0][at[7]];
	}
	while (size-- > 0)
		crc = (crc >> 8) ^ tables[0][(crc ^ *at++) & 0xff];
	return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t by_processor(uint32_t crc, const uint8_t *at, size_t size)
{
	uint64_t wide = ~crc;

	for (; size >= 8; size -= 8, at += 8) {
		uint64_t word;
		memcpy(&word, at, sizeof word);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	while (size-- > 0)
		crc = __builtin_ia32_crc32qi(crc, *at++);
	return ~crc;
}
#endif

uint32_t crc_32c(uint32_t crc, const void *bytes, size_t size)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return by_processor(crc, bytes, size);
#endif
	return crc_32c_portable(crc, bytes, size);
}
