/* What is still to be sent of the batches at hand, cut into parts: the last one put down is the next one taken. Pure. */
#ifndef SAV_ALERT_PARTS_H
#define SAV_ALERT_PARTS_H

#include "lib/alert/output.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output_job; /* only told apart */

/* Records `from` to `to - 1` of a job. */
struct part {
	struct output_job *job;
	size_t from;
	size_t to;
};

/* No two have a record in common and none is empty, so there is room for all. */
struct parts {
	struct part list[OUTPUT_BATCHES_MAX * OUTPUT_RECORDS_MAX];
	size_t count;
};

/* Puts down a part; an empty one is left out. */
void parts_push(struct parts *parts, struct output_job *job, size_t from, size_t to);

/* Takes the last one. Returns false when there is none. */
bool parts_pop(struct parts *parts, struct part *part);

#endif
