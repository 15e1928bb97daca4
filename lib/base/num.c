#include "lib/base/num.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int num_parse(const char *text, int64_t min, int64_t max, int64_t *value)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	char *end;

	if (!isdigit((unsigned char)digits[0]) || (digits[0] == '0' && (digits[1] != '\0' || digits != text)))
		return -1;
	errno = 0;
	long long parsed = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || parsed < min || parsed > max)
		return -1;
	*value = parsed;
	return 0;
}

bool num_digits(const uint8_t *text, size_t count, int *value)
{
	int read = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		read = read * 10 + (text[i] - '0');
	}
	*value = read;
	return true;
}

char *num_group(uint64_t number, char out[NUM_GROUPED])
{
	enum { GROUP = 3 };
	char digits[NUM_GROUPED];
	int size = snprintf(digits, sizeof digits, "%" PRIu64, number); /* fits */
	size_t used = 0;

	for (int i = 0; i < size; i++) {
		if (i > 0 && (size - i) % GROUP == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
	return out;
}
