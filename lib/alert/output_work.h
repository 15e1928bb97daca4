/* The side of an output that its thread stands on: what the loops that deliver may ask and tell. */
#ifndef SAV_ALERT_OUTPUT_WORK_H
#define SAV_ALERT_OUTPUT_WORK_H

#include "lib/alert/delivery.h"
#include "lib/alert/output.h"

/* A batch on its way. */
struct output_job {
	struct spool_batch batch;
	bool used;      /* between submit and the batch's last event */
	size_t settled; /* records */
};

/* Takes the oldest batch that no loop has taken yet; NULL when there is none, or when the thread is to end. */
struct output_job *output_work_next(struct output *output);

/* Waits for a batch, a wake-up or `timeout_ms` (-1: no limit). */
void output_work_wait(struct output *output, int64_t timeout_ms);

/* Whether the thread is to end. */
bool output_work_ends(struct output *output);

/* Whether output_reopen was called since the last time this was asked. */
bool output_work_reopens(struct output *output);

/* Events. The last record of a batch brings OUTPUT_FREED with it: the job is no longer the loop's then. */
void output_work_delivered(struct output *output, struct output_job *job, size_t from, size_t to,
			   size_t bytes);
void output_work_refused(struct output *output, struct output_job *job, size_t index, long status,
			 const char *reason);

/* Gives back all batches there are, with what of them is not settled: no job is the loop's then. */
void output_work_return(struct output *output);

/* Counts an attempt and tells of a change of state. */
void output_work_attempt(struct output *output, const struct delivery *delivery, const char *reason);

#endif
