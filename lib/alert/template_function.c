#include "lib/alert/gofmt.h"
#include "lib/alert/template_tree.h"
#include "lib/base/buf.h"

#include <string.h>

static int call_last(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	(void)scratch;
	*result = arguments[count - 1]; /* the evaluation ended with the one that decides */
	return 0;
}

static int call_not(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	(void)count, (void)scratch;
	*result = value_bool(!value_is_true(&arguments[0]));
	return 0;
}

static int call_eq(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	bool equal = false;

	(void)scratch;
	for (size_t i = 1; i < count && !equal; i++)
		equal = value_equals(&arguments[0], &arguments[i]);
	*result = value_bool(equal);
	return 0;
}

static int call_ne(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	(void)count, (void)scratch;
	*result = value_bool(!value_equals(&arguments[0], &arguments[1]));
	return 0;
}

static int call_lt(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	int order;

	(void)count, (void)scratch;
	*result = value_bool(value_order(&arguments[0], &arguments[1], &order) && order < 0);
	return 0;
}

static int call_le(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	int order;

	(void)count, (void)scratch;
	*result = value_bool(value_order(&arguments[0], &arguments[1], &order) && order <= 0);
	return 0;
}

static int call_gt(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	const struct value swapped[] = {arguments[1], arguments[0]};

	return call_lt(swapped, count, scratch, result);
}

static int call_ge(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	const struct value swapped[] = {arguments[1], arguments[0]};

	return call_le(swapped, count, scratch, result);
}

/* jansson before 2.14 knows keys that end with NUL alone. */
static json_t *get_key(const json_t *object, const char *key, size_t size)
{
#if JANSSON_VERSION_HEX >= 0x020e00
	return json_object_getn(object, key, size);
#else
	char *text = memchr(key, '\0', size) == NULL ? strndup(key, size) : NULL;
	json_t *found = text == NULL ? NULL : json_object_get(object, text);

	free(text);
	return found;
#endif
}

static struct value index_one(const struct value *whole, const struct value *at)
{
	size_t size;
	bool within = at->kind == VALUE_INT && at->number >= 0 && value_size(whole, &size) &&
		      (uint64_t)at->number < size;

	if (whole->kind == VALUE_MAP && at->kind == VALUE_STRING)
		return value_of(get_key(whole->json, at->string.bytes, at->string.size));
	if (whole->kind == VALUE_LIST && within)
		return value_of(json_array_get(whole->json, (size_t)at->number));
	if (whole->kind == VALUE_STRING && within)
		return value_int((uint8_t)whole->string.bytes[at->number]);
	return value_of(NULL);
}

static int call_index(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	struct value found = arguments[0];

	(void)scratch;
	for (size_t i = 1; i < count; i++)
		found = index_one(&found, &arguments[i]);
	*result = found;
	return 0;
}

static int call_len(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	size_t size;

	(void)count, (void)scratch;
	*result = value_size(&arguments[0], &size) ? value_int((int64_t)size) : value_of(NULL);
	return 0;
}

static int take_text(int printed, const struct buf *scratch, struct value *result)
{
	if (printed != 0)
		return -1;
	*result = value_string(buf_text(scratch), scratch->size);
	return 0;
}

static int call_print(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	return take_text(gofmt_print(arguments, count, false, scratch), scratch, result);
}

static int call_println(const struct value *arguments, size_t count, struct buf *scratch,
			struct value *result)
{
	return take_text(gofmt_print(arguments, count, true, scratch), scratch, result);
}

static int call_printf(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	if (arguments[0].kind != VALUE_STRING) {
		*result = value_of(NULL);
		return 0;
	}
	return take_text(gofmt_printf(arguments[0].string.bytes, arguments[0].string.size, arguments + 1,
				      count - 1, scratch),
			 scratch, result);
}

static int call_json(const struct value *arguments, size_t count, struct buf *scratch, struct value *result)
{
	(void)count;
	return take_text(gofmt_json(&arguments[0], scratch), scratch, result);
}

static const struct template_function functions[] = {
	{"and", 1, TEMPLATE_FUNCTION_MANY, TEMPLATE_UNTIL_FALSE, call_last},
	{"or", 1, TEMPLATE_FUNCTION_MANY, TEMPLATE_UNTIL_TRUE, call_last},
	{"not", 1, 1, TEMPLATE_ALL, call_not},
	{"eq", 2, TEMPLATE_FUNCTION_MANY, TEMPLATE_ALL, call_eq},
	{"ne", 2, 2, TEMPLATE_ALL, call_ne},
	{"lt", 2, 2, TEMPLATE_ALL, call_lt},
	{"le", 2, 2, TEMPLATE_ALL, call_le},
	{"gt", 2, 2, TEMPLATE_ALL, call_gt},
	{"ge", 2, 2, TEMPLATE_ALL, call_ge},
	{"index", 1, TEMPLATE_FUNCTION_MANY, TEMPLATE_ALL, call_index},
	{"len", 1, 1, TEMPLATE_ALL, call_len},
	{"print", 0, TEMPLATE_FUNCTION_MANY, TEMPLATE_ALL, call_print},
	{"println", 0, TEMPLATE_FUNCTION_MANY, TEMPLATE_ALL, call_println},
	{"printf", 1, TEMPLATE_FUNCTION_MANY, TEMPLATE_ALL, call_printf},
	{"json", 1, 1, TEMPLATE_ALL, call_json},
};

const struct template_function *template_function_find(const char *name, size_t size)
{
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (strlen(functions[i].name) == size && memcmp(functions[i].name, name, size) == 0)
			return &functions[i];
	return NULL;
}
