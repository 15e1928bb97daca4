/* Alerts out of a stream of bytes (lib/alert stream): the pieces are the same however the bytes arrive, lie one
 * behind the other, and an alert is what another parser takes for JSON, also after jsonscan_compact.
 *
 * Input: how many bytes come at a time (a byte), the stream. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/alert/stream.h"

#include <stdlib.h>
#include <string.h>

enum { PIECES_MAX = 4096 };

struct found {
	enum stream_event event;
	size_t start; /* in the whole stream */
	size_t size;
};

static void check(const uint8_t *bytes, enum stream_event event, const struct stream_piece *piece)
{
	if (event == STREAM_REJECT) {
		REQUIRE(piece->reason != NULL && piece->size > 0);
		return;
	}
	uint8_t *flat = fuzz_copy((struct fuzz){bytes + piece->start, piece->size});
	REQUIRE(piece->size >= 2 && flat[0] == '{' && fuzz_is_json(flat, piece->size));
	bool has_breaks = memchr(flat, '\n', piece->size) != NULL || memchr(flat, '\r', piece->size) != NULL;
	REQUIRE(has_breaks == piece->lines);
	size_t left = jsonscan_compact(flat, piece->size);
	REQUIRE(left <= piece->size && memchr(flat, '\n', left) == NULL && fuzz_is_json(flat, left));
	free(flat);
}

/* Feeds `step` bytes at a time. */
static size_t feed(struct fuzz in, size_t step, struct found *found)
{
	struct stream stream = {0};
	struct stream_piece piece;
	enum stream_event event;
	size_t count = 0;
	size_t dropped = 0;
	size_t given = 0;

	do {
		given = step > in.size - given ? in.size : given + step;
		/* Of its own, so that a look behind the end is seen. */
		uint8_t *window = fuzz_copy((struct fuzz){in.bytes + dropped, given - dropped});
		size_t taken = 0;
		while ((event = stream_next(&stream, window + taken, given - dropped, &piece)) !=
		       STREAM_MORE) {
			REQUIRE(piece.start + piece.size <= given - dropped);
			check(window + taken, event, &piece);
			if (count < PIECES_MAX)
				found[count++] = (struct found){event, dropped + piece.start, piece.size};
			size_t drop = stream_drop(&stream);
			taken += drop;
			dropped += drop;
		}
		if (given == in.size && stream_end(&stream, window + taken, given - dropped, &piece)) {
			check(window + taken, STREAM_REJECT, &piece);
			if (count < PIECES_MAX)
				found[count++] = (struct found){STREAM_REJECT, dropped + piece.start,
								piece.size};
		}
		dropped += stream_drop(&stream);
		free(window);
	} while (given < in.size);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct found once[PIECES_MAX];
	static struct found again[PIECES_MAX];
	struct fuzz in = {bytes, size};
	size_t step = 1 + fuzz_choice(&in, 64);
	size_t count = feed(in, in.size + 1, once);
	size_t end = 0;

	REQUIRE(feed(in, step, again) == count);
	for (size_t i = 0; i < count; i++) {
		REQUIRE(once[i].event == again[i].event && once[i].start == again[i].start &&
			once[i].size == again[i].size && once[i].start >= end);
		end = once[i].start + once[i].size;
	}
	return 0;
}
