#include "lib/alert/output_work.h"

#include "lib/alert/output_state.h"
#include "lib/base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct output_job *output_work_next(struct output *output)
{
	struct output_job *job = NULL;

	output_lock(output);
	if (output->queued > 0 && !output->ends) {
		job = output->queue[0];
		output->queued--;
		memmove(output->queue, output->queue + 1, output->queued * sizeof output->queue[0]);
	}
	output_unlock(output);
	return job;
}

void output_work_wait(struct output *output, int64_t timeout_ms)
{
	struct timespec until = output_deadline(output, timeout_ms);
	int error = 0;

	output_lock(output);
	while (error == 0 && !output->ends && !output->woken && (timeout_ms >= 0 || output->queued == 0))
		error = timeout_ms < 0 ? pthread_cond_wait(&output->wake, &output->lock)
				       : pthread_cond_timedwait(&output->wake, &output->lock, &until);
	output->woken = false;
	output_unlock(output);
}

bool output_work_ends(struct output *output)
{
	output_lock(output);
	bool ends = output->ends;
	output_unlock(output);
	return ends;
}

bool output_work_reopens(struct output *output)
{
	output_lock(output);
	bool reopens = output->reopens;
	output->reopens = false;
	output_unlock(output);
	return reopens;
}

/* Without memory for an event nothing can be said: wait until there is. */
static struct event_node *make_event(enum output_event_kind kind, const struct spool_batch *batch)
{
	const struct timespec pause = {.tv_nsec = 100L * OUTPUT_MS_NS};
	struct event_node *node;

	while ((node = calloc(1, sizeof *node)) == NULL)
		(void)nanosleep(&pause, NULL);
	node->event.kind = kind;
	node->event.batch = batch;
	return node;
}

/* With the lock held. */
static void push(struct output *output, struct event_node *node)
{
	*output->last = node;
	output->last = &node->next;
}

static void settle(struct output *output, struct output_job *job, struct event_node *node, size_t count)
{
	struct event_node *freed = NULL;

	job->settled += count;
	if (job->settled == job->batch.count)
		freed = make_event(OUTPUT_FREED, &job->batch);
	output_lock(output);
	push(output, node);
	if (freed != NULL)
		push(output, freed);
	output_unlock(output);
	output_tell(output->world);
}

void output_work_delivered(struct output *output, struct output_job *job, size_t from, size_t to,
			   size_t bytes)
{
	struct event_node *node = make_event(OUTPUT_DELIVERED, &job->batch);
	int64_t now_ms = output->world->monotonic_ms();

	node->event.from = from;
	node->event.to = to;
	output_lock(output);
	output->health.delivered += to - from;
	output->health.bytes += bytes;
	output->health.last_delivery_ms = now_ms;
	output_unlock(output);
	settle(output, job, node, to - from);
}

void output_work_refused(struct output *output, struct output_job *job, size_t index, long status,
			 const char *reason)
{
	struct event_node *node = make_event(OUTPUT_REFUSED, &job->batch);

	node->event.from = index;
	node->event.to = index + 1;
	node->event.status = status;
	(void)text_mask((const uint8_t *)reason, strlen(reason), node->event.reason,
			sizeof node->event.reason);
	settle(output, job, node, 1);
}

void output_work_return(struct output *output)
{
	bool is_left[OUTPUT_BATCHES_MAX];

	output_lock(output);
	output->queued = 0;
	for (size_t i = 0; i < OUTPUT_BATCHES_MAX; i++)
		is_left[i] = output->jobs[i].used && output->jobs[i].settled < output->jobs[i].batch.count;
	output_unlock(output);
	for (size_t i = 0; i < OUTPUT_BATCHES_MAX; i++) {
		struct output_job *job = &output->jobs[i];
		if (!is_left[i])
			continue;
		struct event_node *node = make_event(OUTPUT_RETURNED, &job->batch);
		job->settled = job->batch.count;
		output_lock(output);
		push(output, node);
		output_unlock(output);
	}
	output_tell(output->world);
}

void output_work_attempt(struct output *output, const struct delivery *delivery, const char *reason)
{
	const char *state = delivery_state(delivery);
	struct event_node *node = NULL;

	if (strcmp(state, output->health.state) != 0) { /* written by this thread only */
		node = make_event(OUTPUT_CHANGED, NULL);
		node->event.state = state;
		(void)text_mask((const uint8_t *)reason, strlen(reason), node->event.reason,
				sizeof node->event.reason);
	}
	output_lock(output);
	output->health.state = state;
	output->health.attempts++;
	output->health.failures += delivery->last != DELIVERY_DONE;
	output->health.suspect = delivery_suspects(delivery);
	(void)text_mask((const uint8_t *)reason, strlen(reason), output->health.reason,
			sizeof output->health.reason);
	if (node != NULL)
		push(output, node);
	output_unlock(output);
	if (node != NULL)
		output_tell(output->world);
}
