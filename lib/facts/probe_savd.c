#include "lib/facts/probe_savd.h"

#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/conf/conf.h"
#include "lib/conf/home.h"
#include "lib/facts/fact.h"
#include "lib/facts/probe_process.h"
#include "lib/facts/savlog.h"
#include "lib/facts/survey.h"
#include "lib/net/proxyenv.h"
#include "lib/net/url.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LOG_TAIL = 256 * 1024, DAY_S = 86400 };

void probe_savd_version(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	survey_set_line(survey_file(survey, "engine/version"), "engine/version", value);
}

void probe_savd_status(struct survey *survey, const struct fact *fact, struct value *value)
{
	struct span output;
	struct span text;
	const char *why;

	if (!survey_status(survey, &output, &why))
		value_unknown(value, "%s", why);
	else if (savlog_status(output, fact->with, &text))
		value_set_text(value, text, "savdstatus --version");
	else
		value_unknown(value, "savdstatus --version: tells no %s", fact->with);
}

void probe_savd_on_access(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct host_file *file = survey_file(survey, "var/run/onaccess.status");

	(void)fact;
	if (file->state == HOST_FOUND)
		value_set_boolean(value, lines_equal(lines_trim(file->content), "active"));
	else
		value_unknown(value, "%s", file->why);
}

/* Whether one of the process's descriptors belongs to fanotify, by the "fanotify flags:" line of its
 * fdinfo. Source: proc_pid_fdinfo(5). */
static bool uses_fanotify(struct host *host, pid_t pid, char *why)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/proc/%ld/fdinfo", (long)pid); /* fits */
	DIR *folder = io_list(host_open_folder(host, path));
	if (folder == NULL) {
		host_say(why, "%s: %s", path, strerror(errno));
		return false;
	}
	bool found = false;
	const struct dirent *entry;
	while (!found && (errno = 0, entry = readdir(folder)) != NULL) {
		char file[sizeof path + NAME_MAX + 1];
		char text[512];
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name); /* fits */
		ssize_t size = host_peek(host, file, text, sizeof text);
		if (size < 0 && errno != ENOENT)
			host_say(why, "%.100s: %s", file, strerror(errno));
		found = size > 0 &&
			lines_first((struct span){(const uint8_t *)text, (size_t)size}, "fanotify ") != NULL;
	}
	if (!found && errno != 0)
		host_say(why, "%s: %s", path, strerror(errno));
	(void)closedir(folder); /* was only read */
	return found;
}

void probe_savd_prepare(struct survey *survey)
{
	static const char scanner[] = "savscand";
	const struct processes_wanted *wanted = processes_find(&survey->processes, scanner, strlen(scanner));

	for (size_t i = 0; wanted != NULL && !survey->fanotify && i < wanted->pid_count; i++)
		survey->fanotify = uses_fanotify(survey->host, wanted->pids[i], survey->fanotify_why);
}

void probe_savd_method(struct survey *survey, const struct fact *fact, struct value *value)
{
	char why[HOST_WHY_SIZE] = "";
	const struct host_file *talpa = host_text(survey->host,
						  "/proc/sys/talpa/interceptors/VFSHookInterceptor/status");

	bool running = probe_process_any(survey, fact->programs, why);
	if (talpa->state == HOST_UNREADABLE)
		value_unknown(value, "%s", talpa->why);
	else if (talpa->state == HOST_FOUND && lines_equal(lines_trim(talpa->content), "enabled"))
		value_set_word(value, "talpa");
	else if (survey->fanotify)
		value_set_word(value, "fanotify");
	else if (survey->fanotify_why[0] != '\0' || why[0] != '\0')
		value_unknown(value, "%s", survey->fanotify_why[0] != '\0' ? survey->fanotify_why : why);
	else
		value_unknown(value, "%s",
			      running ? "savscand: intercepts by neither" : "savscand: not running");
}

static const struct host_file *talpa_log(struct survey *survey, struct savlog_talpa *talpa)
{
	char path[PATH_MAX];
	const struct host_file *file = host_read(
		survey->host, survey_path(survey, "log/talpaselect.log", path), LOG_TAIL, HOST_TAIL);

	savlog_parse_talpa(file->content, talpa); /* nothing, but of a file that was found */
	return file;
}

