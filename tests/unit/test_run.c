#include "tests/unit/unit.h"

#include "lib/facts/run.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static int run(const char *script, int wait_ms, char *out, size_t out_size, size_t *size, struct fail *fail)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};

	return run_program(argv, wait_ms, out, out_size, size, fail);
}

static void collects_the_output(void **state)
{
	(void)state;
	char out[64];
	size_t size;
	struct fail fail;

	assert_int_equal(run("echo one; echo no >&2; echo two", 5000, out, sizeof out, &size, &fail), 0);
	assert_int_equal(size, 8);
	assert_memory_equal(out, "one\ntwo\n", 8);
	assert_int_equal(run("cat; env | grep -cvE '^(PATH|LC_ALL|PWD|_|SHLVL|OLDPWD)='", 5000, out,
			     sizeof out, &size, &fail),
			 -1); /* grep finds nothing else: 1 */
	assert_int_equal(run("yes | head -c 100000", 5000, out, sizeof out, &size, &fail), 0);
	assert_int_equal(size, sizeof out); /* the rest is dropped */
	assert_int_equal(run("exec >&-; exit 0", 5000, out, sizeof out, &size, &fail), 0);
	assert_int_equal(size, 0);
}

static void tells_why_not(void **state)
{
	(void)state;
	const char *const none[] = {"/nowhere/at/all", NULL};
	char out[64];
	size_t size = 7;
	struct fail fail;

	assert_fails(run_program(none, 5000, out, sizeof out, &size, &fail), fail, EX_OSERR,
		     "/nowhere/at/all: No such file or directory");
	assert_fails(run("exit 3", 5000, out, sizeof out, &size, &fail), fail, EX_UNAVAILABLE,
		     "/bin/sh: failed");
	assert_fails(run("kill -9 $$", 5000, out, sizeof out, &size, &fail), fail, EX_UNAVAILABLE,
		     "/bin/sh: failed");
	assert_fails(run("sleep 60", 50, out, sizeof out, &size, &fail), fail, EX_UNAVAILABLE,
		     "/bin/sh: no answer within 50 ms");
	assert_fails(run("exec >&-; sleep 60", 50, out, sizeof out, &size, &fail), fail, EX_UNAVAILABLE,
		     "/bin/sh: no answer within 50 ms");
	assert_fails(run("sleep 60 & echo done", 50, out, sizeof out, &size, &fail), fail, EX_UNAVAILABLE,
		     "/bin/sh: no answer within 50 ms");
	assert_int_equal(size, 7);
}

/* Whoever has the writing end still runs. */
static void ends_what_the_program_started(void **state)
{
	(void)state;
	struct pollfd event = {.events = POLLIN};
	char out[64];
	size_t size;
	struct fail fail;
	int held[2];

	assert_int_equal(pipe(held), 0); /* not closed on exec */
	assert_int_equal(run("sleep 60 & echo done", 50, out, sizeof out, &size, &fail), -1);
	assert_int_equal(close(held[1]), 0);
	event.fd = held[0];
	assert_int_equal(poll(&event, 1, 10000), 1);
	assert_int_equal(close(held[0]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collects_the_output),
		cmocka_unit_test(tells_why_not),
		cmocka_unit_test(ends_what_the_program_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
