#include "tests/unit/output.h"

#include "lib/base/buf.h"
#include "lib/base/io.h"

#include <semaphore.h>

static const struct config_output file = {
	.type = CONFIG_FILE, .id = "file", .path = path, .max_size_bytes = 1 << 20};

static void check_file(const char *wanted)
{
	struct buf text = BUF_INIT(100);
	struct fail fail = {0};

	assert_int_equal(io_read_file(AT_FDCWD, path, &text, &fail), 0);
	assert_string_equal(buf_text(&text), wanted);
	buf_fini(&text);
	assert_int_equal(unlink(path), 0);
}

static void delivers_and_tells(void **state)
{
	(void)state;
	struct output_world world;
	struct output *output = start_output(&world, &file, monotonic_ms, none);
	struct output_event event;
	struct output_health health;

	assert_int_equal(output_room(output), OUTPUT_BATCHES_MAX);
	output_submit(output, &batch);
	next_event(&world, output, &event);
	assert_int_equal(event.kind, OUTPUT_DELIVERED);
	assert_int_equal(event.from, 0);
	assert_int_equal(event.to, 3);
	assert_int_equal(event.batch->first, 1);
	next_event(&world, output, &event);
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
	check_file("1\n2\n3\n");
	(void)close(world.event_fd);
}

/* A file that cannot be written: nothing is settled, the reason is told once, and the batch can be had back. */
static void keeps_what_it_cannot_deliver(void **state)
{
	(void)state;
	struct output_world world;
	struct output *output = start_output(&world, &file, monotonic_ms, none);
	struct output_event event;
	struct spool_batch back;

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0); /* is not followed, not even by root */
	output_submit(output, &batch);
	next_event(&world, output, &event);
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
	struct output *output = start_output(&world, &file, monotonic_ms, none);
	struct output_event event;
	int seen = 0;

	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	output_submit(output, &batch);
	next_event(&world, output, &event);
	assert_int_equal(unlink(path), 0);
	output_reopen(output);
	while (seen != 7) {
		next_event(&world, output, &event);
		if (event.kind == OUTPUT_CHANGED)
			assert_string_equal(event.state, "delivering");
		seen |= event.kind == OUTPUT_DELIVERED ? 1 : event.kind == OUTPUT_FREED ? 2 : 4;
	}
	end_output(&world, output);
	assert_int_equal(unlink(path), 0);
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
	struct output_world world;
	struct output_event event;

	assert_int_equal(sem_init(&told, 0, 0), 0);
	struct output *output = start_output(&world, &file, monotonic_ms, none_when_told);
	for (int freed = 0; freed < 2; freed++) {
		output_submit(output, freed == 0 ? &batch : &five);
		if (freed == 1) /* only now does the thread go on behind the first */
			assert_int_equal(sem_post(&told), 0);
		next_of_kind(&world, output, &event, OUTPUT_FREED);
	}
	assert_true(output_halt(output, PATIENCE_MS));
	assert_false(output_take(output, &event));
	output_free(output);
	check_file("1\n2\n3\na\nb\nc\nd\ne\n");
	assert_int_equal(sem_destroy(&told), 0);
	(void)close(world.event_fd);
}

/* While the thread hangs, after it has ended, and in the middle of a batch. */
static void goes_on_after_a_halt(void **state)
{
	(void)state;
	const char *kept = folder_path("kept");
	struct output_world world;
	struct output_event event;
	struct fail fail = {0};

	assert_int_equal(sem_init(&told, 0, 0), 0);
	struct output *output = start_output(&world, &file, monotonic_ms, none_when_told);
	for (int round = 0; round < 3; round++) {
		if (round == 2) {
			assert_int_equal(rename(path, kept), 0);
			assert_int_equal(symlink("elsewhere", path), 0);
		}
		output_submit(output, &batch);
		next_of_kind(&world, output, &event, round == 2 ? OUTPUT_CHANGED : OUTPUT_FREED);
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
	next_of_kind(&world, output, &event, OUTPUT_FREED);
	assert_true(output_halt(output, PATIENCE_MS));
	output_free(output);
	check_file("1\n2\n3\n1\n2\n3\n1\n2\n3\n");
	assert_int_equal(sem_destroy(&told), 0);
	(void)close(world.event_fd);
}

static void frees_events_that_nobody_took(void **state)
{
	(void)state;
	struct output_world world;
	struct output *output = start_output(&world, &file, monotonic_ms, none);

	output_submit(output, &batch);
	wait_for(&world);
	end_output(&world, output);
	output_free(NULL);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivers_and_tells),
		cmocka_unit_test(keeps_what_it_cannot_deliver),
		cmocka_unit_test(goes_on_when_it_can),
		cmocka_unit_test(takes_a_batch_in_the_place_of_one_just_freed),
		cmocka_unit_test(goes_on_after_a_halt),
		cmocka_unit_test(frees_events_that_nobody_took),
	};

	return cmocka_run_group_tests(tests, set_up, folder_remove);
}
