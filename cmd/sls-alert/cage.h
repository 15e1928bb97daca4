/* The rights this program keeps: to read, to connect, and to write where its spool and its files are. */
#ifndef SLS_ALERT_CAGE_H
#define SLS_ALERT_CAGE_H

struct config;
struct fail;

/* Enters the sandbox. `spool`, a folder, and `metrics`, a file, may be NULL. Returns 0, or -1 with *fail
 * (EX_OSERR). */
int cage_enter(const struct config *config, const char *spool, const char *metrics, struct fail *fail);

#endif
