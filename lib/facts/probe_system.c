#include "lib/facts/probe_system.h"

#include "lib/facts/cpu.h"
#include "lib/facts/fact.h"
#include "lib/facts/survey.h"
#include "lib/facts/zone.h"

#include <limits.h>
#include <string.h>
#include <sys/utsname.h>

/* A file whose one line is the value. */
static void set_from_file(struct survey *survey, const char *path, struct value *value)
{
	survey_set_line(host_text(survey->host, path), path, value);
}

void probe_system_os_name(struct survey *survey, const struct fact *fact, struct value *value)
{
	struct utsname name;

	(void)fact;
	if (!host_is_live(survey->host))
		set_from_file(survey, "/proc/sys/kernel/ostype", value);
	else if (uname(&name) == 0)
		value_set_text(value, lines_of(name.sysname), "uname");
}

void probe_system_kernel(struct survey *survey, const struct fact *fact, struct value *value)
{
	struct utsname name;

	(void)fact;
	if (!host_is_live(survey->host))
		set_from_file(survey, "/proc/sys/kernel/osrelease", value);
	else if (uname(&name) == 0)
		value_set_text(value, lines_of(name.release), "uname");
}

void probe_system_architecture(struct survey *survey, const struct fact *fact, struct value *value)
{
	struct utsname name;
	struct span machine;

	(void)fact;
	if (host_is_live(survey->host)) {
		if (uname(&name) == 0)
			value_set_text(value, lines_of(name.machine), "uname");
		return;
	}
	set_from_file(survey, "/proc/sys/kernel/arch", value); /* since Linux 6.1 */
	if (!value->known && survey_captured(survey, "machine", &machine))
		value_set_text(value, machine, SURVEY_CAPTURE);
}

void probe_system_time(struct survey *survey, const struct fact *fact, struct value *value)
{
	time_t now;
	char text[INSTANT_SIZE];

	(void)fact;
	if (survey_time(survey, &now, text))
		value_set_word(value, text);
	else
		value_unknown(value, "%s",
			      host_is_live(survey->host) ? "the clock: a year without four digits"
							 : SURVEY_CAPTURE ": tells no time");
}

/* A file that names the zone by itself (/etc/timezone) or in an assignment (/etc/sysconfig/clock). Returns
 * whether it decides. */
static bool zone_from_file(struct survey *survey, const char *path, struct value *value)
{
	static const char *const names[] = {"ZONE", "TIMEZONE"};
	const struct host_file *file = host_text(survey->host, path);
	char zone[ZONE_NAME_SIZE];
	struct span name;

	if (file->state == HOST_ABSENT)
		return false;
	if (file->state == HOST_UNREADABLE) {
		value_unknown(value, "%s", file->why);
		return true;
	}
	name = file->content;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (lines_find(file->content, names[i], '=', &name))
			break;
	if (name.size >= 2 && name.bytes[0] == '"' && name.bytes[name.size - 1] == '"')
		name = (struct span){name.bytes + 1, name.size - 2};
	if (!zone_parse_name(name, zone))
		return false;
	value_set_word(value, zone);
	return true;
}

void probe_system_zone(struct survey *survey, const struct fact *fact, struct value *value)
{
	char zone[ZONE_NAME_SIZE];
	char target[PATH_MAX];
	char why[HOST_WHY_SIZE];
	bool is_link;

	(void)fact;
	const char *own = host_is_live(survey->host) ? survey->input.zone : NULL;
	/* A habit that saves a look at the file: tzset(3) reads the host's own then. */
	if (own != NULL && (strcmp(own, ":/etc/localtime") == 0 || strcmp(own, "/etc/localtime") == 0))
		own = NULL;
	if (own != NULL) {
		struct span name = lines_of(own);
		if (zone_parse_name(name.size == 0 ? lines_of("UTC") : name,
				    zone)) /* tzset(3): empty is UTC */
			value_set_word(value, zone);
		else
			value_unknown(value, "TZ: not the name of a zone");
		return;
	}
	enum host_state state = host_link(survey->host, "/etc/localtime", target, sizeof target, &is_link,
					  why);
	if (state == HOST_UNREADABLE) {
		value_unknown(value, "%s", why);
		return;
	}
	if (state == HOST_FOUND && lines_first(lines_of(target), "zoneinfo") != NULL &&
	    zone_parse_name(lines_of(target), zone)) {
		value_set_word(value, zone);
		return;
	}
	if (zone_from_file(survey, "/etc/timezone", value) ||
	    zone_from_file(survey, "/etc/sysconfig/clock", value))
		return;
	/* localtime(5): without the file, UTC. */
	if (state == HOST_ABSENT && is_link && host_stat(survey->host, "/etc", NULL, why) == HOST_FOUND)
		value_set_word(value, "UTC");
	else
		value_unknown(value, "/etc/localtime: names no zone");
}

