/* What the library does not ask for itself: clocks, random numbers, the environment, the host's name. */
#ifndef SLS_ALERT_WORLD_H
#define SLS_ALERT_WORLD_H

#include "lib/alert/output.h"

struct fail;

/* Fills *world; the host's name lives in static memory. Makes its event_fd. Returns 0, or -1 with *fail
 * (EX_OSERR). */
int world_init(struct output_world *world, struct fail *fail);

/* UTC, milliseconds since 1970. */
int64_t world_now_ms(void);

/* CLOCK_MONOTONIC, microseconds. */
int64_t world_monotonic_us(void);

/* getenv, for ${NAME} in the configuration. */
const char *world_lookup(const char *name);

#endif
