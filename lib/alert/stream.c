#include "lib/alert/stream.h"

#include <string.h>

/* Ready for the record that begins at or behind `at`. */
static void begin_at(struct stream *stream, size_t at)
{
	*stream = (struct stream){.start = at, .at = at};
}

/* Between records: over blanks, to the next one. Returns whether there is one. */
static bool find_record(struct stream *stream, const uint8_t *bytes, size_t size)
{
	size_t at = stream->at;

	if (stream->skips) {
		const uint8_t *line = memchr(bytes + at, '\n', size - at);
		stream->skips = line == NULL;
		at = line == NULL ? size : (size_t)(line - bytes) + 1;
	}
	while (at < size && jsonscan_is_blank(bytes[at]))
		at++;
	stream->start = stream->at = at;
	return at < size;
}

/* Hands out what is before `next`, where the stream goes on. */
static enum stream_event reject_before(struct stream *stream, size_t next, const uint8_t *bytes,
				       struct stream_piece *piece)
{
	size_t end = next;

	while (end > stream->start && (bytes[end - 1] == '\n' || bytes[end - 1] == '\r'))
		end--;
	*piece = (struct stream_piece){
		.start = stream->start, .size = end - stream->start, .reason = stream->reason};
	begin_at(stream, next);
	return STREAM_REJECT;
}

/* Hands out the record up to the end of the line with the mistake, which may still have to come. */
static enum stream_event reject_line(struct stream *stream, const uint8_t *bytes, size_t size,
				     struct stream_piece *piece)
{
	const uint8_t *line = memchr(bytes + stream->at, '\n', size - stream->at);

	if (line != NULL)
		return reject_before(stream, (size_t)(line - bytes), bytes, piece);
	stream->at = size; /* looked at so far */
	if (size - stream->start <= STREAM_ALERT_MAX)
		return STREAM_MORE;
	(void)reject_before(stream, size, bytes, piece); /* always a reject */
	stream->skips = true;
	return STREAM_REJECT;
}

/* The record is no alert: for the byte at `wrong`, which is not before the present one. A line within it that
 * looks like a record is the next one: strings have no line breaks, so a brace behind one is a token. */
static enum stream_event give_up(struct stream *stream, size_t wrong, const char *reason,
				 const uint8_t *bytes, size_t size, struct stream_piece *piece)
{
	size_t known = wrong < size ? wrong + 1 : size;
	const uint8_t *record = memmem(bytes + stream->start, known - stream->start, "\n{", 2);

	stream->at = wrong;
	stream->reason = reason;
	return record != NULL ? reject_before(stream, (size_t)(record - bytes) + 1, bytes, piece)
			      : reject_line(stream, bytes, size, piece);
}

enum stream_event stream_next(struct stream *stream, const uint8_t *bytes, size_t size,
			      struct stream_piece *piece)
{
	if (stream->reason != NULL)
		return reject_line(stream, bytes, size, piece);
	if (stream->at == stream->start) {
		if (!find_record(stream, bytes, size))
			return STREAM_MORE;
		if (bytes[stream->start] != '{')
			return give_up(stream, stream->start, "not an object", bytes, size, piece);
	}
	const uint8_t *p = bytes + stream->at;
	enum jsonscan_result result = jsonscan_object(&stream->scan, &p, bytes + size);
	stream->at = (size_t)(p - bytes);
	if (result == JSONSCAN_WRONG)
		return give_up(stream, stream->at, stream->scan.reason, bytes, size, piece);
	size_t seen = result == JSONSCAN_DONE ? stream->at : size;
	if (seen - stream->start > STREAM_ALERT_MAX)
		return give_up(stream, seen, "longer than 1 MiB", bytes, size, piece);
	if (result == JSONSCAN_MORE)
		return STREAM_MORE;
	*piece = (struct stream_piece){
		.start = stream->start, .size = seen - stream->start, .lines = stream->scan.lines};
	begin_at(stream, seen);
	return STREAM_ALERT;
}

size_t stream_drop(struct stream *stream)
{
	size_t done = stream->start;

	stream->start = 0;
	stream->at -= done;
	return done;
}

bool stream_end(struct stream *stream, const uint8_t *bytes, size_t size, struct stream_piece *piece)
{
	size_t end = size;

	while (end > stream->start && jsonscan_is_blank(bytes[end - 1]))
		end--;
	*piece = (struct stream_piece){.start = stream->start,
				       .size = end - stream->start,
				       .reason = stream->reason != NULL ? stream->reason
									: "cut off by the end of the input"};
	begin_at(stream, size);
	return piece->size > 0;
}
