#include "lib/alert/output.h"

#include "lib/alert/config.h"
#include "lib/alert/output_http.h"
#include "lib/alert/output_local.h"
#include "lib/alert/output_work.h"
#include "lib/alert/render.h"
#include "lib/base/fail.h"
#include "lib/base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STACK_BYTES = 256 << 10, MILLISECONDS = 1000, NANOSECONDS_MS = 1000000 };

struct event_node {
	struct event_node *next;
	struct output_event event;
};

struct output {
	const struct config_output *config;
	const struct output_world *world;
	struct output_http *http; /* one of the two */
	struct output_local *local;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t wake;
	pthread_cond_t gone;
	struct output_job jobs[OUTPUT_BATCHES_MAX];
	struct output_job *queue[OUTPUT_BATCHES_MAX]; /* not taken yet, the oldest first */
	size_t queued;
	struct event_node *first;
	struct event_node **last;
	bool ends;
	bool ended;
	bool reopens;
	bool woken;
	size_t batch_bytes;
	struct output_health health;
};

static void lock(const struct output *output)
{
	/* A lock is part of the output's state even where the rest is only read. */
	union {
		const struct output *borrowed;
		struct output *own;
	} cast = {.borrowed = output};

	if (pthread_mutex_lock(&cast.own->lock) != 0)
		abort(); /* only a broken program fails here */
}

static void unlock(const struct output *output)
{
	union {
		const struct output *borrowed;
		struct output *own;
	} cast = {.borrowed = output};

	if (pthread_mutex_unlock(&cast.own->lock) != 0)
		abort(); /* as above */
}

static int init_threads(struct output *output)
{
	pthread_condattr_t attributes;

	if (pthread_condattr_init(&attributes) != 0)
		return -1;
	int result = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
		     pthread_mutex_init(&output->lock, NULL) != 0 ||
		     pthread_cond_init(&output->wake, &attributes) != 0 ||
		     pthread_cond_init(&output->gone, &attributes) != 0;
	(void)pthread_condattr_destroy(&attributes); /* cannot fail on Linux */
	return result ? -1 : 0;
}

struct output *output_open(const struct config *config, const struct config_output *own,
			   const struct output_world *world, struct fail *fail)
{
	struct output *output = calloc(1, sizeof *output);
	bool is_http = own->type == CONFIG_MCS || own->type == CONFIG_WEBHOOK;

	if (output == NULL || init_threads(output) != 0) {
		free(output);
		(void)fail_set(fail, EX_OSERR, "%s: out of memory", own->id);
		return NULL;
	}
	output->config = own;
	output->world = world;
	output->last = &output->first;
	output->batch_bytes = RENDER_SLICE_BYTES;
	output->health.state = "delivering";
	if (is_http)
		output->http = output_http_open(config, own, world, fail);
	else
		output->local = output_local_open(own, world, fail);
	if (output->http == NULL && output->local == NULL) {
		(void)fail_prefix(fail, "%s", own->id);
		output_free(output);
		return NULL;
	}
	return output;
}

static void *run(void *context)
{
	struct output *output = context;

	if (output->http != NULL)
		output_http_run(output->http, output);
	else
		output_local_run(output->local, output);
	lock(output);
	output->ended = true;
	(void)pthread_cond_signal(&output->gone); /* cannot fail on Linux */
	unlock(output);
	return NULL;
}

int output_start(struct output *output, struct fail *fail)
{
	pthread_attr_t attributes;
	int error = pthread_attr_init(&attributes);

	if (error == 0) {
		error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
		if (error == 0)
			error = pthread_create(&output->thread, &attributes, run, output);
		(void)pthread_attr_destroy(&attributes); /* cannot fail on Linux */
	}
	output->started = error == 0;
	return error == 0 ? 0
			  : fail_set(fail, EX_OSERR, "%s: cannot start a thread: %s", output->config->id,
				     strerror(error));
}

size_t output_room(const struct output *output)
{
	size_t room = 0;

	lock(output);
	for (size_t i = 0; i < OUTPUT_BATCHES_MAX; i++)
		room += !output->jobs[i].used;
	unlock(output);
	return room;
}

size_t output_batch_bytes(const struct output *output)
{
	lock(output);
	size_t bytes = output->batch_bytes;
	unlock(output);
	return bytes;
}

/* Ends whatever wait the thread is in. */
static void wake(struct output *output)
{
	if (output->http != NULL)
		output_http_wake(output->http);
	else
		(void)pthread_cond_signal(&output->wake); /* cannot fail on Linux */
}

void output_submit(struct output *output, const struct spool_batch *batch)
{
	struct output_job *job = output->jobs;

	lock(output);
	while (job->used) /* the caller saw that there is room */
		job++;
	*job = (struct output_job){.batch = *batch, .used = true};
	output->queue[output->queued++] = job;
	wake(output);
	unlock(output);
}

bool output_take(struct output *output, struct output_event *event)
{
	lock(output);
	struct event_node *node = output->first;
	if (node != NULL) {
		output->first = node->next;
		if (output->first == NULL)
			output->last = &output->first;
		if (node->event.kind == OUTPUT_FREED)
			for (size_t i = 0; i < OUTPUT_BATCHES_MAX; i++)
				if (&output->jobs[i].batch == node->event.batch)
					output->jobs[i].used = false;
	}
	unlock(output);
	if (node == NULL)
		return false;
	*event = node->event;
	free(node);
	return true;
}

void output_reopen(struct output *output)
{
	lock(output);
	output->reopens = output->woken = true;
	wake(output);
	unlock(output);
}

