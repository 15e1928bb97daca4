#include "tests/unit/unit.h"

#include "lib/facts/processes.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int kernel_thread(const char *text)
{
	return processes_is_kernel_thread(lines_of(text));
}

static void tells_kernel_threads(void **state)
{
	(void)state;
	assert_int_equal(kernel_thread("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0"), 1);
	assert_int_equal(kernel_thread("700 (sshd) S 1 700 700 0 -1 4194560 0 0"), 0);
	assert_int_equal(kernel_thread("9 (a) S 2 0 0 0 -1 2129984 (b\n) S 1 9 9 0 -1 4194560 0"), 0);
	assert_int_equal(kernel_thread("9 (a) S 1"), -1);
	assert_int_equal(kernel_thread("9 a S 0 0 0 0 -1 2129984"), -1);
	assert_int_equal(kernel_thread(""), -1);
}

static bool runs(const struct processes *processes, const char *name)
{
	const struct processes_wanted *wanted = processes_find(processes, name, strlen(name));

	assert_non_null(wanted);
	return wanted->running;
}

/* This very program runs, whatever it calls itself. */
static void knows_programs_by_their_file(void **state)
{
	(void)state;
	static struct processes processes;
	struct fail fail;
	struct host *host = host_new(NULL, &fail);

	assert_int_equal(prctl(PR_SET_NAME, "renamed-by-test", 0, 0, 0), 0);
	processes_want(&processes, "test_processes renamed-by-test  surely-not-there test_proc* kthreadd");
	processes_want(&processes, "test_processes"); /* once more is no more */
	processes_scan(&processes, host);
	host_free(host);
	assert_int_equal(processes.count, 5);
	assert_true(runs(&processes, "test_processes"));
	assert_true(runs(&processes, "test_proc*"));
	assert_false(runs(&processes, "renamed-by-test"));
	assert_false(runs(&processes, "surely-not-there"));
	assert_false(runs(&processes, "kthreadd"));
	assert_true(processes_find(&processes, "test_processes", 14)->pid_count >= 1);
	assert_null(processes_find(&processes, "other", 5));
}

/* A process that has ended and was not waited for runs nothing. */
static void a_zombie_runs_nothing(void **state)
{
	(void)state;
	static struct processes processes;
	struct fail fail;
	int status;

	pid_t pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_NAME, "zombie-of-test", 0, 0, 0); /* seen below if it fails */
		_exit(0);
	}
	assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
	struct host *host = host_new(NULL, &fail);
	processes_want(&processes, "zombie-of-test");
	processes_scan(&processes, host);
	host_free(host);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(runs(&processes, "zombie-of-test"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_kernel_threads),
		cmocka_unit_test(knows_programs_by_their_file),
		cmocka_unit_test(a_zombie_runs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
