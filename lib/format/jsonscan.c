#include "lib/format/jsonscan.h"

#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/base/text.h"
#include "lib/format/jsonscan_plain.h"

#include <string.h>

/* What comes next. OUTSIDE must be 0; KEY and VALUE also tell objects from arrays in `kinds`. */
enum state {
	OUTSIDE,
	FIRST_KEY, /* or the end of the object */
	KEY,
	COLON,
	FIRST_ITEM, /* or the end of the array */
	VALUE,
	BEHIND, /* a value: a comma or the end */
	IN_KEY,
	IN_TEXT,
};

/* The functions below read at `at`, which is before `end`, and return where to go on; or they set the result
 * by one of these two. */
static const uint8_t *wrong(struct jsonscan *scan, const uint8_t *at, const char *reason)
{
	scan->result = JSONSCAN_WRONG;
	scan->reason = reason;
	return at;
}

static const uint8_t *cut_off(struct jsonscan *scan, const uint8_t *at)
{
	scan->result = JSONSCAN_MORE;
	return at;
}

/* The digits of \uXXXX. */
static const uint8_t *read_unit(struct jsonscan *scan, const uint8_t *at, const uint8_t *end, uint32_t *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, at++) {
		if (at == end)
			return cut_off(scan, at);
		int digit = num_hex((char)*at);
		if (digit < 0)
			return wrong(scan, at, "four hexadecimal digits expected");
		*unit = *unit << 4 | (uint32_t)digit;
	}
	return at;
}

/* Behind the first half of a surrogate pair, which is in *code. */
static const uint8_t *read_second_half(struct jsonscan *scan, const uint8_t *at, const uint8_t *end,
				       uint32_t *code)
{
	uint32_t second;

	for (const char *start = "\\u"; *start != '\0'; start++, at++) {
		if (at == end)
			return cut_off(scan, at);
		if (*at != (uint8_t)*start)
			return wrong(scan, at, "half of a surrogate pair");
	}
	at = read_unit(scan, at, end, &second);
	if (scan->result != JSONSCAN_DONE)
		return at;
	if (second < 0xdc00 || second > 0xdfff)
		return wrong(scan, at, "half of a surrogate pair");
	*code = 0x10000 + ((*code - 0xd800) << 10) + (second - 0xdc00);
	return at;
}

/* Behind the backslash. */
static const uint8_t *read_escape(struct jsonscan *scan, const uint8_t *at, const uint8_t *end,
				  uint32_t *code)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";

	if (at == end)
		return cut_off(scan, at);
	const char *name = memchr(names, *at, sizeof names - 1);
	if (name != NULL) {
		*code = (uint8_t)meant[name - names];
		return at + 1;
	}
	if (*at != 'u')
		return wrong(scan, at, "no such escape");
	at = read_unit(scan, at + 1, end, code);
	if (scan->result != JSONSCAN_DONE || *code < 0xd800 || *code > 0xdfff)
		return at;
	return *code <= 0xdbff ? read_second_half(scan, at, end, code)
			       : wrong(scan, at, "half of a surrogate pair");
}

static const uint8_t *skip_character(struct jsonscan *scan, const uint8_t *at, const uint8_t *end)
{
	enum { LONGEST = 4 };
	size_t length = text_character(at, (size_t)(end - at));
	const uint8_t *p = at;

	while (p < end && *p >= 0x80)
		p++;
	if (length == 0)
		return p == end && end - at < LONGEST ? cut_off(scan, at) : wrong(scan, at, "not UTF-8");
	return at + length;
}

/* What skip_plain stops at, but the quote. What is cut off is read from its beginning the next time. */
static const uint8_t *skip_special(struct jsonscan *scan, const uint8_t *at, const uint8_t *end)
{
	uint32_t code;

	if (*at < ' ')
		return wrong(scan, at, "a control character in a string");
	if (*at != '\\')
		return skip_character(scan, at, end);
	const uint8_t *behind = read_escape(scan, at + 1, end, &code);
	scan->escaped = true;
	return scan->result == JSONSCAN_MORE ? at : behind;
}

/* The rest of a string, and what skip_plain stops at comes next. */
static const uint8_t *skip_special_string(struct jsonscan *scan, const uint8_t *at, const uint8_t *end)
{
	while (at < end && *at != '"') {
		at = skip_special(scan, at, end);
		if (scan->result != JSONSCAN_DONE)
			return at;
		at = skip_plain(at, end);
	}
	return at < end ? at + 1 : cut_off(scan, at);
}

