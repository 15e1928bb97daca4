/* Following a growing file through its rotation (rename, copy and truncate, deletion), with a place that survives restarts.
 *
 * A place names the file by device, inode and a checksum of its beginning. When the name has come to stand for another file, or the
 * file has become another one, the old one's rest is looked for beside it under the names that log rotation gives (FILE.1,
 * FILE-20261121: digits after a dot or a dash), and read before the new one; so are rotated files in between. */
#ifndef SAV_ALERT_FOLLOW_H
#define SAV_ALERT_FOLLOW_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct follow; /* opaque */

enum { FOLLOW_PLACE_BYTES = 48 };

/* Follows the regular file `path` (or what a symbolic link of that name leads to) from `place` on; from
 * its beginning when `place_size` is 0. It need not exist yet, its folder must. Returns NULL with *fail:
 * EX_NOINPUT, EX_NOPERM, EX_OSERR; EX_DATAERR for bytes that are no place. */
struct follow *follow_open(const char *path, const uint8_t *place, size_t place_size, struct fail *fail);
void follow_close(struct follow *follow);

enum follow_result {
	FOLLOW_BYTES, /* *got bytes were read */
	FOLLOW_END,   /* nothing more for now: wait for follow_fd */
	FOLLOW_NEXT,  /* a file has ended for good, another begins: no record goes across. Read on. */
	FOLLOW_FAILED,
};

/* Reads up to `size` bytes. FOLLOW_FAILED with *fail (EX_IOERR, EX_NOPERM: may pass; the call may be
 * repeated after a pause). */
enum follow_result follow_read(struct follow *follow, uint8_t *bytes, size_t size, size_t *got,
			       struct fail *fail);

/* A descriptor (inotify) that is readable when the file has grown or was rotated; the next follow_read
 * takes its events in. No wake-ups while nothing happens. */
int follow_fd(const struct follow *follow);

/* The place `pending` bytes before what was read: behind the last byte that is in a record appended.
 * `pending` are bytes read since the last FOLLOW_NEXT. Writes FOLLOW_PLACE_BYTES and
 * returns that; 0 while there is no file yet. */
size_t follow_get_place(const struct follow *follow, size_t pending, uint8_t *place);

/* How often the rest of a file was not to be found, so that alerts may be missing: rotated away and
 * compressed or deleted before it was read. */
uint64_t follow_lost(const struct follow *follow);

#endif
