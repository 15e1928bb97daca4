/* One look at one host: what the probes share, so that nothing is read or parsed twice. */
#ifndef SAV_FACTS_SURVEY_H
#define SAV_FACTS_SURVEY_H

#include "lib/base/instant.h"
#include "lib/facts/host.h"
#include "lib/facts/mounts.h"
#include "lib/facts/ports.h"
#include "lib/facts/processes.h"

#include <time.h>

struct conf;
struct home;
struct proxyenv;
struct value;

/* What only the program may ask for. Of a captured host, only `home` counts. */
struct survey_input {
	const struct home *home; /* where the installation lies in the host */
	time_t now;
	const char *zone;               /* TZ; NULL when unset */
	const struct proxyenv *proxies; /* what sav-send would find in the environment */
};

/* Something that is made once, on first use. */
struct survey_once {
	bool done;
	char why[HOST_WHY_SIZE]; /* not "": it cannot be had */
};

struct survey {
	struct host *host;
	struct survey_input input;
	struct processes processes;
	bool fanotify;                    /* the scanner uses it */
	char fanotify_why[HOST_WHY_SIZE]; /* not "": nobody could look */
	struct survey_once conf_once;
	struct conf *conf;
	struct survey_once mounts_once;
	struct mounts mounts;
	struct survey_once ports_once;
	struct ports ports;
	struct survey_once status_once;
	char status[4096]; /* what savdstatus --version wrote */
	size_t status_size;
};

/* Starts a survey of the host, which stays the caller's. */
void survey_init(struct survey *survey, struct host *host, const struct survey_input *input);
void survey_fini(struct survey *survey);

/* The parts of it; NULL when they cannot be had, and then *why points to the reason. */
const struct conf *survey_conf(struct survey *survey, const char **why);
const struct mounts *survey_mounts(struct survey *survey, const char **why);
const struct ports *survey_ports(struct survey *survey, const char **why);

/* The output of `savdstatus --version`; false when it cannot be had. */
bool survey_status(struct survey *survey, struct span *output, const char **why);

/* The absolute path of one of the installation's files in the host, in `out` (PATH_MAX bytes; "" when
 * there is no room, and no such file will be found). Returns out. */
const char *survey_path(const struct survey *survey, const char *relative, char *out);

/* That file. */
const struct host_file *survey_file(struct survey *survey, const char *relative);

/* Sets the value to the one line of a file, which messages call `name`. */
void survey_set_line(const struct host_file *file, const char *name, struct value *value);

/* The value that the capture of a host recorded under `name`, what its files do not tell (sav-collect(1),
 * CAPTURED HOSTS). */
bool survey_captured(struct survey *survey, const char *name, struct span *value);
#define SURVEY_CAPTURE "/capture"

/* The time the facts are about, as time and as text with offset ("2014-08-19T09:59:22+01:00"); false when
 * a capture does not tell. */
bool survey_time(struct survey *survey, time_t *now, char out[INSTANT_SIZE]);

#endif
