/* --test-alert: one alert through every enabled output, at once and past the spool, and what became of it. */
#ifndef SLS_ALERT_TRIAL_H
#define SLS_ALERT_TRIAL_H

#include <stdint.h>

struct cli;
struct config;
struct output_world;

/* Returns EX_OK when all have it, EX_UNAVAILABLE when one has not, or another status with a message. */
int trial_run(const struct cli *cli, const struct config *config, struct output_world *world,
	      int64_t patience_ms);

#endif
