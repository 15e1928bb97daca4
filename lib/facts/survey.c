#include "lib/facts/survey.h"

#include "lib/base/fail.h"
#include "lib/conf/conf.h"
#include "lib/conf/home.h"
#include "lib/facts/run.h"
#include "lib/facts/value.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void survey_init(struct survey *survey, struct host *host, const struct survey_input *input)
{
	*survey = (struct survey){.host = host, .input = *input};
}

void survey_fini(struct survey *survey)
{
	conf_free(survey->conf);
	survey->conf = NULL;
}

static void give_up(struct survey_once *once, const char *why)
{
	host_say(once->why, "%s", why);
}

const char *survey_path(const struct survey *survey, const char *relative, char *out)
{
	struct fail fail;

	if (home_path(survey->input.home, relative, out, &fail) != 0)
		out[0] = '\0';
	return out;
}

const struct host_file *survey_file(struct survey *survey, const char *relative)
{
	char path[PATH_MAX];

	return host_text(survey->host, survey_path(survey, relative, path));
}

void survey_set_line(const struct host_file *file, const char *name, struct value *value)
{
	struct span rest = file->content;
	struct span line = {0};

	if (file->state != HOST_FOUND) {
		value_unknown(value, "%s", file->why);
		return;
	}
	(void)lines_next(&rest, &line); /* an empty file: an empty line */
	value_set_text(value, line, name);
}

static void load_layer(struct survey *survey, enum conf_layer layer, const char *relative)
{
	char path[PATH_MAX];
	struct fail fail;
	const struct host_file *file = host_read(survey->host, survey_path(survey, relative, path),
						 CONF_FILE_MAX, HOST_WHOLE);

	if (file->state == HOST_ABSENT || survey->conf_once.why[0] != '\0')
		return;
	if (file->state == HOST_UNREADABLE)
		give_up(&survey->conf_once, file->why);
	else if (conf_parse(survey->conf, layer, file->content.bytes, file->content.size, path, &fail) != 0)
		give_up(&survey->conf_once, fail.text);
}

const struct conf *survey_conf(struct survey *survey, const char **why)
{
	struct survey_once *once = &survey->conf_once;

	if (!once->done) {
		once->done = true;
		survey->conf = conf_new();
		if (survey->conf == NULL) {
			give_up(once, "configuration: out of memory");
		} else {
			char reason[HOST_WHY_SIZE];
			if (host_stat(survey->host, survey->input.home->path, NULL, reason) != HOST_FOUND)
				give_up(once, reason); /* nothing is installed, so nothing is configured */
			load_layer(survey, CONF_LOCAL, HOME_LOCAL_LAYER);
			load_layer(survey, CONF_POLICY, HOME_POLICY_LAYER);
		}
	}
	*why = once->why;
	return once->why[0] == '\0' ? survey->conf : NULL;
}

const struct mounts *survey_mounts(struct survey *survey, const char **why)
{
	struct survey_once *once = &survey->mounts_once;

	if (!once->done) {
		const struct host_file *file = host_read(survey->host, "/proc/self/mountinfo", HOST_LARGE_MAX,
							 HOST_WHOLE);
		once->done = true;
		if (file->state == HOST_FOUND)
			mounts_parse(file->content, &survey->mounts);
		else
			give_up(once, file->why);
	}
	*why = once->why;
	return once->why[0] == '\0' ? &survey->mounts : NULL;
}

/* 1, 0, or -1 when nobody tells; mips has either, and says the same of itself. */
static int is_big_endian(struct survey *survey)
{
	static const char *const names[] = {"s390",   "s390x",    "ppc",  "ppc64",  "sparc",  "sparc64",
					    "parisc", "parisc64", "m68k", "armv6b", "armv7b", "aarch64_be"};
	struct span machine;

	if (host_is_live(survey->host))
		return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	const struct host_file *arch = host_text(survey->host, "/proc/sys/kernel/arch");
	if (arch->state == HOST_FOUND)
		machine = lines_trim(arch->content);
	else if (!survey_captured(survey, "machine", &machine))
		return -1;
	if (lines_begin(machine, "mips"))
		return -1;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (lines_equal(machine, names[i]))
			return 1;
	return 0;
}

