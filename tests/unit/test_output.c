#include "tests/unit/folder.h"

#include "lib/alert/config.h"
#include "lib/alert/delivery.h"
#include "lib/alert/output.h"
#include "lib/alert/template.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"

#include <arpa/inet.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { PATIENCE_MS = 10000 };

static char path[FOLDER_PATH];
static char kept[FOLDER_PATH]; /* another name for it */

static int64_t monotonic_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static time_t now(void)
{
	return 1763758686;
}

static uint32_t none(void)
{
	return 0; /* shortest pauses */
}

static int set_up(void **state)
{
	int result = folder_make(state);

	(void)snprintf(path, sizeof path, "%s", folder_path("out"));
	(void)snprintf(kept, sizeof kept, "%s", folder_path("kept"));
	return result;
}

static const uint32_t ends[] = {2, 4, 6};
static const struct spool_batch batch = {
	.bytes = (const uint8_t *)"1\n2\n3\n", .size = 6, .first = 1, .count = 3, .ends = ends};

static char host[] = "127.0.0.1";
static char tag[] = "sls-alert";
static char url[] = "http://127.0.0.1:1/"; /* nobody is there */

static int no_proxy(const struct url *target, struct url *proxy, struct fail *fail)
{
	(void)target, (void)proxy, (void)fail;
	return 0;
}

static struct output *start_output(struct output_world *world, const struct config_output *own,
				   int64_t (*clock_ms)(void), uint32_t (*random)(void))
{
	static const struct config config;
	struct fail fail = {0};

	*world = (struct output_world){.monotonic_ms = clock_ms,
				       .now = now,
				       .random = random,
				       .hostname = "h",
				       .version = "1",
				       .find_proxy = no_proxy};
	world->event_fd = eventfd(0, EFD_CLOEXEC);
	struct output *output = output_open(&config, own, world, &fail);
	assert_non_null(output);
	assert_int_equal(output_start(output, &fail), 0);
	return output;
}

static struct output *make_output(struct output_world *world, struct config_output *own)
{
	*own = (struct config_output){
		.type = CONFIG_FILE, .id = "file", .path = path, .max_size_bytes = 1 << 20};
	return start_output(world, own, monotonic_ms, none);
}

static void end_output(const struct output_world *world, struct output *output)
{
	assert_true(output_halt(output, PATIENCE_MS));
	output_free(output);
	(void)close(world->event_fd);
}

static void wait_for(const struct output_world *world)
{
	struct pollfd events = {.fd = world->event_fd, .events = POLLIN};
	uint64_t count;

	assert_int_equal(poll(&events, 1, PATIENCE_MS), 1);
	assert_int_equal(read(world->event_fd, &count, sizeof count), sizeof count);
}

static void delivers_and_tells(void **state)
{
	(void)state;
	struct output_world world;
	struct config_output own;
	struct output *output = make_output(&world, &own);
	struct output_event event;
	struct output_health health;
	struct fail fail = {0};
	struct buf text = BUF_INIT(100);

	assert_int_equal(output_room(output), OUTPUT_BATCHES_MAX);
	output_submit(output, &batch);
	while (!output_take(output, &event))
		wait_for(&world);
	assert_int_equal(event.kind, OUTPUT_DELIVERED);
	assert_int_equal(event.from, 0);
	assert_int_equal(event.to, 3);
	assert_int_equal(event.batch->first, 1);
	while (!output_take(output, &event))
		wait_for(&world);
	assert_int_equal(event.kind, OUTPUT_FREED);
	assert_int_equal(output_room(output), OUTPUT_BATCHES_MAX);
	assert_true(output_halt(output, PATIENCE_MS));
	output_get_health(output, &health);
	assert_int_equal(health.delivered, 3);
	assert_int_equal(health.bytes, 6);
	assert_string_equal(health.state, "delivering");
	const struct output_health former = {.state = "held",
					     .reason = "as told",
					     .last_delivery_ms = 1,
					     .delivered = 4,
					     .refused = 1,
					     .bytes = 8,
					     .attempts = 3,
					     .failures = 2};
	const int64_t last_ms = health.last_delivery_ms;
	output_count_on(output, &former);
	output_get_health(output, &health);
	assert_int_equal(health.delivered, 7);
	assert_int_equal(health.refused, 1);
	assert_int_equal(health.bytes, 14);
	assert_int_equal(health.attempts, 4);
	assert_int_equal(health.failures, 2);
	assert_int_equal(health.last_delivery_ms, last_ms);
	assert_string_equal(health.state, "delivering");
	output_free(output);
	assert_int_equal(io_read_file(AT_FDCWD, path, &text, &fail), 0);
	assert_string_equal(buf_text(&text), "1\n2\n3\n");
	buf_fini(&text);
	assert_int_equal(unlink(path), 0);
	(void)close(world.event_fd);
}

