#include "lib/format/yaml_emit.h"

#include "lib/base/buf.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <yaml.h>

enum { ESCAPED_MAX = 10 }; /* the longest form of one byte, "\U0001F600" for four, rounded up */

static int gather(void *data, unsigned char *bytes, size_t size)
{
	return buf_add(data, bytes, size) == 0;
}

static int emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
	return made != 0 && yaml_emitter_emit(emitter, event) != 0 ? 0 : -1; /* takes the event over */
}

/* The separators U+2028 and U+2029, which only "\L" and "\P" show. */
static bool has_separator(const char *text, size_t size)
{
	return memmem(text, size, "\xe2\x80\xa8", 3) != NULL || memmem(text, size, "\xe2\x80\xa9", 3) != NULL;
}

static yaml_scalar_style_t style_of(enum yaml_style style, const char *text, size_t size)
{
	if (has_separator(text, size))
		return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	if (size == 0)
		return YAML_SINGLE_QUOTED_SCALAR_STYLE; /* without them it would be no value */
	switch (style) {
	case YAML_QUOTED:
		return YAML_SINGLE_QUOTED_SCALAR_STYLE;
	case YAML_BLOCK:
		return YAML_LITERAL_SCALAR_STYLE;
	case YAML_PLAIN:
	case YAML_FLOW:
		break;
	}
	return YAML_PLAIN_SCALAR_STYLE;
}

/* A document "- text": the least that libyaml writes a scalar in without marks of its own around it. */
static int emit_document(yaml_emitter_t *emitter, const char *text, size_t size, enum yaml_style style)
{
	yaml_event_t event;

	if (size > INT_MAX)
		return -1;
	if (emit(emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) != 0 ||
	    emit(emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) != 0 ||
	    emit(emitter, &event,
		 yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE)) != 0)
		return -1;
	if (emit(emitter, &event,
		 yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)size, 1, 1,
					      style_of(style, text, size))) != 0)
		return -1;
	return emit(emitter, &event, yaml_sequence_end_event_initialize(&event)) != 0 ||
			       emit(emitter, &event, yaml_document_end_event_initialize(&event, 1)) != 0 ||
			       emit(emitter, &event, yaml_stream_end_event_initialize(&event)) != 0
		       ? -1
		       : 0;
}

/* Cuts the "- " off, and the end mark that libyaml puts behind a text it fears to be open; indents what
 * follows. */
static int take_over(const struct buf *document, size_t indent, struct buf *out)
{
	static const char mark[] = "\n...\n";
	const char *at = buf_text(document) + strlen("- ");
	const char *end = buf_text(document) + document->size;

	if (document->size > strlen(mark) && strcmp(end - strlen(mark), mark) == 0)
		end -= strlen(mark) - 1;
	end--; /* the newline at the end */
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline != NULL ? newline + 1 : end;
		if (buf_add(out, at, (size_t)(stop - at)) != 0)
			return -1;
		at = stop;
		for (size_t i = 0; i < indent && newline != NULL && at < end && *at != '\n'; i++)
			if (buf_add(out, " ", 1) != 0)
				return -1;
	}
	return 0;
}

int yaml_emit_scalar(const char *text, size_t size, enum yaml_style style, size_t indent, struct buf *out)
{
	struct buf document = BUF_INIT((size + 16) * ESCAPED_MAX);
	size_t before = out->size;
	yaml_emitter_t emitter;
	int result = -1;

	if (yaml_emitter_initialize(&emitter) == 0) {
		errno = ENOMEM;
		return -1;
	}
	yaml_emitter_set_output(&emitter, gather, &document);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1); /* no folding: a value stays on its line */
	if (emit_document(&emitter, text, size, style) == 0 && document.size > strlen("- \n"))
		result = take_over(&document, indent, out);
	else
		errno = ENOMEM;
	if (result != 0 && out->size > before) {
		out->size = before;
		out->data[before] = '\0';
	}
	yaml_emitter_delete(&emitter);
	buf_wipe(&document);
	return result;
}
