#include "lib/report/quantity.h"

#include "lib/base/num.h"
#include "lib/report/plan.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t size;
};

static const struct unit bytes[] = {{"B", 1},           {"KiB", 1LL << 10}, {"MiB", 1LL << 20},
				    {"GiB", 1LL << 30}, {"TiB", 1LL << 40}, {NULL, 0}};
static const struct unit kib[] = {
	{"KiB", 1}, {"MiB", 1LL << 10}, {"GiB", 1LL << 20}, {"TiB", 1LL << 30}, {NULL, 0}};
static const struct unit seconds[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {NULL, 0}};

char *quantity_told(uint64_t number, uint64_t min_cell, char out[QUANTITY_TEXT])
{
	if (number > 0 || plan_least(min_cell) == 1)
		return num_group(number, out);
	(void)snprintf(out, QUANTITY_TEXT, "<%llu", (unsigned long long)plan_least(min_cell)); /* fits */
	return out;
}

const char *quantity_ending(uint64_t number)
{
	return number == 1 ? "" : "s";
}

static bool ends_with(const char *key, const char *end)
{
	return strlen(key) >= strlen(end) && strcmp(key + strlen(key) - strlen(end), end) == 0;
}

static const struct unit *units_of(const char *key)
{
	if (ends_with(key, "_kib"))
		return kib;
	if (ends_with(key, "_bytes"))
		return bytes;
	return ends_with(key, "_seconds") ? seconds : NULL;
}

char *quantity_value(const char *key, int64_t value, char out[QUANTITY_TEXT])
{
	const struct unit *unit = units_of(key);

	if (unit == NULL)
		return num_group((uint64_t)value, out);
	while (unit[1].name != NULL && value >= unit[1].size)
		unit++;
	double scaled = (double)value / (double)unit->size;
	bool whole = value % unit->size == 0 || scaled >= 100;
	(void)snprintf(out, QUANTITY_TEXT, "%.*f %s", whole ? 0 : 1, scaled, unit->name); /* fits */
	return out;
}

char *quantity_range(const char *key, int64_t low, int64_t high, char out[2 * QUANTITY_TEXT])
{
	char from[QUANTITY_TEXT];
	char to[QUANTITY_TEXT];

	if (low == high)
		return quantity_value(key, low, out);
	if (high == PLAN_TOP) {
		(void)snprintf(out, 2 * QUANTITY_TEXT, "%.40s or more",
			       quantity_value(key, low, from)); /* fits */
		return out;
	}
	/* Ranges end below a power of two; "to 4 GiB" reads better than "to 4.0 GiB" less a byte. */
	int64_t end = units_of(key) != NULL ? high + 1 : high;
	(void)snprintf(out, 2 * QUANTITY_TEXT, "%.40s to %.40s", quantity_value(key, low, from),
		       quantity_value(key, end, to)); /* fits */
	return out;
}
