#include "lib/base/sandbox.h"

#include "lib/base/callfilter.h"
#include "lib/base/fail.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/types.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The kernel's interface, named here as its own header linux/landlock.h names it: those of Debian 11 have none and
 * Debian 12's ends at ABI 2. The numbers of the calls are the same on every architecture. */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
#define LANDLOCK_CREATE_RULESET_VERSION 1U
#define LANDLOCK_RULE_PATH_BENEATH 1
#define LANDLOCK_ACCESS_FS_EXECUTE (1ULL << 0)
#define LANDLOCK_ACCESS_FS_WRITE_FILE (1ULL << 1)
#define LANDLOCK_ACCESS_FS_READ_FILE (1ULL << 2)
#define LANDLOCK_ACCESS_FS_READ_DIR (1ULL << 3)
#define LANDLOCK_ACCESS_FS_REMOVE_DIR (1ULL << 4)
#define LANDLOCK_ACCESS_FS_REMOVE_FILE (1ULL << 5)
#define LANDLOCK_ACCESS_FS_MAKE_CHAR (1ULL << 6)
#define LANDLOCK_ACCESS_FS_MAKE_DIR (1ULL << 7)
#define LANDLOCK_ACCESS_FS_MAKE_REG (1ULL << 8)
#define LANDLOCK_ACCESS_FS_MAKE_SOCK (1ULL << 9)
#define LANDLOCK_ACCESS_FS_MAKE_FIFO (1ULL << 10)
#define LANDLOCK_ACCESS_FS_MAKE_BLOCK (1ULL << 11)
#define LANDLOCK_ACCESS_FS_MAKE_SYM (1ULL << 12)
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#define LANDLOCK_ACCESS_NET_BIND_TCP (1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)

struct ruleset {
	__u64 files;
	__u64 net; /* since ABI 4 */
};

struct path_beneath {
	__u64 allowed_access;
	__s32 parent_fd;
} __attribute__((packed));

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_RIGHTS \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM | \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_TRUNCATE)
#define FILE_RIGHTS \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
	 LANDLOCK_ACCESS_FS_TRUNCATE) /* those that mean something on a file */

enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_NET = 4 };

int sandbox_begin(struct sandbox *sandbox, unsigned kept, struct fail *fail)
{
	struct ruleset ruleset = {.files = READ_RIGHTS | WRITE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE};
	long abi = syscall(CREATE_RULESET, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	*sandbox = (struct sandbox){.ruleset_fd = -1, .kept = kept};
	if (abi < 1) {
		/* Not built in; not switched on at boot; unknown to the filter of a container. */
		if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)
			return 0;
		return fail_errno(fail, EX_OSERR, "sandbox");
	}
	if (abi < ABI_REFER)
		ruleset.files &= ~LANDLOCK_ACCESS_FS_REFER;
	if (abi < ABI_TRUNCATE)
		ruleset.files &= ~LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= ABI_NET)
		ruleset.net = LANDLOCK_ACCESS_NET_BIND_TCP |
			      ((kept & SANDBOX_CONNECT) != 0 ? 0 : LANDLOCK_ACCESS_NET_CONNECT_TCP);
	size_t size = abi >= ABI_NET ? sizeof ruleset : sizeof ruleset.files;
	int fd = (int)syscall(CREATE_RULESET, &ruleset, size, 0);
	if (fd < 0)
		return fail_errno(fail, EX_OSERR, "sandbox");
	*sandbox = (struct sandbox){.ruleset_fd = fd, .handled = ruleset.files, .kept = kept};
	return 0;
}

/* Whether a path that cannot be opened stays so with or without the sandbox: whoever uses it will say why. */
static bool is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP ||
	       error == ENAMETOOLONG;
}

int sandbox_allow(struct sandbox *sandbox, const char *path, unsigned rights, struct fail *fail)
{
	struct path_beneath rule = {0};
	struct stat status;

	if (sandbox->ruleset_fd < 0)
		return 0;
	auto_close int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return is_missing(errno) ? 0 : fail_errno(fail, EX_OSERR, "sandbox: %s", path);
	if (fstat(fd, &status) != 0)
		return fail_errno(fail, EX_OSERR, "sandbox: %s", path);
	rule.parent_fd = fd;
	if ((rights & SANDBOX_READ) != 0)
		rule.allowed_access |= READ_RIGHTS;
	if ((rights & SANDBOX_WRITE) != 0)
		rule.allowed_access |= WRITE_RIGHTS;
	if ((rights & SANDBOX_EXECUTE) != 0)
		rule.allowed_access |= LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
	rule.allowed_access &= sandbox->handled;
	if (!S_ISDIR(status.st_mode))
		rule.allowed_access &= FILE_RIGHTS;
	if (syscall(ADD_RULE, sandbox->ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		return fail_errno(fail, EX_OSERR, "sandbox: %s", path);
	return 0;
}

/* LeakSanitizer looks at the process as a debugger does, at its end. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

int sandbox_allow_beside(struct sandbox *sandbox, const char *path, struct fail *fail)
{
	char folder[PATH_MAX];

	if (path == NULL || strlen(path) >= sizeof folder)
		return 0;
	memcpy(folder, path, strlen(path) + 1);
	return sandbox_allow(sandbox, dirname(folder), SANDBOX_READ | SANDBOX_WRITE, fail);
}

int sandbox_enter(struct sandbox *sandbox, bool *active, struct fail *fail)
{
	bool filtered;

	*active = false;
	bool granted = !SANITIZED || sandbox_allow(sandbox, "/proc", SANDBOX_READ, fail) == 0;
	auto_close int fd = sandbox->ruleset_fd;
	sandbox->ruleset_fd = -1;
	if (!granted)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail_errno(fail, EX_OSERR, "sandbox: no_new_privs");
	if (fd >= 0 && syscall(RESTRICT_SELF, fd, 0) != 0)
		return fail_errno(fail, EX_OSERR, "sandbox");
	if (callfilter_enter(sandbox->kept, &filtered, fail) != 0)
		return -1;
	*active = fd >= 0 && filtered;
	return 0;
}

static int forbid_core_dumps(struct fail *fail)
{
	const struct rlimit none = {0, 0};

	return setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : fail_errno(fail, EX_OSERR, "core dumps");
}

int sandbox_limit(unsigned files, struct fail *fail)
{
	struct rlimit open_files;

	if (forbid_core_dumps(fail) != 0)
		return -1;
	if (getrlimit(RLIMIT_NOFILE, &open_files) != 0)
		return fail_errno(fail, EX_OSERR, "open files");
	if (open_files.rlim_max > files)
		open_files.rlim_max = files;
	if (open_files.rlim_cur > open_files.rlim_max)
		open_files.rlim_cur = open_files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &open_files) != 0)
		return fail_errno(fail, EX_OSERR, "open files");
	return 0;
}

int sandbox_hide_memory(struct fail *fail)
{
	if (prctl(PR_SET_DUMPABLE, SANITIZED, 0, 0, 0) != 0)
		return fail_errno(fail, EX_OSERR, "core dumps");
	return forbid_core_dumps(fail);
}
