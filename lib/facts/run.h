/* Starts a program for its output, on a short leash. */
#ifndef SAV_FACTS_RUN_H
#define SAV_FACTS_RUN_H

#include <stddef.h>

struct fail;

/* Runs argv[0] (an absolute path) with /dev/null as its input and its errors' end, an environment of
 * nothing but PATH and LC_ALL, a process group of its own, and collects what it writes. After `wait_ms` it
 * and its group are killed. Returns 0 and sets *size, output being cut to out_size bytes; or -1 with
 * *fail: it cannot be started, takes too long, or ends with anything but 0, which cannot be told
 * where SIGCHLD is ignored. */
int run_program(const char *const *argv, int wait_ms, char *out, size_t out_size, size_t *size,
		struct fail *fail);

#endif
