#include "cmd/sls-alert/input.h"

#include "lib/alert/dead.h"
#include "lib/alert/spool.h"
#include "lib/alert/stream.h"
#include "lib/base/fail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 256 << 10, HELD_BYTES = STREAM_ALERT_MAX + READ_BYTES };

struct input {
	int fd;
	struct stream stream;
	size_t size;
	bool no_more; /* the end was read */
	bool done;    /* and everything before it is in the spool */
	bool pending; /* `piece` could not be put anywhere yet */
	enum stream_event event;
	struct stream_piece piece;
	struct input_stats stats;
	uint8_t held[HELD_BYTES];
};

struct input *input_open(int fd, struct fail *fail)
{
	struct input *input = calloc(1, sizeof *input);

	if (input == NULL) {
		(void)fail_errno(fail, EX_OSERR, "input");
		return NULL;
	}
	input->fd = fd;
	return input;
}

void input_close(struct input *input)
{
	free(input);
}

int input_fd(const struct input *input, const struct spool *spool)
{
	return input->no_more || input->pending || spool_room(spool) == 0 ? -1 : input->fd;
}

bool input_ended(const struct input *input)
{
	return input->done;
}

void input_get_stats(const struct input *input, struct input_stats *stats)
{
	*stats = input->stats;
}

static int bury(struct input *input, struct spool *spool, struct dead *dead, time_t now, struct fail *fail)
{
	const struct dead_letter letter = {
		.reason = input->piece.reason,
		.at = now,
		.bytes = input->held + input->piece.start,
		.size = input->piece.size,
	};

	if (dead_add(dead, &letter, fail) == 0 && dead_sync(dead, fail) == 0)
		return 0;
	if (errno != ENOSPC && errno != EDQUOT)
		return -1;
	spool_free_reserve(spool); /* a letter is worth it */
	return dead_add(dead, &letter, fail) == 0 ? dead_sync(dead, fail) : -1;
}

/* Puts the pending piece where it belongs. Returns 1 when it has to wait. */
static int place(struct input *input, struct spool *spool, struct dead *dead, time_t now, struct fail *fail)
{
	uint8_t *bytes = input->held + input->piece.start;

	if (input->event == STREAM_REJECT) {
		if (bury(input, spool, dead, now, fail) != 0)
			return -1;
		input->stats.rejects++;
	} else {
		if (input->piece.lines)
			stream_flatten(bytes, input->piece.size);
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
				input->done = true;
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

int input_work(struct input *input, bool readable, struct spool *spool, struct dead *dead, time_t now,
	       bool *more, struct fail *fail)
{
	int error = 0;

	*more = false;
	if (readable && input_fd(input, spool) >= 0) {
		size_t room = spool_room(spool);
		size_t wanted = room < HELD_BYTES - input->size ? room : HELD_BYTES - input->size;
		ssize_t count = read(input->fd, input->held + input->size,
				     wanted < READ_BYTES ? wanted : READ_BYTES);
		if (count > 0) {
			input->size += (size_t)count;
			input->stats.bytes += (size_t)count;
			*more = (size_t)count == wanted;
		} else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
			error = count == 0 ? 0 : errno;
			input->no_more = true;
		}
	}
	int result = input->done ? 0 : cut(input, spool, dead, now, fail);
	if (error == 0)
		return result;
	errno = error;
	return fail_errno(fail, EX_IOERR, "standard input");
}
