/* The dead-letter file: what no output will ever take, and input that is no alert. A line each, as JSON:
 * {"reason":"...","status":413,"at":"2026-11-21T20:58:06Z","output":"mcs","alert":{...}}; of input that is
 * no alert, "alert" is its text and "output" is null. Bytes that are not UTF-8 become U+FFFD there. */
#ifndef SAV_ALERT_DEAD_H
#define SAV_ALERT_DEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct dead; /* opaque */
struct fail;
struct spool;

#define DEAD_FILE "dead.ndjson"
#define DEAD_INPUT_MAX (256ULL << 20) /* in a larger file, input that is no alert is only counted */

struct dead_letter {
	const char *reason;
	long status;        /* of HTTP; 0 without */
	time_t at;          /* UTC */
	const char *output; /* the id; NULL for input */
	const uint8_t *bytes;
	size_t size;
	bool is_json; /* an alert that passed stream_next */
};

/* Opens the file in the folder, or makes it (0600). `spool` (borrowed, may be NULL) gives up its reserve for a letter that
 * finds no room. Returns NULL with *fail (EX_CANTCREAT, EX_OSERR). */
struct dead *dead_open(const char *folder, struct spool *spool, struct fail *fail);
void dead_close(struct dead *dead); /* letters that were not synced are lost */

/* Takes a letter, which is kept once dead_sync has returned 0; only counted, it is left out. Returns 0; or -1 with *fail, and
 * the letter was not taken: EX_OSERR for want of memory, or as dead_sync where earlier ones have to go first. */
int dead_add(struct dead *dead, const struct dead_letter *letter, struct fail *fail);

/* Writes the letters taken so far, and syncs them: into a new file where somebody has moved the old one away. Returns 0; or
 * -1 with *fail (EX_IOERR), the file as it was or with an ended line more, and the letters wait for the next call. */
int dead_sync(struct dead *dead, struct fail *fail);

/* Takes a letter and keeps it, with those taken before. Returns 0; or -1 with *fail, and this letter
 * is not taken. */
int dead_keep(struct dead *dead, const struct dead_letter *letter, struct fail *fail);

#endif