static const uint8_t *skip_digits(struct jsonscan *scan, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = at;

	while (at < end && *at >= '0' && *at <= '9')
		at++;
	if (at == end)
		return cut_off(scan, at);
	return at > start ? at : wrong(scan, at, "a digit expected");
}

/* A number at the end of the bytes may go on, so it is looked at again then; it is short. */
static const uint8_t *skip_number(struct jsonscan *scan, const uint8_t *at, const uint8_t *end)
{
	bool long_one = end - at > JSONSCAN_NUMBER_MAX;
	const uint8_t *limit = long_one ? at + JSONSCAN_NUMBER_MAX : end;
	const uint8_t *p = at + (*at == '-' ? 1 : 0);

	if (p < limit && *p == '0' && p + 1 < limit)
		p++; /* a digit behind it is what cannot follow a value */
	else
		p = skip_digits(scan, p, limit);
	if (scan->result == JSONSCAN_DONE && *p == '.')
		p = skip_digits(scan, p + 1, limit);
	if (scan->result == JSONSCAN_DONE && (*p | 0x20) == 'e') {
		p++;
		p = skip_digits(scan, p + (p < limit && (*p == '+' || *p == '-') ? 1 : 0), limit);
	}
	if (scan->result != JSONSCAN_MORE)
		return p;
	return long_one ? wrong(scan, p, "a number of more than 1024 characters") : at;
}

static inline const uint8_t *skip_word(struct jsonscan *scan, const uint8_t *at, const uint8_t *end,
				       const char *word)
{
	size_t size = strlen(word);
	size_t there = (size_t)(end - at);

	if (there >= size ? memcmp(at, word, size) != 0 : memcmp(at, word, there) != 0)
		return wrong(scan, at, "a value expected");
	return there >= size ? at + size : cut_off(scan, at);
}

static const uint8_t *enter(struct jsonscan *scan, const uint8_t *at, enum state kind, enum state next)
{
	if (scan->depth == JSONSCAN_DEPTH_MAX)
		return wrong(scan, at, "deeper than 128 objects and arrays");
	scan->kinds[scan->depth++] = (uint8_t)kind;
	scan->state = (uint8_t)next;
	return at + 1;
}

static const uint8_t *leave(struct jsonscan *scan, const uint8_t *at)
{
	bool object = scan->kinds[scan->depth - 1] == KEY;

	if (*at != (object ? '}' : ']'))
		return wrong(scan, at, object ? "a comma or } expected" : "a comma or ] expected");
	scan->state = --scan->depth == 0 ? OUTSIDE : BEHIND;
	return at + 1;
}

/* A value that is no text, or as far as its first inner one. */
static const uint8_t *take_value(struct jsonscan *scan, const uint8_t *at, const uint8_t *end)
{
	scan->state = VALUE;
	switch (*at) {
	case '{':
		return enter(scan, at, KEY, FIRST_KEY);
	case '[':
		return enter(scan, at, VALUE, FIRST_ITEM);
	case 't':
		at = skip_word(scan, at, end, "true");
		break;
	case 'f':
		at = skip_word(scan, at, end, "false");
		break;
	case 'n':
		at = skip_word(scan, at, end, "null");
		break;
	default:
		if (*at != '-' && (*at < '0' || *at > '9'))
			return wrong(scan, at, "a value expected");
		at = skip_number(scan, at, end);
	}
	if (scan->result == JSONSCAN_DONE)
		scan->state = BEHIND;
	return at;
}

static __attribute__((noinline)) const uint8_t *skip_blanks(struct jsonscan *scan, const uint8_t *at,
							    const uint8_t *end)
{
	for (; at < end && jsonscan_is_blank(*at); at++)
		scan->lines = scan->lines || *at == '\n' || *at == '\r';
	return at < end ? at : cut_off(scan, at);
}

/* Goes to the token that `state` wants. Returns whether there is one. */
static inline bool reach(struct jsonscan *scan, const uint8_t **at, const uint8_t *end, enum state state)
{
	if (end > *at && **at > ' ')
		return true;
	scan->state = (uint8_t)state;
	*at = skip_blanks(scan, *at, end);
	return scan->result == JSONSCAN_DONE;
}

/* Goes over the rest of the string that `state` is in. Returns whether it is whole. */
static inline bool pass(struct jsonscan *scan, const uint8_t **at, const uint8_t *end, enum state state)
{
	*at = skip_plain(*at, end);
	if (*at < end && **at == '"') {
		++*at;
		return true;
	}
	scan->state = (uint8_t)state;
	*at = skip_special_string(scan, *at, end);
	return scan->result == JSONSCAN_DONE;
}

