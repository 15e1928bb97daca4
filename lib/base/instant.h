/* Instants as text: RFC 3339. All times are seconds since 1970, leap seconds not counted. */
#ifndef SAV_BASE_INSTANT_H
#define SAV_BASE_INSTANT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { INSTANT_SIZE = sizeof "2014-08-19T09:59:22+01:00" };

/* Reads a date-time such as "2026-11-21T22:06:03+01:00" or "...Z", from 1970 on; a fraction of the second is
 * read and dropped. Returns 0; or -1, and *time untouched: another form, no such day, an hour over 23, an
 * offset over 14 hours (Kiribati's is the largest in use). Source: RFC 3339, section 5.6. */
int instant_parse(const uint8_t *text, size_t size, int64_t *time);

/* `when` in the process's local time. Returns 0; or -1, when its year has no four digits. */
int instant_format(time_t when, char out[INSTANT_SIZE]);

/* Days from 1970-01-01 to that day, which exists. */
int64_t instant_day(int year, int month, int day);

#endif
