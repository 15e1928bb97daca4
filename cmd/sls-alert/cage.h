/* The rights this program keeps: to read, to connect, and to write where its spool and its files are. */
#ifndef SLS_ALERT_CAGE_H
#define SLS_ALERT_CAGE_H

#include "lib/alert/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct cli;
struct fail;

/* What was allowed. All zero: nothing is forbidden. */
struct cage {
	bool active;
	size_t count;
	struct {
		dev_t device;
		ino_t inode;
	} folders[CONFIG_OUTPUTS_MAX + 2]; /* the outputs', the spool, the one of the figures */
};

/* The first stage, before the settings are read: no programs; and when nothing is to be written, --check, no network
 * and no writing either. Returns 0, or -1 with *fail (EX_OSERR). */
int cage_enter_reading(bool writes, struct fail *fail);

/* The second, before the first byte of an alert and of an answer. `spool`, a folder, and `metrics`, a file, may be
 * NULL. Warns when the kernel does not enforce all of it. Returns 0 and fills *cage, or -1 with *fail (EX_OSERR). */
int cage_enter(struct cage *cage, const struct cli *cli, const struct config *config, const char *spool,
	       const char *metrics, struct fail *fail);

/* Whether the file outputs of `config` may be written inside: for another configuration than the one it was
 * entered with. Returns 0, or -1 with *fail (EX_CONFIG), which names the folder. */
int cage_check(const struct cage *cage, const struct config *config, struct fail *fail);

#endif