/* Whether talpa/compiled holds an archive: 1, 0, or -1 with the reason. */
static int has_compiled(struct survey *survey, char *why)
{
	static const char ending[] = ".tar.gz";
	char path[PATH_MAX];
	DIR *folder = io_list(host_open_folder(survey->host, survey_path(survey, "talpa/compiled", path)));

	if (folder == NULL && errno == ENOENT)
		return 0;
	if (folder == NULL) {
		host_say(why, "talpa/compiled: %s", strerror(errno));
		return -1;
	}
	const struct dirent *entry;
	int found = 0;
	while (found == 0 && (errno = 0, entry = readdir(folder)) != NULL) {
		size_t size = strlen(entry->d_name);
		found = size > strlen(ending) && strcmp(entry->d_name + size - strlen(ending), ending) == 0;
	}
	if (found == 0 && errno != 0) {
		host_say(why, "talpa/compiled: %s", strerror(errno));
		found = -1;
	}
	(void)closedir(folder); /* was only read */
	return found;
}

void probe_savd_talpa_type(struct survey *survey, const struct fact *fact, struct value *value)
{
	struct savlog_talpa talpa;
	const struct host_file *file = talpa_log(survey, &talpa);
	char why[HOST_WHY_SIZE] = "log/talpaselect.log: names none";

	(void)fact;
	if (file->state != HOST_FOUND)
		memcpy(why, file->why, sizeof why);
	if (talpa.type != NULL)
		value_set_word(value, talpa.type);
	else if (file->state != HOST_UNREADABLE && has_compiled(survey, why) == 1)
		value_set_word(value, "compiled");
	else
		value_unknown(value, "%s", why);
}

void probe_savd_talpa_failure(struct survey *survey, const struct fact *fact, struct value *value)
{
	struct savlog_talpa talpa;
	const struct host_file *file = talpa_log(survey, &talpa);

	(void)fact;
	if (file->state != HOST_FOUND)
		value_unknown(value, "%s", file->why);
	else if (!talpa.failed && file->cut)
		value_unknown(value, "log/talpaselect.log: its end tells of no failure");
	else
		value_set_integer(value, talpa.failed ? talpa.failure : 0);
}

static bool update_log(struct survey *survey, struct savlog_update *update, struct value *value)
{
	char path[PATH_MAX];
	const struct host_file *file = host_read(
		survey->host, survey_path(survey, "log/savupdate-debug.log", path), LOG_TAIL, HOST_TAIL);

	if (file->state == HOST_FOUND) {
		savlog_parse_update(file->content, update);
		if (update->ended)
			return true;
		value_unknown(value, "log/savupdate-debug.log: tells of no update");
	} else {
		value_unknown(value, "%s", file->why);
	}
	return false;
}

void probe_savd_update_succeeded(struct survey *survey, const struct fact *fact, struct value *value)
{
	struct savlog_update update;

	(void)fact;
	if (update_log(survey, &update, value))
		value_set_boolean(value, update.succeeded);
}

void probe_savd_update_source(struct survey *survey, const struct fact *fact, struct value *value)
{
	static const char *const names[] = {
		[SAVLOG_PRIMARY] = "primary", [SAVLOG_SECONDARY] = "secondary", [SAVLOG_BACKUP] = "backup"};
	struct savlog_update update;

	(void)fact;
	if (!update_log(survey, &update, value))
		return;
	if (update.source == SAVLOG_SILENT)
		value_unknown(value, "log/savupdate-debug.log: names no source");
	else
		value_set_word(value, names[update.source]);
}

void probe_savd_days_since_update(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct host_file *file = survey_file(survey, "etc/update.last_update");
	char text[INSTANT_SIZE];
	int64_t updated;
	time_t now;

	(void)fact;
	if (file->state != HOST_FOUND)
		value_unknown(value, "%s", file->why);
	else if (!survey_time(survey, &now, text))
		value_unknown(value, "the time is not known");
	else if (!lines_number(lines_trim(file->content), &updated))
		value_unknown(value, "etc/update.last_update: not a time");
	else if (updated > now)
		value_unknown(value, "etc/update.last_update: in the future");
	else
		value_set_integer(value, (now - updated) / DAY_S);
}

