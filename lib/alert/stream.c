#include "lib/alert/stream.h"

#include "lib/base/text.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What may come next. OUTSIDE is between records and must be 0. */
enum state {
	OUTSIDE,
	FIRST_KEY, /* or the end of the object */
	KEY,
	IN_KEY,
	COLON,
	FIRST_VALUE, /* or the end of the array */
	VALUE,
	IN_TEXT,
	BEHIND, /* a value: a comma or the end */
};

enum outcome { DONE, INCOMPLETE, WRONG };

/* Goes over what needs no look in a string: ASCII but the quote, the backslash and control characters. */
static const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i backslash = _mm_set1_epi8('\\');
	const __m128i last_control = _mm_set1_epi8(0x1f);

	for (; end - at >= 16; at += 16) {
		__m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
		__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
		__m128i special = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
					       _mm_cmpeq_epi8(bytes, backslash));
		/* The top bit of a byte beyond ASCII marks it by itself. */
		int found = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(special, control), bytes));
		if (found != 0)
			return at + __builtin_ctz((unsigned)found);
	}
#endif
	while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
		at++;
	return at;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static enum outcome skip_escape(const uint8_t **at, const uint8_t *end)
{
	enum { UNICODE = 6 }; /* \uXXXX */
	const uint8_t *p = *at;

	if (end - p < 2)
		return INCOMPLETE;
	if (p[1] != 'u') {
		if (p[1] == '\0' || strchr("\"\\/bfnrt", p[1]) == NULL)
			return WRONG;
		*at = p + 2;
		return DONE;
	}
	for (int i = 2; i < UNICODE; i++) {
		if (end - p <= i)
			return INCOMPLETE;
		if (!is_hex(p[i]))
			return WRONG;
	}
	*at = p + UNICODE;
	return DONE;
}

static enum outcome skip_character(const uint8_t **at, const uint8_t *end)
{
	enum { LONGEST = 4 };
	size_t length = text_character(*at, (size_t)(end - *at));

	if (length == 0)
		return end - *at < LONGEST ? INCOMPLETE : WRONG;
	*at += length;
	return DONE;
}

/* Behind the opening quote; *at is where to go on when incomplete. */
static enum outcome skip_string(const uint8_t **at, const uint8_t *end)
{
	for (;;) {
		enum outcome outcome;
		*at = skip_plain(*at, end);
		if (*at == end)
			return INCOMPLETE;
		if (**at == '"') {
			++*at;
			return DONE;
		}
		if (**at < 0x20)
			return WRONG;
		outcome = **at == '\\' ? skip_escape(at, end) : skip_character(at, end);
		if (outcome != DONE)
			return outcome;
	}
}

static bool is_digit(const uint8_t *at, const uint8_t *end)
{
	return at < end && *at >= '0' && *at <= '9';
}

static const uint8_t *skip_digits(const uint8_t *at, const uint8_t *end)
{
	while (is_digit(at, end))
		at++;
	return at;
}

/* A number at the end of the bytes may go on, so it is looked at again then; it is short. */
static enum outcome skip_number(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *limit = end - *at > STREAM_NUMBER_MAX ? *at + STREAM_NUMBER_MAX : end;
	enum outcome cut = limit == end ? INCOMPLETE : WRONG;
	const uint8_t *p = *at + (**at == '-' ? 1 : 0);
	bool zero = p < limit && *p == '0';

	if (!is_digit(p, limit))
		return p == limit ? cut : WRONG;
	p = zero ? p + 1 : skip_digits(p, limit);
	if (p < limit && *p == '.') {
		if (!is_digit(++p, limit))
			return p == limit ? cut : WRONG;
		p = skip_digits(p, limit);
	}
	if (p < limit && (*p | 0x20) == 'e') {
		p++;
		if (p < limit && (*p == '+' || *p == '-'))
			p++;
		if (!is_digit(p, limit))
			return p == limit ? cut : WRONG;
		p = skip_digits(p, limit);
	}
	if (p == limit)
		return cut;
	*at = p; /* a digit behind a leading zero is what cannot follow a value */
	return DONE;
}

static enum outcome skip_word(const uint8_t **at, const uint8_t *end)
{
	const char *word = **at == 't' ? "true" : **at == 'f' ? "false" : "null";
	size_t size = strlen(word);
	size_t there = (size_t)(end - *at);

	if (memcmp(*at, word, there < size ? there : size) != 0)
		return WRONG;
	if (there < size)
		return INCOMPLETE;
	*at += size;
	return DONE;
}

