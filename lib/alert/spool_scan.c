#include "lib/alert/spool_scan.h"

#include "lib/base/fail.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW_BYTES = 16 * 1024, SECTOR = 4096 };
#define NO_TABLE UINT64_MAX

int spool_scan_init(struct spool_scan *scan, const struct cipher *cipher, struct fail *fail)
{
	*scan = (struct spool_scan){.fd = -1, .cipher = cipher, .table_of = NO_TABLE};
	scan->window = malloc(WINDOW_BYTES);
	scan->table = malloc(SPOOL_FORMAT_TABLE_MAX);
	if (scan->window != NULL && scan->table != NULL)
		return 0;
	spool_scan_fini(scan);
	return fail_set(fail, EX_OSERR, "spool: out of memory");
}

void spool_scan_fini(struct spool_scan *scan)
{
	if (scan->window != NULL)
		spool_scan_open(scan, -1, 0, 0);
	free(scan->window);
	free(scan->table);
	*scan = (struct spool_scan){.fd = -1};
}

void spool_scan_open(struct spool_scan *scan, int fd, uint64_t segment, uint64_t size)
{
	scope_close(&scan->fd); /* was only read */
	scan->fd = fd;
	scan->segment = segment;
	scan->size = size;
	scan->window_size = 0;
	scan->table_of = NO_TABLE;
}

/* Reads what can be read; what cannot (a bad sector, behind the end) is zeros, which no checksum takes for
 * a record. */
static void read_or_zero(int fd, uint64_t offset, uint8_t *out, size_t size)
{
	while (size > 0) {
		ssize_t got = pread(fd, out, size, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0) {
			memset(out, 0, size);
			return;
		}
		if (got < 0) {
			size_t skip = SECTOR - offset % SECTOR;
			got = (ssize_t)(size < skip ? size : skip);
			memset(out, 0, (size_t)got);
		}
		out += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
}

/* The `size` (at most WINDOW_BYTES) bytes at `offset`; NULL when the segment has no so many. */
static const uint8_t *view(struct spool_scan *scan, uint64_t offset, size_t size)
{
	if (offset > scan->size || size > scan->size - offset)
		return NULL;
	if (offset < scan->window_at || offset + size > scan->window_at + scan->window_size) {
		uint64_t left = scan->size - offset;
		scan->window_at = offset;
		scan->window_size = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
		read_or_zero(scan->fd, offset, scan->window, scan->window_size);
	}
	return scan->window + (offset - scan->window_at);
}

/* Whether a group with this head may stand at `offset`. What a recycled file held before has another
 * segment's number. */
static bool is_in_place(const struct spool_scan *scan, const struct spool_format_head *head, uint64_t offset,
			uint64_t first_min, uint64_t end)
{
	return head->segment == scan->segment && head->first >= first_min && head->first <= end &&
	       head->count <= end - head->first && spool_format_group_size(head) <= scan->size - offset;
}

/* A head or tail at `at` that belongs to a group from `offset` on. */
static bool is_group(struct spool_scan *scan, uint64_t at, uint64_t offset, uint64_t first_min, uint64_t end,
		     struct spool_scan_group *group)
{
	const uint8_t *bytes = view(scan, at, SPOOL_FORMAT_HEAD_BYTES);
	struct spool_format_head head;

	if (bytes == NULL)
		return false;
	if (spool_format_parse(bytes, SPOOL_FORMAT_HEAD, &head) == 0) {
		*group = (struct spool_scan_group){.head = head, .offset = at};
		return is_in_place(scan, &head, at, first_min, end);
	}
	if (spool_format_parse(bytes, SPOOL_FORMAT_TAIL, &head) != 0)
		return false;
	uint64_t behind = at + SPOOL_FORMAT_HEAD_BYTES;
	size_t size = spool_format_group_size(&head);
	if (size > behind || behind - size < offset)
		return false; /* began before: a group that was written over */
	*group = (struct spool_scan_group){.head = head, .offset = behind - size};
	return is_in_place(scan, &head, group->offset, first_min, end);
}

bool spool_scan_find(struct spool_scan *scan, uint64_t offset, uint64_t first_min, uint64_t end,
		     struct spool_scan_group *group)
{
	if (is_group(scan, offset, offset, first_min, end, group))
		return true;
	for (uint64_t at = offset; at < scan->size;) {
		size_t size = scan->size - at < WINDOW_BYTES ? (size_t)(scan->size - at) : WINDOW_BYTES;
		const uint8_t *bytes = view(scan, at, size);
		if (bytes == NULL)
			return false;
		const uint8_t *found = memmem(bytes, size, spool_format_magic, sizeof spool_format_magic);
		if (found == NULL) {
			if (size < WINDOW_BYTES)
				return false;
			at += size - (sizeof spool_format_magic - 1); /* it may lie across the edge */
			continue;
		}
		at += (uint64_t)(found - bytes);
		if (is_group(scan, at, offset, first_min, end, group))
			return true;
		at++;
	}
	return false;
}

bool spool_scan_table(struct spool_scan *scan, const struct spool_scan_group *group)
{
	size_t size = spool_format_table_size(&group->head);
	uint64_t places[] = {
		group->offset + SPOOL_FORMAT_HEAD_BYTES,
		group->offset + SPOOL_FORMAT_HEAD_BYTES + size + group->head.records_size,
	};

	if (scan->table_of == group->offset)
		return true;
	scan->table_of = NO_TABLE;
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *seen = size <= WINDOW_BYTES ? view(scan, places[i], size) : NULL;
		if (seen != NULL)
			memcpy(scan->table, seen, size);
		else
			read_or_zero(scan->fd, places[i], scan->table, size);
		if (spool_format_table_is_good(&group->head, scan->table, scan->cipher)) {
			scan->table_of = group->offset;
			return true;
		}
	}
	return false;
}

bool spool_scan_has_tail(struct spool_scan *scan, const struct spool_scan_group *group)
{
	uint64_t at = group->offset + spool_format_group_size(&group->head) - SPOOL_FORMAT_HEAD_BYTES;
	const uint8_t *bytes = view(scan, at, SPOOL_FORMAT_HEAD_BYTES);
	struct spool_format_head tail;

	return bytes != NULL && spool_format_parse(bytes, SPOOL_FORMAT_TAIL, &tail) == 0 &&
	       tail.segment == group->head.segment && tail.first == group->head.first;
}

uint32_t spool_scan_record(const struct spool_scan *scan, const struct spool_scan_group *group, size_t index,
			   uint32_t *start)
{
	*start = 0;
	for (size_t i = 0; i < index; i++)
		*start += spool_format_record_size(&group->head, scan->table, i);
	return spool_format_record_size(&group->head, scan->table, index);
}

size_t spool_scan_read(struct spool_scan *scan, const struct spool_scan_group *group, size_t index,
		       size_t count, uint8_t *out)
{
	uint32_t start;
	size_t size = spool_scan_record(scan, group, index, &start);
	uint64_t from = group->offset + SPOOL_FORMAT_HEAD_BYTES + spool_format_table_size(&group->head) +
			start;

	for (size_t i = 1; i < count; i++)
		size += spool_format_record_size(&group->head, scan->table, index + i);
	if (from >= scan->window_at && from + size <= scan->window_at + scan->window_size)
		memcpy(out, scan->window + (from - scan->window_at), size);
	else
		read_or_zero(scan->fd, from, out, size);
	for (size_t i = 0; i < count; i++) {
		if (spool_format_open_record(&group->head, scan->table, index + i, out, scan->cipher) != 0)
			return i;
		out += spool_format_record_size(&group->head, scan->table, index + i);
	}
	return count;
}
