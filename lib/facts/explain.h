/* The facts explained to the host's owner: what each is, since when it is sent, where it was read, and why
 * it is not known. */
#ifndef SAV_FACTS_EXPLAIN_H
#define SAV_FACTS_EXPLAIN_H

#include "lib/facts/fact.h"

struct buf;
struct fail;

enum { EXPLAIN_SIZE_MAX = 128 * 1024 };

/* Appends a table for people, at most 80 columns wide but for long values. Returns 0, or -1 with *fail. */
int explain_format(enum fact_level level, const struct value values[FACT_COUNT], struct buf *out,
		   struct fail *fail);

/* Appends the same as a JSON array of objects {fact, type, since, description, source, value, why}. */
int explain_json(enum fact_level level, const struct value values[FACT_COUNT], struct buf *out,
		 struct fail *fail);

#endif
