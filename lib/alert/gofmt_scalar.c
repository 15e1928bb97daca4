#include "lib/alert/gofmt_scalar.h"

#include "lib/base/buf.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNE_MAX = 0x10ffff, RUNE_ERROR = 0xfffd };

static int add_byte(struct buf *out, char byte)
{
	return buf_add(out, &byte, 1);
}

static int add_repeated(struct buf *out, char byte, size_t count)
{
	if (buf_reserve(out, count) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add_byte(out, byte) != 0)
			return -1;
	return 0;
}

static size_t count_runes(const char *text, size_t size)
{
	size_t count = 0;

	for (size_t at = 0; at < size; count++) {
		size_t length = text_character((const uint8_t *)text + at, size - at);
		at += length == 0 ? 1 : length;
	}
	return count;
}

static int pad(const struct gofmt_verb *verb, const char *text, size_t size, struct buf *out)
{
	size_t runes = verb->width == GOFMT_UNSET ? 0 : count_runes(text, size);
	size_t fill = verb->width > 0 && (size_t)verb->width > runes ? (size_t)verb->width - runes : 0;

	if (!verb->minus && add_repeated(out, verb->zero ? '0' : ' ', fill) != 0)
		return -1;
	if (buf_add(out, text, size) != 0)
		return -1;
	return verb->minus ? add_repeated(out, ' ', fill) : 0;
}

static int pad_text(const struct gofmt_verb *verb, const char *text, struct buf *out)
{
	return pad(verb, text, strlen(text), out);
}

/* "%!d(string=abc)": the value in its default form, but with the flags given. */
static int bad_verb(const struct gofmt_verb *verb, const struct value *value, struct buf *out)
{
	struct gofmt_verb plain = *verb;

	plain.name[0] = 'v';
	plain.name[1] = '\0';
	if (value->kind == VALUE_NONE)
		return buf_printf(out, "%%!%s(<nil>)", verb->name);
	if (buf_printf(out, "%%!%s(%s=", verb->name, value_type(value)) != 0 ||
	    gofmt_scalar_print(&plain, value, out) != 0)
		return -1;
	return add_byte(out, ')');
}

/* What unicode.IsPrint says no to, without its table of unassigned characters. */
static bool is_printable(uint32_t rune)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} hidden[] = {
		{0x00, 0x1f},     {0x7f, 0xa0},     {0xad, 0xad},       {0x61c, 0x61c},
		{0x1680, 0x1680}, {0x180e, 0x180e}, {0x2000, 0x200f},   {0x2028, 0x202f},
		{0x205f, 0x206f}, {0x3000, 0x3000}, {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},
		{0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe00ff}, {0xf0000, 0x10ffff},
	};

	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (rune >= hidden[i].first && rune <= hidden[i].last)
			return false;
	return (rune & 0xfffe) != 0xfffe;
}

static int quote_rune(uint32_t rune, char quote, bool ascii, struct buf *out)
{
	static const char named[] = "\aa\bb\ff\nn\rr\tt\vv";
	char bytes[4];

	if (rune == (uint32_t)quote || rune == '\\')
		return buf_printf(out, "\\%c", (int)rune);
	if (is_printable(rune) && (rune < 0x80 || !ascii))
		return buf_add(out, bytes, text_encode(rune, bytes));
	for (size_t i = 0; i + 1 < sizeof named; i += 2)
		if (rune == (uint32_t)named[i])
			return buf_printf(out, "\\%c", named[i + 1]);
	if (rune < 0x20 || rune == 0x7f)
		return buf_printf(out, "\\x%02x", rune);
	return rune < 0x10000 ? buf_printf(out, "\\u%04x", rune) : buf_printf(out, "\\U%08x", rune);
}

static bool may_be_raw(const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t length = text_character((const uint8_t *)text + at, size - at);
		uint32_t rune = text_decode((const uint8_t *)text + at, length);
		if (length == 0 || rune == '`' || rune == 0xfeff || rune == 0x7f ||
		    (rune < 0x20 && rune != '\t'))
			return false;
		at += length;
	}
	return true;
}

