/* The parts of savconfig: what it prints, and what it changes. */
#ifndef SAV_CMD_SAVCONFIG_H
#define SAV_CMD_SAVCONFIG_H

#include "lib/conf/param.h"

struct conf;
struct fail;
struct home;

/* Prints the bare value in force, an item a line. Returns 0, or -1 with *fail. */
int show_value(const struct conf *conf, enum param param, struct fail *fail);

/* Prints a scan's definition. Returns 0, or -1 with *fail (EX_DATAERR) when there is no such scan. */
int show_scan(const struct conf *conf, const char *name, struct fail *fail);

/* Prints "Name: value" for what a layer sets; with `all` also for what is at its default, with `advanced` also
 * what is hidden. Returns 0, or -1 with *fail. */
int show_all(const struct conf *conf, bool all, bool advanced, struct fail *fail);

/* The parameters for --help: name, default, description. */
int show_table(bool advanced);

enum deed { SHOW, SET, ADD, REMOVE, RESET };

/* A change asked for. `scan` is the definition behind `add NamedScans`, else NULL. */
struct request {
	enum deed deed; /* not SHOW */
	enum param param;
	const char *value; /* NULL for RESET */
	const char *scan;
};

/* Checks the value, makes the change, and discards the reports that wait when feedback is now off;
 * *discarded is how many. Returns 0, or -1 with *fail. */
int change(const struct home *home, const struct request *request, size_t *discarded, struct fail *fail);

#endif
