/* The table of facts: what is reported, since when, from where. Everything else is made from it: the
 * document, its schema, --explain, sav-facts(5). */
#ifndef SAV_FACTS_FACT_H
#define SAV_FACTS_FACT_H

#include "lib/facts/value.h"

struct survey;

/* A product version that added facts; each level holds those before it. */
enum fact_level {
	FACT_9_7,
	FACT_9_8_3,
	FACT_9_11,
	FACT_LEVELS /* how many */
};

struct fact {
	const char *key; /* "area.name" */
	enum fact_level since;
	enum value_type type;
	const char *about;    /* what the article says */
	const char *source;   /* where it is read */
	const char *programs; /* names that the pass over the process table has to look for; NULL for none */
	const char *with;     /* what else the probe needs: ports, names of programs */
	void (*probe)(struct survey *survey, const struct fact *fact, struct value *value);
};

/* The rows are in fact.def. */
#define FACT(...) +1
enum {
	FACT_COUNT = 0
#include "lib/facts/fact.def"
};
#undef FACT
extern const struct fact fact_table[FACT_COUNT];

/* The areas in the order of the document. */
enum { FACT_AREAS = 5 };
extern const char *const fact_areas[FACT_AREAS];

/* "9.7", "9.8.3", "9.11". */
const char *fact_level_name(enum fact_level level);
/* Returns 0 and sets *level, or -1 when `text` names none. */
int fact_parse_level(const char *text, enum fact_level *level);

/* What JSON Schema calls the type. */
const char *fact_type_name(enum value_type type);

/* Which area a fact belongs to, as an index of fact_areas, and its name without the area. */
int fact_area(const struct fact *fact);
const char *fact_name(const struct fact *fact);

/* Measures every fact of the level: values[i] belongs to fact_table[i]; those above the level stay unknown. */
void fact_measure(struct survey *survey, enum fact_level level, struct value values[FACT_COUNT]);

/* The same in two steps, so that rights can be given up between them: first, with all others unknown, the facts that
 * keep something in the installation's state or ask on a socket; then those others, which only read. */
void fact_measure_first(struct survey *survey, enum fact_level level, struct value values[FACT_COUNT]);
void fact_measure_rest(struct survey *survey, enum fact_level level, struct value values[FACT_COUNT]);

/* Reads the process table, and process 1's environment, which a sandboxed process may not: before giving
 * up rights, and before fact_measure. */
void fact_prepare(struct survey *survey, enum fact_level level);

#endif
