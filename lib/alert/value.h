/* What a template computes with: the values of an alert, seen as Go's text/template sees decoded JSON. */
#ifndef SAV_ALERT_VALUE_H
#define SAV_ALERT_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
	VALUE_NONE, /* a missing field, null, nil */
	VALUE_BOOL,
	VALUE_INT, /* a JSON number without fraction and exponent */
	VALUE_FLOAT,
	VALUE_STRING,
	VALUE_LIST,
	VALUE_MAP,
};

/* Bytes and JSON are borrowed: from the alert, the template or the run that made them. */
struct value {
	enum value_kind kind;
	union {
		bool truth;
		int64_t number;
		double real;
		struct {
			const char *bytes;
			size_t size;
			bool outside; /* of the alert: masked where it is printed */
		} string;
		const json_t *json; /* lists and maps */
	};
};

/* The value of a piece of JSON; NULL and null are VALUE_NONE. */
struct value value_of(const json_t *json);
struct value value_bool(bool truth);
struct value value_int(int64_t number);
struct value value_string(const char *bytes, size_t size);
struct value value_key(const char *key); /* of the alert's */

/* Go's name of the type: "int", "[]interface {}"; "<nil>" for VALUE_NONE. */
const char *value_type(const struct value *value);

/* What if, with, and, or, not ask: false for none, false, 0, and what is empty. */
bool value_is_true(const struct value *value);

/* Whether both are the same bool, string or number (5 and 5.0 are), or both none. Lists and maps equal
 * nothing. */
bool value_equals(const struct value *a, const struct value *b);

/* Sets *order to below, at or above 0 for two numbers or two strings (byte by byte). Returns false when
 * they have no order. */
bool value_order(const struct value *a, const struct value *b, int *order);

/* The number of bytes of a string, elements of a list, keys of a map. Returns false for what has no length. */
bool value_size(const struct value *value, size_t *size);

/* The map's keys, sorted byte by byte as Go prints and ranges over them. The caller frees the array, not
 * the keys. NULL when out of memory or when there are none (*count tells). */
const char **value_keys(const json_t *map, size_t *count);

#endif
