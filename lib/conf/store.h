/* Changes of the local layer on disk: one at a time, whole or not at all. */
#ifndef SAV_CONF_STORE_H
#define SAV_CONF_STORE_H

#include "lib/conf/param.h"

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct edit;
struct fail;
struct home;
struct store; /* opaque */

/* Waits until no other writer is at work (flock on etc/.savd.lock, 0600 so that only writers can hold it;
 * it is never removed), removes temporary files that a killed writer left, and reads both layers. Returns
 * NULL with *fail: EX_NOPERM, EX_CANTCREAT without the folder, or as conf_load. */
struct store *store_open(const struct home *home, struct fail *fail);
void store_free(struct store *store); /* lets the next writer in */

/* What is in force; borrowed. */
const struct conf *store_conf(const struct store *store);

/* Whether policy leaves it to the local layer. Returns 0, or -1 with *fail (EX_NOPERM). */
int store_check_unlocked(const struct store *store, enum param param, struct fail *fail);

/* Writes the change (io_put_file), unless the local layer says so already. A new file gets the mode 0600,
 * one that was there keeps its own. To be called once. Returns 0; or -1 with *fail and the file as it was:
 * as store_check_unlocked, as edit_apply, as io_put_file. */
int store_apply(struct store *store, const struct edit *edit, struct fail *fail);

/* Removes the reports that wait to be sent (var/feedback/waiting). Returns 0 and sets *count to how many
 * there were, or -1. */
int store_discard_waiting(const struct home *home, size_t *count, struct fail *fail);

#define auto_store __attribute__((cleanup(store_fini)))
void store_fini(struct store **store);

#endif
