/* One report, a line of JSON, into its values: checked against the table of facts in the same pass,
 * without a tree. */
#ifndef SAV_REPORT_PARSE_H
#define SAV_REPORT_PARSE_H

#include "lib/report/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PARSE_LINE_MAX = 64 * 1024, /* bytes of a line; a report has at most 2,399 */
	PARSE_TEXT_MAX = 64,        /* bytes of a text fact; the collector cuts there */
	PARSE_ITEMS_MAX = 16,       /* items of an array fact */
	PARSE_SCRATCH = 8 * 1024,   /* texts with escapes, decoded, and joined arrays */
};

/* Why a report was refused, or not counted here. */
enum parse_result {
	PARSE_ACCEPTED,
	PARSE_ELSEWHERE, /* another part's machine */
	PARSE_OUTSIDE,   /* a good time, but not in the window */
	PARSE_TOO_LONG,
	PARSE_NOT_JSON,
	PARSE_NOT_A_REPORT, /* another schema or level, or none */
	PARSE_UNKNOWN_KEY,  /* not in the table, or of a later level than the report's */
	PARSE_KEY_TWICE,
	PARSE_WRONG_TYPE,
	PARSE_BAD_TEXT,   /* too long, or with control characters */
	PARSE_BAD_NUMBER, /* negative, or 2^53 and more */
	PARSE_NO_MACHINE, /* no usable machine id: could not be counted once */
	PARSE_BAD_TIME,   /* none, unreadable, before the first version of the product, or in the future */
	PARSE_RESULTS,
};

enum parse_kind { PARSE_ABSENT, PARSE_UNKNOWN, PARSE_FALSE, PARSE_TRUE, PARSE_INTEGER, PARSE_TEXT };

struct parse_value {
	enum parse_kind kind;
	int64_t integer;
	const uint8_t *text; /* an array fact is a text too: its items sorted, each once, joined by ", " */
	size_t size;
};

/* What to accept. */
struct parse_rules {
	const struct schema *schema;
	int64_t from; /* the window: from <= time < until */
	int64_t until;
	int64_t now;   /* a time more than PARSE_AHEAD_SECONDS after it is impossible */
	uint64_t part; /* only machines with id modulo parts == part */
	uint64_t parts;
};
enum { PARSE_AHEAD_SECONDS = 86400 };

struct parse_report {
	int64_t time;
	uint64_t machine;  /* the first half of its hash */
	uint64_t customer; /* likewise; 0: none */
	bool has_machine;  /* set as soon as the id was read, also when the report is refused afterwards */
	struct parse_value values[SCHEMA_FACTS_MAX]; /* as many as the schema has facts */
	uint8_t scratch[PARSE_SCRATCH];
};

/* Reads one line (without its newline) into *report, whose texts point into `line` or into itself. Returns
 * PARSE_ACCEPTED, or why not. */
enum parse_result parse_report(const struct parse_rules *rules, const uint8_t *line, size_t size,
			       struct parse_report *report);

/* "wrong type" and so on, for messages and for the database. */
const char *parse_reason(enum parse_result result);

#endif
