/* The file of cursors: how far each output is. Two copies of each, written in turn, so that one is always
 * whole. */
#ifndef SAV_ALERT_SPOOL_CURSOR_H
#define SAV_ALERT_SPOOL_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cipher;
struct spool_format_cursor;
struct fail;

enum {
	SPOOL_CURSOR_COUNT = 64,
	SPOOL_CURSOR_NAME_BYTES = 64,
	SPOOL_CURSOR_ID_BYTES = 16,
	SPOOL_CURSOR_SPANS = 4,
};
#define SPOOL_CURSOR_FILE "cursors"

/* Records settled out of turn: from `first` to `end` - 1. */
struct spool_span {
	uint64_t first;
	uint64_t end;
	uint64_t bytes_before; /* of all records before `first` */
	uint64_t bytes_end;    /* of all records before `end` */
};

struct spool_cursor {
	char name[SPOOL_CURSOR_NAME_BYTES]; /* with its NUL; "": a free slot */
	uint64_t
		generation; /* counts the writes: the higher copy counts, its parity says where the next goes */
	uint64_t next;      /* number of the first record not settled */
	uint64_t bytes_before; /* of all records before it */
	uint64_t dropped;
	uint64_t damaged;
	struct spool_span spans[SPOOL_CURSOR_SPANS]; /* behind `next`, in order, never touching; then zeros */
	bool is_attached;                            /* not stored */
};

struct spool_cursors {
	int dir_fd;
	int fd; /* -1 until spool_cursor_ready */
	const struct cipher *cipher;
	uint8_t id[SPOOL_CURSOR_ID_BYTES];
	bool is_missing; /* there was no file */
	bool is_doubtful; /* something in it could not be read: an output that is not found may have been there */
	bool is_dirty; /* stored, and not synced since */
	bool is_stale; /* a store or a sync failed: only spool_cursor_renew makes the file good again */
	struct spool_cursor slots[SPOOL_CURSOR_COUNT];
};

/* Reads the file, and changes nothing on the disk. Borrows dir_fd and cipher. Returns 0, also when the
 * file is missing or damaged (see the flags); or -1 with *fail: EX_CONFIG for another key or a later
 * version, EX_NOPERM, EX_IOERR. */
int spool_cursor_load(struct spool_cursors *cursors, int dir_fd, const struct cipher *cipher,
		      struct fail *fail);

/* Makes the file, or makes it anew when it was damaged, and opens it for spool_cursor_store. Returns 0, or
 * -1 with *fail. */
int spool_cursor_ready(struct spool_cursors *cursors, struct fail *fail);

/* The slot of that name; -1: none. */
int spool_cursor_find(const struct spool_cursors *cursors, const char *name);

/* A free slot, or that of the output gone for longest; -1: all attached. The slot is empty but for its
 * generation. */
int spool_cursor_take(struct spool_cursors *cursors);

/* Writes the slot to the file, over its older copy: safe from a kill at once, from a power cut once the
 * file is synced. A failure makes the file stale. */
void spool_cursor_store(struct spool_cursors *cursors, int slot);

/* Takes over where an output was by a group of records, when that is later than what the file says. */
void spool_cursor_merge(struct spool_cursors *cursors, const struct spool_format_cursor *from);

/* Puts a whole new file in the place of one that is stale. Returns as spool_cursor_ready. */
int spool_cursor_renew(struct spool_cursors *cursors, struct fail *fail);

void spool_cursor_fini(struct spool_cursors *cursors);

#endif
