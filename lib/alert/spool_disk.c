#include "lib/alert/spool_disk.h"

#include "lib/alert/spool_block.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	STACK_BYTES = 256 * 1024,
	ROOM_PLAIN = 2 * SPOOL_FORMAT_HEAD_BYTES + SPOOL_FORMAT_TABLE_MAX,
	ATTEMPTS = 2, /* the segment at hand, then a new one */
};

#define SPARE_FIRST (1ULL << 62) /* numbers of spares that never were a segment */

static int open_file(const struct spool_disk *disk, const char *name, int flags)
{
	return openat(disk->dir_fd, name, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

static void name_file(char *out, const char *format, uint64_t number)
{
	_Static_assert(sizeof "0123456789abcdef.spare" <= SPOOL_DISK_NAME_MAX, "name");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* one of two constants */
	(void)snprintf(out, SPOOL_DISK_NAME_MAX, format, (unsigned long long)number);
#pragma GCC diagnostic pop
}

/* Allocates `size` bytes for the file, by writing zeros where the file system cannot. 0, or -1 with errno. */
static int allocate(int fd, uint64_t size)
{
	static const uint8_t zeros[64 * 1024];
	int result;

	do
		result = fallocate(fd, 0, 0, (off_t)size);
	while (result != 0 && errno == EINTR);
	if (result == 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
		return result;
	if (lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	for (uint64_t done = 0; done < size; done += sizeof zeros) {
		size_t step = size - done < sizeof zeros ? (size_t)(size - done) : sizeof zeros;
		if (io_write_all(fd, zeros, step) != 0)
			return -1;
	}
	return 0;
}

static int sync_data(int fd)
{
	int result;

	do
		result = fdatasync(fd);
	while (result != 0 && errno == EINTR); /* nothing was tried; every other failure is believed */
	return result;
}

/* Closes, keeping errno; what close() could tell, fdatasync has told. */
static void shut(int *fd)
{
	scope_close(fd);
	*fd = -1;
}

static int write_at(int fd, uint64_t offset, struct iovec *parts, int count)
{
	while (count > 0) {
		ssize_t put = pwritev(fd, parts, count, (off_t)offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		offset += (uint64_t)put;
		size_t left = (size_t)put;
		while (count > 0 && left >= parts->iov_len) {
			left -= parts->iov_len;
			parts++;
			count--;
		}
		if (count > 0) {
			parts->iov_base = (uint8_t *)parts->iov_base + left;
			parts->iov_len -= left;
		}
	}
	return 0;
}

/* Writes the block as a group of `segment` at `offset` and syncs it. 0, or -1 with errno. */
static int write_group(struct spool_disk *disk, int fd, uint64_t segment, uint64_t offset,
		       struct spool_block *block)
{
	struct spool_format_group group = {
		.head = disk->room,
		.tail = disk->room + SPOOL_FORMAT_HEAD_BYTES,
		.table = disk->room + (size_t)2 * SPOOL_FORMAT_HEAD_BYTES,
		.sealed = disk->cipher == NULL ? NULL : disk->room + ROOM_PLAIN,
	};

	block->head.segment = segment;
	spool_format_make(&block->head, block->bytes, block->ends, block->cursors, disk->cipher, &group);
	size_t table_size = spool_format_table_size(&block->head);
	struct iovec parts[] = {
		{group.head, SPOOL_FORMAT_HEAD_BYTES},
		{group.table, table_size},
		{(void *)(uintptr_t)group.body, block->head.records_size}, /* iovec knows no const */
		{group.table, table_size},
		{group.tail, SPOOL_FORMAT_HEAD_BYTES},
	};
	if (write_at(fd, offset, parts, sizeof parts / sizeof parts[0]) != 0 || sync_data(fd) != 0)
		return -1;
	block->offset = offset;
	return 0;
}

/* Makes a spare: allocated, durable as such. 0, or -1 with errno. */
static int make_spare(struct spool_disk *disk)
{
	char name[SPOOL_DISK_NAME_MAX];
	uint64_t number = SPARE_FIRST;
	int fd;

	do {
		name_file(name, SPOOL_DISK_SPARE, number);
		fd = open_file(disk, name, O_CREAT | O_EXCL);
	} while (fd < 0 && errno == EEXIST && number++ < SPARE_FIRST + SPOOL_DISK_SPARES_MAX);
	if (fd < 0)
		return -1;
	if (allocate(fd, disk->segment_bytes) != 0 || fsync(fd) != 0) {
		shut(&fd);
		int error = errno;
		(void)unlinkat(disk->dir_fd, name, 0);
		errno = error;
		return -1;
	}
	shut(&fd);
	disk->spares[disk->spare_count++] = number;
	return 0;
}

/* Begins a segment with the block: written into a spare first, so that a segment's name always stands for
 * at least one durable group. 0, or -1 with errno and the spare gone when it was the spare's fault. */
static int begin_segment(struct spool_disk *disk, struct spool_block *block, unsigned *budget)
{
	char spare[SPOOL_DISK_NAME_MAX];
	char name[SPOOL_DISK_NAME_MAX];

	if (disk->spare_count == 0) {
		if (*budget == 0) {
			errno = ENOSPC;
			return -1;
		}
		if (make_spare(disk) != 0)
			return -1;
		--*budget;
	}
	name_file(spare, SPOOL_DISK_SPARE, disk->spares[disk->spare_count - 1]);
	name_file(name, SPOOL_DISK_SEGMENT, block->head.first);
	int fd = open_file(disk, spare, 0);
	if (fd >= 0 && write_group(disk, fd, block->head.first, 0, block) == 0 &&
	    renameat(disk->dir_fd, spare, disk->dir_fd, name) == 0) {
		disk->spare_count--;
		shut(&disk->fd);
		disk->fd = fd;
		disk->segment = block->head.first;
		/* Should the name not become durable, the group is written again, over this one or to a
		 * new segment of the same name. */
		if (fsync(disk->dir_fd) != 0) {
			shut(&disk->fd);
			return -1;
		}
		disk->offset = spool_format_group_size(&block->head);
		return 0;
	}
	shut(&fd);
	if (errno != ENOSPC && errno != EDQUOT) {
		int error = errno;
		disk->spare_count--;
		(void)unlinkat(disk->dir_fd, spare, 0);
		errno = error;
	}
	return -1;
}

/* The group to its segment. After a failed sync the kernel may take the lost pages for clean, so a second
 * sync proves nothing: the group goes to a new segment, whose name says that what the old one holds from
 * there on does not count. */
static void write_block(struct spool_disk *disk, struct spool_disk_work *work,
			struct spool_disk_report *report)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int result;
		/* The size is known before the group is made: it depends on the counts alone. */
		work->block->head.is_keyed = disk->cipher != NULL;
		size_t size = spool_format_group_size(&work->block->head);
		if (disk->fd >= 0 && disk->offset + size <= disk->segment_bytes) {
			result = write_group(disk, disk->fd, disk->segment, disk->offset, work->block);
			if (result == 0)
				disk->offset += size;
		} else {
			result = begin_segment(disk, work->block, &work->budget);
		}
		if (result == 0) {
			report->is_written = true;
			report->fail.status = 0;
			return;
		}
		bool is_full = errno == ENOSPC || errno == EDQUOT;
		(void)fail_errno(&report->fail, is_full ? EX_TEMPFAIL : EX_IOERR, "spool");
		if (!is_full)
			report->io_errors++;
		/* Also when full: a sync that ran out of room may have dropped pages. */
		shut(&disk->fd);
	}
}

static void pass_segment(struct spool_disk *disk, uint64_t segment)
{
	char name[SPOOL_DISK_NAME_MAX];
	char spare[SPOOL_DISK_NAME_MAX];
	struct stat status;

	name_file(name, SPOOL_DISK_SEGMENT, segment);
	name_file(spare, SPOOL_DISK_SPARE, segment);
	if (disk->spare_count < SPOOL_DISK_SPARES_MAX &&
	    fstatat(disk->dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
	    (uint64_t)status.st_size == disk->segment_bytes &&
	    renameat(disk->dir_fd, name, disk->dir_fd, spare) == 0) {
		disk->spares[disk->spare_count++] = segment;
		return;
	}
	(void)unlinkat(disk->dir_fd, name, 0); /* one that stays is found, and passed, at the next start */
}

static void make_reserve(struct spool_disk *disk)
{
	int fd = open_file(disk, SPOOL_DISK_RESERVE, O_CREAT);

	if (fd < 0)
		return; /* tried again later */
	disk->has_reserve = allocate(fd, SPOOL_DISK_RESERVE_BYTES) == 0 && fsync(fd) == 0;
	shut(&fd);
}

static void tidy(struct spool_disk *disk, struct spool_disk_work *work, struct spool_disk_report *report)
{
	/* A group carries the cursors too: one sync for both. */
	bool cursors_safe = report->is_written || work->cursors_fd < 0 || sync_data(work->cursors_fd) == 0;

	if (!cursors_safe) {
		report->cursors_failed = true;
		report->io_errors++;
	}
	/* Not before the cursors that passed them are on the disk, or a power cut would make them look lost. */
	for (; cursors_safe && report->passed < work->passed_count; report->passed++)
		pass_segment(disk, work->passed[report->passed]);
	if (disk->spare_count == 0 && work->budget > 0 && make_spare(disk) != 0)
		report->spare_error = errno;
	if (work->wants_reserve && disk->spare_count > 0)
		make_reserve(disk);
}

void spool_disk_run(struct spool_disk *disk, const struct spool_disk_work *work,
		    struct spool_disk_report *report)
{
	struct spool_disk_work own = *work;

	*report = (struct spool_disk_report){0};
	if (own.block != NULL)
		write_block(disk, &own, report);
	tidy(disk, &own, report);
}

static void tell(const struct spool_disk *disk)
{
	uint64_t one = 1;
	(void)!write(disk->event_fd, &one, sizeof one); /* full means readable, and that is all it is to be */
}

static void *serve(void *argument)
{
	struct spool_disk *disk = argument;

	(void)pthread_mutex_lock(&disk->mutex);
	for (;;) {
		while (disk->stage == SPOOL_DISK_IDLE && !disk->is_ending)
			(void)pthread_cond_wait(&disk->wake, &disk->mutex);
		if (disk->stage == SPOOL_DISK_IDLE)
			break;
		struct spool_disk_work work = disk->work;
		struct spool_disk_report report = {0};
		(void)pthread_mutex_unlock(&disk->mutex);
		if (work.block != NULL)
			write_block(disk, &work, &report);
		(void)pthread_mutex_lock(&disk->mutex);
		disk->report = report;
		disk->stage = SPOOL_DISK_TIDYING;
		(void)pthread_mutex_unlock(&disk->mutex);
		if (work.block != NULL)
			tell(disk);
		tidy(disk, &work, &report);
		(void)pthread_mutex_lock(&disk->mutex);
		disk->report = report;
		disk->stage = SPOOL_DISK_IDLE;
		tell(disk);
	}
	(void)pthread_mutex_unlock(&disk->mutex);
	return NULL;
}

static int begin_thread(struct spool_disk *disk, struct fail *fail)
{
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;

	/* Signals are for the thread that owns the loop. */
	(void)sigfillset(&all);
	int error = pthread_attr_init(&attributes);
	if (error == 0) {
		error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
		if (error == 0)
			error = pthread_sigmask(SIG_SETMASK, &all, &before);
		if (error == 0) {
			error = pthread_create(&disk->thread, &attributes, serve, disk);
			(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
		}
		(void)pthread_attr_destroy(&attributes);
	}
	errno = error;
	if (error != 0)
		return fail_errno(fail, EX_OSERR, "spool: thread");
	disk->is_running = true;
	return 0;
}

int spool_disk_start(struct spool_disk *disk, const struct spool_disk_work *work, struct fail *fail)
{
	if (!disk->is_running && begin_thread(disk, fail) != 0)
		return -1;
	(void)pthread_mutex_lock(&disk->mutex);
	disk->work = *work;
	disk->report = (struct spool_disk_report){0};
	disk->stage = SPOOL_DISK_WRITING;
	(void)pthread_cond_signal(&disk->wake);
	(void)pthread_mutex_unlock(&disk->mutex);
	return 0;
}

enum spool_disk_stage spool_disk_look(struct spool_disk *disk, struct spool_disk_report *report)
{
	(void)pthread_mutex_lock(&disk->mutex);
	enum spool_disk_stage stage = disk->stage;
	*report = disk->report;
	(void)pthread_mutex_unlock(&disk->mutex);
	return stage;
}

unsigned spool_disk_slots(const struct spool_disk *disk)
{
	uint64_t rest = disk->fd >= 0 ? disk->segment_bytes - disk->offset : 0;

	return (unsigned)(rest / SPOOL_FORMAT_GROUP_MAX +
			  disk->spare_count * (disk->segment_bytes / SPOOL_FORMAT_GROUP_MAX));
}

int spool_disk_init(struct spool_disk *disk, int dir_fd, uint64_t segment_bytes, const struct cipher *cipher,
		    struct fail *fail)
{
	*disk = (struct spool_disk){
		.dir_fd = dir_fd, .segment_bytes = segment_bytes, .cipher = cipher, .fd = -1};
	disk->room = malloc(cipher == NULL ? ROOM_PLAIN : ROOM_PLAIN + SPOOL_FORMAT_RECORDS_MAX);
	disk->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (disk->room != NULL && disk->event_fd >= 0 && pthread_mutex_init(&disk->mutex, NULL) == 0 &&
	    pthread_cond_init(&disk->wake, NULL) == 0)
		return 0;
	(void)fail_errno(fail, EX_OSERR, "spool");
	shut(&disk->event_fd);
	free(disk->room);
	disk->room = NULL;
	return -1;
}

void spool_disk_fini(struct spool_disk *disk)
{
	if (disk->room == NULL)
		return;
	if (disk->is_running) {
		(void)pthread_mutex_lock(&disk->mutex);
		disk->is_ending = true;
		(void)pthread_cond_signal(&disk->wake);
		(void)pthread_mutex_unlock(&disk->mutex);
		(void)pthread_join(disk->thread, NULL);
	}
	(void)pthread_cond_destroy(&disk->wake);
	(void)pthread_mutex_destroy(&disk->mutex);
	shut(&disk->fd);
	shut(&disk->event_fd);
	free(disk->room);
	*disk = (struct spool_disk){.fd = -1};
}
