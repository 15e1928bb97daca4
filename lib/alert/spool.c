#include "lib/alert/spool.h"

#include "lib/alert/spool_folder.h"
#include "lib/alert/spool_recover.h"
#include "lib/alert/spool_state.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SEGMENT_BYTES_MIN = 3 << 20,  /* two groups of any size */
	SEGMENT_BYTES_MAX = 16 << 20, /* big enough to hide what beginning one costs */
	SEGMENTS_IN_LIMIT = 8,
	SEGMENT_COUNT_MAX = 4096, /* bigger segments then, so that the list stays small */
	FULL_BYTES = SPOOL_GROUP_BYTES - SPOOL_ROOM_MIN, /* or the last reads were of a few bytes */
	RETRY_MS = 1000,
};

static uint64_t segment_bytes_of(uint64_t limit_bytes)
{
	uint64_t size = limit_bytes / SEGMENTS_IN_LIMIT;

	if (size < SEGMENT_BYTES_MIN)
		size = SEGMENT_BYTES_MIN;
	if (size > SEGMENT_BYTES_MAX)
		size = SEGMENT_BYTES_MAX;
	if (size < limit_bytes / SEGMENT_COUNT_MAX)
		size = limit_bytes / SEGMENT_COUNT_MAX;
	return size & ~(uint64_t)4095;
}

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

struct spool *spool_open(const struct spool_options *options, struct fail *fail)
{
	struct spool *spool = calloc(1, sizeof *spool);
	struct spool_disk_report report;

	if (spool == NULL) {
		(void)fail_errno(fail, EX_OSERR, "spool");
		return NULL;
	}
	spool->options = *options;
	spool->options.path = NULL;
	spool->options.key = NULL;
	spool->dir_fd = spool->lock_fd = spool->cursors.fd = -1;
	spool->is_keyed = options->key != NULL;
	spool->segment_bytes = segment_bytes_of(options->limit_bytes);
	if (options->limit_bytes < SPOOL_LIMIT_MIN || options->limit_bytes > SPOOL_LIMIT_MAX) {
		(void)fail_set(fail, EX_CONFIG, "spool: a limit of %llu bytes: not between 16 MiB and 1 TiB",
			       (unsigned long long)options->limit_bytes);
		spool_close(spool);
		return NULL;
	}
	if ((spool->is_keyed && cipher_init(&spool->cipher, options->key, fail) != 0) ||
	    spool_folder_open(options->path, &spool->dir_fd, &spool->lock_fd, fail) != 0 ||
	    spool_scan_init(&spool->scan, spool->is_keyed ? &spool->cipher : NULL, fail) != 0 ||
	    spool_disk_init(&spool->disk, spool->dir_fd, spool->segment_bytes,
			    spool->is_keyed ? &spool->cipher : NULL, fail) != 0 ||
	    spool_recover_run(spool, fail) != 0 || spool_cursor_ready(&spool->cursors, fail) != 0) {
		spool_close(spool);
		return NULL;
	}
	struct spool_disk_work work = {.block = spool->writing,
				       .cursors_fd = spool->cursors.fd,
				       .budget = budget(spool),
				       .wants_reserve = true};
	spool_disk_run(&spool->disk, &work, &report);
	spool->cursors.is_dirty = false;
	if (work.block != NULL && take_block(spool, &report, 0, fail) != 0) {
		spool_close(spool);
		return NULL;
	}
	take_rest(spool, &report, 0);
	spool->groups = 0;
	return spool;
}

void spool_close(struct spool *spool)
{
	struct fail ignored;

	if (spool == NULL)
		return;
	spool_disk_fini(&spool->disk);
	/* Failing repeats what was settled last, and that is allowed. */
	if (spool->cursors.fd >= 0 && spool->cursors.is_stale)
		(void)spool_cursor_renew(&spool->cursors, &ignored);
	else if (spool->cursors.fd >= 0 && spool->cursors.is_dirty)
		(void)fdatasync(spool->cursors.fd);
	while (spool->readers != NULL)
		spool_reader_close(spool->readers);
	spool_cursor_fini(&spool->cursors);
	spool_scan_fini(&spool->scan);
	spool_block_put(&spool->pool, spool->filling);
	spool_block_put(&spool->pool, spool->writing);
	for (size_t i = 0; i < SPOOL_RECENT_COUNT; i++)
		spool_block_put(&spool->pool, spool->recent[i]);
	spool_block_fini(&spool->pool);
	free(spool->segments);
	cipher_wipe(&spool->cipher);
	if (spool->lock_fd >= 0)
		(void)close(spool->lock_fd);
	if (spool->dir_fd >= 0)
		(void)close(spool->dir_fd);
	free(spool);
}

static bool is_nearly_full(const struct spool_block *block)
{
	return block->head.records_size > FULL_BYTES || block->head.count == SPOOL_FORMAT_COUNT_MAX;
}

