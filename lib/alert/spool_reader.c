#include "lib/alert/spool_reader.h"

#include "lib/alert/spool_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a step of gathering found. */
enum step { STEP_MORE, STEP_STOP, STEP_FAILED };

static struct spool_cursor *cursor_of(const struct spool_reader *reader)
{
	return &reader->spool->cursors.slots[reader->slot];
}

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
	struct spool_cursor *cursor = cursor_of(reader);

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
	uint64_t next = cursor_of(reader)->next;

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

/* Records that cannot be read: counted, and out of the way. */
static int pass_over(struct spool_reader *reader, uint64_t end, uint64_t bytes_end, struct fail *fail)
{
	uint64_t first = reader->next_record;

	cursor_of(reader)->damaged += end - first;
	reader->next_record = end;
	return settle(reader, first, end, bytes_end, fail);
}

/* Finds the group that record `number` is in, or else the next one there is in its segment. Returns 1; 0 when there
 * is none; or -1 with *fail. */
static int find_group(struct spool_reader *reader, uint64_t number, struct spool_scan_group *group,
		      struct fail *fail)
{
	struct spool *spool = reader->spool;
	size_t index = spool_state_segment(spool, number);

	if (index == spool->segment_count)
		return 0;
	if (spool_state_scan(spool, index, fail) != 0)
		return -1;
	const struct spool_segment *segment = &spool->segments[index];
	uint64_t end = spool_state_segment_end(spool, index);
	if (reader->segment != segment->first || reader->first > number) {
		reader->segment = segment->first;
		reader->offset = 0;
		reader->first = segment->first;
	}
	while (spool_scan_find(&spool->scan, reader->offset, reader->first, end, group)) {
		if (group->head.first + group->head.count > number) {
			reader->offset = group->offset;
			reader->first = group->head.first;
			return 1;
		}
		reader->offset = group->offset + spool_format_group_size(&group->head);
		reader->first = group->head.first + group->head.count;
	}
	return 0;
}

static struct spool_block *find_recent(const struct spool *spool, uint64_t number)
{
	for (size_t i = 0; i < SPOOL_RECENT_COUNT; i++) {
		struct spool_block *block = spool->recent[i];
		if (block != NULL && block->head.first <= number &&
		    number < block->head.first + block->head.count)
			return block;
	}
	return NULL;
}

/* What a batch may still take. */
struct limits {
	uint64_t stop; /* number it must not reach */
	size_t max_bytes;
	size_t max_count;
};

static bool fits(const struct spool_block *out, size_t size, const struct limits *limits)
{
	if (out->head.count >= limits->max_count || out->head.count == SPOOL_FORMAT_COUNT_MAX)
		return false;
	return out->head.count == 0 || (out->head.records_size + size <= limits->max_bytes &&
					out->head.records_size + size <= SPOOL_FORMAT_RECORDS_MAX);
}

/* Copies from a group in memory. */
static enum step gather_recent(struct spool_reader *reader, const struct spool_block *from,
			       const struct limits *limits, struct spool_block *out)
{
	size_t i = (size_t)(reader->next_record - from->head.first);
	uint32_t start = i == 0 ? 0 : from->ends[i - 1];

	if (out->head.count == 0) {
		out->head.bytes_before = from->head.bytes_before + start;
		out->head.written_ms = from->head.written_ms;
	}
	for (; i < from->head.count && reader->next_record < limits->stop; i++) {
		uint32_t size = from->ends[i] - start;
		if (!fits(out, size, limits))
			return STEP_STOP;
		memcpy(out->bytes + out->head.records_size, from->bytes + start, size);
		out->head.records_size += size;
		out->ends[out->head.count++] = out->head.records_size;
		start = from->ends[i];
		reader->next_record++;
	}
	return STEP_MORE;
}

/* Takes records of a group on the disk whose table is loaded: as many as fit, in one read. */
static enum step gather_group(struct spool_reader *reader, const struct spool_scan_group *group,
			      const struct limits *limits, struct spool_block *out, struct fail *fail)
{
	struct spool_scan *scan = &reader->spool->scan;
	size_t index = (size_t)(reader->next_record - group->head.first); /* a group counts in 32 bits */
	uint32_t start;
	uint32_t size = spool_scan_record(scan, group, index, &start);
	struct spool_format_head planned = out->head;
	size_t count = 0;

	while (index + count < group->head.count && reader->next_record + count < limits->stop) {
		if (count > 0)
			size = spool_format_record_size(&group->head, scan->table, index + count);
		if (!fits(out, size, limits))
			break;
		out->head.records_size += size;
		out->ends[out->head.count++] = out->head.records_size;
		count++;
	}
	if (count == 0)
		return STEP_STOP;
	size_t good = spool_scan_read(scan, group, index, count, out->bytes + planned.records_size);
	if (planned.count == 0) {
		out->head.bytes_before = group->head.bytes_before + start;
		out->head.written_ms = group->head.written_ms;
	}
	out->head.count = planned.count + (uint32_t)good;
	out->head.records_size = out->head.count == 0 ? 0 : out->ends[out->head.count - 1];
	reader->next_record += good;
	if (good == count)
		return index + count == group->head.count ? STEP_MORE : STEP_STOP;
	if (out->head.count > 0)
		return STEP_STOP; /* the bad one is met again at the next call */
	uint32_t bad_size = spool_scan_record(scan, group, index, &start);
	return pass_over(reader, reader->next_record + 1, group->head.bytes_before + start + bad_size,
			 fail) == 0
		       ? STEP_MORE
		       : STEP_FAILED;
}

