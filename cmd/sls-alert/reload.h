/* SIGHUP. */
#ifndef SLS_ALERT_RELOAD_H
#define SLS_ALERT_RELOAD_H

struct fail;
struct run;

/* Puts a new configuration in the place of the old one; when the new one is wrong, or needs what the sandbox forbids, or an
 * output hangs, that is said and the old one goes on. Returns 0; or -1 with *fail when it cannot go on with either. */
int reload_config(struct run *run, struct fail *fail);

#endif