/* Both tables must be whole as far as listeners go; a kernel without IPv6 has but the first. */
static void read_ports(struct survey *survey, bool big_endian, struct ports *ports)
{
	static const char *const paths[] = {"/proc/net/tcp", "/proc/net/tcp6"};

	for (size_t i = 0; i < 2; i++) {
		const struct host_file *file = host_read(survey->host, paths[i], HOST_LARGE_MAX, HOST_HEAD);
		bool all = false;
		if (file->state == HOST_ABSENT && i > 0)
			return;
		if (file->state != HOST_FOUND) {
			give_up(&survey->ports_once, file->why);
			return;
		}
		if (ports_parse(file->content, big_endian, ports, &all) != 0 || (file->cut && !all)) {
			host_say(survey->ports_once.why, "%s: %s", paths[i],
				 file->cut ? "too long" : "not the table it should be");
			return;
		}
	}
}

/* Where the byte order is not known, both must come to the same. */
static void read_ports_by_order(struct survey *survey)
{
	struct ports other = {0};
	int big_endian = is_big_endian(survey);

	read_ports(survey, big_endian > 0, &survey->ports);
	if (big_endian >= 0 || survey->ports_once.why[0] != '\0')
		return;
	read_ports(survey, true, &other);
	if (memcmp(&other, &survey->ports, sizeof other) != 0)
		give_up(&survey->ports_once, "/proc/net/tcp: the machine's byte order is not known");
}

const struct ports *survey_ports(struct survey *survey, const char **why)
{
	struct survey_once *once = &survey->ports_once;
	struct fail fail;

	if (!once->done) {
		once->done = true;
		if (!host_is_live(survey->host) || ports_ask(&survey->ports, &fail) != 0)
			read_ports_by_order(survey);
	}
	*why = once->why;
	return once->why[0] == '\0' ? &survey->ports : NULL;
}

bool survey_status(struct survey *survey, struct span *output, const char **why)
{
	enum { WAIT_MS = 2000 };
	struct survey_once *once = &survey->status_once;
	char reason[HOST_WHY_SIZE];
	char path[PATH_MAX];

	if (!once->done) {
		struct fail fail;
		const char *const argv[] = {survey_path(survey, "bin/savdstatus", path), "--version", NULL};
		once->done = true;
		if (!host_is_live(survey->host))
			give_up(once, "savdstatus: is not started for a captured host");
		else if (host_stat(survey->host, path, NULL, reason) != HOST_FOUND)
			give_up(once, "bin/savdstatus: not installed");
		else if (run_program(argv, WAIT_MS, survey->status, sizeof survey->status,
				     &survey->status_size, &fail) != 0)
			give_up(once, fail.text);
	}
	*why = once->why;
	*output = (struct span){(const uint8_t *)survey->status, survey->status_size};
	return once->why[0] == '\0';
}

bool survey_captured(struct survey *survey, const char *name, struct span *value)
{
	if (host_is_live(survey->host))
		return false;
	const struct host_file *file = host_text(survey->host, SURVEY_CAPTURE);
	return file->state == HOST_FOUND && lines_find(file->content, name, '=', value);
}

bool survey_time(struct survey *survey, time_t *now, char out[INSTANT_SIZE])
{
	struct span text;
	int64_t read;

	if (host_is_live(survey->host)) {
		*now = survey->input.now;
		return instant_format(*now, out) == 0;
	}
	if (!survey_captured(survey, "time", &text) || text.size >= INSTANT_SIZE ||
	    instant_parse(text.bytes, text.size, &read) != 0)
		return false;
	*now = (time_t)read;
	memcpy(out, text.bytes, text.size);
	out[text.size] = '\0';
	return true;
}
