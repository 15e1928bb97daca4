#include "lib/base/callfilter.h"

#include "lib/base/fail.h"
#include "lib/base/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__s390x__)
#define ARCH AUDIT_ARCH_S390X
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH

enum { PROGRAM_MAX = 48 };
#define OTHER_ABI 0x40000000U /* x32's numbers on x86-64, none on the others */
#define REFUSE (SECCOMP_RET_ERRNO | (EACCES & SECCOMP_RET_DATA))
#define FIELD(name) ((__u32)offsetof(struct seccomp_data, name))
/* Arguments have 64 bits; a family is in the lower half. */
#define FIRST_ARGUMENT (FIELD(args) + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4U : 0U))

struct program {
	struct sock_filter lines[PROGRAM_MAX];
	unsigned short count;
};

static void add(struct program *program, unsigned code, __u32 value, __u8 if_true, __u8 if_false)
{
	program->lines[program->count++] = (struct sock_filter){(__u16)code, if_true, if_false, value};
}

static void load(struct program *program, __u32 field)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, field, 0, 0);
}

static void end(struct program *program, __u32 verdict)
{
	add(program, BPF_RET | BPF_K, verdict, 0, 0);
}

/* What was loaded last being `value` ends it so. */
static void end_if(struct program *program, long value, __u32 verdict)
{
	add(program, BPF_JMP | BPF_JEQ | BPF_K, (__u32)value, 0, 1);
	end(program, verdict);
}

static void write_families(struct program *program, unsigned kept)
{
	load(program, FIRST_ARGUMENT);
	if ((kept & SANDBOX_CONNECT) != 0) {
		end_if(program, AF_INET, SECCOMP_RET_ALLOW);
		end_if(program, AF_INET6, SECCOMP_RET_ALLOW);
	}
	if ((kept & (SANDBOX_CONNECT | SANDBOX_EXECUTE)) != 0)
		end_if(program, AF_UNIX, SECCOMP_RET_ALLOW); /* names are asked for there too */
	if ((kept & (SANDBOX_CONNECT | SANDBOX_NETLINK)) != 0)
		end_if(program, AF_NETLINK, SECCOMP_RET_ALLOW);
	end(program, REFUSE);
}

static void write_program(struct program *program, unsigned kept)
{
	load(program, FIELD(arch));
	add(program, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	/* Another machine's calls have other numbers; a program that is started may be of 64 bits where this one has 32. */
	end(program, (kept & SANDBOX_EXECUTE) != 0 ? SECCOMP_RET_ALLOW : REFUSE);
	load(program, FIELD(nr));
#ifdef __x86_64__
	add(program, BPF_JMP | BPF_JGE | BPF_K, OTHER_ABI, 0, 1);
	end(program, REFUSE);
#endif
	if ((kept & SANDBOX_EXECUTE) == 0) {
		end_if(program, SYS_execve, REFUSE);
		end_if(program, SYS_execveat, REFUSE);
	}
	end_if(program, SYS_io_uring_setup, REFUSE); /* its own way to sockets and files */
#ifdef SYS_socketcall
	/* The family is behind a pointer, where a filter cannot look: the libcs of 32 bits use it. */
	if ((kept & (SANDBOX_CONNECT | SANDBOX_EXECUTE | SANDBOX_NETLINK)) == 0)
		end_if(program, SYS_socketcall, REFUSE);
#endif
	add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0);
	end(program, SECCOMP_RET_ALLOW);
	write_families(program, kept);
}

int callfilter_enter(unsigned kept, bool *active, struct fail *fail)
{
	struct program program = {.count = 0};

	*active = false;
	write_program(&program, kept);
	const struct sock_fprog wanted = {.len = program.count, .filter = program.lines};
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &wanted, 0, 0) == 0)
		*active = true;
	else if (errno != EINVAL && errno != ENOSYS)
		return fail_errno(fail, EX_OSERR, "sandbox: calls");
	return 0;
}

#else

int callfilter_enter(unsigned kept, bool *active, struct fail *fail)
{
	(void)kept;
	(void)fail;
	*active = false;
	return 0;
}

#endif
