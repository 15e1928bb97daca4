/* What systemd is told of a run that it has begun (Type=notify). Source: sd_notify(3). */
#ifndef SLS_ALERT_SERVICE_H
#define SLS_ALERT_SERVICE_H

struct cli;
struct fail;
struct run;

/* Connects to the socket that NOTIFY_SOCKET names, and takes that out of the environment: nothing inherits it. To be called
 * before a sandbox is entered. Returns the descriptor, or -1: nobody wants to be told, or cannot be, which is warned of. */
int service_open(const struct cli *cli);

/* Alerts are taken in, and SIGHUP may come. `refused`: why the settings were not exchanged, or NULL. */
void service_ready(const struct run *run, const struct fail *refused);

/* SIGHUP has come; service_ready follows. */
void service_reloading(const struct run *run);

/* Nothing more is taken in. */
void service_stopping(const struct run *run);

#endif
