#include "lib/alert/output_local.h"

#include "lib/alert/config.h"
#include "lib/alert/output_work.h"
#include "lib/base/fail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct output_local {
	const struct config_output *own;
	const struct output_world *world;
	const struct output_driver *driver;
	void *state; /* the driver's */
	struct delivery delivery;
	struct render slice;
	struct output_job *job; /* at hand; NULL: none */
	size_t from;            /* its first record that is not settled */
};

struct output_local *output_local_open(const struct config_output *own, const struct output_world *world,
				       struct fail *fail)
{
	static const struct output_driver *const drivers[] = {
		[CONFIG_STDOUT] = &output_stdout_driver,
		[CONFIG_FILE] = &output_file_driver,
		[CONFIG_SYSLOG] = &output_syslog_driver,
	};
	struct output_local *local = calloc(1, sizeof *local);

	if (local == NULL) {
		(void)fail_errno(fail, EX_OSERR, "memory");
		return NULL;
	}
	*local = (struct output_local){
		.own = own, .world = world, .driver = drivers[own->type], .slice = RENDER_INIT};
	local->state = local->driver->open(own, world, fail);
	if (local->state == NULL) {
		free(local);
		return NULL;
	}
	return local;
}

void output_local_close(struct output_local *local)
{
	int error = errno;

	if (local != NULL) {
		local->driver->close(local->state);
		render_fini(&local->slice);
		free(local);
	}
	errno = error;
}

/* Takes in how an attempt ended, and waits as long as it asks for. */
static void take(struct output_local *local, struct output *output, const struct delivery_answer *answer,
		 const char *reason)
{
	int64_t now_ms = local->world->monotonic_ms();

	(void)delivery_take(&local->delivery, answer, 1, 1, now_ms, local->world->random());
	output_work_attempt(output, &local->delivery, reason);
	if (local->delivery.not_before_ms > now_ms)
		output_work_wait(output, local->delivery.not_before_ms - now_ms);
}

/* Writes records from..slice.to-1. Returns where to go on. */
static size_t write_slice(struct output_local *local, struct output *output, struct output_job *job)
{
	static const struct delivery_answer good = {DELIVERY_ANSWERED, 200,
						    -1}; /* as if a server had said so */
	const struct render *slice = &local->slice;
	struct output_written written = {.to = slice->from, .outcome = DELIVERY_NO_ANSWER};
	bool whole = slice->size == 0 ||
		     local->driver->write(local->state, slice, job->batch.written_ms, &written) == 0;
	size_t to = whole ? slice->to : written.to;

	if (to > slice->from) {
		output_work_delivered(output, job, slice->from, to, slice->ends[to - slice->from - 1]);
		take(local, output, &good, "");
	}
	if (whole)
		return to;
	if (written.poison) {
		output_work_refused(output, job, to, 0, written.reason);
		return to + 1;
	}
	const struct delivery_answer answer = {.outcome = written.outcome, .retry_after_s = -1};
	take(local, output, &answer, written.reason);
	return to;
}

/* Once its last record is settled, the job may be another batch's already. */
static void deliver(struct output_local *local, struct output *output)
{
	struct output_job *job = local->job;
	const size_t count = job->batch.count;
	struct fail fail;

	while (local->from < count && !output_work_ends(output)) {
		if (output_work_reopens(output))
			local->driver->reopen(local->state);
		if (render_slice(local->own->template, &job->batch, local->from, count, RENDER_SLICE_BYTES,
				 &local->slice, &fail) == 0) {
			local->from = write_slice(local, output, job);
		} else if (fail.status == EX_DATAERR) {
			output_work_refused(output, job, local->from++, 0, fail.text);
		} else {
			const struct delivery_answer later = {.outcome = DELIVERY_NO_ANSWER,
							      .retry_after_s = -1};
			take(local, output, &later, fail.text);
		}
	}
	if (local->from == count)
		local->job = NULL;
}

void output_local_run(struct output_local *local, struct output *output)
{
	while (!output_work_ends(output)) {
		if (local->job == NULL) {
			local->job = output_work_next(output);
			local->from = 0;
		}
		if (output_work_reopens(output))
			local->driver->reopen(local->state);
		if (local->job != NULL)
			deliver(local, output);
		else
			output_work_wait(output, -1);
	}
}
