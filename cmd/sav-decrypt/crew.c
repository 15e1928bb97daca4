#include "cmd/sav-decrypt/crew.h"

#include "lib/base/fail.h"
#include "lib/format/seal.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum {
	SLOTS_A_JOB = 2,         /* one at work, one waiting for those before it */
	LINES_LARGE = 256 << 10, /* bytes of lines after which a result is delivered at once */
	LINES_MAX = LINES_LARGE + SEAL_BLOB_MAX + 1,
	COMPLAINTS_MAX = CREW_CHUNK * 2048,
};

struct slot {
	struct crew_result result;
	bool ready;
};

struct run {
	const struct crew *crew;
	size_t count;
	size_t chunks;
	struct slot *slots; /* chunk c is in slot c % window */
	size_t window;
	struct fail *fail;
	pthread_mutex_t lock; /* over all below */
	pthread_cond_t moved; /* next_turn did, or the run was stopped */
	size_t next_take;     /* chunk to be worked on */
	size_t next_turn;     /* chunk to be delivered */
	bool delivering;
	bool stopped;
};

static void reset(struct crew_result *result, size_t first)
{
	result->first = first;
	result->end = first;
	result->lines.size = 0;
	result->complaints.size = 0;
	result->left_out = 0;
	result->bad_count = 0;
}

/* With the lock held, which is open during the call. */
static void deliver(struct run *run, const struct crew_result *result)
{
	run->delivering = true;
	(void)pthread_mutex_unlock(&run->lock); /* a plain mutex that we hold: cannot fail, here and below */
	int delivered = run->crew->deliver(run->crew->context, result, run->fail);
	(void)pthread_mutex_lock(&run->lock);
	run->delivering = false;
	if (delivered != 0)
		run->stopped = true;
}

/* With the lock held: delivers what is complete, in order. */
static void deliver_ready(struct run *run)
{
	while (!run->stopped && !run->delivering && run->slots[run->next_turn % run->window].ready) {
		struct slot *slot = &run->slots[run->next_turn % run->window];
		deliver(run, &slot->result);
		slot->ready = false;
		run->next_turn++;
		(void)pthread_cond_broadcast(&run->moved);
	}
	if (run->stopped)
		(void)pthread_cond_broadcast(&run->moved);
}

/* A result that has grown large: waits for its turn and delivers what there is. */
static void deliver_early(struct run *run, size_t chunk, struct crew_result *result)
{
	(void)pthread_mutex_lock(&run->lock);
	while (!run->stopped && run->next_turn != chunk)
		(void)pthread_cond_wait(&run->moved, &run->lock);
	if (!run->stopped)
		deliver(run, result);
	(void)pthread_mutex_unlock(&run->lock);
	reset(result, result->end);
}

static void work_on(struct run *run, size_t chunk, struct crew_result *result)
{
	size_t end = (chunk + 1) * CREW_CHUNK;

	reset(result, chunk * CREW_CHUNK);
	if (end > run->count)
		end = run->count;
	while (result->end < end) {
		run->crew->work(run->crew->context, result->end, result);
		result->end++;
		if (result->lines.size >= LINES_LARGE)
			deliver_early(run, chunk, result);
	}
}

static void *labour(void *argument)
{
	struct run *run = argument;

	(void)pthread_mutex_lock(&run->lock);
	while (!run->stopped && run->next_take < run->chunks) {
		if (run->next_take >= run->next_turn + run->window) {
			(void)pthread_cond_wait(&run->moved, &run->lock);
			continue;
		}
		size_t chunk = run->next_take++;
		struct slot *slot = &run->slots[chunk % run->window];
		(void)pthread_mutex_unlock(&run->lock);
		work_on(run, chunk, &slot->result);
		(void)pthread_mutex_lock(&run->lock);
		slot->ready = true;
		deliver_ready(run);
	}
	(void)pthread_mutex_unlock(&run->lock);
	return NULL;
}

static void free_slots(struct slot *slots, size_t count)
{
	for (size_t i = 0; slots != NULL && i < count; i++) {
		buf_wipe(&slots[i].result.lines);
		buf_fini(&slots[i].result.complaints);
		buf_fini(&slots[i].result.blob);
		buf_wipe(&slots[i].result.report);
	}
	free(slots);
}

static struct slot *make_slots(size_t count)
{
	struct slot *slots = calloc(count, sizeof *slots);

	for (size_t i = 0; slots != NULL && i < count; i++) {
		slots[i].result.lines = BUF_INIT(LINES_MAX);
		slots[i].result.complaints = BUF_INIT(COMPLAINTS_MAX);
		slots[i].result.blob = BUF_INIT(SEAL_BLOB_MAX);
		slots[i].result.report = BUF_INIT(SEAL_BLOB_MAX);
		/* That there is no memory can be told only with some. */
		if (buf_reserve(&slots[i].result.complaints, COMPLAINTS_MAX) != 0) {
			free_slots(slots, i);
			return NULL;
		}
	}
	return slots;
}

int crew_run(const struct crew *crew, size_t count, struct fail *fail)
{
	struct run run = {
		.crew = crew,
		.count = count,
		.chunks = count / CREW_CHUNK + (count % CREW_CHUNK > 0),
		.window = (size_t)crew->jobs * SLOTS_A_JOB,
		.fail = fail,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.moved = PTHREAD_COND_INITIALIZER,
	};
	size_t helpers = run.chunks < crew->jobs ? run.chunks : crew->jobs;
	size_t started = 0;

	if (count == 0)
		return 0;
	helpers--; /* this thread works, too */
	pthread_t *threads = calloc(helpers + 1, sizeof *threads);
	run.slots = make_slots(run.window);
	if (threads == NULL || run.slots == NULL) {
		free(threads);
		free_slots(run.slots, run.window);
		return fail_errno(fail, EX_OSERR, "opening");
	}
	/* A thread that cannot be started is one that does not help. */
	while (started < helpers && pthread_create(&threads[started], NULL, labour, &run) == 0)
		started++;
	(void)labour(&run);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL); /* our own, joined once */
	free(threads);
	free_slots(run.slots, run.window);
	return run.stopped ? -1 : 0;
}
