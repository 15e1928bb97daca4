/* Scope-bound cleanup for what libc hands out: `auto_free char *text`, `auto_close int fd`.
 * A module with an opaque type of its own defines its auto_* beside it. Destructors keep errno. */
#ifndef SAV_BASE_SCOPE_H
#define SAV_BASE_SCOPE_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void scope_free(void *pointer)
{
	int error = errno;
	free(*(void **)pointer);
	errno = error;
}

/* For descriptors whose close() has nothing to report: only read, or synced before. -1: none. */
static inline void scope_close(const int *fd)
{
	int error = errno;
	if (*fd >= 0)
		(void)close(*fd);
	errno = error;
}

#define auto_free __attribute__((cleanup(scope_free)))
#define auto_close __attribute__((cleanup(scope_close)))

#endif
