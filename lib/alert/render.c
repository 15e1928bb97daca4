#include "lib/alert/render.h"

#include "lib/alert/spool_reader.h"
#include "lib/alert/template.h"
#include "lib/base/fail.h"

#include <jansson.h>
#include <string.h>

static uint32_t begin_of(const uint32_t *ends, size_t index)
{
	return index == 0 ? 0 : ends[index - 1];
}

static int point_into(const struct spool_batch *batch, size_t from, size_t to, size_t max_bytes,
		      struct render *render)
{
	uint32_t start = begin_of(batch->ends, from);
	uint32_t *ends;
	size_t end = from + 1;

	while (end < to && batch->ends[end] - start <= max_bytes)
		end++;
	/* The offsets begin anew, as the bytes do; without that the batch's own table would do. */
	render->table.size = 0;
	if (buf_reserve(&render->table, (end - from) * sizeof *ends) != 0)
		return -1;
	ends = (uint32_t *)(void *)render->table.data;
	for (size_t i = from; i < end; i++)
		ends[i - from] = batch->ends[i] - start;
	render->from = from;
	render->to = end;
	render->bytes = batch->bytes + start;
	render->size = batch->ends[end - 1] - start;
	render->ends = ends;
	return 0;
}

/* A number beyond jansson's integers is still JSON: then all of the alert's are read as floats. */
static json_t *parse(const uint8_t *bytes, size_t size, struct fail *fail)
{
	json_error_t error;
	json_t *json = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL, &error);

	if (json == NULL && json_error_code(&error) == json_error_numeric_overflow)
		json = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
				  &error);
	if (json == NULL)
		(void)fail_set(fail, EX_DATAERR, "template: cannot read the alert: %s", error.text);
	return json;
}

static int add_record(const struct template *template, const uint8_t *bytes, size_t size, struct buf *text,
		      struct fail *fail)
{
	struct buf line = BUF_INIT(RENDER_RECORD_MAX);
	json_t *alert = parse(bytes, size, fail);
	int result = alert == NULL ? -1 : template_render(template, alert, &line, fail);

	json_decref(alert);
	if (result == 0 && line.size > 0 && line.data[line.size - 1] != '\n')
		result = buf_add_text(&line, "\n") != 0 ? fail_errno(fail, EX_DATAERR, "template") : 0;
	if (result == 0 && buf_add(text, line.data, line.size) != 0)
		result = fail_errno(fail, EX_OSERR, "template");
	buf_fini(&line);
	return result;
}

static int apply(const struct template *template, const struct spool_batch *batch, size_t from, size_t to,
		 size_t max_bytes, struct render *render, struct fail *fail)
{
	size_t index = from;

	render->text.size = render->table.size = 0;
	for (; index < to && render->text.size < max_bytes; index++) {
		uint32_t start = begin_of(batch->ends, index);
		if (add_record(template, batch->bytes + start, batch->ends[index] - start, &render->text,
			       fail) != 0) {
			if (index > from)
				break; /* it will be the first of the next slice, and be told of then */
			return -1;
		}
		uint32_t end = (uint32_t)render->text.size;
		if (buf_add(&render->table, &end, sizeof end) != 0)
			return fail_errno(fail, EX_OSERR, "template");
	}
	render->from = from;
	render->to = index;
	render->bytes = render->text.data;
	render->size = render->text.size;
	render->ends = (const uint32_t *)(const void *)render->table.data;
	return 0;
}

int render_slice(const struct template *template, const struct spool_batch *batch, size_t from, size_t to,
		 size_t max_bytes, struct render *render, struct fail *fail)
{
	if (template != NULL)
		return apply(template, batch, from, to, max_bytes, render, fail);
	if (point_into(batch, from, to, max_bytes, render) != 0)
		return fail_errno(fail, EX_OSERR, "batch");
	return 0;
}

void render_fini(struct render *render)
{
	buf_fini(&render->text);
	buf_fini(&render->table);
}
