/* Names of time zones. */
#ifndef SAV_FACTS_ZONE_H
#define SAV_FACTS_ZONE_H

#include "lib/facts/lines.h"

enum { ZONE_NAME_SIZE = 65 };

/* The IANA name in `out`, from TZ's value, a link to the zone's file, or a line that holds the name: what
 * stands before "zoneinfo/" goes, and so do a leading ':' and "posix/" or "right/". Returns false for what
 * cannot be such a name (a POSIX rule, "../x"). Source: the tz database's theory.html, "Names of
 * timezones"; tzset(3). */
bool zone_parse_name(struct span text, char out[ZONE_NAME_SIZE]);

#endif
