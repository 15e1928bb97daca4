#include "lib/alert/spool_reader.h"

#include "lib/alert/spool_gather.h"
#include "lib/alert/spool_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t length(const struct spool_span *span)
{
	return span->end - span->first;
}

/* Puts the span in its place among those settled out of turn, joined with its neighbours. */
static int add_span(struct spool_reader *reader, struct spool_span span, struct fail *fail)
{
	size_t at = 0;

	while (at < reader->span_count && reader->spans[at].end < span.first)
		at++;
	size_t behind = at;
	for (; behind < reader->span_count && reader->spans[behind].first <= span.end; behind++) {
		const struct spool_span *met = &reader->spans[behind];
		span.first = least(span.first, met->first);
		span.bytes_before = least(span.bytes_before, met->bytes_before);
		span.end = most(span.end, met->end);
		span.bytes_end = most(span.bytes_end, met->bytes_end);
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

/* The longest spans go with the cursor, where there are more than it can hold. */
static void choose_spans(struct spool_reader *reader)
{
	struct spool_cursor *cursor = spool_state_cursor(reader);
	size_t kept = 0;

	memset(cursor->spans, 0, sizeof cursor->spans);
	for (size_t i = 0; i < reader->span_count; i++) {
		if (kept == SPOOL_CURSOR_SPANS) {
			size_t shortest = 0;
			for (size_t j = 1; j < kept; j++)
				if (length(&cursor->spans[j]) < length(&cursor->spans[shortest]))
					shortest = j;
			if (length(&reader->spans[i]) <= length(&cursor->spans[shortest]))
				continue;
			kept--;
			memmove(cursor->spans + shortest, cursor->spans + shortest + 1,
				(kept - shortest) * sizeof *cursor->spans);
		}
		cursor->spans[kept++] = reader->spans[i];
	}
}

static void store(struct spool_reader *reader)
{
	choose_spans(reader);
	spool_cursor_store(&reader->spool->cursors, reader->slot);
}

/* Moves the cursor behind the spans that begin there or before. */
static void advance(struct spool_reader *reader)
{
	struct spool_cursor *cursor = spool_state_cursor(reader);
	size_t passed = 0;

	for (; passed < reader->span_count && reader->spans[passed].first <= cursor->next; passed++) {
		if (reader->spans[passed].end <= cursor->next)
			continue;
		cursor->next = reader->spans[passed].end;
		cursor->bytes_before = most(cursor->bytes_before, reader->spans[passed].bytes_end);
	}
	reader->next_record = most(reader->next_record, cursor->next);
	if (passed == 0)
		return;
	reader->span_count -= passed;
	memmove(reader->spans, reader->spans + passed, reader->span_count * sizeof *reader->spans);
}

static int settle(struct spool_reader *reader, struct spool_span span, struct fail *fail)
{
	if (span.end <= spool_state_cursor(reader)->next)
		return 0; /* dropped meanwhile */
	if (add_span(reader, span, fail) != 0)
		return -1;
	advance(reader);
	store(reader);
	return 0;
}

int spool_reader_pass_over(struct spool_reader *reader, uint64_t end, uint64_t bytes_end, struct fail *fail)
{
	uint64_t first = reader->next_record;

	spool_state_cursor(reader)->damaged += end - first;
	reader->next_record = end;
	return settle(reader, (struct spool_span){first, end, bytes_end, bytes_end}, fail);
}

/* Goes past what is settled where the next record would be. Returns the number up to which none is. */
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
	const struct spool_span span = {
		.first = batch->first + from,
		.end = batch->first + to,
		.bytes_before = batch->bytes_before + (from == 0 ? 0 : batch->ends[from - 1]),
		.bytes_end = batch->bytes_before + batch->ends[to - 1],
	};
	return settle(reader, span, fail);
}

void spool_reader_release(struct spool_reader *reader, struct spool_batch *batch)
{
	spool_block_put(&reader->spool->pool, batch->block);
	*batch = (struct spool_batch){0};
}

uint64_t spool_reader_reach(const struct spool_reader *reader)
{
	uint64_t count = reader->spool->end - least(reader->spool->end, spool_state_cursor(reader)->next);

	for (size_t i = 0; i < reader->span_count; i++)
		count -= length(&reader->spans[i]);
	return count;
}

void spool_reader_seek(struct spool_reader *reader, uint64_t ahead)
{
	reader->next_record = spool_state_cursor(reader)->next + ahead;
	for (size_t i = 0; i < reader->span_count && reader->spans[i].first <= reader->next_record; i++)
		reader->next_record += length(&reader->spans[i]);
}

/* Gives up what is not settled before record `number`, the first of a segment, and counts it. */
static void drop(struct spool_reader *reader, uint64_t number)
{
	struct spool_cursor *cursor = spool_state_cursor(reader);
	struct spool_format_head head;

	cursor->dropped += number - cursor->next;
	for (size_t i = 0; i < reader->span_count && reader->spans[i].first < number; i++)
		cursor->dropped -= least(reader->spans[i].end, number) - reader->spans[i].first;
	cursor->next = number;
	if (number >= reader->spool->end)
		cursor->bytes_before = reader->spool->bytes_end;
	else if (spool_gather_head(reader, number, &head))
		cursor->bytes_before = head.bytes_before;
	advance(reader);
	store(reader);
}

void spool_reader_drop_oldest(struct spool *spool)
{
	if (spool->segment_count < 2)
		return;
	uint64_t first = spool->segments[1].first;
	for (struct spool_reader *reader = spool->readers; reader != NULL; reader = reader->next)
		if (spool_state_cursor(reader)->next < first)
			drop(reader, first);
}

/* Sets up the cursor of an output that is new, or was away. */
static void place_cursor(struct spool_reader *reader, bool is_new)
{
	struct spool *spool = reader->spool;
	struct spool_cursor *cursor = spool_state_cursor(reader);
	uint64_t oldest = spool->segment_count > 0 ? spool->segments[0].first : spool->end;

	if (is_new)
		cursor->next = spool->cursors.is_doubtful ? oldest : spool->end;
	if (is_new || cursor->next < oldest)
		drop(reader, is_new ? cursor->next : oldest);
	advance(reader);
	choose_spans(reader);
	reader->next_record = cursor->next;
}

/* Those that the cursor was stored with, as far as their records are there. Returns 0, or -1 with *fail. */
static int load_spans(struct spool_reader *reader, struct fail *fail)
{
	const struct spool_cursor *cursor = spool_state_cursor(reader);

	for (size_t i = 0; i < SPOOL_CURSOR_SPANS && cursor->spans[i].end > 0; i++)
		if (cursor->spans[i].end <= reader->spool->end &&
		    add_span(reader, cursor->spans[i], fail) != 0)
			return -1;
	return 0;
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
	int result = load_spans(reader, fail);
	if (result == 0)
		place_cursor(reader, is_new);
	/* At once: an output whose cursor a power cut took would begin behind what it was given. */
	if (result == 0 && (spool->cursors.is_stale || fdatasync(spool->cursors.fd) != 0))
		result = spool_cursor_renew(&spool->cursors, fail);
	if (result != 0) {
		free(reader->spans);
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
	stats->queued_records = spool_reader_reach(reader);
	stats->queued_bytes = spool->bytes_end - least(spool->bytes_end, cursor->bytes_before);
	for (size_t i = 0; i < reader->span_count; i++)
		stats->queued_bytes -= least(stats->queued_bytes, /* where some are damaged it is not exact */
					     reader->spans[i].bytes_end - reader->spans[i].bytes_before);
	if (reader->oldest_of != cursor->next) {
		bool is_there = spool_gather_head(reader, cursor->next, &head); /* else: or not just now */
		reader->oldest_of = is_there ? cursor->next : 0;
		reader->oldest_ms = is_there ? head.written_ms : 0;
	}
	stats->oldest_ms = reader->oldest_ms;
}
