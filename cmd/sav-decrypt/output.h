/* Where the lines go: standard output, or a file that gets its name when it is complete. */
#ifndef SAV_DECRYPT_OUTPUT_H
#define SAV_DECRYPT_OUTPUT_H

#include "cmd/sav-decrypt/note.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct output {
	int fd;
	const char *path; /* NULL: standard output */
	char part[PATH_MAX];
	char state[PATH_MAX];
	bool keeps_state;
};

/* Opens `path`.part for this process alone (EX_TEMPFAIL when another has it), or standard output for NULL.
 * With `resume` it is cut to where *note ends, which is read from `path`.state; without, or when either is
 * missing, it is empty and *note zero. What is at `path` and no regular file, as /dev/null is not, stays
 * (EX_CANTCREAT). Returns 0 or -1 with *fail. */
int output_open(struct output *output, const char *path, bool resume, struct note *note, struct fail *fail);

/* Appends. Returns 0, or -1 with *fail (EX_IOERR). */
int output_write(struct output *output, const void *bytes, size_t size, struct fail *fail);

/* Syncs what was written, then puts the note beside it. Returns 0 or -1 with *fail. */
int output_note(struct output *output, struct note *note, struct fail *fail);

/* The file is complete: syncs it, and gives it its name. Returns 0 or -1 with *fail. */
int output_finish(struct output *output, struct fail *fail);

/* Closes; what is not finished stays as it is for the next run when a state is kept, and is removed else. */
void output_close(struct output *output);

#endif