static enum step gather_disk(struct spool_reader *reader, const struct limits *limits,
			     struct spool_block *out, struct fail *fail)
{
	struct spool *spool = reader->spool;
	struct spool_scan_group group;
	uint64_t gap_end;
	uint64_t bytes_end = cursor_of(reader)->bytes_before;

	int found = find_group(reader, reader->next_record, &group, fail);
	if (found < 0)
		return out->head.count > 0 ? STEP_STOP : STEP_FAILED;
	if (found == 0) {
		size_t index = spool_state_segment(spool, reader->next_record);
		gap_end = index == spool->segment_count ? (index > 0 ? spool->segments[0].first : spool->end)
							: spool_state_segment_end(spool, index);
	} else if (group.head.first > reader->next_record) {
		gap_end = group.head.first;
		bytes_end = group.head.bytes_before;
	} else if (!spool_scan_table(&spool->scan, &group)) {
		gap_end = group.head.first + group.head.count;
		bytes_end = group.head.bytes_before + group.head.records_size;
	} else {
		return gather_group(reader, &group, limits, out, fail);
	}
	if (out->head.count > 0)
		return STEP_STOP; /* met again at the next call */
	if (gap_end > limits->stop)
		gap_end = limits->stop;
	return pass_over(reader, gap_end, bytes_end, fail) == 0 ? STEP_MORE : STEP_FAILED;
}

/* A batch is where a group just written is: from its first record on, and with nothing more behind it
 * worth copying for. */
static bool lend(struct spool_reader *reader, const struct limits *limits, struct spool_batch *batch)
{
	struct spool_block *block = find_recent(reader->spool, reader->next_record);

	if (block == NULL || block->head.first != reader->next_record)
		return false;
	size_t count = 0;
	while (count < block->head.count && count < limits->max_count &&
	       block->head.first + count < limits->stop &&
	       (count == 0 || block->ends[count] <= limits->max_bytes))
		count++;
	bool is_last = block->head.first + count == limits->stop;
	if (!is_last && count < limits->max_count && block->ends[count - 1] < limits->max_bytes / 2)
		return false;
	block->pins++;
	reader->next_record += count;
	*batch = (struct spool_batch){
		.bytes = block->bytes,
		.size = block->ends[count - 1],
		.first = block->head.first,
		.count = count,
		.ends = block->ends,
		.written_ms = block->head.written_ms,
		.bytes_before = block->head.bytes_before,
		.block = block,
	};
	return true;
}

static int gather(struct spool_reader *reader, const struct limits *limits, struct spool_batch *batch,
		  struct fail *fail)
{
	struct spool *spool = reader->spool;
	struct spool_block *out = spool_state_block(spool);
	enum step step = STEP_MORE;

	if (out == NULL)
		return fail_errno(fail, EX_OSERR, "spool");
	while (step == STEP_MORE && reader->next_record < limits->stop &&
	       out->head.count < limits->max_count) {
		const struct spool_block *recent = find_recent(spool, reader->next_record);
		step = recent != NULL ? gather_recent(reader, recent, limits, out)
				      : gather_disk(reader, limits, out, fail);
	}
	if (step == STEP_FAILED || out->head.count == 0) {
		spool_block_put(&spool->pool, out);
		return step == STEP_FAILED ? -1 : 0;
	}
	*batch = (struct spool_batch){
		.bytes = out->bytes,
		.size = out->head.records_size,
		.first = reader->next_record - out->head.count,
		.count = out->head.count,
		.ends = out->ends,
		.written_ms = out->head.written_ms,
		.bytes_before = out->head.bytes_before,
		.block = out,
	};
	return 1;
}

int spool_reader_next(struct spool_reader *reader, size_t max_bytes, size_t max_count,
		      struct spool_batch *batch, struct fail *fail)
{
	const struct limits limits = {.max_bytes = max_bytes,
				      .max_count = max_count == 0 ? 1 : max_count,
				      .stop = reader->spool->end};

	for (;;) {
		if (reader->next_record >= limits.stop)
			return 0;
		if (lend(reader, &limits, batch))
			return 1;
		int result = gather(reader, &limits, batch, fail);
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

/* The group of record `number`, from memory or the disk. */
static bool find_head(struct spool_reader *reader, uint64_t number, struct spool_format_head *head)
{
	const struct spool_block *recent = find_recent(reader->spool, number);
	struct spool_scan_group group;
	struct fail ignored; /* it is for figures */

	if (recent != NULL) {
		*head = recent->head;
		return true;
	}
	if (find_group(reader, number, &group, &ignored) != 1)
		return false;
	*head = group.head;
	return true;
}

/* Puts the cursor on record `number`, the first of a segment. */
static void jump(struct spool_reader *reader, uint64_t number)
{
	struct spool_cursor *cursor = cursor_of(reader);
	struct spool_format_head head;

	cursor->next = number;
	if (number >= reader->spool->end)
		cursor->bytes_before = reader->spool->bytes_end;
	else if (find_head(reader, number, &head))
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
		struct spool_cursor *cursor = cursor_of(reader);
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
	struct spool_cursor *cursor = cursor_of(reader);
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
	cursor_of(reader)->is_attached = false;
	free(reader->spans);
	free(reader);
}

void spool_reader_get_stats(struct spool_reader *reader, struct spool_reader_stats *stats)
{
	const struct spool_cursor *cursor = cursor_of(reader);
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
		reader->oldest_ms = find_head(reader, cursor->next, &head) ? head.written_ms : 0;
	}
	stats->oldest_ms = reader->oldest_ms;
}
