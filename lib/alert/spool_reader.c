#include "lib/alert/spool_reader.h"

#include "lib/alert/spool_gather.h"
#include "lib/alert/spool_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Puts the span in its place among those settled out of turn, joined with its neighbours. */
static int add_span(struct spool_reader *reader, struct spool_span span, struct fail *fail)
{
	size_t at = 0;

	while (at < reader->span_count && reader->spans[at].end < span.first)
		at++;
	size_t behind = at;
	for (; behind < reader->span_count && reader->spans[behind].first <= span.end; behind++) {
		if (reader->spans[behind].first < span.first)
			span.first = reader->spans[behind].first;
		if (reader->spans[behind].end > span.end) {
			span.end = reader->spans[behind].end;
			span.bytes_end = reader->spans[behind].bytes_end;
		}
	}
	if (at == behind && reader->span_count == reader->span_room) {
		size_t room = reader->span_room == 0 ? 16 : reader->span_room * 2;
		struct spool_span *spans = reallocarray(reader->spans, room, sizeof *spans);
		if (spans == NULL)
			return fail_errno(fail, EX_OSERR, "spool");
		reader->spans = spans;
		reader->span_room = room;
	}
	memmove(reader->spans + at + 1, reader->spans + behind,
		(reader->span_count - behind) * sizeof *reader->spans);
	reader->span_count += at + 1;
	reader->span_count -= behind;
	reader->spans[at] = span;
	return 0;
}

/* Moves the cursor behind the first span when that begins there, and stores it. */
static void advance(struct spool_reader *reader)
{
	struct spool_cursor *cursor = spool_state_cursor(reader);

	if (reader->span_count == 0 || reader->spans[0].first > cursor->next)
		return;
	cursor->next = reader->spans[0].end;
	cursor->bytes_before = reader->spans[0].bytes_end;
	reader->span_count--;
	memmove(reader->spans, reader->spans + 1, reader->span_count * sizeof *reader->spans);
	spool_cursor_store(&reader->spool->cursors, reader->slot);
}

static int settle(struct spool_reader *reader, uint64_t first, uint64_t end, uint64_t bytes_end,
		  struct fail *fail)
{
	uint64_t next = spool_state_cursor(reader)->next;

	if (end <= next)
		return 0; /* dropped meanwhile */
	if (first < next)
		first = next;
	if (add_span(reader, (struct spool_span){.first = first, .end = end, .bytes_end = bytes_end}, fail) !=
	    0)
		return -1;
	advance(reader);
	return 0;
}

int spool_reader_pass_over(struct spool_reader *reader, uint64_t end, uint64_t bytes_end, struct fail *fail)
{
	uint64_t first = reader->next_record;

	spool_state_cursor(reader)->damaged += end - first;
	reader->next_record = end;
	return settle(reader, first, end, bytes_end, fail);
}

/* Goes past what is settled where the next record would be. Returns how far records that are not reach. */
static uint64_t skip_settled(struct spool_reader *reader)
{
	for (size_t i = 0; i < reader->span_count; i++) {
		if (reader->spans[i].first > reader->next_record)
			return reader->spans[i].first;
		if (reader->spans[i].end > reader->next_record)
			reader->next_record = reader->spans[i].end;
	}
	return reader->spool->end;
}

int spool_reader_next(struct spool_reader *reader, size_t max_bytes, size_t max_count,
		      struct spool_batch *batch, struct fail *fail)
{
	struct spool_gather_limits limits = {.max_bytes = max_bytes,
					     .max_count = max_count == 0 ? 1 : max_count};

	for (;;) {
		limits.stop = skip_settled(reader);
		if (reader->next_record >= limits.stop)
			return 0;
		if (spool_gather_lend(reader, &limits, batch))
			return 1;
		int result = spool_gather_copy(reader, &limits, batch, fail);
		if (result != 0)
			return result;
	}
}

int spool_reader_done(struct spool_reader *reader, const struct spool_batch *batch, size_t from, size_t to,
		      struct fail *fail)
{
	if (from >= to)
		return 0;
	return settle(reader, batch->first + from, batch->first + to,
		      batch->bytes_before + batch->ends[to - 1], fail);
}

void spool_reader_release(struct spool_reader *reader, struct spool_batch *batch)
{
	spool_block_put(&reader->spool->pool, batch->block);
	*batch = (struct spool_batch){0};
}

void spool_reader_turn_back(struct spool_reader *reader)
{
	reader->next_record = spool_state_cursor(reader)->next;
}

/* Puts the cursor on record `number`, the first of a segment. */
static void jump(struct spool_reader *reader, uint64_t number)
{
	struct spool_cursor *cursor = spool_state_cursor(reader);
	struct spool_format_head head;

	cursor->next = number;
	if (number >= reader->spool->end)
		cursor->bytes_before = reader->spool->bytes_end;
	else if (spool_gather_head(reader, number, &head))
		cursor->bytes_before = head.bytes_before;
	if (reader->next_record < number)
		reader->next_record = number;
	while (reader->span_count > 0 && reader->spans[0].end <= number) {
		reader->span_count--;
		memmove(reader->spans, reader->spans + 1, reader->span_count * sizeof *reader->spans);
	}
	if (reader->span_count > 0 && reader->spans[0].first <= number)
		advance(reader);
	else
		spool_cursor_store(&reader->spool->cursors, reader->slot);
}

