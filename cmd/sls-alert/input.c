#include "cmd/sls-alert/input.h"

#include "lib/alert/dead.h"
#include "lib/alert/follow.h"
#include "lib/alert/spool.h"
#include "lib/alert/stream.h"
#include "lib/base/fail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 256 << 10, HELD_BYTES = STREAM_ALERT_MAX + READ_BYTES };

struct input {
	struct follow *follow; /* NULL: standard input */
	bool unread;           /* the followed file may have more */
	struct stream stream;
	size_t size;
	bool no_more; /* the end was read: of standard input, or of a file that was rotated away */
	bool failed;  /* before its end could be read: of standard input only */
	bool done;    /* and everything before it is in the spool */
	bool pending; /* `piece` could not be put anywhere yet */
	bool unkept;  /* rejects are not surely in the dead-letter file yet */
	enum stream_event event;
	struct stream_piece piece;
	struct input_stats stats;
	uint8_t held[HELD_BYTES];
};

/* Everything before this is in the spool, or will be with the next group; the place travels with it. */
static void set_place(struct input *input, struct spool *spool)
{
	uint8_t place[FOLLOW_PLACE_BYTES];
	size_t held = input->size - (input->pending ? input->piece.start : 0);
	size_t size = follow_get_place(input->follow, held, place);

	if (size > 0) /* there is a file */
		spool_set_place(spool, place, size);
}

/* Whether what is held may go to the spool. What is cut off while it is written is read again from the place
 * before it: of a followed file there is one on the disk before its first alert. */
static bool is_placed(const struct input *input, const struct spool *spool)
{
	uint8_t place[SPOOL_PLACE_MAX];

	return input->follow == NULL || input->size == 0 || spool_get_place(spool, place) > 0;
}

struct input *input_open(const char *path, struct spool *spool, struct fail *fail)
{
	struct input *input = calloc(1, sizeof *input);
	uint8_t place[SPOOL_PLACE_MAX];

	if (input == NULL) {
		(void)fail_errno(fail, EX_OSERR, "input");
		return NULL;
	}
	if (path == NULL)
		return input;
	input->unread = true;
	input->follow = follow_open(path, place, spool_get_place(spool, place), fail);
	if (input->follow == NULL) {
		free(input);
		return NULL;
	}
	set_place(input, spool);
	return input;
}

void input_close(struct input *input)
{
	if (input != NULL && input->follow != NULL)
		follow_close(input->follow);
	free(input);
}

static bool may_read(const struct input *input, const struct spool *spool)
{
	return !input->no_more && !input->pending && !input->unkept && is_placed(input, spool) &&
	       spool_room(spool) > 0;
}

int input_fd(const struct input *input, const struct spool *spool)
{
	if (!may_read(input, spool))
		return -1;
	return input->follow == NULL ? STDIN_FILENO : follow_fd(input->follow);
}

bool input_is_ready(const struct input *input, const struct spool *spool)
{
	return input->unread && may_read(input, spool);
}

bool input_ended(const struct input *input)
{
	return input->done && !input->unkept;
}

bool input_failed(const struct input *input)
{
	return input->failed;
}

bool input_holds(const struct input *input)
{
	return input->follow == NULL && (input->pending || input->unkept);
}

void input_get_stats(const struct input *input, struct input_stats *stats)
{
	*stats = input->stats;
	stats->lost = input->follow == NULL ? 0 : follow_lost(input->follow);
}

/* Puts the pending piece where it belongs. Returns 1 when it has to wait. */
static int place(struct input *input, struct spool *spool, struct dead *dead, time_t now, struct fail *fail)
{
	uint8_t *bytes = input->held + input->piece.start;
	const struct dead_letter letter = {
		.reason = input->piece.reason, .at = now, .bytes = bytes, .size = input->piece.size};

	if (input->event == STREAM_REJECT) {
		if (dead_add(dead, &letter, fail) != 0)
			return -1;
		input->unkept = true;
		input->stats.rejects++;
	} else {
		if (input->piece.lines)
			input->piece.size = jsonscan_compact(bytes, input->piece.size);
		if (spool_append(spool, bytes, input->piece.size) != SPOOL_STORED)
			return 1;
		input->stats.alerts++;
	}
	input->pending = false;
	return 0;
}

/* Goes on until bytes are missing or something has to wait. */
static int cut(struct input *input, struct spool *spool, struct dead *dead, time_t now, struct fail *fail)
{
	for (;;) {
		if (input->pending) {
			int result = place(input, spool, dead, now, fail);
			if (result != 0)
				return result < 0 ? -1 : 0;
		}
		input->event = stream_next(&input->stream, input->held, input->size, &input->piece);
		if (input->event == STREAM_MORE) {
			if (!input->no_more)
				break;
			if (!stream_end(&input->stream, input->held, input->size, &input->piece)) {
				input->done = input->follow == NULL;
				input->no_more = input->done; /* a followed file goes on with the next */
				break;
			}
			input->event = STREAM_REJECT;
		}
		input->pending = true;
	}
	size_t done = stream_drop(&input->stream);
	if (done > 0)
		memmove(input->held, input->held + done, input->size - done);
	input->size -= done;
	return 0;
}

/* Reads once behind what is held. Returns 0; or -1 with *fail, and standard input is then at its end. */
static int read_more(struct input *input, size_t wanted, bool *more, struct fail *fail)
{
	uint8_t *end = input->held + input->size;
	size_t got = 0;

	if (input->follow == NULL) {
		ssize_t count = read(STDIN_FILENO, end, wanted);
		if (count < 0 && (errno == EINTR || errno == EAGAIN))
			return 0;
		input->no_more = count <= 0;
		got = count > 0 ? (size_t)count : 0;
		input->failed = count < 0;
		if (count < 0)
			return fail_errno(fail, EX_IOERR, "standard input");
	} else {
		enum follow_result result = follow_read(input->follow, end, wanted, &got, fail);
		input->unread = result != FOLLOW_END; /* a failure may pass */
		input->no_more = result == FOLLOW_NEXT;
		if (result == FOLLOW_FAILED)
			return -1;
		got = result == FOLLOW_BYTES ? got : 0;
	}
	input->size += got;
	input->stats.bytes += got;
	*more = got == wanted;
	return 0;
}

int input_work(struct input *input, bool readable, struct spool *spool, struct dead *dead, time_t now,
	       bool *more, struct fail *fail)
{
	int result = 0;
	size_t room = spool_room(spool);
	size_t wanted = room < READ_BYTES ? room : READ_BYTES;

	*more = false;
	if (input_ended(input))
		return 0;
	if ((readable || input->unread) && may_read(input, spool))
		result = read_more(input,
				   wanted < HELD_BYTES - input->size ? wanted : HELD_BYTES - input->size,
				   more, fail);
	bool work = input->size > 0 || input->pending || input->unkept || input->no_more;
	bool placed = is_placed(input, spool);
	struct fail kept = {0};
	if (work && placed && cut(input, spool, dead, now, &kept) != 0) {
		*fail = kept;
		result = -1;
	}
	if (input->unkept && dead_sync(dead, &kept) != 0) {
		*fail = kept;
		result = -1;
	} else {
		input->unkept = false;
	}
	if (work && !input->unkept && input->follow != NULL)
		set_place(input, spool);
	*more = *more && placed; /* else the place is what is waited for */
	return result;
}
