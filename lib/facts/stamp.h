/* Times as text: RFC 3339 with an offset, to the second. */
#ifndef SAV_FACTS_STAMP_H
#define SAV_FACTS_STAMP_H

#include "lib/facts/lines.h"

#include <time.h>

enum { STAMP_SIZE = sizeof "2014-08-19T09:59:22+01:00" };

/* `when` in the process's local time. Returns 0; or -1, when its year has no four digits. */
int stamp_format(time_t when, char out[STAMP_SIZE]);

/* Reads "2014-08-19T09:59:22+01:00" or "...Z"; nothing else. Returns 0 and sets *when, or -1. */
int stamp_parse(struct span text, time_t *when);

#endif
