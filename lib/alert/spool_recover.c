#include "lib/alert/spool_recover.h"

#include "lib/alert/spool_state.h"
#include "lib/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The end of a segment. */
struct tail {
	bool is_found;                 /* a group */
	struct spool_scan_group last;  /* that one */
	struct spool_format_head prev; /* and the one before; first 0: none */
	uint64_t offset;               /* behind the last */
};

/* "<16 hex digits><suffix>" to its number. */
static bool parse_name(const char *name, const char *suffix, uint64_t *number)
{
	uint64_t got = 0;

	for (int i = 0; i < 16; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = name[i] == '\0' ? NULL : strchr(digits, name[i]);
		if (digit == NULL)
			return false;
		got = got << 4 | (uint64_t)(digit - digits);
	}
	if (strcmp(name + 16, suffix) != 0 || got > INT64_MAX)
		return false;
	*number = got;
	return true;
}

/* A spare that is not wholly allocated is one being made when the process was killed. */
static void take_spare(struct spool *spool, const char *name, uint64_t number, const struct stat *status)
{
	struct spool_disk *disk = &spool->disk;

	if (disk->spare_count < SPOOL_DISK_SPARES_MAX && S_ISREG(status->st_mode) &&
	    (uint64_t)status->st_size == spool->segment_bytes &&
	    (uint64_t)status->st_blocks * 512 >= spool->segment_bytes)
		disk->spares[disk->spare_count++] = number;
	else
		(void)unlinkat(spool->dir_fd, name, 0); /* one that stays is taken no notice of */
}

