#include "lib/base/instant.h"

#include "lib/base/num.h"

#include <stdbool.h>
#include <string.h>

enum {
	MINUTE_S = 60,
	HOUR_S = 60 * MINUTE_S,
	DAY_S = 24 * HOUR_S,
	YEAR_MIN = 1970,
	YEAR_BASE = 1900,
	OFFSET_MAX_S = 14 * HOUR_S
};

static int days_of_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

int64_t instant_day(int year, int month, int day)
{
	int64_t before = year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;

	for (int i = 1; i < month; i++)
		days += days_of_month(year, i);
	return days + day - 1;
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
	    !num_digits(text + 1, 2, &hours) || !num_digits(text + 4, 2, &minutes))
		return false;
	int east = hours * HOUR_S + minutes * MINUTE_S;
	if (minutes > 59 || east > OFFSET_MAX_S)
		return false;
	*offset = text[0] == '-' ? -east : east;
	return true;
}

int instant_parse(const uint8_t *text, size_t size, int64_t *time)
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
		if (!num_digits(text + places[i].at, places[i].count, &part[i]))
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
	if (part[0] < YEAR_MIN || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
	    part[2] > days_of_month(part[0], part[1]) || part[3] > 23 || part[4] > 59 || part[5] > 60)
		return -1;
	if (!read_offset(text + at, size - at, &offset))
		return -1;
	*time = instant_day(part[0], part[1], part[2]) * DAY_S + part[3] * HOUR_S + part[4] * MINUTE_S +
		part[5] - offset;
	return 0;
}

int instant_format(time_t when, char out[INSTANT_SIZE])
{
	struct tm local;

	if (localtime_r(&when, &local) == NULL || local.tm_year < -YEAR_BASE ||
	    strftime(out, INSTANT_SIZE, "%Y-%m-%dT%H:%M:%S%z", &local) != INSTANT_SIZE - 2)
		return -1;
	char *minutes = out + INSTANT_SIZE - sizeof "00:";
	memmove(minutes + 1, minutes, sizeof "00");
	*minutes = ':';
	return 0;
}
