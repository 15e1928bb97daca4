#include "lib/report/parse.h"

#include "lib/base/instant.h"
#include "lib/base/text.h"
#include "lib/report/scan.h"

#include <string.h>

enum {
	HASH_DIGITS = 32,
	AREAS_MAX = 32, /* of a report; the table has 5 */
};

/* The first version that sends reports, 9.7, is of 2014. */
static const int64_t earliest = 1388534400; /* 2014-01-01 */

struct reader {
	const struct parse_rules *rules;
	struct parse_report *report;
	struct scan scan;
	size_t guess;                      /* the fact that should come next */
	size_t level;                      /* level_count until it was read */
	size_t highest;                    /* level that the keys read so far ask for */
	struct scan_text areas[AREAS_MAX]; /* that were there already */
	size_t area_count;
	bool has_schema;
	bool has_time;
};

static enum parse_result result_of(enum scan_result result)
{
	static const enum parse_result results[] = {
		[SCAN_DONE] = PARSE_ACCEPTED,           [SCAN_MALFORMED] = PARSE_NOT_JSON,
		[SCAN_OTHER] = PARSE_WRONG_TYPE,        [SCAN_NO_ROOM] = PARSE_BAD_TEXT,
		[SCAN_OUT_OF_RANGE] = PARSE_BAD_NUMBER,
	};

	return results[result];
}

static enum parse_result read_text(struct reader *reader, struct scan_text *text)
{
	enum scan_result result = scan_string(&reader->scan, text);

	if (result != SCAN_DONE)
		return result_of(result);
	return text->size > PARSE_TEXT_MAX || text_has_control(text->bytes, text->size, "") ? PARSE_BAD_TEXT
											    : PARSE_ACCEPTED;
}

static int order(const struct scan_text *a, const struct scan_text *b)
{
	int compared = memcmp(a->bytes, b->bytes, a->size < b->size ? a->size : b->size);

	return compared != 0 ? compared : (a->size > b->size) - (a->size < b->size);
}

/* Puts the item where it belongs among the sorted ones; one that is there already is dropped. */
static size_t insert(struct scan_text *items, size_t count, const struct scan_text *item)
{
	size_t at = count;

	for (size_t i = 0; i < count; i++)
		if (order(&items[i], item) == 0)
			return count;
	for (; at > 0 && order(&items[at - 1], item) > 0; at--)
		items[at] = items[at - 1];
	items[at] = *item;
	return count + 1;
}

/* The items as one text: a set is what a machine has, and a machine belongs to one cell. */
static enum parse_result join(struct reader *reader, const struct scan_text *items, size_t count,
			      struct parse_value *value)
{
	uint8_t joined[PARSE_TEXT_MAX];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		size_t lead = i > 0 ? 2 : 0;
		if (used + lead + items[i].size > sizeof joined)
			return PARSE_BAD_TEXT;
		memcpy(joined + used, ", ", lead);
		memcpy(joined + used + lead, items[i].bytes, items[i].size);
		used += lead + items[i].size;
	}
	uint8_t *kept = scan_keep(&reader->scan, used);
	if (kept == NULL)
		return PARSE_BAD_TEXT;
	memcpy(kept, joined, used);
	*value = (struct parse_value){.kind = PARSE_TEXT, .text = kept, .size = used};
	return PARSE_ACCEPTED;
}

static enum parse_result read_array(struct reader *reader, struct parse_value *value)
{
	struct scan_text items[PARSE_ITEMS_MAX];
	size_t count = 0;
	size_t given = 0;

	if (!scan_take(&reader->scan, '['))
		return PARSE_WRONG_TYPE;
	if (!scan_take(&reader->scan, ']')) {
		do {
			struct scan_text item;
			enum parse_result result = read_text(reader, &item);
			if (result != PARSE_ACCEPTED)
				return result;
			if (given++ == PARSE_ITEMS_MAX)
				return PARSE_BAD_TEXT;
			count = insert(items, count, &item);
		} while (scan_take(&reader->scan, ','));
		if (!scan_take(&reader->scan, ']'))
			return PARSE_NOT_JSON;
	}
	return join(reader, items, count, value);
}

static enum parse_result read_value(struct reader *reader, enum schema_type type, struct parse_value *value)
{
	struct scan_text text;
	enum parse_result result;

