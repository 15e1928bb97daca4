#include "lib/alert/template_literal.h"

#include "lib/base/buf.h"
#include "lib/base/num.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 64 }; /* characters; more are no number anybody means */

/* Copies without underscores, which stand between digits (or behind the base) only. Returns false for a
 * wrong one. */
static bool copy_digits(const char *text, size_t size, char out[NUMBER_MAX])
{
	size_t used = 0;

	if (size == 0 || size >= NUMBER_MAX)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (text[i] != '_') {
			out[used++] = text[i];
			continue;
		}
		bool left = i > 0 &&
			    (isxdigit((unsigned char)text[i - 1]) || strchr("xXoO", text[i - 1]) != NULL);
		if (!left || i + 1 >= size || !isxdigit((unsigned char)text[i + 1]))
			return false;
	}
	out[used] = '\0';
	return true;
}

static bool all_of(const char *text, const char *allowed)
{
	return *text != '\0' && text[strspn(text, allowed)] == '\0';
}

static int read_float(const char *text, bool negative, struct value *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	if (!all_of(text, hex ? "0123456789abcdefABCDEFxXpP+-." : "0123456789eE+-.") ||
	    strpbrk(text, hex ? "pP" : ".eE") == NULL)
		return -1;
	double real = strtod(text, &end);
	if (*end != '\0' || isinf(real))
		return -1;
	*value = (struct value){.kind = VALUE_FLOAT, .real = negative ? -real : real};
	return 0;
}

int template_literal_number(const char *text, size_t size, struct value *value)
{
	char copy[NUMBER_MAX];

	if (!copy_digits(text, size, copy))
		return -1;
	bool negative = copy[0] == '-';
	const char *plain = copy + (negative || copy[0] == '+' ? 1 : 0); /* without its sign */
	const char *digits = plain;
	int base = 10;
	if (digits[0] == '0' && digits[1] != '\0') {
		char second = (char)tolower((unsigned char)digits[1]);
		base = second == 'x' ? 16 : second == 'b' ? 2 : 8;
		if (strchr("xbo", second) != NULL)
			digits += 2;
	}
	static const char *const allowed[] = {
		[2] = "01", [8] = "01234567", [10] = "0123456789", [16] = "0123456789abcdefABCDEF"};
	if (!all_of(digits, allowed[base]))
		return read_float(plain, negative, value);
	errno = 0;
	unsigned long long number = strtoull(digits, NULL, base);
	if (errno != 0 || number > (unsigned long long)INT64_MAX + (negative ? 1 : 0))
		return -1;
	*value = value_int(negative ? (int64_t)-number : (int64_t)number);
	return 0;
}

/* `count` digits of the base at text[*at]. */
static int read_code(const char *text, size_t size, size_t *at, size_t count, unsigned base, uint32_t *code)
{
	*code = 0;
	for (size_t i = 0; i < count; i++, ++*at) {
		int digit = *at < size ? num_hex(text[*at]) : -1;
		if (digit < 0 || (unsigned)digit >= base)
			return -1;
		*code = *code * base + (unsigned)digit;
	}
	return 0;
}

/* One escape, at the character behind the backslash. *is_byte: \x and octal stand for a byte, \u for a
 * character. */
static int read_escape(const char *text, size_t size, size_t *at, char quote, uint32_t *code, bool *is_byte)
{
	static const char named[] = "a\ab\bf\fn\nr\rt\tv\v\\\\";
	char c = *at < size ? text[*at] : '\0';

	*is_byte = c == 'x' || (c >= '0' && c <= '7');
	if (c >= '0' && c <= '7')
		return read_code(text, size, at, 3, 8, code) != 0 || *code > 255 ? -1 : 0;
	++*at;
	if (c == 'x')
		return read_code(text, size, at, 2, 16, code);
	if (c == 'u' || c == 'U') {
		if (read_code(text, size, at, c == 'u' ? 4 : 8, 16, code) != 0)
			return -1;
		return *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff) ? -1 : 0;
	}
	for (size_t i = 0; i + 1 < sizeof named; i += 2) {
		if (c != '\0' && c == named[i]) {
			*code = (uint32_t)named[i + 1];
			return 0;
		}
	}
	*code = (uint32_t)quote;
	return c == quote ? 0 : -1;
}

int template_literal_string(const char *text, size_t size, struct buf *out)
{
	char quote = text[0];
	size_t end = size - 1;

	for (size_t at = 1; at < end;) {
		uint32_t code;
		bool is_byte;
		char bytes[4];
		if (quote == '`' || text[at] != '\\') {
			bool dropped = quote == '`' && text[at] == '\r'; /* as Go does in raw strings */
			if (!dropped && buf_add(out, text + at, 1) != 0)
				return -1;
			at++;
			continue;
		}
		at++;
		if (read_escape(text, end, &at, quote, &code, &is_byte) != 0)
			return -1;
		bytes[0] = (char)(uint8_t)code;
		if (buf_add(out, bytes, is_byte ? 1 : text_encode(code, bytes)) != 0)
			return -1;
	}
	return 0;
}

int template_literal_rune(const char *text, size_t size, struct value *value)
{
	uint32_t code;
	bool is_byte;
	size_t at = 2;

	if (size < 3)
		return -1;
	if (text[1] != '\\') {
		size_t length = text_character((const uint8_t *)text + 1, size - 2);
		if (length == 0 || length != size - 2)
			return -1;
		*value = value_int((int64_t)text_decode((const uint8_t *)text + 1, length));
		return 0;
	}
	if (read_escape(text, size - 1, &at, '\'', &code, &is_byte) != 0 || at != size - 1)
		return -1;
	*value = value_int((int64_t)code);
	return 0;
}
