#include "tests/unit/folder.h"

#include "lib/alert/config.h"
#include "lib/alert/delivery.h"
#include "lib/alert/output.h"
#include "lib/alert/template.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"

#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

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
	static char url[] = "http://127.0.0.1:1/";
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
	static char url[] = "http://127.0.0.1:1/"; /* nobody is there */
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
	};

	return cmocka_run_group_tests(tests, set_up, folder_remove);
}
