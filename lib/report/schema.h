/* The table of facts that reports are checked against. It belongs to the collecting side; whoever calls
 * hands it in. */
#ifndef SAV_REPORT_SCHEMA_H
#define SAV_REPORT_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

enum {
	SCHEMA_VERSION = 1,     /* what a report's "schema" says */
	SCHEMA_FACTS_MAX = 256, /* facts of a table */
};

enum schema_type { SCHEMA_STRING, SCHEMA_INTEGER, SCHEMA_BOOLEAN, SCHEMA_ARRAY, SCHEMA_HASH };

struct schema_fact {
	const char *key; /* "area.name" */
	unsigned level;  /* the first level that has it: index into schema.levels */
	enum schema_type type;
	const char *about; /* one line for people; may be NULL */
};

struct schema {
	const struct schema_fact *facts; /* borrowed, with everything they point to */
	size_t count;
	const char *const *levels; /* names, oldest first; borrowed */
	unsigned level_count;
	size_t machine; /* the facts with a meaning of their own, which are never aggregated */
	size_t customer;
	size_t time;
};

/* Takes the table and finds the facts with a meaning of their own (sophos.machine_id, sophos.customer_id,
 * system.time) in it. Returns 0; or -1 with *fail (EX_SOFTWARE), *schema untouched: one is missing or has
 * another type, or there are too many facts. */
int schema_init(struct schema *schema, const struct schema_fact *facts, size_t count,
		const char *const *levels, unsigned level_count, struct fail *fail);

/* Whether reports show this fact: every one but those with a meaning of their own. */
bool schema_is_counted(const struct schema *schema, size_t fact);

/* The index of fact `area`.`name`, or schema->count. `guess` is looked at first: reports have the table's
 * order. */
size_t schema_find(const struct schema *schema, const uint8_t *area, size_t area_size, const uint8_t *name,
		   size_t name_size, size_t guess);

/* Whether a fact's key begins with `area` and a dot. */
bool schema_has_area(const struct schema *schema, const uint8_t *area, size_t size);

/* The index of the fact with that whole key, or schema->count. */
size_t schema_find_key(const struct schema *schema, const char *key);

/* A number that differs between tables with different keys, types or order. */
uint64_t schema_fingerprint(const struct schema *schema);

#endif
