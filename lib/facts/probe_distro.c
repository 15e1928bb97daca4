#include "lib/facts/probe_distro.h"

#include "lib/facts/fact.h"
#include "lib/facts/release.h"
#include "lib/facts/survey.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* In the order in which they are believed. */
static const struct {
	const char *path;
	void (*parse)(struct span text, struct release *release);
	bool instead; /* only for a host without the one before it */
} sources[] = {
	{"/etc/os-release", release_parse_os, false},
	{"/usr/lib/os-release", release_parse_os, true}, /* os-release(5) */
	{"/etc/lsb-release", release_parse_lsb, false},
	{"/etc/redhat-release", release_parse_redhat, false},
	{"/etc/system-release", release_parse_redhat,
	 true}, /* the same file by another name, but on Amazon's */
	{"/etc/SuSE-release", release_parse_suse, false},
	{"/etc/debian_version", release_parse_debian, false},
};

/* The first source that tells the field. One that is there and cannot be read might have: then nothing is
 * known. A later source that names another distribution is the one this one was made from, and tells
 * nothing. */
static void set_field(struct survey *survey, size_t offset, const char *name, struct value *value)
{
	char id[RELEASE_FIELD_SIZE] = "";
	bool any = false;
	bool previous = false;

	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
		if (sources[i].instead && previous)
			continue;
		const struct host_file *file = host_text(survey->host, sources[i].path);
		struct release release;
		previous = file->state == HOST_FOUND;
		if (file->state == HOST_UNREADABLE) {
			value_unknown(value, "%s", file->why);
			return;
		}
		if (file->state == HOST_ABSENT)
			continue;
		any = true;
		sources[i].parse(file->content, &release);
		if (id[0] != '\0' && release.id[0] != '\0' && strcmp(id, release.id) != 0)
			continue;
		if (id[0] == '\0')
			memcpy(id, release.id, sizeof id);
		const char *field = (const char *)&release + offset;
		if (field[0] == '\0')
			continue;
		value_set_text(value, lines_of(field), sources[i].path);
		return;
	}
	if (any)
		value_unknown(value, "the distribution names no %s", name);
	else
		value_unknown(value, "/etc/os-release: not there, nor what came before it");
}

void probe_distro_id(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_field(survey, offsetof(struct release, id), "ID", value);
}

void probe_distro_release(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_field(survey, offsetof(struct release, version), "release", value);
}

void probe_distro_codename(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_field(survey, offsetof(struct release, codename), "codename", value);
}

void probe_distro_description(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_field(survey, offsetof(struct release, description), "description", value);
}