static int take_entry(struct spool *spool, const char *name, struct fail *fail)
{
	struct stat status;
	uint64_t number;
	bool is_segment = parse_name(name, ".seg", &number) && number >= 1;

	if (!is_segment && !parse_name(name, ".spare", &number))
		return 0;
	if (fstatat(spool->dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return fail_errno(fail, EX_IOERR, "%s", name);
	if (!is_segment) {
		take_spare(spool, name, number, &status);
		return 0;
	}
	if (!S_ISREG(status.st_mode))
		return fail_set(fail, EX_IOERR, "%s: not a regular file", name);
	return spool_state_add_segment(spool, number, (uint64_t)status.st_size, fail);
}

static int compare_segments(const void *a, const void *b)
{
	uint64_t one = ((const struct spool_segment *)a)->first;
	uint64_t other = ((const struct spool_segment *)b)->first;

	return one < other ? -1 : one > other;
}

static int list_folder(struct spool *spool, struct fail *fail)
{
	DIR *folder = io_list(openat(spool->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int result = 0;

	if (folder == NULL)
		return fail_errno(fail, EX_IOERR, "spool");
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(folder);
		if (entry == NULL) {
			if (errno != 0)
				result = fail_errno(fail, EX_IOERR, "spool");
			break;
		}
		result = take_entry(spool, entry->d_name, fail);
		if (result != 0)
			break;
	}
	(void)closedir(folder); /* was only read */
	if (spool->segment_count > 0)
		qsort(spool->segments, spool->segment_count, sizeof *spool->segments, compare_segments);
	return result;
}

/* Goes through the heads of segment `index`. */
static int find_tail(struct spool *spool, size_t index, struct tail *tail, struct fail *fail)
{
	uint64_t first = spool->segments[index].first;
	bool is_last = index + 1 == spool->segment_count;
	uint64_t end = is_last ? INT64_MAX : spool->segments[index + 1].first;
	struct spool_scan_group group;

	*tail = (struct tail){0};
	spool->live_end = spool->segments[spool->segment_count - 1].size;
	if (spool_state_scan(spool, index, fail) != 0)
		return -1;
	while (spool_scan_find(&spool->scan, tail->offset, first, end, &group)) {
		if (tail->is_found)
			tail->prev = tail->last.head;
		tail->last = group;
		tail->is_found = true;
		tail->offset = group.offset + spool_format_group_size(&group.head);
		first = group.head.first + group.head.count;
	}
	return 0;
}

static int check_key(const struct spool *spool, const struct spool_format_head *head, struct fail *fail)
{
	if (head->is_keyed == spool->is_keyed &&
	    (!spool->is_keyed || memcmp(head->key_id, spool->cipher.id, sizeof head->key_id) == 0))
		return 0;
	return fail_set(fail, EX_CONFIG, "spool: written %s",
			head->is_keyed ? "with another key" : "without a key");
}

/* The records of the group that verify, one behind the other. What its cursors say is true whether or not
 * its records are there. Sets *is_prefix: no record behind the first bad one is good. */
static void salvage(struct spool *spool, const struct spool_scan_group *group, struct spool_block *block,
		    bool *is_prefix)
{
	struct spool_format_head *to = &block->head;

	to->first = group->head.first;
	to->bytes_before = group->head.bytes_before;
	to->written_ms = group->head.written_ms;
	*is_prefix = true;
	if (!spool_scan_table(&spool->scan, group))
		return;
	for (size_t i = 0; i < group->head.cursor_count; i++) {
		struct spool_format_cursor cursor;
		spool_format_get_cursor(&group->head, spool->scan.table, i, &cursor);
		spool_cursor_merge(&spool->cursors, &cursor);
	}
	for (size_t i = 0; i < group->head.count; i++) {
		uint32_t start;
		uint32_t size = spool_scan_record(&spool->scan, group, i, &start);
		if (spool_scan_read(&spool->scan, group, i, 1, block->bytes + to->records_size) != 1)
			continue;
		*is_prefix = *is_prefix && to->count == i;
		to->records_size += size;
		block->ends[to->count++] = to->records_size;
	}
}

/* Whether the group came from a followed file that still has it: cut off while it was written, so that no
 * place behind it was ever durable, and the one before it is known. */
static bool is_read_again(struct spool *spool, const struct tail *tail, bool is_prefix)
{
	const struct spool_format_head *last = &tail->last.head;
	const struct spool_format_head *prev = &tail->prev;
	bool is_moved = last->place_size != prev->place_size ||
			memcmp(last->place, prev->place, prev->place_size) != 0;

	return is_prefix && is_moved && prev->place_size > 0 &&
	       !spool_scan_has_tail(&spool->scan, &tail->last);
}

static void set_place(struct spool *spool, const struct spool_format_head *head)
{
	memcpy(spool->durable_place, head->place, head->place_size);
	spool->durable_place_size = head->place_size;
	memcpy(spool->place, head->place, head->place_size);
	spool->place_size = head->place_size;
}

/* Opens the last segment to go on in it. Its last group was perhaps only in the page cache when the
 * process was killed. */
static bool go_on(struct spool *spool, const struct spool_segment *segment, uint64_t offset)
{
	char name[SPOOL_DISK_NAME_MAX];
	struct spool_disk *disk = &spool->disk;

	(void)snprintf(name, sizeof name, SPOOL_DISK_SEGMENT, (unsigned long long)segment->first);
	int fd = openat(spool->dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return true; /* can be read: goes on in a new segment */
	if (fdatasync(fd) != 0) {
		spool->io_errors++;
		(void)close(fd); /* the failure is told */
		return false;
	}
	if (segment->size != spool->segment_bytes) {
		(void)close(fd); /* synced */
		return true;
	}
	disk->fd = fd;
	disk->segment = segment->first;
	disk->offset = offset;
	return true;
}

/* Whether an output was given records from `first` on: they were durable, and keep their numbers. */
static bool was_handed_out(const struct spool *spool, uint64_t first)
{
	for (size_t i = 0; i < SPOOL_CURSOR_COUNT; i++) {
		const struct spool_cursor *cursor = &spool->cursors.slots[i];
		if (cursor->next > first)
			return true;
		for (size_t j = 0; j < SPOOL_CURSOR_SPANS; j++)
			if (cursor->spans[j].end > first)
				return true;
	}
	return false;
}

static int mend(struct spool *spool, const struct tail *tail, struct fail *fail)
{
	const struct spool_format_head *last = &tail->last.head;
	struct spool_block *block = spool_block_get(&spool->pool);
	bool is_prefix;

	if (block == NULL)
		return fail_errno(fail, EX_OSERR, "spool");
	salvage(spool, &tail->last, block, &is_prefix);
	bool is_whole = block->head.count == last->count;
	bool is_known = was_handed_out(spool, last->first); /* what is bad is passed over */
	if ((is_whole || is_known) &&
	    (go_on(spool, &spool->segments[spool->segment_count - 1], tail->offset) || is_known)) {
		spool_block_put(&spool->pool, block);
		spool->end = last->first + last->count;
		spool->bytes_end = last->bytes_before + last->records_size;
		spool->live_end = tail->offset;
		set_place(spool, is_whole ? last : &tail->prev);
		return 0;
	}
	if (!is_whole && is_read_again(spool, tail, is_prefix))
		block->head.count = 0;
	spool->end = last->first;
	spool->bytes_end = last->bytes_before;
	spool->live_end = tail->last.offset;
	if (!is_whole)
		spool->torn_records = last->count - block->head.count;
	/* The place behind a group that is not whole would pass over what is missing. */
	set_place(spool, is_whole ? last : &tail->prev);
	if (block->head.count > 0 || is_whole) {
		spool->writing = block;
		return 0;
	}
	spool_block_put(&spool->pool, block);
	(void)go_on(spool, &spool->segments[spool->segment_count - 1], tail->last.offset);
	return 0;
}

/* Where the records end, from the last segment that has a good group. Without two groups in the last one,
 * what stood before is in the segment before it. */
static int find_end(struct spool *spool, struct fail *fail)
{
	struct tail tail;
	struct tail before = {0};

	spool->end = 1;
	if (spool->segment_count == 0)
		return 0;
	size_t last = spool->segment_count - 1;
	if (find_tail(spool, last, &tail, fail) != 0 ||
	    (tail.is_found && check_key(spool, &tail.last.head, fail) != 0))
		return -1;
	if (tail.prev.first == 0 && last > 0 && find_tail(spool, last - 1, &before, fail) != 0)
		return -1;
	if (before.is_found) {
		if (check_key(spool, &before.last.head, fail) != 0)
			return -1;
		tail.prev = before.last.head;
	}
	if (tail.is_found && spool_state_scan(spool, last, fail) != 0)
		return -1;
	if (tail.is_found && spool->scan.fd < 0)
		return fail_set(fail, EX_IOERR, "spool: its last segment cannot be opened again");
	if (tail.is_found)
		return mend(spool, &tail, fail);
	spool->end = spool->segments[last].first;
	spool->bytes_end = tail.prev.bytes_before + tail.prev.records_size;
	spool->live_end = 0;
	set_place(spool, &tail.prev);
	return 0;
}

int spool_recover_run(struct spool *spool, struct fail *fail)
{
	if (spool_cursor_load(&spool->cursors, spool->dir_fd, spool->is_keyed ? &spool->cipher : NULL,
			      fail) != 0 ||
	    list_folder(spool, fail) != 0 || find_end(spool, fail) != 0)
		return -1;
	if (spool->segment_count == 0 && spool->cursors.is_missing)
		spool->cursors.is_doubtful = false; /* a new folder */
	if (spool->writing != NULL) {
		memcpy(spool->writing->head.place, spool->place, spool->place_size);
		spool->writing->head.place_size = (uint32_t)spool->place_size;
	}
	/* Numbers are never given twice, even when the segments were taken away. */
	for (size_t i = 0; i < SPOOL_CURSOR_COUNT; i++) {
		const struct spool_cursor *cursor = &spool->cursors.slots[i];
		struct spool_span last = {.end = cursor->next, .bytes_end = cursor->bytes_before};
		for (size_t j = 0; j < SPOOL_CURSOR_SPANS && cursor->spans[j].end > 0; j++)
			last = cursor->spans[j];
		if (cursor->name[0] != '\0' && last.end > spool->end) {
			spool->end = last.end;
			if (last.bytes_end > spool->bytes_end)
				spool->bytes_end = last.bytes_end; /* beside damage it is a guess */
		}
	}
	return 0;
}
