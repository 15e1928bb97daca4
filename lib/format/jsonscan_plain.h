/* How far a string of JSON needs no look: 16 bytes at once, or 8. Only jsonscan.c includes this. */
#ifndef SAV_FORMAT_JSONSCAN_PLAIN_H
#define SAV_FORMAT_JSONSCAN_PLAIN_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#else
#include <endian.h>
#include <string.h>
#endif

/* How many of the next PLAIN_BYTES need no look in a string: ASCII but the quote, the backslash and control
 * characters. */
#ifdef __SSE2__
enum { PLAIN_BYTES = 16 };

static inline unsigned plain_bytes(const uint8_t *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
				       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
	/* What is beyond ASCII is negative here. */
	__m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
	unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(special, other));

	return found == 0 ? PLAIN_BYTES : (unsigned)__builtin_ctz(found);
}
#else
enum { PLAIN_BYTES = 8 };

/* The well-known test for a zero byte, x - 1 & ~x & 0x80, on x ^ quote and x ^ backslash, and with 0x20 in the
 * place of 1; a borrow can only mark bytes above the first that is marked rightly. */
static inline unsigned plain_bytes(const uint8_t *at)
{
	const uint64_t ones = 0x0101010101010101;
	const uint64_t tops = 0x8080808080808080;
	uint64_t word;

	memcpy(&word, at, sizeof word);
	word = le64toh(word);
	uint64_t quote = word ^ ones * '"';
	uint64_t backslash = word ^ ones * '\\';
	uint64_t found = (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
			  ((word - ones * ' ') & ~word) | word) &
			 tops;
	return found == 0 ? PLAIN_BYTES : (unsigned)__builtin_ctzll(found) / 8;
}
#endif

/* To the first byte that needs a look, or to the end. */
static inline const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= PLAIN_BYTES) {
		unsigned plain = plain_bytes(at);
		at += plain;
		if (plain < PLAIN_BYTES)
			return at;
	}
	while (at < end && *at >= ' ' && *at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

#endif
