/* What a report would say anew, compared with an older one. */
#ifndef SAV_FACTS_DIFF_H
#define SAV_FACTS_DIFF_H

#include "lib/facts/fact.h"

struct buf;
struct fail;

enum { DIFF_OLD_MAX = 64 * 1024 }; /* bytes of an older report, indented or not */

/* Appends a line "area.name: old -> new", in ASCII JSON, for every fact of the level whose value is not
 * that of the report in `old`; "(not sent)" stands for a fact it lacks. Facts known then and unknown now
 * are told too. Returns 0; or -1 with *fail: EX_DATAERR, with `name`, when `old` is no report; EX_OSERR. */
int diff_format(enum fact_level level, const struct value values[FACT_COUNT], const uint8_t *old,
		size_t old_size, const char *name, struct buf *out, struct fail *fail);

#endif
