#include "lib/facts/processes.h"

#include "lib/base/scope.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	COMM_SIZE = 16,          /* with its newline; TASK_COMM_LEN */
	FOLDER_STEP = 32 * 1024, /* bytes of directory entries at a time */
	STAT_SIZE = 1024,
};

/* Programs that are known by what they call themselves: the database is one executable, "oracle", in many
 * roles. */
static const char renamed[] = "oracle";

struct scan {
	struct processes *processes;
	struct host *host;
	int folder_fd;
	bool live;
	bool saw_first; /* process 1, which everyone has */
	uid_t user;     /* only whose processes' executables may be read; 0: all */
};

void processes_want(struct processes *processes, const char *words)
{
	struct span rest = lines_of(words);
	struct span word;

	while (lines_word(&rest, &word)) {
		if (processes->count == PROCESSES_WANTED_MAX || word.size >= PROCESSES_NAME_SIZE)
			abort(); /* the table of facts contradicts the limits here */
		if (processes_find(processes, (const char *)word.bytes, word.size) != NULL)
			continue;
		struct processes_wanted *wanted = &processes->wanted[processes->count++];
		memcpy(wanted->name, word.bytes, word.size);
		processes->first_letters[word.bytes[0] / 32] |= 1U << word.bytes[0] % 32;
	}
}

const struct processes_wanted *processes_find(const struct processes *processes, const char *name,
					      size_t size)
{
	for (size_t i = 0; i < processes->count; i++)
		if (strlen(processes->wanted[i].name) == size &&
		    memcmp(processes->wanted[i].name, name, size) == 0)
			return &processes->wanted[i];
	return NULL;
}

static bool fits(const char *wanted, const char *name, bool is_comm)
{
	size_t size = strlen(wanted);

	if (wanted[size - 1] == '*')
		return strncmp(wanted, name, size - 1) == 0;
	if (is_comm && size >= COMM_SIZE)
		return strncmp(wanted, name, COMM_SIZE - 1) == 0 && strlen(name) == COMM_SIZE - 1;
	return strcmp(wanted, name) == 0;
}

int processes_is_kernel_thread(struct span stat)
{
	enum {
		FIELDS_BEFORE_FLAGS = 6,
		PF_KTHREAD = 0x00200000
	}; /* state ppid pgrp session tty tpgid, then flags */
	const uint8_t *end = lines_last(stat, ")");
	struct span word;
	int64_t flags;

	if (end == NULL)
		return -1;
	struct span rest = {end + 1, (size_t)(stat.bytes + stat.size - end - 1)};
	for (int i = 0; i < FIELDS_BEFORE_FLAGS; i++)
		if (!lines_word(&rest, &word))
			return -1;
	if (!lines_word(&rest, &word) || !lines_number(word, &flags))
		return -1;
	return (flags & PF_KTHREAD) != 0 ? 1 : 0;
}

/* Of a file in a process's folder: the process has ended, or has no such thing. */
static bool is_gone(int error)
{
	return error == ENOENT || error == ESRCH;
}

/* A small file of the process: at most `size` bytes; *owner is set for a live one. Returns how many, or -1
 * with errno. */
static ssize_t peek(const struct scan *scan, const char *pid, const char *file, char *bytes, size_t size,
		    uid_t *owner)
{
	char path[sizeof "/proc//" + 2 * NAME_MAX];
	struct stat status;

	(void)snprintf(path, sizeof path, "%s%s/%s", scan->live ? "" : "/proc/", pid, file); /* names fit */
	if (!scan->live)
		return host_peek(scan->host, path, bytes, size);
	auto_close int fd = openat(scan->folder_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (scan->user != 0 && fstat(fd, &status) != 0))
		return -1;
	*owner = scan->user != 0 ? status.st_uid : 0;
	return read(fd, bytes, size);
}

/* The name of the executable file in `name`. Returns 1; 0 when there is none to read (a kernel thread, a
 * zombie, not captured); -1 when it must not be read. */
static int executable(const struct scan *scan, const char *pid, char *name)
{
	static const char deleted[] = " (deleted)"; /* what the kernel adds when the file was replaced */
	char path[sizeof "/proc//exe" + NAME_MAX];
	char target[PATH_MAX];
	ssize_t size;

	if (scan->live) {
		(void)snprintf(path, sizeof path, "%s/exe", pid); /* names fit */
		size = readlinkat(scan->folder_fd, path, target, sizeof target - 1);
		if (size < 0)
			return is_gone(errno) ? 0 : -1;
		target[size] = '\0';
	} else {
		char why[HOST_WHY_SIZE];
		bool is_link;
		(void)snprintf(path, sizeof path, "/proc/%s/exe", pid); /* names fit */
		enum host_state state = host_link(scan->host, path, target, sizeof target, &is_link, why);
		if (state != HOST_FOUND)
			return state == HOST_ABSENT ? 0 : -1;
		size = (ssize_t)strlen(target);
	}
	size_t end = (size_t)size;
	if (end > strlen(deleted) && strcmp(target + end - strlen(deleted), deleted) == 0)
		target[end - strlen(deleted)] = '\0';
	const char *slash = strrchr(target, '/');
	(void)snprintf(name, NAME_MAX + 1, "%s", slash == NULL ? target : slash + 1); /* a name fits */
	return 1;
}

