#include "lib/facts/release.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void copy(struct span span, char *out)
{
	struct span trimmed = lines_trim(span);
	size_t size = trimmed.size < RELEASE_FIELD_SIZE ? trimmed.size : RELEASE_FIELD_SIZE - 1;

	memcpy(out, trimmed.bytes, size);
	out[size] = '\0';
}

static void lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* Takes a shell's quotes off: '...' keeps all, in "..." and outside a backslash keeps the next character.
 * Source: os-release(5), POSIX 2.2. */
static void unquote(struct span value, char *out)
{
	size_t used = 0;
	uint8_t quote = 0;

	for (size_t i = 0; i < value.size && used < RELEASE_FIELD_SIZE - 1; i++) {
		uint8_t c = value.bytes[i];
		if (quote == 0 && (c == '"' || c == '\'')) {
			quote = c;
			continue;
		}
		if (quote != 0 && c == quote) {
			quote = 0;
			continue;
		}
		if (c == '\\' && quote != '\'' && i + 1 < value.size &&
		    (quote == 0 || strchr("$`\"\\", value.bytes[i + 1]) != NULL))
			c = value.bytes[++i];
		out[used++] = (char)c;
	}
	out[used] = '\0';
}

/* The last assignment counts, as it does for a shell. */
static void assignment(struct span text, const char *name, char *out)
{
	size_t name_size = strlen(name);
	struct span line;

	while (lines_next(&text, &line)) {
		struct span trimmed = lines_trim(line);
		if (!lines_begin(trimmed, name) || trimmed.size == name_size ||
		    trimmed.bytes[name_size] != '=')
			continue;
		unquote((struct span){trimmed.bytes + name_size + 1, trimmed.size - name_size - 1}, out);
	}
}

/* What stands in parentheses at the end of `text`, in `out`; returns whether there are any. */
static bool parenthesis(const char *text, char *out)
{
	const char *open = strrchr(text, '(');
	const char *close = open == NULL ? NULL : strchr(open, ')');

	if (close == NULL || close[1] != '\0')
		return false;
	copy((struct span){(const uint8_t *)open + 1, (size_t)(close - open - 1)}, out);
	return true;
}

void release_parse_os(struct span text, struct release *release)
{
	char version[RELEASE_FIELD_SIZE] = "";
	char variant[RELEASE_FIELD_SIZE] = "";
	char bracketed[RELEASE_FIELD_SIZE];

	*release = (struct release){0};
	assignment(text, "ID", release->id);
	assignment(text, "VERSION_ID", release->version);
	assignment(text, "VERSION_CODENAME", release->codename);
	assignment(text, "PRETTY_NAME", release->description);
	assignment(text, "VERSION", version);
	assignment(text, "VARIANT", variant);
	if (release->codename[0] == '\0' && parenthesis(version, bracketed) &&
	    strcmp(bracketed, variant) != 0)
		memcpy(release->codename, bracketed, sizeof bracketed);
}

void release_parse_lsb(struct span text, struct release *release)
{
	*release = (struct release){0};
	assignment(text, "DISTRIB_ID", release->id);
	assignment(text, "DISTRIB_RELEASE", release->version);
	assignment(text, "DISTRIB_CODENAME", release->codename);
	assignment(text, "DISTRIB_DESCRIPTION", release->description);
	lower(release->id);
}

/* How the distributions that wrote /etc/redhat-release spell their ID in os-release today. */
static const struct {
	const char *begins;
	const char *id;
} redhat_kin[] = {
	{"Red Hat", "rhel"},          {"CentOS", "centos"},     {"Fedora", "fedora"},
	{"Scientific", "scientific"}, {"Oracle", "ol"},         {"Amazon Linux", "amzn"},
	{"AlmaLinux", "almalinux"},   {"Rocky Linux", "rocky"}, {"CloudLinux", "cloudlinux"},
	{"Turbolinux", "turbolinux"}, {"Asianux", "asianux"},
};

void release_parse_redhat(struct span text, struct release *release)
{
	struct span line = {0};

	*release = (struct release){0};
	if (!lines_next(&text, &line))
		return;
	copy(line, release->description);
	for (size_t i = 0; i < sizeof redhat_kin / sizeof redhat_kin[0]; i++)
		if (lines_begin(line, redhat_kin[i].begins))
			(void)snprintf(release->id, sizeof release->id, "%s", redhat_kin[i].id); /* fits */
	(void)parenthesis(release->description, release->codename); /* empty when there are none */
	const char *number = strstr(release->description, " release ");
	if (number == NULL)
		return;
	number += strlen(" release ");
	copy((struct span){(const uint8_t *)number, strcspn(number, " ")}, release->version);
}

void release_parse_suse(struct span text, struct release *release)
{
	struct span line = {0};
	struct span version;
	struct span patch;
	struct span codename;

	*release = (struct release){0};
	struct span rest = text;
	if (!lines_next(&rest, &line))
		return;
	copy(line, release->description);
	const char *id = lines_begin(line, "openSUSE")                        ? "opensuse"
			 : lines_begin(line, "SUSE Linux Enterprise Desktop") ? "sled"
			 : lines_begin(line, "SUSE Linux Enterprise")         ? "sles"
									      : "";
	(void)snprintf(release->id, sizeof release->id, "%s", id); /* fits */
	if (lines_find(rest, "CODENAME", '=', &codename))
		copy(codename, release->codename);
	if (!lines_find(rest, "VERSION", '=', &version))
		return;
	copy(version, release->version);
	/* os-release of the same distribution writes "11.4". */
	if (lines_find(rest, "PATCHLEVEL", '=', &patch) && patch.size > 0 && !lines_equal(patch, "0")) {
		size_t used = strlen(release->version);
		(void)snprintf(release->version + used, sizeof release->version - used, ".%.*s",
			       (int)(patch.size < 8 ? patch.size : 8),
			       (const char *)patch.bytes); /* may be cut */
	}
}

void release_parse_debian(struct span text, struct release *release)
{
	struct span line;

	*release = (struct release){0};
	if (!lines_next(&text, &line) || lines_trim(line).size == 0)
		return;
	copy(line, release->version);
	(void)snprintf(release->id, sizeof release->id, "debian"); /* fits */
}
