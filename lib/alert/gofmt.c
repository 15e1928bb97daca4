#include "lib/alert/gofmt.h"

#include "lib/alert/gofmt_scalar.h"
#include "lib/base/buf.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <string.h>

static int print(const struct gofmt_verb *verb, const struct value *value, bool inside, struct buf *out);

static int add_byte(struct buf *out, char byte)
{
	return buf_add(out, &byte, 1);
}

static int print_list(const struct gofmt_verb *verb, const json_t *list, struct buf *out)
{
	int result = buf_add_text(out, verb->go_syntax ? "[]interface {}{" : "[");

	for (size_t i = 0; i < json_array_size(list) && result == 0; i++) {
		struct value item = value_of(json_array_get(list, i));
		if (i > 0)
			result = buf_add_text(out, verb->go_syntax ? ", " : " ");
		if (result == 0)
			result = print(verb, &item, true, out);
	}
	return result != 0 ? -1 : add_byte(out, verb->go_syntax ? '}' : ']');
}

static int print_map(const struct gofmt_verb *verb, const json_t *map, struct buf *out)
{
	size_t count;
	auto_free const char **keys = value_keys(map, &count);
	int result = buf_add_text(out, verb->go_syntax ? "map[string]interface {}{" : "map[");

	if (keys == NULL && count > 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		struct value key = value_key(keys[i]);
		struct value item = value_of(json_object_get(map, keys[i]));
		if (i > 0)
			result = buf_add_text(out, verb->go_syntax ? ", " : " ");
		if (result == 0 && (print(verb, &key, true, out) != 0 || add_byte(out, ':') != 0 ||
				    print(verb, &item, true, out) != 0))
			result = -1;
	}
	return result != 0 ? -1 : add_byte(out, verb->go_syntax ? '}' : ']');
}

/* Recursion is as deep as the alert, whose depth the parser limits. */
static int print(const struct gofmt_verb *verb, const struct value *value, bool inside, struct buf *out)
{
	if (verb->name[0] == 'T' && !inside) {
		struct gofmt_verb text = *verb;
		const char *type = value_type(value);
		struct value name = value_string(type, strlen(type));
		text.name[0] = 's';
		return gofmt_scalar_print(&text, &name, out);
	}
	if (value->kind == VALUE_LIST)
		return print_list(verb, value->json, out);
	if (value->kind == VALUE_MAP)
		return print_map(verb, value->json, out);
	if (value->kind == VALUE_NONE && inside)
		return buf_add_text(out, verb->go_syntax ? "interface {}(nil)" : "<nil>");
	return gofmt_scalar_print(verb, value, out);
}

static const struct gofmt_verb plain_verb = {.name = "v", .width = GOFMT_UNSET, .precision = GOFMT_UNSET};

int gofmt_value(const struct value *value, struct buf *out)
{
	return print(&plain_verb, value, false, out);
}

int gofmt_print(const struct value *values, size_t count, bool line, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		bool texts = i > 0 && (values[i].kind == VALUE_STRING || values[i - 1].kind == VALUE_STRING);
		if ((i > 0 && (line || !texts) && add_byte(out, ' ') != 0) ||
		    gofmt_value(&values[i], out) != 0)
			return -1;
	}
	return line ? add_byte(out, '\n') : 0;
}

struct arguments {
	const struct value *values;
	size_t count;
	size_t next;
};

/* A width or precision: digits, or '*' for the next argument. Returns false when it is unusable. */
static bool read_number(const char *format, size_t size, size_t *at, struct arguments *arguments, int *number)
{
	if (*at < size && format[*at] == '*') {
		++*at;
		if (arguments->next >= arguments->count)
			return false;
		const struct value *value = &arguments->values[arguments->next++];
		if (value->kind != VALUE_INT || value->number < -GOFMT_WIDTH_MAX ||
		    value->number > GOFMT_WIDTH_MAX)
			return false;
		*number = (int)value->number;
		return true;
	}
	for (; *at < size && isdigit((unsigned char)format[*at]); ++*at) {
		*number = (*number == GOFMT_UNSET ? 0 : *number) * 10 + (format[*at] - '0');
		if (*number > GOFMT_WIDTH_MAX)
			*number = GOFMT_UNSET; /* as Go does: too large is as if it were not there */
	}
	return true;
}

static bool read_flag(char flag, struct gofmt_verb *verb)
{
	switch (flag) {
	case '+':
		return verb->plus = true;
	case '-':
		return verb->minus = true;
	case '#':
		return verb->sharp = true;
	case ' ':
		return verb->space = true;
	case '0':
		return verb->zero = true;
	default:
		return false;
	}
}

/* Flags, width and precision behind the '%'; complaints go to `out`, as Go's do. */
static int read_verb(const char *format, size_t size, size_t *at, struct arguments *arguments,
		     struct gofmt_verb *verb, struct buf *out)
{
	while (*at < size && read_flag(format[*at], verb))
		++*at;
	if (!read_number(format, size, at, arguments, &verb->width)) {
		if (buf_add_text(out, "%!(BADWIDTH)") != 0)
			return -1;
	} else if (verb->width < GOFMT_UNSET) { /* a negative '*' */
		verb->width = -verb->width;
		verb->minus = true;
	}
	if (*at < size && format[*at] == '.') {
		++*at;
		verb->precision = 0;
		if (!read_number(format, size, at, arguments, &verb->precision) || verb->precision < 0) {
			verb->precision = GOFMT_UNSET;
			if (buf_add_text(out, "%!(BADPREC)") != 0)
				return -1;
		}
	}
	if (*at >= size)
		return buf_add_text(out, "%!(NOVERB)");
	size_t length = text_character((const uint8_t *)format + *at, size - *at);
	memcpy(verb->name, format + *at, length == 0 ? 1 : length);
	*at += length == 0 ? 1 : length;
	return 0;
}

