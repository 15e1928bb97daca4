#include "lib/alert/output.h"

#include "lib/alert/config.h"
#include "lib/alert/output_http.h"
#include "lib/alert/output_local.h"
#include "lib/alert/output_state.h"
#include "lib/base/fail.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STACK_BYTES = 256 << 10 };

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
	bool ends = false;
	bool confined = false;

	while (!ends) {
		if (output->http != NULL)
			output_http_run(output->http, output, &confined);
		else
			output_local_run(output->local, output);
		output_lock(output);
		output->ended = ends = output->ends;      /* or it was taken back */
		(void)pthread_cond_signal(&output->gone); /* cannot fail on Linux */
		output_unlock(output);
	}
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

	output_lock(output);
	for (size_t i = 0; i < OUTPUT_BATCHES_MAX; i++)
		room += !output->jobs[i].used;
	output_unlock(output);
	return room;
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

	output_lock(output);
	while (job->used) /* the caller saw that there is room */
		job++;
	*job = (struct output_job){.batch = *batch, .used = true};
	output->queue[output->queued++] = job;
	wake(output);
	output_unlock(output);
}

bool output_take(struct output *output, struct output_event *event)
{
	output_lock(output);
	struct event_node *node = output->first;
	if (node != NULL) {
		output->first = node->next;
		if (output->first == NULL)
			output->last = &output->first;
		if (node->event.kind == OUTPUT_FREED || node->event.kind == OUTPUT_RETURNED)
			for (size_t i = 0; i < OUTPUT_BATCHES_MAX; i++)
				if (&output->jobs[i].batch == node->event.batch)
					output->jobs[i].used = false;
	}
	output_unlock(output);
	if (node == NULL)
		return false;
	*event = node->event;
	free(node);
	return true;
}

/* An eventfd's counter cannot run over in a time that matters. */
void output_tell(const struct output_world *world)
{
	const uint64_t one = 1;

	if (write(world->event_fd, &one, sizeof one) != (ssize_t)sizeof one)
		abort(); /* it is no eventfd */
}

void output_reopen(struct output *output)
{
	output_lock(output);
	output->reopens = output->woken = true;
	wake(output);
	output_unlock(output);
}

void output_get_health(struct output *output, struct output_health *health)
{
	output_lock(output);
	*health = output->health;
	output_unlock(output);
}

void output_count_refused(struct output *output)
{
	output_lock(output);
	output->health.refused++;
	output_unlock(output);
}

void output_count_on(struct output *output, const struct output_health *former)
{
	struct output_health *health = &output->health;

	output_lock(output);
	health->delivered += former->delivered;
	health->refused += former->refused;
	health->bytes += former->bytes;
	health->attempts += former->attempts;
	health->failures += former->failures;
	if (health->last_delivery_ms == 0)
		health->last_delivery_ms = former->last_delivery_ms;
	health->suspect = former->suspect && output->http != NULL;
	if (health->suspect)
		output_http_suspect(output->http);
	output_unlock(output);
}

const char *output_id(const struct output *output)
{
	return output->config->id;
}

bool output_halt(struct output *output, int64_t patience_ms)
{
	struct timespec until = output_deadline(output, patience_ms);
	int error = 0;

	if (!output->started)
		return true;
	output_lock(output);
	output->ends = true;
	wake(output);
	while (!output->ended && error == 0)
		error = pthread_cond_timedwait(&output->gone, &output->lock, &until);
	bool ended = output->ended;
	output_unlock(output);
	if (!ended || pthread_join(output->thread, NULL) != 0)
		return false;
	output->started = false;
	return true;
}

int output_resume(struct output *output, struct fail *fail)
{
	output_lock(output);
	bool ended = output->ended;
	output->ends = output->ended = false;
	output_unlock(output);
	if (output->started && !ended)
		return 0; /* it had not noticed yet */
	if (output->started && pthread_join(output->thread, NULL) != 0)
		return fail_set(fail, EX_OSERR, "%s: cannot wait for a thread", output->config->id);
	return output_start(output, fail);
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
