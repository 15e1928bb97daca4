#include "lib/facts/stamp.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE_S = 60, HOUR_S = 3600, YEAR_BASE = 1900 };

int stamp_format(time_t when, char out[STAMP_SIZE])
{
	struct tm local;

	if (localtime_r(&when, &local) == NULL || local.tm_year < -YEAR_BASE ||
	    local.tm_year > 9999 - YEAR_BASE)
		return -1;
	long offset = local.tm_gmtoff < 0 ? -local.tm_gmtoff : local.tm_gmtoff;
	int used = snprintf(out, STAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld",
			    local.tm_year + YEAR_BASE, local.tm_mon + 1, local.tm_mday, local.tm_hour,
			    local.tm_min, local.tm_sec, local.tm_gmtoff < 0 ? '-' : '+', offset / HOUR_S,
			    offset % HOUR_S / MINUTE_S);
	return used == STAMP_SIZE - 1 ? 0 : -1;
}

/* `count` digits at `at` as a number up to `max`, or -1. */
static int digits(struct span text, size_t at, size_t count, int min, int max)
{
	int number = 0;

	for (size_t i = at; i < at + count; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return -1;
		number = number * 10 + (text.bytes[i] - '0');
	}
	return number < min || number > max ? -1 : number;
}

int stamp_parse(struct span text, time_t *when)
{
	static const char form[] = "0000-00-00T00:00:00";
	enum { LOCAL_SIZE = sizeof form - 1 };
	long offset = 0;

	if (text.size != LOCAL_SIZE + 1 && text.size != LOCAL_SIZE + 6)
		return -1;
	for (size_t i = 0; i < LOCAL_SIZE; i++)
		if (form[i] != '0' && text.bytes[i] != (uint8_t)form[i])
			return -1;
	struct tm tm = {.tm_year = digits(text, 0, 4, 1970, 9999) - YEAR_BASE,
			.tm_mon = digits(text, 5, 2, 1, 12) - 1,
			.tm_mday = digits(text, 8, 2, 1, 31),
			.tm_hour = digits(text, 11, 2, 0, 23),
			.tm_min = digits(text, 14, 2, 0, 59),
			.tm_sec = digits(text, 17, 2, 0, 60)};
	if (tm.tm_year < 0 || tm.tm_mon < 0 || tm.tm_mday < 0 || tm.tm_hour < 0 || tm.tm_min < 0 ||
	    tm.tm_sec < 0)
		return -1;
	uint8_t sign = text.bytes[LOCAL_SIZE];
	if (text.size == LOCAL_SIZE + 1) {
		if (sign != 'Z')
			return -1;
	} else {
		int hours = digits(text, LOCAL_SIZE + 1, 2, 0, 23);
		int minutes = digits(text, LOCAL_SIZE + 4, 2, 0, 59);
		if ((sign != '+' && sign != '-') || text.bytes[LOCAL_SIZE + 3] != ':' || hours < 0 ||
		    minutes < 0)
			return -1;
		offset = (long)(hours * HOUR_S + minutes * MINUTE_S) * (sign == '-' ? -1 : 1);
	}
	*when = timegm(&tm) - offset;
	return 0;
}
