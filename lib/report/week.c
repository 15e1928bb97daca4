#include "lib/report/week.h"

#include "lib/base/instant.h"
#include "lib/base/num.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DAY_SECONDS = 86400, YEAR_MIN = 1970, YEAR_MAX = 9998 };

/* Monday of week 1: the week that holds 4 January. 1970-01-01 was a Thursday. */
static int64_t first_monday(int year)
{
	int64_t fourth = instant_day(year, 1, 4);

	return fourth - (fourth + 3) % 7;
}

int week_parse(const char *text, struct week *week)
{
	const uint8_t *bytes = (const uint8_t *)text;
	struct week read;

	if (strlen(text) != WEEK_TEXT - 1 || memcmp(text + 4, "-W", 2) != 0 ||
	    !num_digits(bytes, 4, &read.year) || !num_digits(bytes + 6, 2, &read.number))
		return -1;
	if (read.year < YEAR_MIN || read.year > YEAR_MAX || read.number < 1 || read.number > 53)
		return -1;
	if (week_of(week_start(read)).number != read.number) /* week 53 of a year of 52 */
		return -1;
	*week = read;
	return 0;
}

char *week_format(struct week week, char out[WEEK_TEXT])
{
	/* The ranges of the header, said to the compiler. */
	(void)snprintf(out, WEEK_TEXT, "%04u-W%02u", (unsigned)week.year % 10000,
		       (unsigned)week.number % 100);
	return out;
}

int64_t week_start(struct week week)
{
	return (first_monday(week.year) + 7 * (week.number - 1)) * DAY_SECONDS;
}

struct week week_of(int64_t time)
{
	int64_t day = time / DAY_SECONDS;
	int year = YEAR_MIN + (int)(day / 366); /* never too late; at most a few years too early */

	while (first_monday(year + 1) <= day)
		year++;
	if (day < first_monday(year)) /* 1 and 2 January 1971, which end the last week of 1970 */
		year--;
	return (struct week){year, 1 + (int)((day - first_monday(year)) / 7)};
}

bool week_is_start(int64_t time)
{
	return time >= week_start((struct week){YEAR_MIN, 1}) &&
	       time < week_start((struct week){YEAR_MAX + 1, 1}) && week_start(week_of(time)) == time;
}
