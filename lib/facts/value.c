#include "lib/facts/value.h"

#include "lib/base/text.h"
#include "lib/facts/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void value_set_text(struct value *value, struct span text, const char *name)
{
	enum { ESCAPED_MAX = 4 };                /* \xNN: the most that a byte grows to */
	enum { LOOKED_AT = VALUE_TEXT_MAX + 4 }; /* a character cut in two there lies behind the final cut */
	char masked[LOOKED_AT * ESCAPED_MAX + 1];
	struct span trimmed = lines_trim(text);

	if (trimmed.size == 0) {
		value_unknown(value, "%s: empty", name);
		return;
	}
	size_t size = trimmed.size < LOOKED_AT ? trimmed.size : LOOKED_AT;
	text_mask(trimmed.bytes, size, masked, sizeof masked);
	size_t kept = text_cut((const uint8_t *)masked, strlen(masked), VALUE_TEXT_MAX);
	struct span end = lines_trim((struct span){(const uint8_t *)masked, kept});
	memcpy(value->text, end.bytes, end.size);
	value->text[end.size] = '\0';
	value->known = true;
}

void value_set_word(struct value *value, const char *word)
{
	(void)snprintf(value->text, sizeof value->text, "%s", word); /* ours, and short */
	value->known = true;
}

void value_set_integer(struct value *value, int64_t integer)
{
	value->integer = integer;
	value->known = true;
}

void value_set_boolean(struct value *value, bool boolean)
{
	value->boolean = boolean;
	value->known = true;
}

void value_unknown(struct value *value, const char *format, ...)
{
	va_list arguments;

	value->known = false;
	va_start(arguments, format);
	(void)vsnprintf(value->why, sizeof value->why, format, arguments); /* a reason may be cut */
	va_end(arguments);
}

void value_set_any(struct value *value, bool yes, const char *why)
{
	if (yes || why[0] == '\0')
		value_set_boolean(value, yes);
	else
		value_unknown(value, "%s", why);
}