/* Source: strconv.Quote, and fmt's %q. */
static int quote(const struct gofmt_verb *verb, const char *text, size_t size, struct buf *out)
{
	auto_buf struct buf quoted = BUF_INIT(out->limit);
	bool raw = verb->sharp && may_be_raw(text, size);
	char mark = raw ? '`' : '"';
	int result = add_byte(&quoted, mark);

	if (raw)
		result |= buf_add(&quoted, text, size);
	for (size_t at = 0; at < size && !raw && result == 0;) {
		size_t length = text_character((const uint8_t *)text + at, size - at);
		if (length == 0)
			result = buf_printf(&quoted, "\\x%02x", (uint8_t)text[at]);
		else
			result = quote_rune(text_decode((const uint8_t *)text + at, length), '"', verb->plus,
					    &quoted);
		at += length == 0 ? 1 : length;
	}
	if (result != 0 || add_byte(&quoted, mark) != 0)
		return -1;
	return pad(verb, (const char *)quoted.data, quoted.size, out);
}

static int print_hex(const struct gofmt_verb *verb, const char *text, size_t size, struct buf *out)
{
	auto_buf struct buf digits = BUF_INIT(out->limit);
	bool upper = verb->name[0] == 'X';
	const char *lead = upper ? "0X" : "0x";

	for (size_t i = 0; i < size; i++) {
		bool apart = verb->space && i > 0;
		if ((apart && add_byte(&digits, ' ') != 0) ||
		    (verb->sharp && (i == 0 || apart) && buf_add_text(&digits, lead) != 0) ||
		    buf_printf(&digits, upper ? "%02X" : "%02x", (uint8_t)text[i]) != 0)
			return -1;
	}
	return pad_text(verb, buf_text(&digits), out);
}

/* The bytes of the first `precision` characters. */
static size_t cut_runes(const char *text, size_t size, int precision)
{
	size_t at = 0;

	for (int runes = 0; at < size && (precision == GOFMT_UNSET || runes < precision); runes++) {
		size_t length = text_character((const uint8_t *)text + at, size - at);
		at += length == 0 ? 1 : length;
	}
	return at;
}

/* What an alert brings must not end a line of the log early, nor give a terminal commands. */
static int pad_masked(const struct gofmt_verb *verb, const char *text, size_t size, struct buf *out)
{
	enum { ESCAPE = 4 }; /* \xNN */
	size_t room = size * ESCAPE + ESCAPE + 1;
	bool plain = true;

	for (size_t i = 0; i < size && plain; i++)
		plain = text[i] >= ' ' && text[i] < 0x7f;
	if (plain)
		return pad(verb, text, size, out);
	char *masked = malloc(room);
	if (masked == NULL)
		return -1;
	int result = pad_text(verb, text_mask((const uint8_t *)text, size, masked, room), out);
	free(masked);
	return result;
}

static int print_string(const struct gofmt_verb *verb, const struct value *value, struct buf *out)
{
	const char *text = value->string.bytes;
	size_t size = cut_runes(text, value->string.size, verb->precision);

	switch (verb->name[0]) {
	case 'v':
		if (verb->go_syntax)
			return quote(verb, text, size, out);
		__attribute__((fallthrough));
	case 's':
		return value->string.outside ? pad_masked(verb, text, size, out) : pad(verb, text, size, out);
	case 'q':
		return quote(verb, text, size, out);
	case 'x':
	case 'X':
		return print_hex(verb, text,
				 verb->precision == GOFMT_UNSET                 ? value->string.size
				 : (size_t)verb->precision < value->string.size ? (size_t)verb->precision
										: value->string.size,
				 out);
	default:
		return bad_verb(verb, value, out);
	}
}