/* The comm in `name`; false with errno when it cannot be read. */
static bool comm(const struct scan *scan, const char *pid, char name[COMM_SIZE], uid_t *owner)
{
	ssize_t size = peek(scan, pid, "comm", name, COMM_SIZE, owner);

	if (size < 0)
		return false;
	if (size > 0 && name[size - 1] == '\n')
		size--;
	name[size < COMM_SIZE ? size : COMM_SIZE - 1] = '\0';
	return true;
}

/* Notes what the process is. A comm counts when the process is no kernel thread. */
static void note(const struct scan *scan, const char *pid, const char *name, bool is_comm)
{
	struct processes *processes = scan->processes;
	uint8_t first = (uint8_t)name[0];
	int kernel_thread = is_comm ? -1 : 0;

	if ((processes->first_letters[first / 32] & 1U << first % 32) == 0)
		return;
	for (size_t i = 0; i < processes->count; i++) {
		struct processes_wanted *wanted = &processes->wanted[i];
		if (wanted->name[0] != (char)first || !fits(wanted->name, name, is_comm))
			continue;
		if (kernel_thread < 0) {
			char stat[STAT_SIZE];
			uid_t owner;
			ssize_t size = peek(scan, pid, "stat", stat, sizeof stat, &owner);
			if (size >= 0)
				kernel_thread = processes_is_kernel_thread(
					(struct span){(const uint8_t *)stat, (size_t)size});
			else if (scan->live && is_gone(errno))
				return;
			if (kernel_thread < 0)
				host_say(processes->why, "/proc/%s/stat: cannot be read", pid);
		}
		if (kernel_thread != 0)
			return;
		wanted->running = true;
		if (wanted->pid_count < PROCESSES_PIDS_MAX)
			wanted->pids[wanted->pid_count++] = (pid_t)strtol(pid, NULL, 10);
	}
}

/* Root asks for the executable alone: every comm leaves doubt, as a process may set it, and takes three
 * calls to read, not one. Of others' processes the executable is refused to everybody else, and the
 * refusal costs the kernel more than their owner does, which comes with their comm. */
static void look_at(struct scan *scan, const char *pid)
{
	char name[NAME_MAX + 1];
	char called[COMM_SIZE];
	uid_t owner = scan->user;
	bool asked = scan->live && scan->user != 0;
	bool answered = asked && comm(scan, pid, called, &owner);
	int known = owner == scan->user ? executable(scan, pid, name) : -1;

	scan->saw_first |= strcmp(pid, "1") == 0;
	if (known > 0 && strcmp(name, renamed) != 0) {
		note(scan, pid, name, false);
		return;
	}
	if (known == 0 && scan->live)
		return; /* runs no program: a kernel thread, a zombie, or gone since */
	if (answered || (!asked && comm(scan, pid, called, &owner)))
		note(scan, pid, called, true);
	else if (!is_gone(errno))
		host_say(scan->processes->why, "/proc/%s/comm: %s", pid, strerror(errno));
}

static bool is_number(const char *name)
{
	return name[0] >= '1' && name[0] <= '9' && name[strspn(name, "0123456789")] == '\0';
}

/* The entries of a directory as the kernel hands them out: no copy, few calls. Source: getdents(2). */
static int each_process(struct scan *scan)
{
	_Alignas(struct dirent64) static char entries[FOLDER_STEP];

	for (;;) {
		long got = syscall(SYS_getdents64, scan->folder_fd, entries, sizeof entries);
		if (got <= 0)
			return got < 0 ? -1 : 0;
		for (long at = 0; at < got;) {
			const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
			if (is_number(entry->d_name))
				look_at(scan, entry->d_name);
			at += entry->d_reclen;
		}
	}
}

void processes_scan(struct processes *processes, struct host *host)
{
	auto_close int fd = host_open_folder(host, "/proc");
	struct scan scan = {processes, host, fd, host_is_live(host), false, geteuid()};

	if (fd < 0 || each_process(&scan) != 0)
		host_say(processes->why, "/proc: %s", strerror(errno));
	else if (!scan.saw_first)
		host_say(processes->why, "/proc: others' processes are hidden");
}
