#include "lib/alert/spool_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	SEGMENTS_FIRST = 16,
	BLOCKS_CALM = 4, /* one is filled, one is written, and an output is at work on two */
	FULL_BYTES = SPOOL_GROUP_BYTES - SPOOL_ROOM_MIN, /* or the last reads were of a few bytes */
};

struct spool_block *spool_state_block(struct spool *spool)
{
	if (spool->pool.kept == NULL && spool->pool.allocated >= BLOCKS_CALM) {
		for (size_t i = SPOOL_RECENT_COUNT; i-- > 0 && spool->pool.kept == NULL;) {
			spool_block_put(&spool->pool, spool->recent[i]);
			spool->recent[i] = NULL;
		}
	}
	return spool_block_get(&spool->pool);
}

bool spool_state_is_nearly_full(const struct spool_block *block)
{
	return block->head.records_size > FULL_BYTES || block->head.count == SPOOL_FORMAT_COUNT_MAX;
}

bool spool_state_has_slot(const struct spool *spool)
{
	return spool->trouble.status == 0 && spool->slots > (spool->writing != NULL ? 1U : 0U);
}

size_t spool_state_segment(const struct spool *spool, uint64_t number)
{
	size_t low = 0;
	size_t high = spool->segment_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (spool->segments[middle].first <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? spool->segment_count : low - 1;
}

int spool_state_add_segment(struct spool *spool, uint64_t first, uint64_t size, struct fail *fail)
{
	if (spool->segment_count == spool->segment_room) {
		size_t room = spool->segment_room == 0 ? SEGMENTS_FIRST : spool->segment_room * 2;
		struct spool_segment *segments = reallocarray(spool->segments, room, sizeof *segments);
		if (segments == NULL)
			return fail_errno(fail, EX_OSERR, "spool");
		spool->segments = segments;
		spool->segment_room = room;
	}
	spool->segments[spool->segment_count++] = (struct spool_segment){.first = first, .size = size};
	return 0;
}

uint64_t spool_state_segment_end(const struct spool *spool, size_t index)
{
	return index + 1 < spool->segment_count ? spool->segments[index + 1].first : spool->end;
}

int spool_state_scan(struct spool *spool, size_t index, struct fail *fail)
{
	char name[SPOOL_DISK_NAME_MAX];
	const struct spool_segment *segment = &spool->segments[index];
	struct stat status;

	bool is_last = index + 1 == spool->segment_count;
	/* Behind the durable end of the last segment lies what the next write is about to change. */
	uint64_t size = is_last && spool->live_end < segment->size ? spool->live_end : segment->size;
	if (spool->scan.fd >= 0 && spool->scan.segment == segment->first) {
		spool->scan.size = size;
		return 0;
	}
	(void)snprintf(name, sizeof name, SPOOL_DISK_SEGMENT, (unsigned long long)segment->first);
	int fd = openat(spool->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT && errno != ELOOP && errno != EIO)
		return fail_errno(fail, EX_OSERR, "%s", name);
	bool is_there = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	spool_scan_open(&spool->scan, fd, segment->first, is_there ? size : 0);
	return 0;
}
