#include "lib/report/scan.h"

#include "lib/base/text.h"

#include <string.h>

enum { INTEGER_DIGITS_MAX = 16 };

static const int64_t integer_max = (INT64_C(1) << 53) - 1;

static void skip_blanks(struct scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r'))
		scan->at++;
}

bool scan_take(struct scan *scan, uint8_t character)
{
	skip_blanks(scan);
	if (scan->at == scan->end || *scan->at != character)
		return false;
	scan->at++;
	skip_blanks(scan);
	return true;
}

bool scan_word(struct scan *scan, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
		return false;
	scan->at += size;
	return true;
}

static bool read_hex4(struct scan *scan, uint32_t *value)
{
	uint32_t read = 0;

	if (scan->end - scan->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		uint8_t digit = *scan->at++;
		uint8_t letter = digit | 0x20;
		if (digit >= '0' && digit <= '9')
			read = read << 4 | (uint32_t)(digit - '0');
		else if (letter >= 'a' && letter <= 'f')
			read = read << 4 | (uint32_t)(letter - 'a' + 10);
		else
			return false;
	}
	*value = read;
	return true;
}

/* What follows "\u", a low surrogate included. */
static bool read_code_point(struct scan *scan, uint32_t *code)
{
	uint32_t low;

	if (!read_hex4(scan, code))
		return false;
	if (*code < 0xd800 || *code > 0xdfff)
		return true;
	if (*code > 0xdbff || !scan_word(scan, "\\u") || !read_hex4(scan, &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return false;
	*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static size_t put_utf8(uint32_t code, uint8_t out[4])
{
	if (code < 0x80) {
		out[0] = (uint8_t)code;
		return 1;
	}
	size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = size; i-- > 1; code >>= 6)
		out[i] = (uint8_t)(0x80 | (code & 0x3f));
	out[0] = (uint8_t)(lead[size] | code);
	return size;
}

static bool read_escape(struct scan *scan, uint8_t out[4], size_t *size)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	uint32_t code;

	if (scan->at == scan->end)
		return false;
	uint8_t name = *scan->at++;
	const char *found = name == '\0' ? NULL : strchr(names, name);
	if (found != NULL) {
		out[0] = (uint8_t)meant[found - names];
		*size = 1;
		return true;
	}
	if (name != 'u' || !read_code_point(scan, &code))
		return false;
	*size = put_utf8(code, out);
	return true;
}

uint8_t *scan_keep(struct scan *scan, size_t size)
{
	uint8_t *kept = scan->scratch;

	if (size > scan->scratch_size)
		return NULL;
	scan->scratch += size;
	scan->scratch_size -= size;
	return kept;
}

/* A string with escapes: decoded into the scratch. What stands before the first escape begins at `start`. */
static enum scan_result read_escaped(struct scan *scan, const uint8_t *start, struct scan_text *text)
{
	uint8_t *out = scan->scratch;
	size_t used = (size_t)(scan->at - start);
	uint8_t bytes[4] = {0};

	if (used + sizeof bytes > scan->scratch_size)
		return SCAN_NO_ROOM;
	memcpy(out, start, used);
	while (scan->at < scan->end && *scan->at != '"') {
		size_t size = 1;
		bytes[0] = *scan->at++;
		if (bytes[0] < 0x20 || (bytes[0] == '\\' && !read_escape(scan, bytes, &size)))
			return SCAN_MALFORMED;
		if (used + sizeof bytes > scan->scratch_size)
			return SCAN_NO_ROOM;
		memcpy(out + used, bytes, size);
		used += size;
	}
	if (scan->at == scan->end || !text_is_utf8(out, used))
		return SCAN_MALFORMED;
	scan->at++;
	*text = (struct scan_text){scan_keep(scan, used), used};
	return SCAN_DONE;
}

enum scan_result scan_string(struct scan *scan, struct scan_text *text)
{
	uint8_t high = 0;

	if (scan->at == scan->end || *scan->at != '"')
		return SCAN_OTHER;
	const uint8_t *start = ++scan->at;
	while (scan->at < scan->end && *scan->at != '"' && *scan->at != '\\') {
		if (*scan->at < 0x20)
			return SCAN_MALFORMED;
		high |= *scan->at++;
	}
	if (scan->at == scan->end)
		return SCAN_MALFORMED;
	if (*scan->at == '\\')
		return read_escaped(scan, start, text);
	if ((high & 0x80) != 0 && !text_is_utf8(start, (size_t)(scan->at - start)))
		return SCAN_MALFORMED;
	*text = (struct scan_text){start, (size_t)(scan->at++ - start)};
	return SCAN_DONE;
}

enum scan_result scan_integer(struct scan *scan, int64_t *value)
{
	int64_t read = 0;
	const uint8_t *start = scan->at;

	if (start < scan->end && *start == '-')
		return SCAN_OUT_OF_RANGE;
	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') {
		if (scan->at - start == INTEGER_DIGITS_MAX)
			return SCAN_OUT_OF_RANGE;
		read = read * 10 + (*scan->at++ - '0');
	}
	if (scan->at == start)
		return SCAN_OTHER;
	if (*start == '0' && scan->at - start > 1)
		return SCAN_MALFORMED;
	if (scan->at < scan->end && (*scan->at == '.' || (*scan->at | 0x20) == 'e'))
		return SCAN_OTHER;
	if (read > integer_max)
		return SCAN_OUT_OF_RANGE;
	*value = read;
	return SCAN_DONE;
}
