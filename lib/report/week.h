/* Weeks of ISO 8601 in UTC. All times are seconds since 1970, leap seconds not counted. */
#ifndef SAV_REPORT_WEEK_H
#define SAV_REPORT_WEEK_H

#include <stdbool.h>
#include <stdint.h>

enum { WEEK_TEXT = 9, /* "2026-W47" with its NUL */ WEEK_SECONDS = 7 * 86400 };

struct week {
	int year;   /* of the week's Thursday; 1970 to 9998 */
	int number; /* 1 to 53 */
};

/* Reads "2026-W47". Returns 0; or -1, and *week untouched: another form, or a week that year does not have. */
int week_parse(const char *text, struct week *week);

/* Writes it in the same form into `out`. Returns out. */
char *week_format(struct week week, char out[WEEK_TEXT]);

/* The first second of its Monday. The week ends WEEK_SECONDS later. */
int64_t week_start(struct week week);

/* The week that holds `time` (from 1970 to 9998). */
struct week week_of(int64_t time);

/* Whether `time`, any number, is the first second of a week that week_of knows. */
bool week_is_start(int64_t time);

#endif