static enum outcome skip_scalar(const uint8_t **at, const uint8_t *end)
{
	if (**at == '-' || (**at >= '0' && **at <= '9'))
		return skip_number(at, end);
	return strchr("tfn", **at) != NULL ? skip_word(at, end) : WRONG;
}

/* Where the record stands while it is looked at, in registers rather than in the stream. */
struct scan {
	const uint8_t *bytes;
	const uint8_t *at;
	const uint8_t *end;
	enum state state;
	const char *reason; /* of WRONG */
};

static enum outcome open_collection(struct stream *stream, struct scan *scan, enum state state)
{
	if (stream->depth == STREAM_DEPTH_MAX) {
		scan->reason = "deeper than 128 objects and arrays";
		return WRONG;
	}
	stream->kinds[stream->depth++] = *scan->at == '{' ? BEHIND : VALUE; /* any two that differ */
	scan->at++;
	scan->state = state;
	return INCOMPLETE;
}

/* The end of an object or array: of the record, when it was the outermost. */
static enum outcome close_collection(struct stream *stream, struct scan *scan)
{
	bool object = stream->kinds[stream->depth - 1] == BEHIND;

	if (*scan->at != (object ? '}' : ']'))
		return WRONG;
	scan->at++;
	scan->state = BEHIND;
	return --stream->depth == 0 ? DONE : INCOMPLETE;
}

static enum outcome take_value(struct stream *stream, struct scan *scan)
{
	uint8_t c = *scan->at;

	if (c == '"') {
		scan->at++;
		scan->state = IN_TEXT;
		return INCOMPLETE;
	}
	if (c == '{') {
		if (stream->depth > 0 && stream->restart == 0 && scan->at[-1] == '\n')
			stream->restart = (size_t)(scan->at - scan->bytes);
		return open_collection(stream, scan, FIRST_KEY);
	}
	if (c == '[')
		return open_collection(stream, scan, FIRST_VALUE);
	const uint8_t *before = scan->at;
	enum outcome outcome = skip_scalar(&scan->at, scan->end);
	if (outcome == DONE)
		scan->state = BEHIND;
	else if (outcome == INCOMPLETE)
		scan->end = before; /* nothing more to be done with these bytes */
	return outcome == WRONG ? WRONG : INCOMPLETE;
}

/* One token at a byte that is no blank. DONE: the record is whole; INCOMPLETE: on with the next. */
static inline enum outcome take_token(struct stream *stream, struct scan *scan)
{
	uint8_t c = *scan->at;

	switch (scan->state) {
	case FIRST_KEY:
		if (c == '}')
			return close_collection(stream, scan);
		__attribute__((fallthrough));
	case KEY:
		if (c != '"')
			return WRONG;
		scan->at++;
		scan->state = IN_KEY;
		return INCOMPLETE;
	case COLON:
		if (c != ':')
			return WRONG;
		scan->at++;
		scan->state = VALUE;
		return INCOMPLETE;
	case FIRST_VALUE:
		if (c == ']')
			return close_collection(stream, scan);
		__attribute__((fallthrough));
	case VALUE:
		return take_value(stream, scan);
	case BEHIND:
		if (c != ',')
			return close_collection(stream, scan);
		scan->at++;
		scan->state = stream->kinds[stream->depth - 1] == BEHIND ? KEY : VALUE;
		return INCOMPLETE;
	case OUTSIDE:
	case IN_KEY:
	case IN_TEXT:
		break; /* not here */
	}
	return WRONG;
}

/* Goes through the record as far as the bytes reach. */
static enum outcome scan_record(struct stream *stream, struct scan *scan)
{
	while (scan->at < scan->end) {
		if (scan->state == IN_KEY || scan->state == IN_TEXT) {
			enum outcome string = skip_string(&scan->at, scan->end);
			if (string != DONE)
				return string;
			scan->state = scan->state == IN_KEY ? COLON : BEHIND;
			continue;
		}
		uint8_t c = *scan->at;
		if (c <= ' ') {
			if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
				return WRONG;
			stream->lines = stream->lines || c == '\n' || c == '\r';
			scan->at++;
			continue;
		}
		enum outcome outcome = take_token(stream, scan);
		if (outcome != INCOMPLETE)
			return outcome;
	}
	return INCOMPLETE;
}

/* Ready for the record that begins at or behind `at`. */
static void begin_at(struct stream *stream, size_t at)
{
	stream->start = stream->at = at;
	stream->state = OUTSIDE;
	stream->depth = 0;
	stream->reason = NULL;
	stream->wrong = 0;
	stream->restart = 0;
	stream->lines = false;
}

