#include "lib/facts/probe_server.h"

#include "lib/base/fail.h"
#include "lib/facts/fact.h"
#include "lib/facts/probe_process.h"
#include "lib/facts/rules.h"
#include "lib/facts/survey.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

void probe_server_port(struct survey *survey, const struct fact *fact, struct value *value)
{
	const char *why;
	const struct ports *ports = survey_ports(survey, &why);
	struct span rest = lines_of(fact->with);
	struct span word;
	int64_t port;
	bool open = false;

	if (ports == NULL) {
		value_unknown(value, "%s", why);
		return;
	}
	while (lines_word(&rest, &word))
		open |= lines_number(word, &port) && ports_is_open(ports, (unsigned)port);
	value_set_boolean(value, open);
}

/* A folder that every host has: when it is missing, a "no" from below it would be a guess. */
static void need(struct survey *survey, const char *folder, char *why)
{
	char reason[HOST_WHY_SIZE];

	if (host_stat(survey->host, folder, NULL, reason) != HOST_FOUND)
		memcpy(why, reason, sizeof reason);
}

void probe_server_installed(struct survey *survey, const struct fact *fact, struct value *value)
{
	static const char *const folders[] = {"/usr/sbin", "/usr/bin",        "/sbin",
					      "/bin",      "/usr/local/sbin", "/usr/local/bin"};
	char path[NAME_MAX];
	char why[HOST_WHY_SIZE] = "";
	struct stat status;
	bool yes = fact->programs != NULL && probe_process_any(survey, fact->programs, why);

	/* Merged or not, every host has this one; without it, nobody looked. */
	need(survey, "/bin", why);
	for (size_t i = 0; !yes && i < sizeof folders / sizeof folders[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folders[i], fact->with); /* fits */
		yes = host_has(survey->host, path, &status, why) && S_ISREG(status.st_mode);
	}
	value_set_any(value, yes, why);
}

void probe_server_cifs(struct survey *survey, const struct fact *fact, struct value *value)
{
	char why[HOST_WHY_SIZE] = "";
	const char *mounts_why;
	const struct mounts *mounts = survey_mounts(survey, &mounts_why);

	bool yes = probe_process_any(survey, fact->programs, why) || (mounts != NULL && mounts->cifs);
	value_set_any(value, yes, mounts == NULL ? mounts_why : why);
}

/* Whether this host serves the version: "+3" in what the server says it speaks, and threads that do.
 * Source: nfsd(7). */
static bool serves(struct survey *survey, const char *version, char *why)
{
	const struct host_file *versions = host_text(survey->host, "/proc/fs/nfsd/versions");
	const struct host_file *threads = host_text(survey->host, "/proc/fs/nfsd/threads");
	struct span word;
	bool spoken = false;

	if (versions->state == HOST_UNREADABLE)
		memcpy(why, versions->why, HOST_WHY_SIZE);
	struct span rest = lines_trim(versions->content); /* none but of a file that was found */
	while (lines_word(&rest, &word))
		spoken |= lines_equal(word, version);
	if (spoken && threads->state != HOST_FOUND)
		memcpy(why, threads->why, HOST_WHY_SIZE);
	return spoken && threads->state == HOST_FOUND && !lines_equal(lines_trim(threads->content), "0");
}

static void set_nfs(struct survey *survey, bool four, struct value *value)
{
	char why[HOST_WHY_SIZE] = "";
	const char *mounts_why;
	const struct mounts *mounts = survey_mounts(survey, &mounts_why);

	bool yes = serves(survey, four ? "+4" : "+3", why) ||
		   (mounts != NULL && (four ? mounts->nfs4 : mounts->nfs3));
	value_set_any(value, yes,
		      mounts == NULL        ? mounts_why
		      : mounts->nfs_unclear ? "/proc/self/mountinfo: an NFS mount that tells no version"
					    : why);
}

void probe_server_nfs3(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_nfs(survey, false, value);
}

void probe_server_nfs4(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_nfs(survey, true, value);
}

/* Enabled is not enforcing: the file system is there in both modes, and only when the kernel uses SELinux.
 * Source: selinux(8). */
void probe_server_selinux(struct survey *survey, const struct fact *fact, struct value *value)
{
	const char *why;
	const struct mounts *mounts = survey_mounts(survey, &why);

	(void)fact;
	if (mounts != NULL)
		value_set_boolean(value, mounts->selinux);
	else
		value_unknown(value, "%s", why);
}

