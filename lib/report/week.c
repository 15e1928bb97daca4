#include "lib/report/week.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DAY_SECONDS = 86400, YEAR_MIN = 1970, YEAR_MAX = 9998, OFFSET_HOURS_MAX = 14 };

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days since 1970-01-01. */
static int64_t day_of(int year, int month, int day)
{
	int64_t before = year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;

	for (int i = 1; i < month; i++)
		days += days_of_month(year, i);
	return days + day - 1;
}

/* Monday of week 1: the week that holds 4 January. 1970-01-01 was a Thursday. */
static int64_t first_monday(int year)
{
	int64_t fourth = day_of(year, 1, 4);

	return fourth - (fourth + 3) % 7;
}

static bool read_digits(const uint8_t *text, size_t count, int *value)
{
	int read = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		read = read * 10 + (text[i] - '0');
	}
	*value = read;
	return true;
}

int week_parse(const char *text, struct week *week)
{
	const uint8_t *bytes = (const uint8_t *)text;
	struct week read;

	if (strlen(text) != WEEK_TEXT - 1 || memcmp(text + 4, "-W", 2) != 0 ||
	    !read_digits(bytes, 4, &read.year) || !read_digits(bytes + 6, 2, &read.number))
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

/* "Z", "+hh:mm" or "-hh:mm": seconds east of Greenwich. */
static bool read_offset(const uint8_t *text, size_t size, int64_t *offset)
{
	int hours;
	int minutes;

	if (size == 1 && (text[0] == 'Z' || text[0] == 'z')) {
		*offset = 0;
		return true;
	}
	if (size != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
	    !read_digits(text + 1, 2, &hours) || !read_digits(text + 4, 2, &minutes))
		return false;
	if (minutes > 59 || hours * 60 + minutes > OFFSET_HOURS_MAX * 60)
		return false;
	*offset = (text[0] == '-' ? -60 : 60) * (hours * 60 + minutes);
	return true;
}

int week_parse_instant(const uint8_t *text, size_t size, int64_t *time)
{
	static const uint8_t form[] = "0000-00-00T00:00:00"; /* 0: a digit */
	int part[6];
	static const struct {
		size_t at;
		size_t count;
	} places[] = {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}};
	int64_t offset;

	if (size < sizeof form)
		return -1;
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] != '0' && text[i] != form[i] && !(form[i] == 'T' && text[i] == 't'))
			return -1;
	for (size_t i = 0; i < 6; i++)
		if (!read_digits(text + places[i].at, places[i].count, &part[i]))
			return -1;
	size_t at = sizeof form - 1;
	if (text[at] == '.') {
		size_t digits = 0;
		while (at + 1 + digits < size && text[at + 1 + digits] >= '0' && text[at + 1 + digits] <= '9')
			digits++;
		if (digits == 0)
			return -1;
		at += 1 + digits;
	}
	if (part[0] < YEAR_MIN || part[0] > YEAR_MAX || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
	    part[2] > days_of_month(part[0], part[1]) || part[3] > 23 || part[4] > 59 || part[5] > 60)
		return -1;
	if (!read_offset(text + at, size - at, &offset))
		return -1;
	*time = day_of(part[0], part[1], part[2]) * DAY_SECONDS + part[3] * 3600 + part[4] * 60 + part[5] -
		offset;
	return 0;
}
