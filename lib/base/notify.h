/* What a service tells systemd of itself: each state one datagram, to the socket that NOTIFY_SOCKET names.
 * Source: sd_notify(3), "Notes". */
#ifndef SAV_BASE_NOTIFY_H
#define SAV_BASE_NOTIFY_H

struct fail;

enum { NOTIFY_WAIT_S = 5, NOTIFY_STATUS_MAX = 1024 };

/* Connects to the Unix socket `name`: an absolute path, or "@" and a name in the abstract namespace. To be called before a
 * sandbox is entered. Returns the descriptor, which is the caller's; or -1 with *fail (EX_UNAVAILABLE, EX_OSERR). */
int notify_open(const char *name, struct fail *fail);

/* Sends `state`, lines of "NAME=value", and with it `status` for people, masked by text_mask and cut to NOTIFY_STATUS_MAX
 * bytes. Waits at most NOTIFY_WAIT_S seconds for room in the socket; what it does not take then is not told. With an `fd` of -1
 * there is nobody to tell. */
void notify_send(int fd, const char *state, const char *status);

#endif
