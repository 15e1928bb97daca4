/* Outputs in a folder of the test's own, a batch for them, and what they tell of it. */
#ifndef SAV_TESTS_UNIT_OUTPUT_H
#define SAV_TESTS_UNIT_OUTPUT_H

#include "tests/unit/folder.h"
#include "tests/unit/loopback.h"

#include "lib/alert/config.h"
#include "lib/alert/output.h"

#include <poll.h>
#include <sys/eventfd.h>

enum { PATIENCE_MS = 10000 };

static char path[FOLDER_PATH]; /* of a file output */
static const uint32_t ends[] = {2, 4, 6};
static const struct spool_batch batch = {
	.bytes = (const uint8_t *)"1\n2\n3\n", .size = 6, .first = 1, .count = 3, .ends = ends};

static inline int set_up(void **state)
{
	int result = folder_make(state);

	(void)snprintf(path, sizeof path, "%s", folder_path("out"));
	return result;
}

static inline int64_t monotonic_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline time_t now(void)
{
	return 1763758686;
}

static inline uint32_t none(void)
{
	return 0; /* shortest pauses */
}

static inline int no_proxy(const struct url *target, struct url *proxy, struct fail *fail)
{
	(void)target, (void)proxy, (void)fail;
	return 0;
}

static inline struct output *start_output(struct output_world *world, const struct config_output *own,
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

static inline void end_output(const struct output_world *world, struct output *output)
{
	assert_true(output_halt(output, PATIENCE_MS));
	output_free(output);
	(void)close(world->event_fd);
}

static inline void wait_for(const struct output_world *world)
{
	struct pollfd events = {.fd = world->event_fd, .events = POLLIN};
	uint64_t count;

	assert_int_equal(poll(&events, 1, PATIENCE_MS), 1);
	assert_int_equal(read(world->event_fd, &count, sizeof count), sizeof count);
}

static inline void next_event(const struct output_world *world, struct output *output,
			      struct output_event *event)
{
	while (!output_take(output, event))
		wait_for(world);
}

/* The next one of this kind; the others are passed over. */
static inline void next_of_kind(const struct output_world *world, struct output *output,
				struct output_event *event, enum output_event_kind kind)
{
	do {
		next_event(world, output, event);
	} while (event->kind != kind);
}

#endif
