/* Work in a process of its own, so that the rights each of the two gives up are different ones. */
#ifndef SAV_SEND_APART_H
#define SAV_SEND_APART_H

#include <stddef.h>

struct fail;

/* Runs work(context, outcome) in a child and, at the same time, before(context, fail) here; waits, and copies what
 * the child left in `outcome` (`size` bytes without pointers, to be trusted no more than the child) to here. While it
 * waits it asks go_on(context, fail) four times a second, whose -1 is the child's end. The child ends with this process.
 * Returns 0; or -1 with *fail: EX_OSERR, what `before` or `go_on` says, or EX_TEMPFAIL when the child ended without an
 * outcome; `outcome` is untouched then. */
int apart_run(void (*work)(void *context, void *outcome), int (*before)(void *context, struct fail *fail),
	      int (*go_on)(void *context, struct fail *fail), void *context, void *outcome, size_t size,
	      struct fail *fail);

#endif
