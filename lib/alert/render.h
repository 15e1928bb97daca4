/* What an output sends of a batch: the alerts' own lines, or what a template makes of each. */
#ifndef SAV_ALERT_RENDER_H
#define SAV_ALERT_RENDER_H

#include "lib/base/buf.h"

#include <stddef.h>
#include <stdint.h>

struct fail;
struct spool_batch;
struct template;

enum {
	RENDER_SLICE_BYTES = 1 << 20, /* a slice ends with the record that reaches this */
	RENDER_RECORD_MAX = 4 << 20,  /* bytes that a template may make of one alert */
};

/* Records `from` to `to - 1` of a batch, ready to be sent, one behind the other: each a line with its newline, or
 * empty, when the template made nothing. */
struct render {
	size_t from;
	size_t to;
	const uint8_t *bytes;
	size_t size;
	const uint32_t *ends; /* offsets in `bytes` behind each; ends[0] belongs to record `from` */
	struct buf text;      /* what `bytes` points to, with a template */
	struct buf table;     /* what `ends` points to */
};
#define RENDER_INIT \
	((struct render){.text = BUF_INIT(RENDER_SLICE_BYTES + RENDER_RECORD_MAX), \
			 .table = BUF_INIT(64 << 20)})

/* Prepares a slice of the batch's records from..to-1 of about `max_bytes`, at least one record; without a
 * template nothing is copied, and the slice points into the batch. The slice's memory is used again.
 * Returns 0; or -1 with *fail (EX_DATAERR) when the template cannot be applied to record `from`, or
 * EX_OSERR. */
int render_slice(const struct template *template, const struct spool_batch *batch, size_t from, size_t to,
		 size_t max_bytes, struct render *render, struct fail *fail);

void render_fini(struct render *render);

#endif