/* A file that cannot be written: nothing is settled, the reason is told once, and the batch can be had back. */
static void keeps_what_it_cannot_deliver(void **state)
{
	(void)state;
	struct output_world world;
	struct config_output own;
	struct output *output = make_output(&world, &own);
	struct output_event event;
	struct spool_batch back;

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0); /* is not followed, not even by root */
	output_submit(output, &batch);
	while (!output_take(output, &event))
		wait_for(&world);
	assert_int_equal(event.kind, OUTPUT_CHANGED);
	assert_string_equal(event.state, "retrying");
	assert_non_null(strstr(event.reason, "/out: Too many levels of symbolic links"));
	assert_int_equal(output_room(output), OUTPUT_BATCHES_MAX - 1);
	assert_true(output_halt(output, PATIENCE_MS));
	assert_false(output_take(output, &event));
	assert_true(output_reclaim(output, &back));
	assert_ptr_equal(back.bytes, batch.bytes);
	assert_false(output_reclaim(output, &back));
	output_free(output);
	assert_int_equal(unlink(path), 0);
	(void)close(world.event_fd);
}

/* Once it can be written again, everything arrives, and that is told, too. */
static void goes_on_when_it_can(void **state)
{
	(void)state;
	struct output_world world;
	struct config_output own;
	struct output *output = make_output(&world, &own);
	struct output_event event;
	int seen = 0;

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	output_submit(output, &batch);
	while (!output_take(output, &event))
		wait_for(&world);
	assert_int_equal(unlink(path), 0);
	output_reopen(output);
	while (seen != 7) {
		while (!output_take(output, &event))
			wait_for(&world);
		if (event.kind == OUTPUT_CHANGED)
			assert_string_equal(event.state, "delivering");
		seen |= event.kind == OUTPUT_DELIVERED ? 1 : event.kind == OUTPUT_FREED ? 2 : 4;
	}
	assert_true(output_halt(output, PATIENCE_MS));
	output_free(output);
	assert_int_equal(unlink(path), 0);
	(void)close(world.event_fd);
}

static sem_t told;

/* Drawn when an attempt has ended, and what it brought was told. */
static uint32_t none_when_told(void)
{
	while (sem_wait(&told) != 0)
		;
	(void)sem_post(&told); /* once and for all */
	return 0;
}

static void takes_a_batch_in_the_place_of_one_just_freed(void **state)
{
	(void)state;
	static const uint32_t five_ends[] = {2, 4, 6, 8, 10};
	const struct spool_batch five = {.bytes = (const uint8_t *)"a\nb\nc\nd\ne\n",
					 .size = 10,
					 .first = 4,
					 .count = 5,
					 .ends = five_ends};
	const struct config_output own = {
		.type = CONFIG_FILE, .id = "file", .path = path, .max_size_bytes = 1 << 20};
	struct output_world world;
	struct output_event event = {0};
	struct buf text = BUF_INIT(100);
	struct fail fail = {0};

	assert_int_equal(sem_init(&told, 0, 0), 0);
	struct output *output = start_output(&world, &own, monotonic_ms, none_when_told);
	for (int freed = 0; freed < 2; freed++) {
		output_submit(output, freed == 0 ? &batch : &five);
		if (freed == 1) /* only now does the thread go on behind the first */
			assert_int_equal(sem_post(&told), 0);
		do {
			while (!output_take(output, &event))
				wait_for(&world);
		} while (event.kind != OUTPUT_FREED);
	}
	assert_true(output_halt(output, PATIENCE_MS));
	assert_false(output_take(output, &event));
	output_free(output);
	assert_int_equal(io_read_file(AT_FDCWD, path, &text, &fail), 0);
	assert_string_equal(buf_text(&text), "1\n2\n3\na\nb\nc\nd\ne\n");
	buf_fini(&text);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sem_destroy(&told), 0);
	(void)close(world.event_fd);
}