/* Source: fmt's fmtInteger. */
static int print_digits(const struct gofmt_verb *verb, int64_t number, unsigned base, struct buf *out)
{
	bool upper = verb->name[0] == 'X';
	bool negative = number < 0;
	uint64_t rest = negative ? -(uint64_t)number : (uint64_t)number;
	size_t wanted = verb->precision != GOFMT_UNSET ? (size_t)verb->precision : 1;
	char digits[64];
	size_t count = 0;
	struct gofmt_verb spaced = *verb;
	auto_buf struct buf text = BUF_INIT(GOFMT_WIDTH_MAX + 8);

	spaced.zero = false;
	if (verb->precision == 0 && number == 0)
		return pad(&spaced, "", 0, out);
	if (verb->precision == GOFMT_UNSET && verb->zero && !verb->minus && verb->width > 0) {
		size_t sign = negative || verb->plus || verb->space ? 1 : 0;
		wanted = (size_t)verb->width > sign + 1 ? (size_t)verb->width - sign : 1;
	}
	for (; rest > 0; rest /= base)
		digits[count++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[rest % base];
	if (negative     ? add_byte(&text, '-') != 0
	    : verb->plus ? add_byte(&text, '+') != 0
			 : verb->space && add_byte(&text, ' ') != 0)
		return -1;
	if (verb->name[0] == 'O' && buf_add_text(&text, "0o") != 0)
		return -1;
	if (verb->sharp && base != 10 &&
	    buf_add_text(&text, base == 16       ? (upper ? "0X" : "0x")
				: base == 2      ? "0b"
				: wanted > count ? ""
						 : "0") != 0)
		return -1;
	if (add_repeated(&text, '0', wanted > count ? wanted - count : 0) != 0)
		return -1;
	while (count > 0)
		if (add_byte(&text, digits[--count]) != 0)
			return -1;
	return pad_text(&spaced, buf_text(&text), out);
}

static int print_rune(const struct gofmt_verb *verb, int64_t number, struct buf *out)
{
	bool wrong = number < 0 || number > RUNE_MAX || (number >= 0xd800 && number <= 0xdfff);
	uint32_t rune = wrong ? RUNE_ERROR : (uint32_t)number;
	auto_buf struct buf text = BUF_INIT(64);
	char bytes[4];
	size_t size = text_encode(rune, bytes);

	switch (verb->name[0]) {
	case 'c':
		return pad(verb, bytes, size, out);
	case 'q':
		if (add_byte(&text, '\'') != 0 || quote_rune(rune, '\'', verb->plus, &text) != 0 ||
		    add_byte(&text, '\'') != 0)
			return -1;
		return pad_text(verb, buf_text(&text), out);
	default: /* U */
		if (buf_printf(&text, "U+%04llX", (unsigned long long)number) != 0)
			return -1;
		if (verb->sharp && !wrong && is_printable(rune) &&
		    (buf_add_text(&text, " '") != 0 || buf_add(&text, bytes, size) != 0 ||
		     add_byte(&text, '\'') != 0))
			return -1;
		return pad_text(verb, buf_text(&text), out);
	}
}

static int print_int(const struct gofmt_verb *verb, const struct value *value, struct buf *out)
{
	switch (verb->name[0]) {
	case 'v':
	case 'd':
		return print_digits(verb, value->number, 10, out);
	case 'b':
		return print_digits(verb, value->number, 2, out);
	case 'o':
	case 'O':
		return print_digits(verb, value->number, 8, out);
	case 'x':
	case 'X':
		return print_digits(verb, value->number, 16, out);
	case 'c':
	case 'q':
	case 'U':
		return print_rune(verb, value->number, out);
	default:
		return bad_verb(verb, value, out);
	}
}

void gofmt_scalar_float(double real, bool json, char out[GOFMT_FLOAT_SIZE])
{
	char digits[GOFMT_FLOAT_SIZE];
	int count = 0; /* digits behind the first */

	do
		(void)snprintf(digits, sizeof digits, "%.*e", count, real);
	while (strtod(digits, NULL) != real && ++count < 17);
	long exponent = strtol(strchr(digits, 'e') + 1, NULL, 10);
	/* Source: strconv's %e threshold for the shortest form; encoding/json follows ECMAScript. */
	bool small = exponent < (json ? -6 : -4);
	bool large = exponent >= (json ? 21 : 6);
	if (real != 0 && (small || large)) {
		(void)snprintf(out, GOFMT_FLOAT_SIZE, "%s", digits);
		return;
	}
	long places = (long)count - exponent;
	(void)snprintf(out, GOFMT_FLOAT_SIZE, "%.*f", places > 0 ? (int)places : 0, real);
}

/* C's printf agrees with Go's fmt for the same precision; sign and padding are done by the caller. */
static int add_float(const struct gofmt_verb *verb, double real, struct buf *out)
{
	int precision = verb->precision == GOFMT_UNSET ? 6 : verb->precision;
	char shortest[GOFMT_FLOAT_SIZE];

	switch (verb->name[0]) {
	case 'e':
		return buf_printf(out, verb->sharp ? "%#.*e" : "%.*e", precision, real);
	case 'E':
		return buf_printf(out, verb->sharp ? "%#.*E" : "%.*E", precision, real);
	case 'f':
	case 'F':
		return buf_printf(out, verb->sharp ? "%#.*f" : "%.*f", precision, real);
	default:
		break;
	}
	if (verb->precision != GOFMT_UNSET || verb->sharp) {
		if (verb->name[0] == 'G')
			return buf_printf(out, verb->sharp ? "%#.*G" : "%.*G", precision, real);
		return buf_printf(out, verb->sharp ? "%#.*g" : "%.*g", precision, real);
	}
	gofmt_scalar_float(real, false, shortest);
	if (verb->name[0] == 'G')
		for (char *at = shortest; *at != '\0'; at++)
			*at = (char)toupper((unsigned char)*at);
	return buf_add_text(out, shortest);
}

static int print_float(const struct gofmt_verb *verb, const struct value *value, struct buf *out)
{
	struct gofmt_verb spaced = *verb;
	auto_buf struct buf text = BUF_INIT(GOFMT_WIDTH_MAX + 512);
	bool negative = signbit(value->real);
	char sign = negative ? '-' : verb->plus ? '+' : verb->space ? ' ' : '\0';

	if (strchr("vgGeEfF", verb->name[0]) == NULL)
		return bad_verb(verb, value, out);
	if (sign != '\0' && add_byte(&text, sign) != 0)
		return -1;
	if (add_float(verb, negative ? -value->real : value->real, &text) != 0)
		return -1;
	if (!verb->zero || verb->minus || sign == '\0' || (int)text.size >= verb->width)
		return pad_text(&spaced, buf_text(&text), out);
	spaced.width--; /* the zeros go between the sign and the digits */
	return add_byte(out, sign) != 0 ? -1 : pad_text(&spaced, buf_text(&text) + 1, out);
}

int gofmt_scalar_print(const struct gofmt_verb *verb, const struct value *value, struct buf *out)
{
	struct gofmt_verb plain = *verb;

	plain.precision = GOFMT_UNSET;
	switch (value->kind) {
	case VALUE_NONE:
		return verb->name[0] == 'v' ? pad_text(&plain, "<nil>", out) : bad_verb(verb, value, out);
	case VALUE_BOOL:
		if (strchr("vt", verb->name[0]) == NULL)
			return bad_verb(verb, value, out);
		return pad_text(&plain, value->truth ? "true" : "false", out);
	case VALUE_INT:
		return print_int(verb, value, out);
	case VALUE_FLOAT:
		return print_float(verb, value, out);
	case VALUE_STRING:
		return print_string(verb, value, out);
	case VALUE_LIST:
	case VALUE_MAP:
		break; /* the caller goes through them */
	}
	return pad_text(&plain, value_type(value), out);
}
