/* The work itself: input to spool, spool to outputs, until the input ends or somebody asks to. */
#ifndef SLS_ALERT_RUN_H
#define SLS_ALERT_RUN_H

#include "lib/alert/spool.h"

#include <stdbool.h>

struct cli;
struct config;
struct fail;
struct output_world;

struct run_options {
	const struct cli *cli;
	const char *config_path;
	struct spool_options spool;
	const char *follow;  /* NULL: standard input */
	const char *metrics; /* NULL: none */
	bool flush;          /* no input: deliver what is there */
	bool verbose;
	int64_t drain_ms; /* how long the end may take */
	int notify_fd;    /* of service_open */
};

/* Blocks SIGHUP until run_alerts takes it: one that comes before has the settings read again, and ends nothing. Returns 0, or
 * -1 with *fail (EX_OSERR). */
int run_hold_hangups(struct fail *fail);

/* Runs to the end. SIGHUP reads the configuration again: *config is then another one. Returns the exit
 * status: EX_OK when everything was delivered, EX_TEMPFAIL when something waits for the next run, or that
 * of *fail, which then was printed. */
int run_alerts(const struct run_options *options, struct config **config, struct output_world *world);

#endif