/* While the thread hangs, after it has ended, and in the middle of a batch. */
static void goes_on_after_a_halt(void **state)
{
	(void)state;
	const struct config_output own = {
		.type = CONFIG_FILE, .id = "file", .path = path, .max_size_bytes = 1 << 20};
	struct output_world world;
	struct output_event event = {0};
	struct buf text = BUF_INIT(100);
	struct fail fail = {0};

	assert_int_equal(sem_init(&told, 0, 0), 0);
	struct output *output = start_output(&world, &own, monotonic_ms, none_when_told);
	for (int round = 0; round < 3; round++) {
		if (round == 2) {
			assert_int_equal(rename(path, kept), 0);
			assert_int_equal(symlink("elsewhere", path), 0);
		}
		output_submit(output, &batch);
		do {
			while (!output_take(output, &event))
				wait_for(&world);
		} while (event.kind != (round == 2 ? OUTPUT_CHANGED : OUTPUT_FREED));
		if (round == 0) {
			assert_false(output_halt(output, 20)); /* it waits for what is told */
			assert_int_equal(sem_post(&told), 0);
		} else {
			assert_true(output_halt(output, PATIENCE_MS));
		}
		assert_false(output_take(output, &event));
		if (round == 2)
			assert_int_equal(rename(kept, path), 0);
		assert_int_equal(output_resume(output, &fail), 0);
	}
	do {
		while (!output_take(output, &event))
			wait_for(&world);
	} while (event.kind != OUTPUT_FREED);
	assert_true(output_halt(output, PATIENCE_MS));
	output_free(output);
	assert_int_equal(io_read_file(AT_FDCWD, path, &text, &fail), 0);
	assert_string_equal(buf_text(&text), "1\n2\n3\n1\n2\n3\n1\n2\n3\n");
	buf_fini(&text);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sem_destroy(&told), 0);
	(void)close(world.event_fd);
}

/* A disk without room cuts a line; what takes the output's place begins that alert anew. */
static void ends_a_line_of_standard_output_that_was_cut(void **state)
{
	(void)state;
	static const char *const wanted[] = {"1\n2\n", "1\n2\n1\n2\n3\n"};
	const struct config_output own = {.type = CONFIG_STDOUT, .id = "stdout"};
	const struct rlimit room[] = {{3, RLIM_INFINITY}, {RLIM_INFINITY, RLIM_INFINITY}};
	struct output_event event = {0};
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
		do {
			while (!output_take(output, &event))
				wait_for(&world);
		} while (event.kind != (turn == 0 ? OUTPUT_CHANGED : OUTPUT_FREED));
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

/* Nothing of it can be sent: no answer comes that would bring the loop to the next one. */
static void refuses_all_that_a_template_does_not_fit(void **state)
{
	(void)state;
	static const char source[] = "{{$x := printf \"%1000000d\" 1}}{{$x}}{{$x}}{{$x}}{{$x}}{{$x}}";
	static const uint32_t five_ends[] = {3, 6, 9, 12, 15};
	const struct spool_batch five = {.bytes = (const uint8_t *)"{}\n{}\n{}\n{}\n{}\n",
					 .size = 15,
					 .first = 1,
					 .count = 5,
					 .ends = five_ends};
	struct fail fail = {0};
	struct config_output own = {.type = CONFIG_WEBHOOK,
				    .id = "webhook",
				    .url = url,
				    .template = template_parse(source, strlen(source), &fail)};
	struct output_world world;
	struct output_event event = {0};

	assert_non_null(own.template);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	output_submit(output, &five);
	for (size_t i = 0; i < 5; i++) {
		while (!output_take(output, &event))
			wait_for(&world);
		assert_int_equal(event.kind, OUTPUT_REFUSED);
		assert_int_equal(event.from, i);
		assert_non_null(strstr(event.reason, "makes more than"));
	}
	assert_true(output_take(output, &event));
	assert_int_equal(event.kind, OUTPUT_FREED);
	assert_true(output_halt(output, PATIENCE_MS));
	output_free(output);
	template_free(own.template);
	(void)close(world.event_fd);
}

static atomic_int ticks;
static int64_t began_ms;

/* A clock that goes on by one with every look at it. */
static int64_t ticking_ms(void)
{
	return began_ms + atomic_fetch_add(&ticks, 1);
}

static uint32_t pause_of_two_ms(void)
{
	return (uint32_t)((5ULL << 31) / DELIVERY_RETRY_FIRST_MS); /* rounded down */
}

/* The pause may be over just when it is asked how long it lasts. */
static void tries_again_when_a_pause_ends_between_two_looks(void **state)
{
	(void)state;
	const struct config_output own = {.type = CONFIG_WEBHOOK, .id = "webhook", .url = url};
	const struct timespec moment = {.tv_nsec = 10000000};
	struct output_world world;
	struct output_health health = {0};

	began_ms = monotonic_ms();
	struct output *output = start_output(&world, &own, ticking_ms, pause_of_two_ms);
	output_submit(output, &batch);
	for (int i = 0; i < PATIENCE_MS / 10 && health.attempts < 3; i++) {
		(void)nanosleep(&moment, NULL);
		output_get_health(output, &health);
	}
	assert_true(health.attempts >= 3);
	assert_true(output_halt(output, PATIENCE_MS));
	output_free(output);
	(void)close(world.event_fd);
}

static struct template *make_template(const char *source)
{
	struct fail fail;
	struct template *template = template_parse(source, strlen(source), &fail);

	assert_non_null(template);
	return template;
}

/* Which type of output makes no difference: records that are no alerts. */
static void what_no_template_can_make_is_refused(void **state)
{
	(void)state;
	const enum config_type types[] = {CONFIG_STDOUT, CONFIG_WEBHOOK};

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct config_output own = {
			.type = types[i], .id = "t", .url = url, .template = make_template("{{.a}}")};
		struct output_world world;
		struct output *output = start_output(&world, &own, monotonic_ms, none);
		struct output_event event;
		output_submit(output, &batch);
		for (size_t record = 0; record < batch.count; record++) {
			while (!output_take(output, &event))
				wait_for(&world);
			assert_int_equal(event.kind, OUTPUT_REFUSED);
			assert_int_equal(event.from, record);
			assert_non_null(strstr(event.reason, "template: cannot read the alert"));
		}
		while (!output_take(output, &event))
			wait_for(&world);
		assert_int_equal(event.kind, OUTPUT_FREED);
		end_output(&world, output);
		template_free(own.template);
	}
}

