/* The rights this program keeps: to read, to connect, and to write where its spool and its files are. */
#ifndef SLS_ALERT_CAGE_H
#define SLS_ALERT_CAGE_H

#include <stdbool.h>

struct cli;
struct config;
struct fail;

/* The first stage, before the settings are read: no programs; and when nothing is to be written, --check, no network
 * and no writing either. Returns 0, or -1 with *fail (EX_OSERR). */
int cage_enter_reading(bool writes, struct fail *fail);

/* The second, before the first byte of an alert and of an answer. `spool`, a folder, and `metrics`, a file, may be NULL. Warns when the
 * kernel does not enforce all of it. Returns 0, or -1 with *fail
 * (EX_OSERR). */
int cage_enter(const struct cli *cli, const struct config *config, const char *spool, const char *metrics,
	       struct fail *fail);

#endif