void spool_reader_drop_oldest(struct spool *spool)
{
	if (spool->segment_count < 2)
		return;
	uint64_t first = spool->segments[1].first;
	for (struct spool_reader *reader = spool->readers; reader != NULL; reader = reader->next) {
		struct spool_cursor *cursor = spool_state_cursor(reader);
		if (cursor->next >= first)
			continue;
		uint64_t dropped = first - cursor->next;
		for (size_t i = 0; i < reader->span_count && reader->spans[i].first < first; i++) {
			uint64_t end = reader->spans[i].end < first ? reader->spans[i].end : first;
			dropped -= end - reader->spans[i].first;
		}
		cursor->dropped += dropped;
		jump(reader, first);
	}
}

/* Sets up the cursor of an output that is new, or was away. */
static void place_cursor(struct spool_reader *reader, bool is_new)
{
	struct spool *spool = reader->spool;
	struct spool_cursor *cursor = spool_state_cursor(reader);
	uint64_t oldest = spool->segment_count > 0 ? spool->segments[0].first : spool->end;

	if (is_new) {
		jump(reader, spool->cursors.is_doubtful ? oldest : spool->end);
	} else if (cursor->next < oldest) {
		cursor->dropped += oldest - cursor->next;
		jump(reader, oldest);
	}
	reader->next_record = cursor->next;
}

struct spool_reader *spool_reader_open(struct spool *spool, const char *name, struct fail *fail)
{
	size_t size = strlen(name);
	int slot = spool_cursor_find(&spool->cursors, name);

	if (size < 1 || size > SPOOL_READER_NAME_MAX) {
		(void)fail_set(fail, EX_CONFIG, "output \"%.64s\": a name of 1 to %d bytes is needed", name,
			       SPOOL_READER_NAME_MAX);
		return NULL;
	}
	if (slot >= 0 && spool->cursors.slots[slot].is_attached) {
		(void)fail_set(fail, EX_CONFIG, "output \"%s\": there twice", name);
		return NULL;
	}
	bool is_new = slot < 0;
	if (is_new)
		slot = spool_cursor_take(&spool->cursors);
	if (slot < 0) {
		(void)fail_set(fail, EX_CONFIG, "output \"%s\": more than %d outputs", name,
			       SPOOL_READER_MAX);
		return NULL;
	}
	struct spool_reader *reader = calloc(1, sizeof *reader);
	if (reader == NULL) {
		(void)fail_errno(fail, EX_OSERR, "spool");
		return NULL;
	}
	reader->spool = spool;
	reader->slot = slot;
	memcpy(spool->cursors.slots[slot].name, name, size + 1);
	place_cursor(reader, is_new);
	/* At once: an output whose cursor a power cut took would begin behind what it was given. */
	if ((spool->cursors.is_stale || fdatasync(spool->cursors.fd) != 0) &&
	    spool_cursor_renew(&spool->cursors, fail) != 0) {
		free(reader);
		return NULL;
	}
	spool->cursors.is_dirty = false;
	spool->cursors.slots[slot].is_attached = true;
	reader->next = spool->readers;
	spool->readers = reader;
	return reader;
}

void spool_reader_close(struct spool_reader *reader)
{
	if (reader == NULL)
		return;
	struct spool_reader **at = &reader->spool->readers;
	while (*at != reader)
		at = &(*at)->next;
	*at = reader->next;
	/* No group will carry it any more. */
	if (reader->spool->cursors.is_dirty && fdatasync(reader->spool->cursors.fd) != 0)
		reader->spool->cursors.is_stale = true;
	spool_state_cursor(reader)->is_attached = false;
	free(reader->spans);
	free(reader);
}

void spool_reader_get_stats(struct spool_reader *reader, struct spool_reader_stats *stats)
{
	const struct spool_cursor *cursor = spool_state_cursor(reader);
	const struct spool *spool = reader->spool;
	struct spool_format_head head;

	*stats = (struct spool_reader_stats){.dropped = cursor->dropped, .damaged = cursor->damaged};
	if (cursor->next >= spool->end)
		return;
	stats->queued_records = spool->end - cursor->next;
	for (size_t i = 0; i < reader->span_count; i++)
		stats->queued_records -= reader->spans[i].end - reader->spans[i].first;
	stats->queued_bytes = spool->bytes_end - cursor->bytes_before;
	if (reader->oldest_of != cursor->next) {
		reader->oldest_of = cursor->next;
		reader->oldest_ms = spool_gather_head(reader, cursor->next, &head) ? head.written_ms : 0;
	}
	stats->oldest_ms = reader->oldest_ms;
}