/* There is nothing to be sent, and nobody is asked. */
static void what_a_template_makes_empty_is_settled(void **state)
{
	(void)state;
	const struct spool_batch objects = {.bytes = (const uint8_t *)"{}\n{}\n",
					    .size = 6,
					    .first = 1,
					    .count = 2,
					    .ends = (uint32_t[]){3, 6}};
	struct config_output own = {.type = CONFIG_WEBHOOK,
				    .id = "t",
				    .url = url,
				    .template = make_template("{{if .a}}x{{end}}")};
	struct output_world world;
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	struct output_event event;

	output_submit(output, &objects);
	while (!output_take(output, &event))
		wait_for(&world);
	assert_int_equal(event.kind, OUTPUT_DELIVERED);
	assert_int_equal(event.to, 2);
	end_output(&world, output);
	template_free(own.template);
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
	while (!output_take(output, &event))
		wait_for(&world);
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

static int bind_loopback(int type, uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

/* Delivers the batch, and tells from which port the last datagram came. */
static uint16_t port_of_delivery(struct output *output, const struct output_world *world, int fd)
{
	struct sockaddr_in from = {0};
	socklen_t size = sizeof from;
	struct output_event event = {.kind = OUTPUT_CHANGED};
	char line[256];

	output_submit(output, &batch);
	while (event.kind != OUTPUT_FREED)
		while (!output_take(output, &event))
			wait_for(world);
	for (size_t i = 0; i < batch.count; i++)
		assert_true(recvfrom(fd, line, sizeof line, 0, (struct sockaddr *)&from, &size) > 0);
	return from.sin_port;
}

/* The service may have another address now. */
static void syslog_connects_anew(void **state)
{
	(void)state;
	struct config_output own = {
		.type = CONFIG_SYSLOG, .id = "syslog", .transport = CONFIG_UDP, .host = host, .tag = tag};
	struct output_world world;
	int fd = bind_loopback(SOCK_DGRAM, &own.port);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	uint16_t port = port_of_delivery(output, &world, fd);

	assert_int_equal(port_of_delivery(output, &world, fd), port);
	output_reopen(output);
	assert_int_not_equal(port_of_delivery(output, &world, fd), port);
	end_output(&world, output);
	(void)close(fd);
}

static int64_t stopped_at_ms;

/* No pause ever ends. */
static int64_t stopped_ms(void)
{
	return stopped_at_ms;
}

static uint32_t most(void)
{
	return UINT32_MAX;
}

static void a_webhook_is_tried_at_once_when_reopened(void **state)
{
	(void)state;
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	char place[64];
	char request[4096];
	uint16_t port;
	int fd = bind_loopback(SOCK_STREAM, &port);
	struct config_output own = {.type = CONFIG_WEBHOOK, .id = "webhook", .url = place};
	struct output_world world;
	struct output_event event;

	(void)snprintf(place, sizeof place, "http://127.0.0.1:%u/", port);
	stopped_at_ms = monotonic_ms();
	struct output *output = start_output(&world, &own, stopped_ms, most);
	output_submit(output, &batch);
	while (!output_take(output, &event))
		wait_for(&world);
	assert_int_equal(event.kind, OUTPUT_CHANGED);
	assert_string_equal(event.state, "retrying"); /* nobody listens */
	assert_int_equal(listen(fd, 1), 0);
	output_reopen(output);
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
	int peer = accept(fd, NULL, NULL);
	assert_true(recv(peer, request, sizeof request, 0) > 0);
	assert_int_equal(send(peer, answer, sizeof answer - 1, 0), sizeof answer - 1);
	while (event.kind != OUTPUT_DELIVERED)
		while (!output_take(output, &event))
			wait_for(&world);
	assert_int_equal(event.to, 3);
	end_output(&world, output);
	(void)close(peer);
	(void)close(fd);
}

static void frees_events_that_nobody_took(void **state)
{
	(void)state;
	struct output_world world;
	struct config_output own;
	struct output *output = make_output(&world, &own);

	output_submit(output, &batch);
	wait_for(&world);
	end_output(&world, output);
	output_free(NULL);
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

/* What the configuration says of the body goes before what we say. */
static void a_headers_name_is_given_once(void **state)
{
	(void)state;
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	char place[64];
	char given[] = "content-type: text/x";
	char request[4096] = "";
	size_t size = 0;
	uint16_t port;
	int fd = bind_loopback(SOCK_STREAM, &port);
	struct config_output own = {
		.type = CONFIG_WEBHOOK, .id = "webhook", .url = place, .headers = {given}, .header_count = 1};
	struct output_world world;
	struct output_event event = {.kind = OUTPUT_CHANGED};

	(void)snprintf(place, sizeof place, "http://127.0.0.1:%u/", port);
	assert_int_equal(listen(fd, 1), 0);
	struct output *output = start_output(&world, &own, monotonic_ms, none);
	output_submit(output, &batch);
	int peer = accept(fd, NULL, NULL);
	while (strstr(request, "\r\n\r\n") == NULL) {
		ssize_t got = recv(peer, request + size, sizeof request - 1 - size, 0);
		assert_true(got > 0);
		size += (size_t)got;
	}
	assert_int_equal(send(peer, answer, sizeof answer - 1, 0), sizeof answer - 1);
	while (event.kind != OUTPUT_DELIVERED)
		while (!output_take(output, &event))
			wait_for(&world);
	assert_non_null(strstr(request, "\r\ncontent-type: text/x\r\n"));
	assert_null(strstr(request, "\r\nContent-Type:"));
	end_output(&world, output);
	(void)close(peer);
	(void)close(fd);
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
	while (!output_take(output, &event))
		wait_for(&world);
	end_output(&world, output);
	assert_int_equal(dup2(standard, STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(size, SIZE);
	assert_int_equal(event.kind, OUTPUT_DELIVERED);
	(void)close(standard);
	(void)close(ends_of_pipe[0]);
	(void)close(ends_of_pipe[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivers_and_tells),
		cmocka_unit_test(keeps_what_it_cannot_deliver),
		cmocka_unit_test(goes_on_when_it_can),
		cmocka_unit_test(takes_a_batch_in_the_place_of_one_just_freed),
		cmocka_unit_test(goes_on_after_a_halt),
		cmocka_unit_test(ends_a_line_of_standard_output_that_was_cut),
		cmocka_unit_test(refuses_all_that_a_template_does_not_fit),
		cmocka_unit_test(tries_again_when_a_pause_ends_between_two_looks),
		cmocka_unit_test(what_no_template_can_make_is_refused),
		cmocka_unit_test(what_a_template_makes_empty_is_settled),
		cmocka_unit_test(a_terminal_obeys_no_alert),
		cmocka_unit_test(syslog_connects_anew),
		cmocka_unit_test(a_webhook_is_tried_at_once_when_reopened),
		cmocka_unit_test(frees_events_that_nobody_took),
		cmocka_unit_test(a_headers_name_is_given_once),
		cmocka_unit_test(a_full_pipe_is_waited_for),
		cmocka_unit_test(refuses_what_is_no_file),
	};

	return cmocka_run_group_tests(tests, set_up, folder_remove);
}
