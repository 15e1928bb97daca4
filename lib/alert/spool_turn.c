#include "lib/alert/spool_turn.h"

#include "lib/alert/spool_state.h"

#include <string.h>
#include <unistd.h>

enum { RETRY_MS = 1000 };

static uint64_t used_bytes(const struct spool *spool)
{
	uint64_t used = SPOOL_DISK_RESERVE_BYTES + spool->disk.spare_count * spool->segment_bytes;

	for (size_t i = 0; i < spool->segment_count; i++)
		used += spool->segments[i].size;
	return used;
}

/* How many segments may be made. */
static unsigned budget(const struct spool *spool)
{
	uint64_t used = used_bytes(spool);
	uint64_t limit = spool->options.limit_bytes;

	return used >= limit ? 0 : (unsigned)((limit - used) / spool->segment_bytes);
}

static void forget_places(struct spool *spool)
{
	spool_scan_open(&spool->scan, -1, 0, 0);
	for (struct spool_reader *reader = spool->readers; reader != NULL; reader = reader->next)
		reader->segment = 0;
}

/* The group is on the disk. */
static int publish(struct spool *spool, struct spool_block *block, struct fail *fail)
{
	const struct spool_format_head *head = &block->head;
	size_t last = spool->segment_count - 1;

	if (spool->segment_count > 0 && spool->segments[last].first == head->segment) {
		if (block->offset == 0)
			forget_places(spool); /* a new file of the same name */
	} else if (spool_state_add_segment(spool, head->segment, spool->segment_bytes, fail) != 0) {
		return -1;
	}
	spool->live_end = block->offset + spool_format_group_size(head);
	spool->end = head->first + head->count;
	spool->bytes_end = head->bytes_before + head->records_size;
	memcpy(spool->durable_place, head->place, head->place_size);
	spool->durable_place_size = head->place_size;
	spool->groups++;
	spool->writing = NULL;
	if (head->count == 0) {
		spool_block_put(&spool->pool, block);
		return 0;
	}
	spool_block_put(&spool->pool, spool->recent[SPOOL_RECENT_COUNT - 1]);
	memmove(&spool->recent[1], &spool->recent[0], sizeof spool->recent - sizeof spool->recent[0]);
	spool->recent[0] = block;
	return 0;
}

/* What became of the block, once. */
static int take_block(struct spool *spool, const struct spool_disk_report *report, int64_t now_ms,
		      struct fail *fail)
{
	if (report->is_written) {
		spool->trouble.status = 0;
		return publish(spool, spool->writing, fail);
	}
	spool->trouble = report->fail;
	spool->tried_ms = now_ms;
	return 0;
}

/* The disk has nothing more to do: what it has is ours to look at. */
static void take_rest(struct spool *spool, const struct spool_disk_report *report, int64_t now_ms)
{
	spool->io_errors += report->io_errors;
	if (report->passed > 0) {
		spool->segment_count -= report->passed;
		memmove(spool->segments, spool->segments + report->passed,
			spool->segment_count * sizeof *spool->segments);
	}
	unsigned slots = spool->slots;
	spool->slots = spool_disk_slots(&spool->disk);
	spool->is_short = spool->disk.spare_count == 0 && budget(spool) > 0;
	if (!spool->is_short || report->spare_error != 0)
		spool->short_error = report->spare_error;
	if (spool->is_short || !spool->disk.has_reserve)
		spool->tried_ms = now_ms;
	if (slots == 0 && spool->slots > 0)
		spool->tried_ms = now_ms - RETRY_MS; /* what found no room may try at once */
	spool->disk_bytes = used_bytes(spool);
	spool->cursors.is_stale |= report->cursors_failed;
}

int spool_turn_first(struct spool *spool, struct fail *fail)
{
	const struct spool_disk_work work = {.block = spool->writing,
					     .cursors_fd = spool->cursors.fd,
					     .budget = budget(spool),
					     .wants_reserve = true};
	struct spool_disk_report report;

	spool_disk_run(&spool->disk, &work, &report);
	spool->cursors.is_dirty = false;
	if (work.block != NULL && take_block(spool, &report, 0, fail) != 0)
		return -1;
	take_rest(spool, &report, 0);
	spool->groups = 0;
	return 0;
}

