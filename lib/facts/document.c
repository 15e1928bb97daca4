#include "lib/facts/document.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/text.h"
#include "lib/facts/lines.h"
#include "lib/format/encode.h"

#include <string.h>

/* A text cut to `text_max` bytes; NULL when out of memory. */
static json_t *text_json(const char *text, size_t text_max)
{
	size_t size = strlen(text);

	return json_stringn(text, text_cut((const uint8_t *)text, size, text_max));
}

static json_t *list_json(const char *words)
{
	struct span rest = lines_of(words);
	struct span word;
	json_t *list = json_array();

	while (list != NULL && lines_word(&rest, &word)) {
		if (json_array_append_new(list, json_stringn((const char *)word.bytes, word.size)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *document_value(const struct fact *fact, const struct value *value, size_t text_max)
{
	if (!value->known)
		return json_null();
	switch (fact->type) {
	case VALUE_TEXT:
		return text_json(value->text, text_max);
	case VALUE_HASH:
		return json_string(value->text);
	case VALUE_INTEGER:
		return json_integer(value->integer);
	case VALUE_BOOLEAN:
		return json_boolean(value->boolean);
	case VALUE_LIST:
		return list_json(value->text);
	}
	return NULL;
}

static json_t *make(enum fact_level level, const struct value values[FACT_COUNT], size_t text_max)
{
	json_t *document = json_object();
	int failed = json_object_set_new(document, "schema", json_integer(DOCUMENT_SCHEMA));

	failed |= json_object_set_new(document, "level", json_string(fact_level_name(level)));
	for (int area = 0; area < FACT_AREAS; area++) {
		json_t *object = json_object();
		for (size_t i = 0; i < FACT_COUNT; i++)
			if (fact_table[i].since <= level && fact_area(&fact_table[i]) == area)
				failed |= json_object_set_new(
					object, fact_name(&fact_table[i]),
					document_value(&fact_table[i], &values[i], text_max));
		failed |= json_object_set_new(document, fact_areas[area],
					      object); /* which is gone if it fails */
	}
	if (failed == 0)
		return document;
	json_decref(document);
	return NULL;
}

int document_format(enum fact_level level, const struct value values[FACT_COUNT], bool pretty,
		    struct buf *out, struct fail *fail)
{
	for (size_t text_max = VALUE_TEXT_MAX; text_max > 0; text_max--) {
		json_t *document = make(level, values, text_max);
		if (document != NULL && json_dumpb(document, NULL, 0, JSON_COMPACT) + 1 > DOCUMENT_SIZE_MAX) {
			json_decref(document);
			continue;
		}
		return encode_add(document, pretty ? JSON_INDENT(2) : JSON_COMPACT, out, fail);
	}
	return fail_set(fail, EX_SOFTWARE, "report: more than %d bytes", DOCUMENT_SIZE_MAX);
}

/* {"type": ["...", "null"], ...} */
static json_t *fact_schema(const struct fact *fact)
{
	json_t *schema = json_pack("{s:s, s:[s, s]}", "description", fact->about, "type",
				   fact_type_name(fact->type), "null");
	int failed = 0;

	switch (fact->type) {
	case VALUE_TEXT:
		failed = json_object_set_new(schema, "maxLength", json_integer(VALUE_TEXT_MAX));
		break;
	case VALUE_HASH:
		failed = json_object_set_new(schema, "pattern", json_string("^[0-9a-f]{32}$"));
		break;
	case VALUE_INTEGER:
		failed = json_object_set_new(schema, "minimum", json_integer(0));
		break;
	case VALUE_BOOLEAN:
		break;
	case VALUE_LIST:
		failed = json_object_set_new(schema, "items", json_pack("{s:s}", "type", "string"));
		break;
	}
	if (failed == 0)
		return schema;
	json_decref(schema);
	return NULL;
}

/* {"type": "object", "properties": ..., "required": [all of them], "additionalProperties": false}; takes
 * ownership of *properties. */
static json_t *object_schema(json_t *properties)
{
	json_t *required = json_array();
	const char *key;
	json_t *value;
	int failed = 0;

	json_object_foreach(properties, key, value)
		failed |= json_array_append_new(required, json_string(key));
	json_t *schema = json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
				   "required", required, "additionalProperties", 0);
	if (failed == 0)
		return schema;
	json_decref(schema);
	return NULL;
}

int document_schema(enum fact_level level, struct buf *out, struct fail *fail)
{
	json_t *properties = json_pack("{s:{s:i}, s:{s:s}}", "schema", "const", DOCUMENT_SCHEMA, "level",
				       "const", fact_level_name(level));
	int failed = 0;

	for (int area = 0; area < FACT_AREAS; area++) {
		json_t *facts = json_object();
		for (size_t i = 0; i < FACT_COUNT; i++)
			if (fact_table[i].since <= level && fact_area(&fact_table[i]) == area)
				failed |= json_object_set_new(facts, fact_name(&fact_table[i]),
							      fact_schema(&fact_table[i]));
		failed |= json_object_set_new(properties, fact_areas[area], object_schema(facts));
	}
	json_t *body = object_schema(properties);
	json_t *schema = json_pack("{s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema",
				   "title", "Facts of one host, as sav-collect writes them");
	failed |= json_object_update(schema, body);
	json_decref(body);
	if (failed != 0) {
		json_decref(schema);
		schema = NULL;
	}
	return encode_add(schema, JSON_INDENT(2), out, fail);
}
