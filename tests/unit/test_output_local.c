/* Standard output, syslog and files: what each does by its own means. */
#include "tests/unit/output.h"

#include "lib/base/buf.h"
#include "lib/base/io.h"

#include <signal.h>
#include <sys/resource.h>

/* A disk without room cuts a line; what takes the output's place begins that alert anew. */
static void ends_a_line_of_standard_output_that_was_cut(void **state)
{
	(void)state;
	static const char *const wanted[] = {"1\n2\n", "1\n2\n1\n2\n3\n"};
	const struct config_output own = {.type = CONFIG_STDOUT, .id = "stdout"};
	const struct rlimit room[] = {{3, RLIM_INFINITY}, {RLIM_INFINITY, RLIM_INFINITY}};
	struct output_event event;
	struct output_world world;
	struct buf text = BUF_INIT(100);
	struct fail fail = {0};
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	(void)fflush(stdout); /* of the tests' own */
	int stdout_fd = dup(STDOUT_FILENO);
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &room[turn]), 0);
		struct output *output = start_output(&world, &own, monotonic_ms, none);
		output_submit(output, &batch);
		next_of_kind(&world, output, &event, turn == 0 ? OUTPUT_CHANGED : OUTPUT_FREED);
		assert_true(output_halt(output, PATIENCE_MS));
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &room[1]), 0);
		output_free(output);
		assert_int_equal(dup2(stdout_fd, STDOUT_FILENO), STDOUT_FILENO);
		(void)close(world.event_fd);
		text.size = 0;
		assert_int_equal(io_read_file(AT_FDCWD, path, &text, &fail), 0);
		assert_string_equal(buf_text(&text), wanted[turn]);
	}
	buf_fini(&text);
	(void)close(stdout_fd);
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
}

static void a_terminal_obeys_no_alert(void **state)
{
	(void)state;
	const struct spool_batch hostile = {.bytes = (const uint8_t *)"\x1b[2J\n!\n",
					    .size = 7,
					    .first = 1,
					    .count = 2,
					    .ends = (uint32_t[]){5, 7}};
	struct config_output own = {.type = CONFIG_STDOUT, .id = "stdout"};
	struct output_world world;
	struct output_event event;
	char shown[64] = "";
	size_t size = 0;
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal) | unlockpt(terminal), 0);
	int other_end = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	int standard = dup(STDOUT_FILENO);
	(void)fflush(stdout);
	assert_int_equal(dup2(other_end, STDOUT_FILENO), STDOUT_FILENO);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	output_reopen(output); /* changes nothing */
	output_submit(output, &hostile);
	next_event(&world, output, &event);
	end_output(&world, output);
	assert_int_equal(dup2(standard, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(event.kind, OUTPUT_DELIVERED);
	assert_int_equal(event.to, 2);
	while (strstr(shown, "!\r\n") == NULL) { /* line by line */
		ssize_t got = read(terminal, shown + size, sizeof shown - 1 - size);
		assert_true(got > 0);
		size += (size_t)got;
	}
	assert_string_equal(shown, "\\x1b[2J\r\n!\r\n");
	(void)close(standard);
	(void)close(other_end);
	(void)close(terminal);
}

/* Standard output that somebody made non-blocking: more than it holds. */
static void a_full_pipe_is_waited_for(void **state)
{
	(void)state;
	enum { SIZE = 1 << 20 };
	static char line[SIZE];
	static char got[1 << 16];
	const struct spool_batch large = {.bytes = (const uint8_t *)line,
					  .size = SIZE,
					  .first = 1,
					  .count = 1,
					  .ends = (uint32_t[]){SIZE}};
	struct config_output own = {.type = CONFIG_STDOUT, .id = "stdout"};
	struct output_world world;
	struct output_event event;
	int ends_of_pipe[2];

	memset(line, 'x', SIZE - 1);
	line[SIZE - 1] = '\n';
	assert_int_equal(pipe2(ends_of_pipe, O_CLOEXEC | O_NONBLOCK), 0);
	int standard = dup(STDOUT_FILENO);
	(void)fflush(stdout);
	assert_int_equal(dup2(ends_of_pipe[1], STDOUT_FILENO), STDOUT_FILENO);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	output_submit(output, &large);
	struct pollfd readable = {.fd = ends_of_pipe[0], .events = POLLIN};
	size_t size = 0;
	while (size < SIZE && poll(&readable, 1, PATIENCE_MS) == 1) {
		ssize_t more = read(ends_of_pipe[0], got, sizeof got);
		size += more > 0 ? (size_t)more : 0;
	}
	next_event(&world, output, &event);
	end_output(&world, output);
	assert_int_equal(dup2(standard, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(size, SIZE);
	assert_int_equal(event.kind, OUTPUT_DELIVERED);
	(void)close(standard);
	(void)close(ends_of_pipe[0]);
	(void)close(ends_of_pipe[1]);
}

/* Delivers the batch, and tells from which port the last datagram came. */
static uint16_t port_of_delivery(struct output *output, const struct output_world *world, int fd)
{
	struct sockaddr_in from = {0};
	socklen_t size = sizeof from;
	struct output_event event;
	char line[256];

	output_submit(output, &batch);
	next_of_kind(world, output, &event, OUTPUT_FREED);
	for (size_t i = 0; i < batch.count; i++)
		assert_true(recvfrom(fd, line, sizeof line, 0, (struct sockaddr *)&from, &size) > 0);
	return from.sin_port;
}

/* The service may have another address now. */
static void syslog_connects_anew(void **state)
{
	(void)state;
	char host[] = "127.0.0.1";
	char tag[] = "sls-alert";
	struct config_output own = {
		.type = CONFIG_SYSLOG, .id = "syslog", .transport = CONFIG_UDP, .host = host, .tag = tag};
	struct output_world world;
	int fd = loopback_bind(SOCK_DGRAM, &own.port);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	uint16_t port = port_of_delivery(output, &world, fd);

	assert_int_equal(port_of_delivery(output, &world, fd), port);
	output_reopen(output);
	assert_int_not_equal(port_of_delivery(output, &world, fd), port);
	end_output(&world, output);
	(void)close(fd);
}

/* Also between two tries of one batch. */
static void a_file_is_tried_at_once_when_reopened(void **state)
{
	(void)state;
	const struct config_output own = {.type = CONFIG_FILE, .id = "file", .path = path};
	struct output_world world;
	struct output_event event;
	struct rlimit before;

	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	const struct rlimit little = {1, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	output_submit(output, &batch);
	next_of_kind(&world, output, &event, OUTPUT_CHANGED);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	output_reopen(output);
	next_of_kind(&world, output, &event, OUTPUT_FREED);
	end_output(&world, output);
	assert_int_equal(unlink(path), 0);
}

static void refuses_what_is_no_file(void **state)
{
	(void)state;
	static const struct config config;
	const struct config_output own = {.type = CONFIG_FILE, .id = "file", .path = path};
	const struct output_world world = {.event_fd = -1};
	struct fail fail = {0};

	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(output_open(&config, &own, &world, &fail));
	assert_int_equal(fail.status, EX_CANTCREAT);
	assert_non_null(strstr(fail.text, "/out: not a regular file"));
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_a_line_of_standard_output_that_was_cut),
		cmocka_unit_test(a_terminal_obeys_no_alert),
		cmocka_unit_test(a_full_pipe_is_waited_for),
		cmocka_unit_test(syslog_connects_anew),
		cmocka_unit_test(a_file_is_tried_at_once_when_reopened),
		cmocka_unit_test(refuses_what_is_no_file),
	};

	return cmocka_run_group_tests(tests, set_up, folder_remove);
}