void output_get_health(struct output *output, struct output_health *health)
{
	lock(output);
	*health = output->health;
	unlock(output);
}

void output_count_on(struct output *output, const struct output_health *former)
{
	struct output_health *health = &output->health;

	lock(output);
	health->delivered += former->delivered;
	health->refused += former->refused;
	health->bytes += former->bytes;
	health->attempts += former->attempts;
	health->failures += former->failures;
	if (health->last_delivery_ms == 0)
		health->last_delivery_ms = former->last_delivery_ms;
	unlock(output);
}

const char *output_id(const struct output *output)
{
	return output->config->id;
}

static struct timespec deadline(const struct output *output, int64_t after_ms)
{
	int64_t at = output->world->monotonic_ms() + after_ms;

	return (struct timespec){.tv_sec = (time_t)(at / MILLISECONDS),
				 .tv_nsec = (long)(at % MILLISECONDS) * NANOSECONDS_MS};
}

bool output_halt(struct output *output, int64_t patience_ms)
{
	struct timespec until = deadline(output, patience_ms);
	int error = 0;

	if (!output->started)
		return true;
	lock(output);
	output->ends = true;
	wake(output);
	while (!output->ended && error == 0)
		error = pthread_cond_timedwait(&output->gone, &output->lock, &until);
	bool ended = output->ended;
	unlock(output);
	if (!ended || pthread_join(output->thread, NULL) != 0)
		return false;
	output->started = false;
	return true;
}

bool output_reclaim(struct output *output, struct spool_batch *batch)
{
	for (size_t i = 0; i < OUTPUT_BATCHES_MAX; i++) {
		if (!output->jobs[i].used)
			continue;
		output->jobs[i].used = false;
		*batch = output->jobs[i].batch;
		return true;
	}
	return false;
}

void output_free(struct output *output)
{
	int error = errno;

	if (output == NULL)
		return;
	output_http_close(output->http);
	output_local_close(output->local);
	while (output->first != NULL) {
		struct event_node *node = output->first;
		output->first = node->next;
		free(node);
	}
	(void)pthread_cond_destroy(&output->wake); /* nobody waits any more */
	(void)pthread_cond_destroy(&output->gone);
	(void)pthread_mutex_destroy(&output->lock);
	free(output);
	errno = error;
}

/* The thread's side. */

const struct config_output *output_work_config(const struct output *output)
{
	return output->config;
}

const struct output_world *output_work_world(const struct output *output)
{
	return output->world;
}

struct output_job *output_work_next(struct output *output)
{
	struct output_job *job = NULL;

	lock(output);
	if (output->queued > 0 && !output->ends) {
		job = output->queue[0];
		output->queued--;
		memmove(output->queue, output->queue + 1, output->queued * sizeof output->queue[0]);
	}
	unlock(output);
	return job;
}

void output_work_wait(struct output *output, int64_t timeout_ms)
{
	struct timespec until = deadline(output, timeout_ms);
	int error = 0;

	lock(output);
	while (error == 0 && !output->ends && !output->woken && (timeout_ms >= 0 || output->queued == 0))
		error = timeout_ms < 0 ? pthread_cond_wait(&output->wake, &output->lock)
				       : pthread_cond_timedwait(&output->wake, &output->lock, &until);
	output->woken = false;
	unlock(output);
}

bool output_work_ends(struct output *output)
{
	lock(output);
	bool ends = output->ends;
	unlock(output);
	return ends;
}

bool output_work_reopens(struct output *output)
{
	lock(output);
	bool reopens = output->reopens;
	output->reopens = false;
	unlock(output);
	return reopens;
}

/* Without memory for an event nothing can be said: wait until there is. */
static struct event_node *make_event(enum output_event_kind kind, const struct spool_batch *batch)
{
	const struct timespec pause = {.tv_nsec = 100L * NANOSECONDS_MS};
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

/* An eventfd's counter cannot run over in a time that matters. */
static void tell(const struct output *output)
{
	const uint64_t one = 1;

	if (write(output->world->event_fd, &one, sizeof one) != (ssize_t)sizeof one)
		abort(); /* it is no eventfd */
}

static void settle(struct output *output, struct output_job *job, struct event_node *node, size_t count)
{
	struct event_node *freed = NULL;

	job->settled += count;
	if (job->settled == job->batch.count)
		freed = make_event(OUTPUT_FREED, &job->batch);
	lock(output);
	push(output, node);
	if (freed != NULL)
		push(output, freed);
	unlock(output);
	tell(output);
}

void output_work_delivered(struct output *output, struct output_job *job, size_t from, size_t to,
			   size_t bytes)
{
	struct event_node *node = make_event(OUTPUT_DELIVERED, &job->batch);
	int64_t now_ms = output->world->monotonic_ms();

	node->event.from = from;
	node->event.to = to;
	lock(output);
	output->health.delivered += to - from;
	output->health.bytes += bytes;
	output->health.last_delivery_ms = now_ms;
	unlock(output);
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
	lock(output);
	output->health.refused++;
	unlock(output);
	settle(output, job, node, 1);
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
	lock(output);
	output->health.state = state;
	output->health.attempts++;
	output->health.failures += delivery->last != DELIVERY_DONE;
	(void)text_mask((const uint8_t *)reason, strlen(reason), output->health.reason,
			sizeof output->health.reason);
	if (node != NULL)
		push(output, node);
	unlock(output);
	if (node != NULL)
		tell(output);
}

void output_work_set_batch_bytes(struct output *output, size_t bytes)
{
	lock(output);
	output->batch_bytes = bytes;
	unlock(output);
}