void probe_server_apparmor(struct survey *survey, const struct fact *fact, struct value *value)
{
	char why[HOST_WHY_SIZE] = "";
	const struct host_file *file = host_text(survey->host, "/sys/module/apparmor/parameters/enabled");

	(void)fact;
	if (file->state == HOST_FOUND)
		value_set_boolean(value, lines_begin(file->content, "Y"));
	else if (file->state == HOST_ABSENT &&
		 host_stat(survey->host, "/sys/module", NULL, why) == HOST_FOUND)
		value_set_boolean(value, false);
	else
		value_unknown(value, "%s", why[0] != '\0' ? why : file->why);
}

void probe_server_apparmor_policies(struct survey *survey, const struct fact *fact, struct value *value)
{
	struct value running = {0};
	struct span line;
	int64_t count = 0;

	probe_server_apparmor(survey, fact, &running);
	if (running.known && !running.boolean) {
		value_set_integer(value, 0);
		return;
	}
	const struct host_file *file = host_read(survey->host, "/sys/kernel/security/apparmor/profiles",
						 HOST_LARGE_MAX, HOST_WHOLE);
	if (file->state != HOST_FOUND) {
		value_unknown(value, "%s", file->why);
		return;
	}
	struct span rest = file->content;
	while (lines_next(&rest, &line))
		count += lines_trim(line).size > 0;
	value_set_integer(value, count);
}

/* nf_tables that is a module and not loaded has no rules, and must not be loaded by asking for them. */
static bool has_nft(struct survey *survey)
{
	char path[PATH_MAX];
	char why[HOST_WHY_SIZE];
	struct utsname name;

	if (host_stat(survey->host, "/sys/module/nf_tables", NULL, why) == HOST_FOUND || uname(&name) != 0)
		return true;
	(void)snprintf(path, sizeof path, "/lib/modules/%s/modules.builtin", name.release); /* fits */
	const struct host_file *file = host_read(survey->host, path, HOST_LARGE_MAX, HOST_WHOLE);
	return file->state != HOST_FOUND || lines_first(file->content, "/nf_tables.ko") != NULL;
}

void probe_server_firewall_rules(struct survey *survey, const struct fact *fact, struct value *value)
{
	static const char *const names[] = {"/proc/net/ip_tables_names", "/proc/net/ip6_tables_names"};
	int64_t count = 0;
	struct fail fail;

	(void)fact;
	if (!host_is_live(survey->host)) {
		value_unknown(value, "only a running kernel tells");
		return;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct host_file *file = host_text(survey->host, names[i]);
		if (file->state == HOST_UNREADABLE) {
			value_unknown(value, "%s", file->why);
			return;
		}
		if (file->state == HOST_FOUND &&
		    rules_ask_legacy(file->content, i == 1, &count, &fail) != 0) {
			value_unknown(value, "%s", fail.text);
			return;
		}
	}
	if (has_nft(survey) && rules_ask_nft(&count, &fail) != 0)
		value_unknown(value, "%s", fail.text);
	else
		value_set_integer(value, count);
}

static bool any_path(struct survey *survey, const char *const *paths, size_t count, char *why)
{
	bool yes = false;

	need(survey, "/etc", why);
	for (size_t i = 0; !yes && i < count; i++)
		yes = host_has(survey->host, paths[i], NULL, why);
	return yes;
}

void probe_server_puremessage(struct survey *survey, const struct fact *fact, struct value *value)
{
	static const char *const paths[] = {"/opt/pmx", "/etc/init.d/pmx"};
	char why[HOST_WHY_SIZE] = "";
	bool yes = any_path(survey, paths, sizeof paths / sizeof paths[0], why);

	(void)fact;
	value_set_any(value, yes, why);
}

void probe_server_tripwire(struct survey *survey, const struct fact *fact, struct value *value)
{
	/* Debian's and Fedora's. */
	static const char *const paths[] = {"/etc/cron.daily/tripwire", "/etc/cron.daily/tripwire-check",
					    "/etc/cron.d/tripwire"};
	char why[HOST_WHY_SIZE] = "";
	bool yes = probe_process_any(survey, fact->programs, why) ||
		   any_path(survey, paths, sizeof paths / sizeof paths[0], why);

	value_set_any(value, yes, why);
}
