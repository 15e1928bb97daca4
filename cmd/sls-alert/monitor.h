/* What a run tells of itself: figures for monitors, and the last words of --verbose. */
#ifndef SLS_ALERT_MONITOR_H
#define SLS_ALERT_MONITOR_H

#include <stdbool.h>

struct run;

/* Soon after something has changed writes the figures, and warns of what is set aside, lost or stuck, at most once a minute;
 * `last`: at once. While nothing changes, nothing wakes up: what gets older is given as a point in time. */
void monitor_look(struct run *run, bool last);

/* Says how much was read and delivered. */
void monitor_tell(const struct run *run);

#endif