int spool_turn_take_in(struct spool *spool, int64_t now_ms, struct fail *fail)
{
	struct spool_disk_report report;
	uint64_t told;

	if (!spool->is_started)
		return 0;
	(void)!read(spool->disk.event_fd, &told,
		    sizeof told); /* empty when nothing was told: looked at below */
	enum spool_disk_stage stage = spool_disk_look(&spool->disk, &report);
	if (stage == SPOOL_DISK_WRITING)
		return 0;
	if (spool->is_block_awaited) {
		spool->is_block_awaited = false;
		if (take_block(spool, &report, now_ms, fail) != 0)
			return -1;
		spool->slots--;
	}
	if (stage != SPOOL_DISK_IDLE)
		return 0;
	spool->is_started = false;
	take_rest(spool, &report, now_ms);
	return 0;
}

static void put_cursors(const struct spool *spool, struct spool_block *block)
{
	block->head.cursor_count = 0;
	for (const struct spool_reader *reader = spool->readers; reader != NULL; reader = reader->next) {
		const struct spool_cursor *cursor = &spool->cursors.slots[reader->slot];
		block->cursors[block->head.cursor_count++] = (struct spool_format_cursor){
			.slot = (uint32_t)reader->slot,
			.generation = cursor->generation,
			.next = cursor->next,
			.bytes_before = cursor->bytes_before,
		};
	}
}

/* The block to write now; NULL: none. */
static struct spool_block *choose_block(struct spool *spool, int64_t now_ms, bool more, bool may_retry)
{
	if (spool->slots == 0)
		return NULL;
	if (spool->writing != NULL)
		return may_retry ? spool->writing : NULL;
	struct spool_block *block = spool->filling;
	bool is_due = spool->place_is_new || (block != NULL && block->head.count > 0);
	bool is_full = spool->is_full || (block != NULL && spool_state_is_nearly_full(block));
	if (!is_due || (more && !is_full && spool_state_has_slot(spool)))
		return NULL;
	if (block == NULL)
		block = spool_state_block(spool);
	if (block == NULL)
		return NULL;
	block->head.first = spool->end;
	block->head.bytes_before = spool->bytes_end;
	block->head.written_ms = now_ms;
	block->head.place_size = (uint32_t)spool->place_size;
	memcpy(block->head.place, spool->place, spool->place_size);
	put_cursors(spool, block);
	spool->place_is_new = false;
	spool->writing = block;
	spool->filling = NULL;
	spool->is_full = false;
	return block;
}

/* The oldest segments that every attached reader has passed. */
static size_t find_passed(const struct spool *spool, uint64_t *passed)
{
	uint64_t needed = UINT64_MAX;
	size_t count = 0;

	if (spool->readers == NULL)
		return 0;
	for (const struct spool_reader *reader = spool->readers; reader != NULL; reader = reader->next) {
		uint64_t next = spool->cursors.slots[reader->slot].next;
		if (next < needed)
			needed = next;
	}
	while (count < SPOOL_DISK_PASSED_MAX && count + 1 < spool->segment_count &&
	       spool->segments[count + 1].first <= needed) {
		passed[count] = spool->segments[count].first;
		count++;
	}
	return count;
}

int spool_turn_start(struct spool *spool, int64_t now_ms, bool more, struct fail *fail)
{
	/* A clock set back must not hold a try for long. */
	bool may_retry = now_ms - spool->tried_ms >= RETRY_MS || now_ms < spool->tried_ms;
	struct spool_disk_work work = {.cursors_fd = -1};

	if (spool->cursors.is_stale && may_retry && spool_cursor_renew(&spool->cursors, fail) != 0) {
		spool->io_errors++;
		spool->tried_ms = now_ms; /* what is settled until it works is repeated after a crash */
	}
	if (spool->is_reserve_freed)
		spool->disk.has_reserve = spool->is_reserve_freed = false;
	if (spool->options.policy == SPOOL_DROP_OLDEST && spool->slots == 0 &&
	    (spool->is_short || budget(spool) == 0))
		spool_reader_drop_oldest(spool);
	if (spool->cursors.is_dirty)
		work.cursors_fd = spool->cursors.fd;
	work.passed_count = find_passed(spool, work.passed);
	work.block = choose_block(spool, now_ms, more, may_retry);
	work.budget = spool->is_short && !may_retry ? 0 : budget(spool);
	work.wants_reserve = !spool->disk.has_reserve && may_retry;
	bool wants_spare = spool->disk.spare_count == 0 && work.budget > 0;
	if (work.block == NULL && work.cursors_fd < 0 && work.passed_count == 0 && !wants_spare &&
	    !work.wants_reserve)
		return 0;
	if (spool_disk_start(&spool->disk, &work, fail) != 0)
		return -1;
	spool->is_started = true;
	spool->is_block_awaited = work.block != NULL;
	if (work.block == NULL)
		spool->cursors.is_dirty =
			false; /* else their file is synced when the groups have stopped coming */
	return 0;
}
