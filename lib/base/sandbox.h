/* Giving up rights: Landlock, a filter of calls, no_new_privs, no core dumps. Stages may only take away.
 * Landlock rules files and TCP; the filter (callfilter.h) all other sockets and, where Landlock is missing, the network
 * and programs still. Source: Linux Documentation/userspace-api/landlock.rst. */
#ifndef SAV_BASE_SANDBOX_H
#define SAV_BASE_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

struct fail;

enum sandbox_right {
	SANDBOX_READ = 1,     /* read files, list folders */
	SANDBOX_WRITE = 2,    /* create, write, rename and remove files */
	SANDBOX_EXECUTE = 4,  /* start programs */
	SANDBOX_CONNECT = 8,  /* the network, to connect to; only for sandbox_begin */
	SANDBOX_NETLINK = 16, /* to ask the kernel by netlink; only for sandbox_begin */
};

struct sandbox {
	int ruleset_fd; /* -1: this kernel has no Landlock */
	uint64_t handled;
	unsigned kept;
};
enum { SANDBOX_FILES = 64 }; /* descriptors that are enough for a tool with some files at a time */

/* Starts a rule set under which nothing is allowed but what sandbox_allow adds. `kept` may hold SANDBOX_CONNECT,
 * SANDBOX_NETLINK, and SANDBOX_EXECUTE, without which no program starts, whatever sandbox_allow adds. Returns 0, or
 * -1 with *fail (EX_OSERR). */
int sandbox_begin(struct sandbox *sandbox, unsigned kept, struct fail *fail);

/* Allows `rights` on the file or folder and everything below it. What does not exist or may not be
 * looked at is passed over: it stays forbidden. Returns 0, or -1 with *fail. */
int sandbox_allow(struct sandbox *sandbox, const char *path, unsigned rights, struct fail *fail);

/* Allows to read and write in the folder that the file `path` lies in, where a new one is made beside it and renamed.
 * NULL, or a name too long to be opened, allows nothing. Returns as sandbox_allow. */
int sandbox_allow_beside(struct sandbox *sandbox, const char *path, struct fail *fail);

/* Puts the rules in force for this process and its children, with no_new_privs. Returns 0, or -1 with
 * *fail. *active tells whether the kernel enforces all of them: an old one lacks Landlock, and all
 * that it has is in force. The rule set is released in every case. */
int sandbox_enter(struct sandbox *sandbox, bool *active, struct fail *fail);

/* No core files, and at most `files` descriptors below the limit there is. Sizes are not limited (RLIMIT_FSIZE):
 * standard output may be appended to a file of any size. Returns 0, or -1 with *fail. */
int sandbox_limit(unsigned files, struct fail *fail);

/* Keeps this process's memory away from debuggers and out of core dumps, of those, too, that are piped to a program,
 * which no limit rules: for those that hold secrets. Returns 0, or -1 with *fail. Source: core(5). */
int sandbox_hide_memory(struct fail *fail);

#endif
