#include "lib/alert/spool.h"

#include "lib/alert/spool_folder.h"
#include "lib/alert/spool_recover.h"
#include "lib/alert/spool_state.h"
#include "lib/alert/spool_turn.h"
#include "lib/base/scope.h"

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

struct spool *spool_open(const struct spool_options *options, struct fail *fail)
{
	struct spool *spool = calloc(1, sizeof *spool);

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
	    spool_recover_run(spool, fail) != 0 || spool_cursor_ready(&spool->cursors, fail) != 0 ||
	    spool_turn_first(spool, fail) != 0) {
		spool_close(spool);
		return NULL;
	}
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
	scope_close(&spool->lock_fd);
	scope_close(&spool->dir_fd);
	free(spool);
}

size_t spool_room(const struct spool *spool)
{
	const struct spool_block *block = spool->filling;

	if (!spool_state_has_slot(spool) || spool->is_full)
		return 0;
	if (block == NULL)
		return SPOOL_GROUP_BYTES;
	if (spool_state_is_nearly_full(block))
		return 0;
	return SPOOL_GROUP_BYTES - block->head.records_size;
}

enum spool_append spool_append(struct spool *spool, const void *bytes, size_t size)
{
	if (size > SPOOL_RECORD_MAX)
		return SPOOL_TOO_LONG;
	if (!spool_state_has_slot(spool))
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

int spool_turn(struct spool *spool, int64_t now_ms, bool more, struct fail *fail)
{
	if (spool_turn_take_in(spool, now_ms, fail) != 0 ||
	    (!spool->is_started && spool_turn_start(spool, now_ms, more, fail) != 0))
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
		if (!spool->is_started) /* nothing is under way whose end would make room */
			return fail_set(fail, EX_TEMPFAIL,
					"spool: full: how far the input was read is not kept");
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
		.waits = !spool_state_has_slot(spool),
		.short_error = spool->is_short && spool->slots == 0 ? spool->short_error : 0,
	};
}