	*value = (struct parse_value){.kind = PARSE_UNKNOWN};
	if (scan_word(&reader->scan, "null"))
		return PARSE_ACCEPTED;
	switch (type) {
	case SCHEMA_BOOLEAN:
		value->kind = scan_word(&reader->scan, "true") ? PARSE_TRUE : PARSE_FALSE;
		return value->kind == PARSE_TRUE || scan_word(&reader->scan, "false") ? PARSE_ACCEPTED
										      : PARSE_WRONG_TYPE;
	case SCHEMA_INTEGER:
		value->kind = PARSE_INTEGER;
		return result_of(scan_integer(&reader->scan, &value->integer));
	case SCHEMA_ARRAY:
		return read_array(reader, value);
	case SCHEMA_STRING:
	case SCHEMA_HASH:
		break;
	}
	result = read_text(reader, &text);
	if (result == PARSE_ACCEPTED)
		*value = (struct parse_value){.kind = PARSE_TEXT, .text = text.bytes, .size = text.size};
	return result;
}

/* The first 64 bits of a hash of 32 lower-case digits. */
static bool read_hash(const struct parse_value *value, uint64_t *hash)
{
	uint64_t read = 0;

	if (value->kind != PARSE_TEXT || value->size != HASH_DIGITS)
		return false;
	for (size_t i = 0; i < HASH_DIGITS; i++) {
		uint8_t digit = value->text[i];
		if (!(digit >= '0' && digit <= '9') && !(digit >= 'a' && digit <= 'f'))
			return false;
		if (i < HASH_DIGITS / 2)
			read = read << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	*hash = read;
	return true;
}

/* Looks at the facts with a meaning of their own as soon as they are there. */
static enum parse_result note_role(struct reader *reader, size_t fact, const struct parse_value *value)
{
	const struct schema *schema = reader->rules->schema;
	struct parse_report *report = reader->report;

	if (fact == schema->machine) {
		if (!read_hash(value, &report->machine))
			return PARSE_NO_MACHINE;
		report->has_machine = true;
		return report->machine % reader->rules->parts == reader->rules->part ? PARSE_ACCEPTED
										     : PARSE_ELSEWHERE;
	}
	if (fact == schema->customer && value->kind == PARSE_TEXT) {
		if (!read_hash(value, &report->customer))
			return PARSE_BAD_TEXT;
		if (report->customer == 0 ||
		    report->customer == UINT64_MAX) /* no customer; the end of a part */
			report->customer ^= 1;
	}
	if (fact == schema->time) {
		if (value->kind != PARSE_TEXT ||
		    instant_parse(value->text, value->size, &report->time) != 0 || report->time < earliest ||
		    report->time > reader->rules->now + PARSE_AHEAD_SECONDS)
			return PARSE_BAD_TIME;
		reader->has_time = true;
	}
	return PARSE_ACCEPTED;
}

static enum parse_result read_fact(struct reader *reader, const struct scan_text *area)
{
	const struct schema *schema = reader->rules->schema;
	struct scan_text name;
	enum parse_result result;

	if (scan_string(&reader->scan, &name) != SCAN_DONE || !scan_take(&reader->scan, ':'))
		return PARSE_NOT_JSON;
	size_t fact = schema_find(schema, area->bytes, area->size, name.bytes, name.size, reader->guess);
	if (fact == schema->count)
		return PARSE_UNKNOWN_KEY;
	struct parse_value *value = &reader->report->values[fact];
	if (value->kind != PARSE_ABSENT)
		return PARSE_KEY_TWICE;
	reader->guess = fact + 1;
	if (schema->facts[fact].level > reader->highest)
		reader->highest = schema->facts[fact].level;
	result = read_value(reader, schema->facts[fact].type, value);
	return result == PARSE_ACCEPTED ? note_role(reader, fact, value) : result;
}

/* Two areas of one name could share no fact, and yet readers would differ in which they take. */
static enum parse_result note_area(struct reader *reader, const struct scan_text *area)
{
	for (size_t i = 0; i < reader->area_count; i++)
		if (order(&reader->areas[i], area) == 0)
			return PARSE_KEY_TWICE;
	if (reader->area_count == AREAS_MAX)
		return PARSE_UNKNOWN_KEY;
	reader->areas[reader->area_count++] = *area;
	return PARSE_ACCEPTED;
}

static enum parse_result read_area(struct reader *reader, const struct scan_text *area)
{
	enum parse_result noted = note_area(reader, area);

	if (noted != PARSE_ACCEPTED)
		return noted;
	if (!scan_take(&reader->scan, '{'))
		return PARSE_UNKNOWN_KEY;  /* the plain keys have been looked at before */
	if (scan_take(&reader->scan, '}')) /* no fact inside tells whether there is such an area */
		return schema_has_area(reader->rules->schema, area->bytes, area->size) ? PARSE_ACCEPTED
										       : PARSE_UNKNOWN_KEY;
	do {
		enum parse_result result = read_fact(reader, area);
		if (result != PARSE_ACCEPTED)
			return result;
	} while (scan_take(&reader->scan, ','));
	return scan_take(&reader->scan, '}') ? PARSE_ACCEPTED : PARSE_NOT_JSON;
}

static bool is_text(const struct scan_text *text, const char *wanted)
{
	return text->size == strlen(wanted) && memcmp(text->bytes, wanted, text->size) == 0;
}

static enum parse_result read_level(struct reader *reader)
{
	const struct schema *schema = reader->rules->schema;
	struct scan_text name;

	if (scan_string(&reader->scan, &name) != SCAN_DONE)
		return PARSE_NOT_A_REPORT;
	if (reader->level != schema->level_count)
		return PARSE_KEY_TWICE;
	for (reader->level = 0; reader->level < schema->level_count; reader->level++)
		if (is_text(&name, schema->levels[reader->level]))
			return PARSE_ACCEPTED;
	return PARSE_NOT_A_REPORT;
}

static enum parse_result read_member(struct reader *reader)
{
	struct scan_text key;
	int64_t version;

	if (scan_string(&reader->scan, &key) != SCAN_DONE || !scan_take(&reader->scan, ':'))
		return PARSE_NOT_JSON;
	if (is_text(&key, "level"))
		return read_level(reader);
	if (!is_text(&key, "schema"))
		return read_area(reader, &key);
	if (reader->has_schema)
		return PARSE_KEY_TWICE;
	reader->has_schema = true;
	return scan_integer(&reader->scan, &version) == SCAN_DONE && version == SCHEMA_VERSION
		       ? PARSE_ACCEPTED
		       : PARSE_NOT_A_REPORT;
}

static enum parse_result read_document(struct reader *reader)
{
	if (!scan_take(&reader->scan, '{'))
		return PARSE_NOT_JSON;
	if (scan_take(&reader->scan, '}'))
		return PARSE_NOT_A_REPORT;
	do {
		enum parse_result result = read_member(reader);
		if (result != PARSE_ACCEPTED)
			return result;
	} while (scan_take(&reader->scan, ','));
	return scan_take(&reader->scan, '}') && reader->scan.at == reader->scan.end ? PARSE_ACCEPTED
										    : PARSE_NOT_JSON;
}

enum parse_result parse_report(const struct parse_rules *rules, const uint8_t *line, size_t size,
			       struct parse_report *report)
{
	struct reader reader = {
		.rules = rules,
		.report = report,
		.scan = {line, line + size, report->scratch, sizeof report->scratch},
		.level = rules->schema->level_count,
	};

	report->has_machine = false;
	report->customer = 0;
	if (size > PARSE_LINE_MAX)
		return PARSE_TOO_LONG;
	for (size_t i = 0; i < rules->schema->count; i++)
		report->values[i].kind = PARSE_ABSENT;
	enum parse_result result = read_document(&reader);
	if (result != PARSE_ACCEPTED)
		return result;
	if (!reader.has_schema || reader.level == rules->schema->level_count)
		return PARSE_NOT_A_REPORT;
	if (reader.highest > reader.level)
		return PARSE_UNKNOWN_KEY;
	if (!report->has_machine)
		return PARSE_NO_MACHINE;
	if (!reader.has_time)
		return PARSE_BAD_TIME;
	return report->time >= rules->from && report->time < rules->until ? PARSE_ACCEPTED : PARSE_OUTSIDE;
}

const char *parse_reason(enum parse_result result)
{
	static const char *const reasons[PARSE_RESULTS] = {
		[PARSE_ACCEPTED] = "accepted",
		[PARSE_ELSEWHERE] = "belongs to another part",
		[PARSE_OUTSIDE] = "outside the week",
		[PARSE_TOO_LONG] = "line too long",
		[PARSE_NOT_JSON] = "not JSON",
		[PARSE_NOT_A_REPORT] = "not a report",
		[PARSE_UNKNOWN_KEY] = "unknown key",
		[PARSE_KEY_TWICE] = "key given twice",
		[PARSE_WRONG_TYPE] = "wrong type",
		[PARSE_BAD_TEXT] = "text too long or not plain",
		[PARSE_BAD_NUMBER] = "number out of range",
		[PARSE_NO_MACHINE] = "no machine id",
		[PARSE_BAD_TIME] = "impossible time",
	};

	return reasons[result];
}
