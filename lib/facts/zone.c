#include "lib/facts/zone.h"

#include <ctype.h>
#include <string.h>

/* Without a slash, a name could as well be a POSIX rule of no offset ("ABC"); these are the zones that
 * have none. */
static const char *const plain_names[] = {
	"CET",     "CST6CDT",   "Cuba",     "EET",     "EST",    "EST5EDT",   "Egypt",  "Eire",
	"Factory", "GB",        "GB-Eire",  "GMT",     "GMT+0",  "GMT-0",     "GMT0",   "Greenwich",
	"HST",     "Hongkong",  "Iceland",  "Iran",    "Israel", "Jamaica",   "Japan",  "Kwajalein",
	"Libya",   "MET",       "MST",      "MST7MDT", "NZ",     "NZ-CHAT",   "Navajo", "PRC",
	"PST8PDT", "Poland",    "Portugal", "ROC",     "ROK",    "Singapore", "Turkey", "UCT",
	"UTC",     "Universal", "W-SU",     "WET",     "Zulu",
};

static struct span drop(struct span span, const char *lead)
{
	size_t size = strlen(lead);

	if (!lines_begin(span, lead))
		return span;
	return (struct span){span.bytes + size, span.size - size};
}

static bool is_plain(struct span name)
{
	for (size_t i = 0; i < sizeof plain_names / sizeof plain_names[0]; i++)
		if (lines_equal(name, plain_names[i]))
			return true;
	return false;
}

/* The folders of the database. Another's name is no zone of IANA's, and might name the place that made it. */
static bool is_known_area(struct span name)
{
	static const char *const areas[] = {
		"Africa/",    "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/",
		"Australia/", "Brazil/",  "Canada/",     "Chile/",  "Etc/",  "Europe/",
		"Indian/",    "Mexico/",  "Pacific/",    "US/",
	};

	for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
		if (lines_begin(name, areas[i]))
			return true;
	return false;
}

/* Parts of letters, digits, '_', '-' and '+', each beginning with a letter. */
static bool is_path(struct span name)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.bytes[i];
		bool starts = i == 0 || name.bytes[i - 1] == '/';
		bool sign = c == '_' || c == '-' || c == '+' || c == '/';
		if (starts ? !isalpha(c) : !isalnum(c) && !sign)
			return false;
	}
	return is_known_area(name) && name.bytes[name.size - 1] != '/';
}

bool zone_parse_name(struct span text, char out[ZONE_NAME_SIZE])
{
	static const char folder[] = "zoneinfo/";
	struct span name = drop(lines_trim(text), ":");
	const uint8_t *found = lines_last(name, folder);

	if (found != NULL) {
		size_t before = (size_t)(found - name.bytes) + strlen(folder);
		name = (struct span){name.bytes + before, name.size - before};
	}
	name = drop(drop(name, "posix/"), "right/");
	if (name.size == 0 || name.size >= ZONE_NAME_SIZE || (!is_plain(name) && !is_path(name)))
		return false;
	memcpy(out, name.bytes, name.size);
	out[name.size] = '\0';
	return true;
}
