#include "lib/alert/spool_gather.h"

#include "lib/alert/spool_state.h"

#include <string.h>

/* What a step of gathering found. */
enum step { STEP_MORE, STEP_STOP, STEP_FAILED };

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

static bool fits(const struct spool_block *out, size_t size, const struct spool_gather_limits *limits)
{
	if (out->head.count >= limits->max_count || out->head.count == SPOOL_FORMAT_COUNT_MAX)
		return false;
	return out->head.count == 0 || (out->head.records_size + size <= limits->max_bytes &&
					out->head.records_size + size <= SPOOL_FORMAT_RECORDS_MAX);
}

/* Copies from a group in memory. */
static enum step gather_recent(struct spool_reader *reader, const struct spool_block *from,
			       const struct spool_gather_limits *limits, struct spool_block *out)
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
			      const struct spool_gather_limits *limits, struct spool_block *out,
			      struct fail *fail)
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
	return spool_reader_pass_over(reader, reader->next_record + 1,
				      group->head.bytes_before + start + bad_size, fail) == 0
		       ? STEP_MORE
		       : STEP_FAILED;
}

static enum step gather_disk(struct spool_reader *reader, const struct spool_gather_limits *limits,
			     struct spool_block *out, struct fail *fail)
{
	struct spool *spool = reader->spool;
	struct spool_scan_group group;
	uint64_t gap_end;
	uint64_t bytes_end = spool_state_cursor(reader)->bytes_before;

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
	return spool_reader_pass_over(reader, gap_end, bytes_end, fail) == 0 ? STEP_MORE : STEP_FAILED;
}

bool spool_gather_lend(struct spool_reader *reader, const struct spool_gather_limits *limits,
		       struct spool_batch *batch)
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

int spool_gather_copy(struct spool_reader *reader, const struct spool_gather_limits *limits,
		      struct spool_batch *batch, struct fail *fail)
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

bool spool_gather_head(struct spool_reader *reader, uint64_t number, struct spool_format_head *head)
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