void probe_savd_webui_log(struct survey *survey, const struct fact *fact, struct value *value)
{
	char path[PATH_MAX];
	char why[HOST_WHY_SIZE];
	struct stat status;

	(void)fact;
	if (host_stat(survey->host, survey_path(survey, "log/webui.log", path), &status, why) != HOST_FOUND)
		value_unknown(value, "%s", why);
	else if (!S_ISREG(status.st_mode))
		value_unknown(value, "%s: not a regular file", path);
	else
		value_set_integer(value, status.st_size);
}

/* The proxy that the first route would take, that of the environment. */
static void guess_route(struct survey *survey, struct value *value)
{
	const char *why;
	const char *custom_host;
	const struct conf *conf = survey_conf(survey, &why);
	struct url drop;
	struct url proxy;
	struct fail fail;

	if (!host_is_live(survey->host))
		value_unknown(value, "no report was delivered, and the environment is that of another host");
	else if (conf == NULL)
		value_unknown(value, "%s", why);
	else if (conf_drop(conf, &drop, &custom_host, &fail) != 0)
		value_unknown(value, "%s", fail.text);
	else if (drop.scheme == URL_FILE)
		value_set_boolean(value, false);
	else {
		int found = proxyenv_find(survey->input.proxies, &drop, &proxy, &fail);
		if (found < 0)
			value_unknown(value, "%s", fail.text);
		else
			value_set_boolean(value, found > 0);
	}
}

/* The last word of HOME_ROUTE is what the last delivery took. */
void probe_savd_through_proxy(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct host_file *file = survey_file(survey, HOME_ROUTE);
	struct span rest = lines_trim(file->content);
	struct span name;
	struct span way;

	(void)fact;
	if (file->state == HOST_ABSENT)
		guess_route(survey, value);
	else if (file->state == HOST_UNREADABLE)
		value_unknown(value, "%s", file->why);
	else if (lines_word(&rest, &name) && lines_word(&rest, &way) &&
		 (lines_equal(way, "proxy") || lines_equal(way, "direct")))
		value_set_boolean(value, lines_equal(way, "proxy"));
	else
		value_unknown(value, HOME_ROUTE ": not the note of a delivery");
}

void probe_savd_managed(struct survey *survey, const struct fact *fact, struct value *value)
{
	char path[PATH_MAX];
	char why[HOST_WHY_SIZE] = "";
	bool yes = probe_process_any(survey, fact->programs, why);

	yes |= host_has(survey->host, survey_path(survey, HOME_POLICY_LAYER, path), NULL, why);
	value_set_any(value, yes, why);
}

/* LicenseType is free text: what an address, a path or the name of a host is made of stays here. */
static bool is_license(const char *text)
{
	static const char made_of[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ,()+-";

	return text[strspn(text, made_of)] == '\0';
}

void probe_savd_license(struct survey *survey, const struct fact *fact, struct value *value)
{
	char path[PATH_MAX];
	char reason[HOST_WHY_SIZE];
	const char *why;
	enum host_state state = host_stat(survey->host, survey_path(survey, "etc/free_version", path), NULL,
					  reason);

	(void)fact;
	if (state == HOST_FOUND) {
		value_set_word(value, "free");
		return;
	}
	const struct conf *conf = state == HOST_UNREADABLE ? NULL : survey_conf(survey, &why);
	if (conf == NULL) {
		value_unknown(value, "%s", state == HOST_UNREADABLE ? reason : why);
		return;
	}
	const char *license = conf_text(conf, PARAM_LICENSE_TYPE);
	if (license == NULL)
		value_unknown(value, "LicenseType: not set");
	else if (!is_license(license))
		value_unknown(value, "LicenseType: holds more than words");
	else
		value_set_text(value, lines_of(license), "LicenseType");
}