static int print_verb(struct gofmt_verb *verb, struct arguments *arguments, struct buf *out)
{
	if (verb->name[0] == '\0')
		return 0; /* %!(NOVERB) was said */
	if (verb->name[0] == '%')
		return add_byte(out, '%');
	if (arguments->next >= arguments->count)
		return buf_printf(out, "%%!%s(MISSING)", verb->name);
	if (verb->name[0] == 'v') {
		verb->go_syntax = verb->sharp;
		verb->sharp = false;
		verb->plus = false; /* %+v adds the names of a struct's fields, and there are none */
	}
	return print(verb, &arguments->values[arguments->next++], false, out);
}

int gofmt_printf(const char *format, size_t size, const struct value *values, size_t count, struct buf *out)
{
	struct arguments arguments = {.values = values, .count = count};

	for (size_t at = 0; at < size;) {
		const char *percent = memchr(format + at, '%', size - at);
		size_t text = percent == NULL ? size - at : (size_t)(percent - format) - at;
		struct gofmt_verb verb = {.width = GOFMT_UNSET, .precision = GOFMT_UNSET};
		if (buf_add(out, format + at, text) != 0)
			return -1;
		at += text + 1;
		if (percent == NULL)
			break;
		if (read_verb(format, size, &at, &arguments, &verb, out) != 0 ||
		    print_verb(&verb, &arguments, out) != 0)
			return -1;
	}
	if (arguments.next >= count)
		return 0;
	int result = buf_add_text(out, "%!(EXTRA ");
	for (size_t i = arguments.next; i < count && result == 0; i++) {
		if (i > arguments.next)
			result = buf_add_text(out, ", ");
		if (result == 0 && values[i].kind != VALUE_NONE)
			result = buf_printf(out, "%s=", value_type(&values[i]));
		if (result == 0)
			result = gofmt_value(&values[i], out);
	}
	return result != 0 ? -1 : add_byte(out, ')');
}

static int add_json_string(const char *text, size_t size, struct buf *out)
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	int result = add_byte(out, '"');

	for (size_t at = 0; at < size && result == 0;) {
		const uint8_t *bytes = (const uint8_t *)text + at;
		size_t length = text_character(bytes, size - at);
		bool special = bytes[0] != '\0' && (bytes[0] < 0x20 || text[at] == '"' || text[at] == '\\');
		const char *escape = special ? strchr(named, text[at]) : NULL;
		if (escape != NULL)
			result = buf_printf(out, "\\%c", escape[1]);
		else if (length > 0 && text_hides(bytes, length))
			result = buf_printf(out, "\\u%04x", (unsigned)text_decode(bytes, length));
		else
			result = buf_add(out, bytes, length > 0 ? length : 1);
		at += length > 0 ? length : 1;
	}
	return result != 0 ? -1 : add_byte(out, '"');
}

static int add_json_parts(const json_t *json, struct buf *out)
{
	union {
		const json_t *borrowed;
		json_t *object;
	} walk = {.borrowed = json}; /* jansson walks through a pointer without const */
	bool is_map = json_is_object(json);
	int result = add_byte(out, is_map ? '{' : '[');
	void *at = is_map ? json_object_iter(walk.object) : NULL;

	for (size_t i = 0; i < (is_map ? json_object_size(json) : json_array_size(json)) && result == 0;
	     i++) {
		struct value item = value_of(is_map ? json_object_iter_value(at) : json_array_get(json, i));
		const char *key = is_map ? json_object_iter_key(at) : NULL;
		if (i > 0)
			result = add_byte(out, ',');
		if (result == 0 && is_map &&
		    (key == NULL || add_json_string(key, strlen(key), out) != 0 || add_byte(out, ':') != 0))
			result = -1;
		if (result == 0)
			result = gofmt_json(&item, out);
		if (is_map)
			at = json_object_iter_next(walk.object, at);
	}
	return result != 0 ? -1 : add_byte(out, is_map ? '}' : ']');
}

int gofmt_json(const struct value *value, struct buf *out)
{
	char real[GOFMT_FLOAT_SIZE];

	switch (value->kind) {
	case VALUE_NONE:
		return buf_add_text(out, "null");
	case VALUE_BOOL:
		return buf_add_text(out, value->truth ? "true" : "false");
	case VALUE_INT:
		return buf_printf(out, "%lld", (long long)value->number);
	case VALUE_FLOAT:
		gofmt_scalar_float(value->real, true, real);
		return buf_add_text(out, real);
	case VALUE_STRING:
		return add_json_string(value->string.bytes, value->string.size, out);
	case VALUE_LIST:
	case VALUE_MAP:
		return add_json_parts(value->json, out);
	}
	return -1;
}
