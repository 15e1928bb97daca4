/* Work in a process of its own, so that the rights each of the two gives up are different ones. */
#ifndef SAV_SEND_APART_H
#define SAV_SEND_APART_H

#include <stddef.h>

struct fail;

/* Runs work(context, outcome) in a child and, at the same time, before(context, fail) here; waits, and copies what
 * the child left in `outcome` (`size` bytes without pointers, to be trusted no more than the child) to here. The child
 * ends with this process. Returns 0; or -1 with *fail: EX_OSERR, what `before` says, or EX_TEMPFAIL when the child
 * ended without an outcome; `outcome` is untouched then. */
int apart_run(void (*work)(void *context, void *outcome), int (*before)(void *context, struct fail *fail),
	      void *context, void *outcome, size_t size, struct fail *fail);

#endif
