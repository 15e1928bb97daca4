/* Numbers as people read them. */
#ifndef SAV_REPORT_QUANTITY_H
#define SAV_REPORT_QUANTITY_H

#include <stdint.h>

enum { QUANTITY_TEXT = 48 };

/* "12,345" of what is told with that min_cell; "<20" for what is too few to tell, if there are any. */
char *quantity_told(uint64_t number, uint64_t min_cell, char out[QUANTITY_TEXT]);

/* What a noun behind this number ends with: "" or "s". */
const char *quantity_ending(uint64_t number);

/* A value of the fact in the unit that its key ends with: "_kib" and "_bytes" as "3.7 GiB", "_seconds" as
 * "12 d", others as they are. */
char *quantity_value(const char *key, int64_t value, char out[QUANTITY_TEXT]);

/* From `low` to `high`, both included: "4", "4 to 7", "2 GiB to 4 GiB" (the end not included where a unit
 * rounds), "2 GiB or more" where `high` is PLAN_TOP. */
char *quantity_range(const char *key, int64_t low, int64_t high, char out[2 * QUANTITY_TEXT]);

#endif
