/* What a run tells of itself: figures for monitors, and the last words of --verbose. */
#ifndef SLS_ALERT_MONITOR_H
#define SLS_ALERT_MONITOR_H

#include <stdbool.h>

struct run;

/* Writes the figures soon after something has changed; `last`: at once. While nothing changes, nothing
 * wakes up: what gets older is given as a point in time. */
void monitor_write(struct run *run, bool last);

/* Says how much was read and delivered. */
void monitor_tell(const struct run *run);

#endif
