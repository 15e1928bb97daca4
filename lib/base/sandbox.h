/* Giving up rights: Landlock, no_new_privs, no core dumps. Stages may only take away.
 * Source: Linux Documentation/userspace-api/landlock.rst. */
#ifndef SAV_BASE_SANDBOX_H
#define SAV_BASE_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct fail;

enum sandbox_right {
	SANDBOX_READ = 1,    /* read files, list folders */
	SANDBOX_WRITE = 2,   /* create, write, rename and remove files */
	SANDBOX_EXECUTE = 4, /* start programs */
	SANDBOX_CONNECT = 8, /* TCP connections to any port; only for sandbox_begin */
};

struct sandbox {
	int ruleset_fd; /* -1: this kernel has no Landlock, and every call below does nothing */
	uint64_t handled;
};

/* Starts a rule set under which nothing is allowed but what sandbox_allow adds; TCP connections stay
 * possible when `kept` holds SANDBOX_CONNECT (kernels before 6.7 cannot restrict them). Returns 0, or -1
 * with *fail (EX_OSERR). */
int sandbox_begin(struct sandbox *sandbox, unsigned kept, struct fail *fail);

/* Allows `rights` on the file or folder and everything below it. What does not exist or may not be
 * looked at is passed over: it stays forbidden. Returns 0, or -1 with *fail. */
int sandbox_allow(struct sandbox *sandbox, const char *path, unsigned rights, struct fail *fail);

/* Puts the rules in force for this process and its children, with no_new_privs. Returns 0, or -1 with
 * *fail. *active tells whether the kernel enforces them. The rule set is released in every case. */
int sandbox_enter(struct sandbox *sandbox, bool *active, struct fail *fail);

/* Keeps this process's memory out of core dumps and away from debuggers: for those that hold secrets. */
int sandbox_hide_memory(struct fail *fail);

#endif
