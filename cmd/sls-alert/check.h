/* --check: what the configuration says and whether it can work, without sending anything. */
#ifndef SLS_ALERT_CHECK_H
#define SLS_ALERT_CHECK_H

#include "lib/alert/config.h"

#include <stdbool.h>
#include <time.h>

struct cli;

/* Prints the report on standard output, for a person or as JSON. Returns EX_OK, the configuration's status
 * when it is wrong (EX_CONFIG, or why the file cannot be read), or EX_IOERR. */
int check_report(const struct cli *cli, const char *path, config_lookup *lookup, bool json, time_t now);

/* Warns of what the configuration warns of, and of every pair of certificate and list that has a problem, when an mcs
 * output is enabled: what is of no use now is missed when the other one fails. */
void check_warn(const struct cli *cli, const struct config *config, time_t now);

#endif
