#include "lib/facts/lines.h"

#include <string.h>

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span lines_of(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

bool lines_part(struct span *rest, char separator, struct span *part)
{
	if (rest->size == 0)
		return false;
	const uint8_t *end = memchr(rest->bytes, separator, rest->size);
	size_t size = end == NULL ? rest->size : (size_t)(end - rest->bytes);
	size_t taken = end == NULL ? size : size + 1;
	*part = (struct span){rest->bytes, size};
	*rest = (struct span){rest->bytes + taken, rest->size - taken};
	return true;
}

bool lines_next(struct span *rest, struct span *line)
{
	return lines_part(rest, '\n', line);
}

bool lines_word(struct span *rest, struct span *word)
{
	size_t start = 0;

	while (start < rest->size && is_blank(rest->bytes[start]))
		start++;
	size_t end = start;
	while (end < rest->size && !is_blank(rest->bytes[end]))
		end++;
	if (end == start)
		return false;
	*word = (struct span){rest->bytes + start, end - start};
	*rest = (struct span){rest->bytes + end, rest->size - end};
	return true;
}

static bool is_space(uint8_t c)
{
	return is_blank(c) || c == '\n' || c == '\r' || c == '\0';
}

struct span lines_trim(struct span span)
{
	while (span.size > 0 && is_space(span.bytes[span.size - 1]))
		span.size--;
	while (span.size > 0 && is_space(span.bytes[0])) {
		span.bytes++;
		span.size--;
	}
	return span;
}

bool lines_find(struct span text, const char *name, char separator, struct span *value)
{
	size_t name_size = strlen(name);
	struct span line;

	while (lines_next(&text, &line)) {
		if (!lines_begin(line, name))
			continue;
		size_t at = name_size;
		while (at < line.size && is_blank(line.bytes[at]))
			at++;
		if (at == line.size || line.bytes[at] != (uint8_t)separator)
			continue;
		*value = lines_trim((struct span){line.bytes + at + 1, line.size - at - 1});
		return true;
	}
	return false;
}

bool lines_equal(struct span span, const char *text)
{
	return span.size == strlen(text) && lines_begin(span, text);
}

bool lines_begin(struct span span, const char *text)
{
	size_t size = strlen(text);

	return span.size >= size && (size == 0 || memcmp(span.bytes, text, size) == 0);
}

const uint8_t *lines_first(struct span span, const char *text)
{
	return span.size == 0 ? NULL : memmem(span.bytes, span.size, text, strlen(text));
}

const uint8_t *lines_last(struct span span, const char *text)
{
	const uint8_t *last = NULL;
	const uint8_t *found;

	while ((found = lines_first(span, text)) != NULL) {
		last = found;
		span.size -= (size_t)(found + 1 - span.bytes);
		span.bytes = found + 1;
	}
	return last;
}

bool lines_number(struct span span, int64_t *value)
{
	enum { DIGITS_MAX = 18 }; /* fits an int64_t whatever they are */
	int64_t number = 0;
	size_t digits = 0;

	while (digits < span.size && span.bytes[digits] >= '0' && span.bytes[digits] <= '9') {
		if (digits == DIGITS_MAX)
			return false;
		number = number * 10 + (span.bytes[digits] - '0');
		digits++;
	}
	if (digits == 0)
		return false;
	*value = number;
	return true;
}
