#include "lib/alert/value.h"

#include <stdlib.h>
#include <string.h>

struct value value_bool(bool truth)
{
	return (struct value){.kind = VALUE_BOOL, .truth = truth};
}

struct value value_int(int64_t number)
{
	return (struct value){.kind = VALUE_INT, .number = number};
}

struct value value_string(const char *bytes, size_t size)
{
	return (struct value){.kind = VALUE_STRING, .string = {bytes, size, false}};
}

struct value value_key(const char *key)
{
	return (struct value){.kind = VALUE_STRING, .string = {key, strlen(key), true}};
}

struct value value_of(const json_t *json)
{
	if (json == NULL)
		return (struct value){.kind = VALUE_NONE};
	switch (json_typeof(json)) {
	case JSON_TRUE:
	case JSON_FALSE:
		return value_bool(json_is_true(json));
	case JSON_INTEGER:
		return value_int(json_integer_value(json));
	case JSON_REAL:
		return (struct value){.kind = VALUE_FLOAT, .real = json_real_value(json)};
	case JSON_STRING:
		return (struct value){.kind = VALUE_STRING,
				      .string = {json_string_value(json), json_string_length(json), true}};
	case JSON_ARRAY:
		return (struct value){.kind = VALUE_LIST, .json = json};
	case JSON_OBJECT:
		return (struct value){.kind = VALUE_MAP, .json = json};
	case JSON_NULL:
		break;
	}
	return (struct value){.kind = VALUE_NONE};
}

const char *value_type(const struct value *value)
{
	static const char *const names[] = {
		[VALUE_NONE] = "<nil>",
		[VALUE_BOOL] = "bool",
		[VALUE_INT] = "int",
		[VALUE_FLOAT] = "float64",
		[VALUE_STRING] = "string",
		[VALUE_LIST] = "[]interface {}",
		[VALUE_MAP] = "map[string]interface {}",
	};

	return names[value->kind];
}

bool value_is_true(const struct value *value)
{
	size_t size;

	switch (value->kind) {
	case VALUE_NONE:
		return false;
	case VALUE_BOOL:
		return value->truth;
	case VALUE_INT:
		return value->number != 0;
	case VALUE_FLOAT:
		return value->real != 0;
	default:
		return value_size(value, &size) && size > 0;
	}
}

static long double number_of(const struct value *value)
{
	return value->kind == VALUE_INT ? (long double)value->number : (long double)value->real;
}

static bool is_number(const struct value *value)
{
	return value->kind == VALUE_INT || value->kind == VALUE_FLOAT;
}

bool value_order(const struct value *a, const struct value *b, int *order)
{
	if (is_number(a) && is_number(b)) {
		long double left = number_of(a);
		long double right = number_of(b);
		*order = (left > right) - (left < right);
		return true;
	}
	if (a->kind != VALUE_STRING || b->kind != VALUE_STRING)
		return false;
	size_t size = a->string.size < b->string.size ? a->string.size : b->string.size;
	*order = size == 0 ? 0 : memcmp(a->string.bytes, b->string.bytes, size);
	if (*order == 0)
		*order = (a->string.size > b->string.size) - (a->string.size < b->string.size);
	return true;
}

bool value_equals(const struct value *a, const struct value *b)
{
	int order;

	if (a->kind == VALUE_NONE || a->kind == VALUE_BOOL)
		return a->kind == b->kind && (a->kind == VALUE_NONE || a->truth == b->truth);
	return value_order(a, b, &order) && order == 0;
}

bool value_size(const struct value *value, size_t *size)
{
	switch (value->kind) {
	case VALUE_STRING:
		*size = value->string.size;
		return true;
	case VALUE_LIST:
		*size = json_array_size(value->json);
		return true;
	case VALUE_MAP:
		*size = json_object_size(value->json);
		return true;
	default:
		return false;
	}
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **value_keys(const json_t *map, size_t *count)
{
	size_t size = json_object_size(map);
	const char **keys = size == 0 ? NULL : calloc(size, sizeof *keys);
	size_t used = 0;

	*count = size;
	if (keys == NULL)
		return NULL;
	/* jansson walks an object through a pointer without const, and changes nothing. */
	union {
		const json_t *borrowed;
		json_t *object;
	} walk = {.borrowed = map};
	for (void *at = json_object_iter(walk.object); at != NULL && used < size;
	     at = json_object_iter_next(walk.object, at))
		keys[used++] = json_object_iter_key(at);
	qsort(keys, used, sizeof *keys, compare_keys);
	return keys;
}
