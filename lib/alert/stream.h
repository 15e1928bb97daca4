/* Alerts out of a stream of bytes: JSON objects, one a line or one behind the other. What is no
 * alert is handed out as well, and the stream finds its feet again: a mistake costs its own line, or, within an
 * object over several lines, up to the next line that begins with '{'. */
#ifndef SAV_ALERT_STREAM_H
#define SAV_ALERT_STREAM_H

#include "lib/format/jsonscan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STREAM_ALERT_MAX = 1 << 20 }; /* bytes of one alert */

enum stream_event {
	STREAM_MORE,   /* nothing whole is left: add bytes behind those there are */
	STREAM_ALERT,  /* the piece is a JSON object */
	STREAM_REJECT, /* the piece is not */
};

struct stream_piece {
	size_t start; /* in the caller's bytes */
	size_t size;
	bool lines;         /* an alert with line breaks between its tokens: see jsonscan_compact */
	const char *reason; /* of a reject: "not an object" ... */
};

/* The state, to be zeroed at the beginning of a stream. Its fields are the module's own. */
struct stream {
	size_t start;
	size_t at;
	const char *reason; /* what is wrong with this record, once something is */
	bool skips;         /* the rest of a line that was too long */
	struct jsonscan scan;
};

/* Looks for the next piece in bytes[0..size), which begin where they began the last time, longer by what
 * was added. Each byte is looked at once, whatever the pieces it comes in (but those behind a mistake, at
 * most JSONSCAN_DEPTH_MAX times). Returns what it found and fills *piece for alerts and rejects. A record of
 * more than STREAM_ALERT_MAX bytes is a reject whose first bytes are handed out. */
enum stream_event stream_next(struct stream *stream, const uint8_t *bytes, size_t size,
			      struct stream_piece *piece);

/* How many bytes at the beginning are done with. The caller takes them away before the next stream_next. */
size_t stream_drop(struct stream *stream);

/* At the end of the input, after STREAM_MORE: what is left is a reject. Returns whether there is anything
 * but blanks. */
bool stream_end(struct stream *stream, const uint8_t *bytes, size_t size, struct stream_piece *piece);

#endif
