/* What the two sides of an output share: output.c is the caller's, output_work.c its thread's. Only they include this. */
#ifndef SAV_ALERT_OUTPUT_STATE_H
#define SAV_ALERT_OUTPUT_STATE_H

#include "lib/alert/output.h"
#include "lib/alert/output_work.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { OUTPUT_SECOND_MS = 1000, OUTPUT_MS_NS = 1000000 };

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
	struct output_health health;
};

/* A lock is part of the output's state even where the rest is only read. */
static inline pthread_mutex_t *output_mutex(const struct output *output)
{
	union {
		const struct output *borrowed;
		struct output *own;
	} cast = {.borrowed = output};

	return &cast.own->lock;
}

static inline void output_lock(const struct output *output)
{
	if (pthread_mutex_lock(output_mutex(output)) != 0)
		abort(); /* only a broken program fails here */
}

static inline void output_unlock(const struct output *output)
{
	if (pthread_mutex_unlock(output_mutex(output)) != 0)
		abort(); /* as above */
}

/* The clock of the conditions, so much later. */
static inline struct timespec output_deadline(const struct output *output, int64_t after_ms)
{
	int64_t at = output->world->monotonic_ms() + after_ms;

	return (struct timespec){.tv_sec = (time_t)(at / OUTPUT_SECOND_MS),
				 .tv_nsec = (long)(at % OUTPUT_SECOND_MS) * OUTPUT_MS_NS};
}

#endif
