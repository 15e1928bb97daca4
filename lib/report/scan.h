/* The tokens of one line of JSON, read where they lie: strings, whole numbers, words, punctuation. Source:
 * RFC 8259. */
#ifndef SAV_REPORT_SCAN_H
#define SAV_REPORT_SCAN_H

#include "lib/format/jsonscan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct scan {
	const uint8_t *at;
	const uint8_t *end;
	uint8_t *scratch; /* room for strings with escapes, decoded; borrowed */
	size_t scratch_size;
};

struct scan_text {
	const uint8_t *bytes; /* in the line or in the scratch; well-formed UTF-8 */
	size_t size;
};

enum scan_result {
	SCAN_DONE,
	SCAN_MALFORMED,    /* not JSON */
	SCAN_OTHER,        /* another type of value */
	SCAN_NO_ROOM,      /* the decoded string does not fit the scratch */
	SCAN_OUT_OF_RANGE, /* a whole number that is negative, or 2^53 and more: RFC 7493, 2.2 */
};

/* Takes the character, with blanks round it, when it is next. */
static inline bool scan_take(struct scan *scan, uint8_t character)
{
	while (scan->at < scan->end && jsonscan_is_blank(*scan->at))
		scan->at++;
	if (scan->at == scan->end || *scan->at != character)
		return false;
	scan->at++;
	while (scan->at < scan->end && jsonscan_is_blank(*scan->at))
		scan->at++;
	return true;
}

/* Takes the word when it is next. */
static inline bool scan_word(struct scan *scan, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
		return false;
	scan->at += size;
	return true;
}

/* Takes a string. */
enum scan_result scan_string(struct scan *scan, struct scan_text *text);

/* Takes a whole number from 0 to 2^53 - 1. */
enum scan_result scan_integer(struct scan *scan, int64_t *value);

/* Room for `size` bytes that live as long as the scratch; NULL when there is none. */
uint8_t *scan_keep(struct scan *scan, size_t size);

#endif
