/* What the program may still do while it reads, and each of its parts when everything it needs has been read. */
#ifndef SAV_SEND_CONFINE_H
#define SAV_SEND_CONFINE_H

#include <stdbool.h>

struct fail;
struct home;

/* Before settings and report are read: nothing can be started, and nobody listened to. Where it may write, and that
 * there is a network to speak to, only the settings tell. Returns 0, also where the kernel has no Landlock; or -1 with
 * *fail. */
int confine_start(struct fail *fail);

/* For the part that reads what strangers answer: from here on nothing can be written either, and of files only what
 * name lookup and TLS need is readable, `ca_name` (or NULL) among them: a libcurl before 7.77 opens it itself. Returns
 * as above. */
int confine_network(const char *ca_name, struct fail *fail);

/* For the part that writes: no network, no programs, and of files only the installation's state, its settings to read
 * them again, and, unless NULL, the drop folder. Returns as above; *active is whether the kernel enforces all of it. */
int confine_writer(const struct home *home, const char *folder, bool *active, struct fail *fail);

#endif
