/* The exchange with the disk: what it is given to do, and what has become of it. For spool.c alone. */
#ifndef SAV_ALERT_SPOOL_TURN_H
#define SAV_ALERT_SPOOL_TURN_H

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct spool;

/* The first piece of work, done before this returns: the group that was mended, a spare, the reserve. Returns 0, or -1 with
 * *fail (EX_OSERR). */
int spool_turn_first(struct spool *spool, struct fail *fail);

/* Takes in what the disk thread has finished. Returns 0, or -1 with *fail (EX_OSERR). */
int spool_turn_take_in(struct spool *spool, int64_t now_ms, struct fail *fail);

/* Finds work for the disk thread, which has none, and gives it; `now_ms` and `more` as in spool_turn. Returns 0, or -1 with
 * *fail (EX_OSERR). */
int spool_turn_start(struct spool *spool, int64_t now_ms, bool more, struct fail *fail);

#endif