/* Whether the group being filled has its space on the disk. */
static bool has_slot(const struct spool *spool)
{
	return spool->trouble.status == 0 && spool->slots > (spool->writing != NULL ? 1U : 0U);
}

size_t spool_room(const struct spool *spool)
{
	const struct spool_block *block = spool->filling;

	if (!has_slot(spool) || spool->is_full)
		return 0;
	if (block == NULL)
		return SPOOL_GROUP_BYTES;
	if (is_nearly_full(block))
		return 0;
	return SPOOL_GROUP_BYTES - block->head.records_size;
}

enum spool_append spool_append(struct spool *spool, const void *bytes, size_t size)
{
	if (size > SPOOL_RECORD_MAX)
		return SPOOL_TOO_LONG;
	if (!has_slot(spool))
		return SPOOL_WAIT;
	if (spool->filling == NULL) {
		spool->filling = spool_state_block(spool);
		if (spool->filling == NULL)
			return SPOOL_WAIT; /* memory is short: what is under way gives some back */
	}
	struct spool_block *block = spool->filling;
	uint32_t used = block->head.records_size;
	if ((used > 0 && used + size + 1 > SPOOL_GROUP_BYTES) ||
	    block->head.count == SPOOL_FORMAT_COUNT_MAX) {
		spool->is_full = true;
		return SPOOL_WAIT;
	}
	memcpy(block->bytes + used, bytes, size);
	block->bytes[used + size] = '\n';
	block->head.records_size = used + (uint32_t)size + 1;
	block->ends[block->head.count++] = block->head.records_size;
	return SPOOL_STORED;
}

void spool_set_place(struct spool *spool, const void *bytes, size_t size)
{
	if (size > SPOOL_PLACE_MAX)
		size = SPOOL_PLACE_MAX;
	if (size == spool->place_size && memcmp(bytes, spool->place, size) == 0)
		return;
	memcpy(spool->place, bytes, size);
	spool->place_size = size;
	spool->place_is_new = true;
}

size_t spool_get_place(const struct spool *spool, uint8_t *place)
{
	memcpy(place, spool->durable_place, spool->durable_place_size);
	return spool->durable_place_size;
}

int spool_fd(const struct spool *spool)
{
	return spool->disk.event_fd;
}

static int take_in(struct spool *spool, int64_t now_ms, struct fail *fail)
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
	bool is_full = spool->is_full || (block != NULL && is_nearly_full(block));
	if (!is_due || (more && !is_full && has_slot(spool)))
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

/* Finds work for the disk and gives it. */
static int start(struct spool *spool, int64_t now_ms, bool more, struct fail *fail)
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

int spool_turn(struct spool *spool, int64_t now_ms, bool more, struct fail *fail)
{
	if (take_in(spool, now_ms, fail) != 0 ||
	    (!spool->is_started && start(spool, now_ms, more, fail) != 0))
		return -1;
	if (spool->trouble.status != 0) {
		*fail = spool->trouble;
		return -1;
	}
	if (spool->cursors.is_stale && !spool->is_started)
		return fail_set(fail, EX_IOERR, "spool: the file of cursors cannot be written");
	return 0;
}

bool spool_is_busy(const struct spool *spool)
{
	return spool->is_started || spool->writing != NULL || spool->place_is_new ||
	       spool->cursors.is_dirty || spool->cursors.is_stale ||
	       (spool->filling != NULL && spool->filling->head.count > 0);
}

int spool_sync(struct spool *spool, int64_t now_ms, struct fail *fail)
{
	for (;;) {
		if (spool_turn(spool, now_ms, false, fail) != 0)
			return -1;
		if (!spool_is_busy(spool))
			return 0;
		struct pollfd event = {.fd = spool->disk.event_fd, .events = POLLIN};
		if (poll(&event, 1, -1) < 0 && errno != EINTR)
			return fail_errno(fail, EX_OSERR, "spool");
	}
}

void spool_free_reserve(struct spool *spool)
{
	if (unlinkat(spool->dir_fd, SPOOL_DISK_RESERVE, 0) == 0)
		spool->is_reserve_freed = true;
}

const uint8_t *spool_id(const struct spool *spool)
{
	return spool->cursors.id;
}

void spool_get_stats(const struct spool *spool, struct spool_stats *stats)
{
	*stats = (struct spool_stats){
		.first = spool->segment_count > 0 ? spool->segments[0].first : spool->end,
		.end = spool->end,
		.disk_bytes = spool->disk_bytes,
		.limit_bytes = spool->options.limit_bytes,
		.groups = spool->groups,
		.torn_records = spool->torn_records,
		.io_errors = spool->io_errors,
		.cursors_rebuilt = spool->cursors.is_doubtful,
		.waits = !has_slot(spool),
		.short_error = spool->is_short && spool->slots == 0 ? spool->short_error : 0,
	};
}
