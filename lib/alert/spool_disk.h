/* What the spool does to the disk: groups into segments, segments made, recycled and removed, cursors
 * synced. Runs in the calling thread (spool_disk_run, while opening) or in a thread of its own
 * (spool_disk_start). */
#ifndef SAV_ALERT_SPOOL_DISK_H
#define SAV_ALERT_SPOOL_DISK_H

#include "lib/alert/spool_format.h"
#include "lib/base/fail.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cipher;
struct spool_block;

enum {
	SPOOL_DISK_SPARES_MAX =
		3, /* allocated segments kept for use: writing over old blocks costs half the time of new ones */
	SPOOL_DISK_PASSED_MAX = 64, /* segments removed by one piece of work */
	SPOOL_DISK_NAME_MAX = 32,
	SPOOL_DISK_RESERVE_BYTES = 1 << 20,
};

/* File names in the folder. A segment is named after its first record's number; a spare has any number. */
#define SPOOL_DISK_SEGMENT "%016llx.seg"
#define SPOOL_DISK_SPARE "%016llx.spare"
#define SPOOL_DISK_RESERVE "reserve"

struct spool_disk_work {
	struct spool_block *block; /* group to write; NULL: none */
	int cursors_fd; /* to sync, unless the block is written, which carries them; -1: not needed */
	uint64_t passed[SPOOL_DISK_PASSED_MAX]; /* segments nobody needs */
	size_t passed_count;
	unsigned budget; /* segments that may be made */
	bool wants_reserve;
};

struct spool_disk_report {
	bool is_written;  /* the block is durable; its head.segment and offset say where */
	struct fail fail; /* status 0, or why it is not: EX_TEMPFAIL (no room) or EX_IOERR */
	bool cursors_failed;
	size_t passed; /* so many of work.passed are gone */
	unsigned io_errors;
	int spare_error; /* errno of a spare that could not be made; 0: none was wanted, or it was made */
};

enum spool_disk_stage {
	SPOOL_DISK_IDLE,
	SPOOL_DISK_WRITING, /* the block */
	SPOOL_DISK_TIDYING, /* the report on the block is there; cursors and segments are being seen to */
};

struct spool_disk {
	int dir_fd;
	uint64_t segment_bytes;
	const struct cipher *cipher;
	/* The segment being written; only touched by who runs the work. */
	int fd; /* -1: the next group begins a new one */
	uint64_t segment;
	uint64_t offset; /* behind the last durable group */
	uint64_t spares[SPOOL_DISK_SPARES_MAX];
	unsigned spare_count;
	bool has_reserve;
	uint8_t *room; /* head, tail, table and, with a cipher, sealed records */
	/* The thread. */
	pthread_t thread;
	bool is_running;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	int event_fd;
	bool is_ending;
	enum spool_disk_stage stage;
	struct spool_disk_work work;
	struct spool_disk_report report;
};

/* Borrows dir_fd and cipher. Returns 0, or -1 with *fail (EX_OSERR). */
int spool_disk_init(struct spool_disk *disk, int dir_fd, uint64_t segment_bytes, const struct cipher *cipher,
		    struct fail *fail);

/* Waits for the thread's work, ends it, closes. Takes one that was not made (all zero). */
void spool_disk_fini(struct spool_disk *disk);

/* Does the work now. Only while no thread runs. */
void spool_disk_run(struct spool_disk *disk, const struct spool_disk_work *work,
		    struct spool_disk_report *report);

/* Gives the work to the thread, which begins with the first call. Only when spool_disk_look said
 * SPOOL_DISK_IDLE. event_fd becomes readable as each stage ends. Returns 0, or -1 with *fail (EX_OSERR). */
int spool_disk_start(struct spool_disk *disk, const struct spool_disk_work *work, struct fail *fail);

/* Where the thread is; copies the report so far. While it says SPOOL_DISK_IDLE the fields above may be
 * read by the caller. */
enum spool_disk_stage spool_disk_look(struct spool_disk *disk, struct spool_disk_report *report);

/* How many groups of any size can be written into what is allocated already. Only while SPOOL_DISK_IDLE. */
unsigned spool_disk_slots(const struct spool_disk *disk);

#endif