/* From token to token, in the order they usually have. */
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): one switch over the grammar's states, a few lines each */
static const uint8_t *read_on(struct jsonscan *scan, const uint8_t *at, const uint8_t *end)
{
	for (enum state state = (enum state)scan->state;;) {
		switch (state) {
		case OUTSIDE:
			if (!reach(scan, &at, end, OUTSIDE))
				return at;
			if (*at != '{')
				return wrong(scan, at, "{ expected");
			state = VALUE;
			continue;
		case FIRST_ITEM:
			if (!reach(scan, &at, end, FIRST_ITEM))
				return at;
			if (*at == ']')
				break;
			state = VALUE;
			continue;
		case FIRST_KEY:
			if (!reach(scan, &at, end, FIRST_KEY))
				return at;
			if (*at == '}')
				break;
			__attribute__((fallthrough));
		case KEY:
			if (!reach(scan, &at, end, KEY))
				return at;
			if (*at != '"')
				return wrong(scan, at, "a key expected");
			at++;
			__attribute__((fallthrough));
		case IN_KEY:
			if (!pass(scan, &at, end, IN_KEY))
				return at;
			__attribute__((fallthrough));
		case COLON:
			if (!reach(scan, &at, end, COLON))
				return at;
			if (*at != ':')
				return wrong(scan, at, "a colon expected");
			at++;
			__attribute__((fallthrough));
		case VALUE:
			if (!reach(scan, &at, end, VALUE))
				return at;
			if (*at != '"') {
				at = take_value(scan, at, end);
				if (scan->result != JSONSCAN_DONE)
					return at;
				state = (enum state)scan->state;
				continue;
			}
			at++;
			__attribute__((fallthrough));
		case IN_TEXT:
			if (!pass(scan, &at, end, IN_TEXT))
				return at;
			break;
		case BEHIND:
			break;
		}
		if (!reach(scan, &at, end, BEHIND))
			return at;
		if (*at == ',') {
			state = (enum state)scan->kinds[scan->depth - 1];
			at++;
			continue;
		}
		at = leave(scan, at);
		if (scan->result != JSONSCAN_DONE || scan->depth == 0)
			return at;
		state = BEHIND;
	}
}

enum jsonscan_result jsonscan_object(struct jsonscan *scan, const uint8_t **at, const uint8_t *end)
{
	scan->result = JSONSCAN_DONE;
	*at = read_on(scan, *at, end);
	return scan->result;
}

enum jsonscan_result jsonscan_string(const uint8_t **at, const uint8_t *end, bool *escaped)
{
	struct jsonscan scan;

	scan.result = JSONSCAN_DONE;
	scan.escaped = false;
	(void)pass(&scan, at, end, IN_TEXT); /* the result says it */
	*escaped = scan.escaped;
	return scan.result;
}

size_t jsonscan_decode(const uint8_t *bytes, size_t size, uint8_t *out)
{
	struct jsonscan scan = {0};
	const uint8_t *end = bytes + size;
	uint32_t code = 0;
	size_t used = 0;

	while (bytes < end) {
		if (*bytes != '\\') {
			out[used++] = *bytes++;
			continue;
		}
		char character[4];
		bytes = read_escape(&scan, bytes + 1, end, &code);
		size_t length = text_encode(code, character);
		memcpy(out + used, character, length);
		used += length;
	}
	return used;
}

int jsonscan_line(uint8_t *bytes, size_t *size, struct fail *fail)
{
	struct jsonscan scan = {0};
	const uint8_t *at = bytes;
	const uint8_t *end = bytes + *size;

	enum jsonscan_result result = jsonscan_object(&scan, &at, end);
	size_t line = (size_t)(at - bytes);
	while (result == JSONSCAN_DONE && at < end && jsonscan_is_blank(*at))
		at++;
	if (result != JSONSCAN_DONE || at < end)
		return fail_set(fail, EX_DATAERR, "no JSON object: byte %zu: %s", (size_t)(at - bytes) + 1,
				result == JSONSCAN_WRONG  ? scan.reason
				: result == JSONSCAN_MORE ? "ends too early"
							  : "something behind the object");
	*size = scan.lines ? jsonscan_compact(bytes, line) : line;
	return 0;
}

size_t jsonscan_compact(uint8_t *bytes, size_t size)
{
	bool quoted = false;
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		if (quoted && bytes[i] == '\\')
			bytes[used++] = bytes[i++]; /* and the escaped byte below, were it a quote */
		else if (bytes[i] == '"')
			quoted = !quoted;
		else if (!quoted && jsonscan_is_blank(bytes[i]))
			continue;
		bytes[used++] = bytes[i];
	}
	return used;
}
