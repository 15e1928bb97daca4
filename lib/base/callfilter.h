/* The calls that Landlock does not rule: sockets of any kind, and starting programs where Landlock is missing.
 * A filter of the kernel's, for this process and its children, for ever.
 * Source: Linux Documentation/userspace-api/seccomp_filter.rst. */
#ifndef SAV_BASE_CALLFILTER_H
#define SAV_BASE_CALLFILTER_H

#include <stdbool.h>

struct fail;

/* Puts the filter in force; no_new_privs must be set. What is not `kept` (of enum sandbox_right: EXECUTE, CONNECT
 * and NETLINK count) fails with EACCES from here on. A program that may start others keeps AF_UNIX for them.
 * *active is whether the kernel filters: it may have been built without, and the machine may be one that this file
 * does not know. Returns 0, or -1 with *fail (EX_OSERR). */
int callfilter_enter(unsigned kept, bool *active, struct fail *fail);

#endif
