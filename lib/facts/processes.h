/* The process table, in one pass for all facts: which of the wanted programs run.
 *
 * A process is known by the name of its executable file. Only where that cannot be read does its comm count, which is 15 bytes long and which any
 * process may set; then it must not be a kernel thread. A busybox that runs as "httpd" is busybox. */
#ifndef SAV_FACTS_PROCESSES_H
#define SAV_FACTS_PROCESSES_H

#include "lib/facts/host.h"

#include <sys/types.h>

enum {
	PROCESSES_WANTED_MAX = 96,
	PROCESSES_PIDS_MAX = 8, /* remembered for one name */
	PROCESSES_NAME_SIZE = 32,
};

/* A program to look for. A '*' at the end stands for anything. */
struct processes_wanted {
	char name[PROCESSES_NAME_SIZE];
	bool running;
	pid_t pids[PROCESSES_PIDS_MAX]; /* the first ones found */
	size_t pid_count;
};

struct processes {
	struct processes_wanted wanted[PROCESSES_WANTED_MAX];
	size_t count;
	uint32_t first_letters[8]; /* a bit for each byte that a wanted name begins with */
	char why[HOST_WHY_SIZE]; /* not "": some processes could not be seen, and a program that was not found may run */
};

/* Adds the names in `words`, blanks between them; one that is there already is not added twice. */
void processes_want(struct processes *processes, const char *words);

/* Reads the host's process table. */
void processes_scan(struct processes *processes, struct host *host);

/* The entry for a name that was wanted; NULL when it was not. */
const struct processes_wanted *processes_find(const struct processes *processes, const char *name,
					      size_t size);

/* The parts of /proc/<pid>/stat that tell a kernel thread: the flags. Returns 1 or 0, or -1 when the text
 * is not of that form; the name in it may hold anything, blanks, parentheses and newlines too. Source:
 * proc_pid_stat(5); PF_KTHREAD in include/linux/sched.h. */
int processes_is_kernel_thread(struct span stat);

#endif