/* A number of kibibytes in /proc/meminfo. */
static bool memory(struct survey *survey, const char *name, int64_t *kib, struct value *value)
{
	const struct host_file *file = host_text(survey->host, "/proc/meminfo");
	struct span text;

	if (file->state != HOST_FOUND)
		value_unknown(value, "%s", file->why);
	else if (lines_find(file->content, name, ':', &text) && lines_number(text, kib))
		return true;
	else
		value_unknown(value, "/proc/meminfo: tells no %s", name); /* MemAvailable: since Linux 3.14 */
	return false;
}

void probe_system_memory_total(struct survey *survey, const struct fact *fact, struct value *value)
{
	int64_t total;

	(void)fact;
	if (memory(survey, "MemTotal", &total, value))
		value_set_integer(value, total);
}

void probe_system_memory_used(struct survey *survey, const struct fact *fact, struct value *value)
{
	int64_t total;
	int64_t available;

	(void)fact;
	if (!memory(survey, "MemTotal", &total, value) || !memory(survey, "MemAvailable", &available, value))
		return;
	if (available > total)
		value_unknown(value, "/proc/meminfo: more available than there is");
	else
		value_set_integer(value, total - available);
}

void probe_system_cpu_type(struct survey *survey, const struct fact *fact, struct value *value)
{
	char model[CPU_MODEL_SIZE];

	(void)fact;
	const struct host_file *file = host_read(survey->host, "/proc/cpuinfo", HOST_FILE_MAX, HOST_HEAD);
	if (file->state != HOST_FOUND) {
		value_unknown(value, "%s", file->why);
		return;
	}
	cpu_parse_model(file->content, model);
	if (model[0] != '\0')
		value_set_text(value, lines_of(model), "/proc/cpuinfo");
	else
		value_unknown(value, "/proc/cpuinfo: names no model");
}

void probe_system_cpu_cores(struct survey *survey, const struct fact *fact, struct value *value)
{
	static const char path[] = "/sys/devices/system/cpu/online";
	const struct host_file *file = host_text(survey->host, path);
	int64_t count;

	(void)fact;
	if (file->state != HOST_FOUND)
		value_unknown(value, "%s", file->why);
	else if (cpu_parse_list(file->content, &count) == 0)
		value_set_integer(value, count);
	else
		value_unknown(value, "%s: not a list of CPUs", path);
}

void probe_system_uptime(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct host_file *file = host_text(survey->host, "/proc/uptime");
	int64_t seconds;

	(void)fact;
	if (file->state != HOST_FOUND)
		value_unknown(value, "%s", file->why);
	else if (lines_number(file->content, &seconds))
		value_set_integer(value, seconds);
	else
		value_unknown(value, "/proc/uptime: not a number of seconds");
}

void probe_system_root_type(struct survey *survey, const struct fact *fact, struct value *value)
{
	const char *why;
	const struct mounts *mounts = survey_mounts(survey, &why);

	(void)fact;
	if (mounts == NULL)
		value_unknown(value, "%s", why);
	else if (mounts->root_type[0] == '\0')
		value_unknown(value, "/proc/self/mountinfo: nothing is mounted at /");
	else
		value_set_text(value, lines_of(mounts->root_type), "/proc/self/mountinfo");
}
