#include "lib/base/sandbox.h"

#include "lib/base/fail.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Debian 12's header ends at ABI 2 (Linux 5.19); the rest is named here as the kernel's own header names it. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#define NET_CONNECT_TCP (1ULL << 1)
#define NET_BIND_TCP (1ULL << 0)

struct ruleset {
	__u64 files;
	__u64 net; /* since ABI 4 */
};

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
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	*sandbox = (struct sandbox){.ruleset_fd = -1};
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
		ruleset.net = NET_BIND_TCP | ((kept & SANDBOX_CONNECT) != 0 ? 0 : NET_CONNECT_TCP);
	size_t size = abi >= ABI_NET ? sizeof ruleset : sizeof ruleset.files;
	int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
	if (fd < 0)
		return fail_errno(fail, EX_OSERR, "sandbox");
	*sandbox = (struct sandbox){.ruleset_fd = fd, .handled = ruleset.files};
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
	struct landlock_path_beneath_attr rule = {0};
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
	if (syscall(SYS_landlock_add_rule, sandbox->ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
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

int sandbox_enter(struct sandbox *sandbox, bool *active, struct fail *fail)
{
	*active = false;
	bool granted = !SANITIZED || sandbox_allow(sandbox, "/proc", SANDBOX_READ, fail) == 0;
	auto_close int fd = sandbox->ruleset_fd;
	sandbox->ruleset_fd = -1;
	if (!granted)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail_errno(fail, EX_OSERR, "sandbox: no_new_privs");
	if (fd < 0)
		return 0;
	if (syscall(SYS_landlock_restrict_self, fd, 0) != 0)
		return fail_errno(fail, EX_OSERR, "sandbox");
	*active = true;
	return 0;
}

int sandbox_hide_memory(struct fail *fail)
{
	const struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, SANITIZED, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		return fail_errno(fail, EX_OSERR, "core dumps");
	return 0;
}