/* Between records: over blanks, to the '{' of the next one. Returns whether there is one. */
static bool find_record(struct stream *stream, const uint8_t *bytes, size_t size)
{
	size_t at = stream->at;

	if (stream->skips) {
		const uint8_t *line = memchr(bytes + at, '\n', size - at);
		stream->skips = line == NULL;
		at = line == NULL ? size : (size_t)(line - bytes) + 1;
	}
	while (at < size && (bytes[at] == '\n' || bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r'))
		at++;
	begin_at(stream, at);
	return at < size;
}

/* The record is no alert. Hands out its bytes up to where the stream goes on: the next line that looks
 * like a record, or the end of the line with the mistake, which may still have to come. */
static enum stream_event reject(struct stream *stream, const uint8_t *bytes, size_t size,
				struct stream_piece *piece)
{
	size_t start = stream->start;
	size_t wrong = stream->wrong;
	size_t next = stream->restart;
	bool skips = false;

	if (next == 0 && wrong > start && wrong < size && bytes[wrong] == '{' && bytes[wrong - 1] == '\n')
		next = wrong;
	if (next == 0) {
		const uint8_t *line = memchr(bytes + stream->at, '\n', size - stream->at);
		next = line == NULL ? size : (size_t)(line - bytes);
		skips = line == NULL;
		stream->at = next; /* looked at so far */
		if (skips && size - start <= STREAM_ALERT_MAX)
			return STREAM_MORE;
	}
	size_t end = next;
	while (end > start && (bytes[end - 1] == '\n' || bytes[end - 1] == '\r'))
		end--;
	*piece = (struct stream_piece){
		.start = start, .size = end - start, .reason = stream->reason, .wrong_at = wrong - start};
	begin_at(stream, next);
	stream->skips = skips;
	return STREAM_REJECT;
}

static enum stream_event give_up(struct stream *stream, size_t wrong, const char *reason,
				 const uint8_t *bytes, size_t size, struct stream_piece *piece)
{
	stream->wrong = stream->at = wrong;
	stream->reason = reason;
	return reject(stream, bytes, size, piece);
}

enum stream_event stream_next(struct stream *stream, const uint8_t *bytes, size_t size,
			      struct stream_piece *piece)
{
	if (stream->reason != NULL)
		return reject(stream, bytes, size, piece);
	if (stream->state == OUTSIDE) {
		if (!find_record(stream, bytes, size))
			return STREAM_MORE;
		if (bytes[stream->start] != '{')
			return give_up(stream, stream->start, "not an object", bytes, size, piece);
		stream->state = VALUE;
	}
	struct scan scan = {bytes, bytes + stream->at, bytes + size, (enum state)stream->state, "not JSON"};
	enum outcome outcome = scan_record(stream, &scan);
	size_t at = (size_t)(scan.at - bytes);
	stream->state = (uint8_t)scan.state;
	stream->at = at;
	if (outcome == WRONG)
		return give_up(stream, at, scan.reason, bytes, size, piece);
	size_t seen = outcome == DONE ? at : size;
	if (seen - stream->start > STREAM_ALERT_MAX)
		return give_up(stream, seen, "longer than 1 MiB", bytes, size, piece);
	if (outcome == INCOMPLETE)
		return STREAM_MORE;
	*piece = (struct stream_piece){
		.start = stream->start, .size = at - stream->start, .lines = stream->lines};
	begin_at(stream, at);
	return STREAM_ALERT;
}

size_t stream_drop(struct stream *stream)
{
	size_t done = stream->start;

	stream->start = 0;
	stream->at -= done;
	stream->restart -= stream->restart > 0 ? done : 0;
	stream->wrong -= stream->reason != NULL ? done : 0;
	return done;
}

bool stream_end(struct stream *stream, const uint8_t *bytes, size_t size, struct stream_piece *piece)
{
	size_t end = size;

	while (end > stream->start && strchr(" \t\r\n", bytes[end - 1]) != NULL && bytes[end - 1] != '\0')
		end--;
	*piece = (struct stream_piece){
		.start = stream->start,
		.size = end - stream->start,
		.reason = stream->reason != NULL ? stream->reason : "cut off by the end of the input",
		.wrong_at = (stream->reason != NULL ? stream->wrong : end) - stream->start};
	begin_at(stream, size);
	return piece->size > 0;
}

void stream_flatten(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] == '\n' || bytes[i] == '\r')
			bytes[i] = ' ';
}
