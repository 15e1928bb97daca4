/* What the program may still do while it reads what strangers answer. */
#ifndef SAV_SEND_CONFINE_H
#define SAV_SEND_CONFINE_H

struct fail;
struct home;

/* From here on nothing can be started, nothing written but the installation's state, and of files only
 * what name lookup and TLS need is readable. To be called when everything else has been read. Returns 0,
 * also where the kernel has no Landlock; or -1 with *fail. */
int confine_enter(const struct home *home, struct fail *fail);

#endif
