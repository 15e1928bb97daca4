/* The report: one JSON object, and its schema. */
#ifndef SAV_FACTS_DOCUMENT_H
#define SAV_FACTS_DOCUMENT_H

#include "lib/facts/fact.h"

#include <jansson.h>
#include <stdbool.h>

struct buf;
struct fail;

enum {
	DOCUMENT_SCHEMA = 1,      /* the version of its form */
	DOCUMENT_SIZE_MAX = 2399, /* bytes with the newline: seals to 2,448 at most */
};

/* Appends the document of the level's facts: compact and at most DOCUMENT_SIZE_MAX bytes with its newline,
 * or the same indented. Should the texts be too long together, the longest are cut to one length until it
 * fits. Returns 0, or -1 with *fail (EX_OSERR, EX_SOFTWARE). */
int document_format(enum fact_level level, const struct value values[FACT_COUNT], bool pretty,
		    struct buf *out, struct fail *fail);

/* The fact's value as JSON, a text cut to `text_max` bytes; NULL when out of memory. The caller owns it. */
json_t *document_value(const struct fact *fact, const struct value *value, size_t text_max);

/* Appends the JSON Schema (2020-12) of the level's documents. Returns as document_format. */
int document_schema(enum fact_level level, struct buf *out, struct fail *fail);

#endif
