/* Numbers from text, strictly. */
#ifndef SAV_BASE_NUM_H
#define SAV_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the whole of `text` as a decimal integer from `min` to `max`: an optional '-', then digits, nothing
 * else (no blanks, no '+', no leading zeros but in "0"). Returns 0 and sets *value, or -1 and leaves it. */
int num_parse(const char *text, int64_t min, int64_t max, int64_t *value);

/* Reads `count` decimal digits, at most nine, leading zeros too. Returns whether all are digits; if not, *value
 * is untouched. */
bool num_digits(const uint8_t *text, size_t count, int *value);

/* Writes the number with commas, "1,234,567", into `out`. Returns out. */
enum { NUM_GROUPED = 32 };
char *num_group(uint64_t number, char out[NUM_GROUPED]);

/* What a hexadecimal digit stands for; -1 when it is none. */
static inline int num_hex(char digit)
{
	char letter = (char)(digit | 0x20);

	return digit >= '0' && digit <= '9'     ? digit - '0'
	       : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10
						: -1;
}

#endif
