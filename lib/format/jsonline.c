#include "lib/format/jsonline.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <endian.h>
#include <stdbool.h>
#include <string.h>

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	const char *reason; /* what is wrong at `at` */
	uint64_t arrays;    /* a bit for each open level, the innermost lowest: an array, not an object */
	int depth;
};
_Static_assert(JSONLINE_DEPTH_MAX <= 64, "a level is a bit");

static bool wrong(struct cursor *c, const char *reason)
{
	c->reason = c->at == c->end ? "ends too early" : reason;
	return false;
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && is_blank(*c->at))
		c->at++;
}

/* The byte at hand, or a NUL, which JSON allows nowhere. */
static uint8_t peek(const struct cursor *c)
{
	return c->at < c->end ? *c->at : 0;
}

static bool take(struct cursor *c, uint8_t byte)
{
	if (peek(c) != byte)
		return false;
	c->at++;
	return true;
}

static bool hex4(struct cursor *c, unsigned *value)
{
	*value = 0;
	for (int i = 0; i < 4; i++) {
		uint8_t digit = peek(c);
		if (!isxdigit(digit))
			return wrong(c, "four hexadecimal digits expected");
		*value = *value << 4 | (unsigned)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
		c->at++;
	}
	return true;
}

/* Behind the backslash. */
static bool escape(struct cursor *c)
{
	unsigned unit;

	if (!take(c, 'u')) {
		if (peek(c) == 0 || strchr("\"\\/bfnrt", peek(c)) == NULL)
			return wrong(c, "no such escape");
		c->at++;
		return true;
	}
	if (!hex4(c, &unit))
		return false;
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	if (unit > 0xdbff || !take(c, '\\') || !take(c, 'u') || !hex4(c, &unit) || unit < 0xdc00 ||
	    unit > 0xdfff)
		return wrong(c, "half of a surrogate pair");
	return true;
}

/* How many of the next eight bytes come before one that ends a run of plain ones: a quote, a backslash, a
 * control character. The well-known test for a zero byte, x - 1 & ~x & 0x80, on x ^ quote and x ^
 * backslash, and with 0x20 in the place of 1; a borrow can only mark bytes above the first that is marked
 * rightly. */
static unsigned plain_bytes(const uint8_t *bytes)
{
	const uint64_t ones = 0x0101010101010101;
	const uint64_t tops = 0x8080808080808080;
	uint64_t word;

	memcpy(&word, bytes, sizeof word);
	word = le64toh(word);
	uint64_t quote = word ^ ones * '"';
	uint64_t backslash = word ^ ones * '\\';
	uint64_t marks = (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
			  ((word - ones * 0x20) & ~word)) &
			 tops;
	return marks == 0 ? sizeof word : (unsigned)__builtin_ctzll(marks) / 8;
}

/* Behind the opening quote. UTF-8 is checked once for the whole text. */
static bool string(struct cursor *c)
{
	for (;;) {
		unsigned plain = sizeof(uint64_t);
		while (plain == sizeof(uint64_t) && c->end - c->at >= (ptrdiff_t)sizeof(uint64_t)) {
			plain = plain_bytes(c->at);
			c->at += plain;
		}
		while (c->at < c->end && *c->at >= 0x20 && *c->at != '"' && *c->at != '\\')
			c->at++;
		if (take(c, '"'))
			return true;
		if (!take(c, '\\'))
			return wrong(c, "a control character in a string");
		if (!escape(c))
			return false;
	}
}

static bool digits(struct cursor *c)
{
	if (!is_digit(peek(c)))
		return wrong(c, "a digit expected");
	while (is_digit(peek(c)))
		c->at++;
	return true;
}

static bool number(struct cursor *c)
{
	(void)take(c, '-'); /* may be there */
	if (!take(c, '0') && !digits(c))
		return false;
	if (take(c, '.') && !digits(c))
		return false;
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			(void)take(c, '-'); /* may be there */
		return digits(c);
	}
	return true;
}

static bool word(struct cursor *c, const char *text)
{
	size_t size = strlen(text);

	if ((size_t)(c->end - c->at) < size || memcmp(c->at, text, size) != 0)
		return wrong(c, "a value expected");
	c->at += size;
	return true;
}

static bool enter(struct cursor *c, bool array)
{
	if (c->depth == JSONLINE_DEPTH_MAX)
		return wrong(c, "nested too deep");
	c->at++;
	c->depth++;
	c->arrays = c->arrays << 1 | (array ? 1 : 0);
	return true;
}

static bool key(struct cursor *c)
{
	skip_blanks(c);
	if (!take(c, '"'))
		return wrong(c, "a key expected");
	if (!string(c))
		return false;
	skip_blanks(c);
	return take(c, ':') || wrong(c, "a colon expected");
}

/* The end of a value: closes what ends here, and stands before the next value. */
static bool after_value(struct cursor *c)
{
	while (c->depth > 0) {
		bool array = (c->arrays & 1) != 0;
		skip_blanks(c);
		if (take(c, ','))
			return array || key(c);
		if (!take(c, array ? ']' : '}'))
			return wrong(c, array ? "a comma or ] expected" : "a comma or } expected");
		c->depth--;
		c->arrays >>= 1;
	}
	return true;
}

/* One value, or as far into it as its first inner value. */
static bool value(struct cursor *c)
{
	skip_blanks(c);
	switch (peek(c)) {
	case '{':
		if (!enter(c, false))
			return false;
		skip_blanks(c);
		return peek(c) == '}' ? after_value(c) : key(c);
	case '[':
		if (!enter(c, true))
			return false;
		skip_blanks(c);
		return peek(c) == ']' ? after_value(c) : true;
	case '"':
		c->at++;
		return string(c) && after_value(c);
	case 't':
		return word(c, "true") && after_value(c);
	case 'f':
		return word(c, "false") && after_value(c);
	case 'n':
		return word(c, "null") && after_value(c);
	default:
		return number(c) && after_value(c);
	}
}

static bool object(struct cursor *c)
{
	skip_blanks(c);
	if (peek(c) != '{')
		return wrong(c, "{ expected");
	do {
		if (!value(c))
			return false;
	} while (c->depth > 0);
	skip_blanks(c);
	return c->at == c->end || wrong(c, "something behind the object");
}

int jsonline_check(const uint8_t *bytes, size_t size, struct fail *fail)
{
	struct cursor c = {.at = bytes, .end = bytes + size};

	if (!object(&c))
		return fail_set(fail, EX_DATAERR, "no JSON object: byte %zu: %s", (size_t)(c.at - bytes) + 1,
				c.reason);
	if (!text_is_utf8(bytes, size))
		return fail_set(fail, EX_DATAERR, "no JSON object: not UTF-8");
	return 0;
}

int jsonline_add(const uint8_t *bytes, size_t size, struct buf *out)
{
	bool quoted = false;

	while (size > 0 && is_blank(bytes[size - 1]))
		size--;
	if (memchr(bytes, '\n', size) == NULL && memchr(bytes, '\r', size) == NULL)
		return buf_reserve(out, size + 1) != 0 ? -1
						       : buf_add(out, bytes, size) | buf_add(out, "\n", 1);
	if (buf_reserve(out, size + 1) != 0)
		return -1;
	for (size_t i = 0; i < size; i++) {
		if (quoted && bytes[i] == '\\')
			out->data[out->size++] = bytes[i++]; /* and the escaped byte below, were it a quote */
		else if (bytes[i] == '"')
			quoted = !quoted;
		else if (!quoted && is_blank(bytes[i]))
			continue;
		out->data[out->size++] = bytes[i];
	}
	return buf_add(out, "\n", 1);
}
