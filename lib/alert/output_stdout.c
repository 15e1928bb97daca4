/* Alerts on standard output, a line each. The descriptor is written to as it is: the thread may wait for a
 * slow reader. */
#include "lib/alert/config.h"
#include "lib/alert/output.h"
#include "lib/alert/output_local.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sink {
	bool terminal;
	size_t sent; /* of the line that the last write ended in */
};

static void *open_sink(const struct config_output *own, const struct output_world *world, struct fail *fail)
{
	struct sink *sink = calloc(1, sizeof *sink);

	(void)own, (void)world;
	if (sink == NULL) {
		(void)fail_errno(fail, EX_OSERR, "memory");
		return NULL;
	}
	sink->terminal = isatty(STDOUT_FILENO) == 1;
	return sink;
}

/* Writes what the descriptor takes. Returns how much, with errno set when it is less. */
static size_t write_some(const uint8_t *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = write(STDOUT_FILENO, bytes + done, size - done);
		struct pollfd writable = {.fd = STDOUT_FILENO, .events = POLLOUT};
		if (count >= 0)
			done += (size_t)count;
		else if (errno == EAGAIN) /* somebody made it non-blocking */
			(void)poll(&writable, 1, -1);
		else if (errno != EINTR)
			break;
	}
	return done;
}

/* A terminal gets the lines one by one, without what it would obey. */
static bool write_masked(const uint8_t *bytes, size_t size)
{
	enum { ESCAPE = 4 };
	size_t room = size * ESCAPE + ESCAPE + 2;
	char *masked = malloc(room);
	bool good = masked != NULL;

	if (good) {
		bool ended = size > 0 && bytes[size - 1] == '\n';
		(void)text_mask(bytes, size - (ended ? 1 : 0), masked, room - 1);
		size_t length = strlen(masked);
		masked[length] = '\n';
		good = write_some((const uint8_t *)masked, length + 1) == length + 1;
	}
	free(masked);
	return good;
}

static int give_up(struct output_written *written, size_t to)
{
	written->to = to;
	written->outcome =
		DELIVERY_BARRED; /* nobody reads any more, or the disk is full: for somebody to see to */
	(void)snprintf(written->reason, sizeof written->reason, "standard output: %s", strerror(errno));
	return -1;
}

static int write_sink(void *driver, const struct render *slice, int64_t written_ms,
		      struct output_written *written)
{
	struct sink *sink = driver;
	size_t index = slice->from;
	uint32_t start = 0;

	(void)written_ms;
	for (; sink->terminal && index < slice->to; start = slice->ends[index++ - slice->from])
		if (slice->ends[index - slice->from] > start &&
		    !write_masked(slice->bytes + start, slice->ends[index - slice->from] - start))
			return give_up(written, index);
	if (sink->terminal)
		return 0;
	size_t skip = sink->sent; /* of a line that was begun before */
	size_t done = skip + write_some(slice->bytes + skip, slice->size - skip);
	for (; index < slice->to && slice->ends[index - slice->from] <= done; index++)
		start = slice->ends[index - slice->from];
	sink->sent = done - start;
	return done == slice->size ? 0 : give_up(written, index);
}

static void reopen_sink(void *driver)
{
	(void)driver; /* there is nothing to open again */
}

/* Whoever comes next begins the cut line's alert anew: the line is ended, if there is room by now, so that it does not
 * spoil that one. */
static void close_sink(void *driver)
{
	struct sink *sink = driver;

	if (sink->sent > 0)
		(void)!write(STDOUT_FILENO, "\n", 1);
	free(sink);
}

const struct output_driver output_stdout_driver = {open_sink, write_sink, reopen_sink, close_sink};
