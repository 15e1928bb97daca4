/* How far a run has come, kept beside its output: what `--resume` goes by after a kill or a power cut. */
#ifndef SAV_DECRYPT_NOTE_H
#define SAV_DECRYPT_NOTE_H

#include <limits.h>
#include <stdint.h>

struct fail;

/* The output is good up to `offset`; the run goes on in the operand `operand` behind the name `name`. */
struct note {
	int64_t offset;
	int64_t done;
	int64_t bad;
	int64_t operand;
	char path[PATH_MAX];     /* that operand, to tell a run over other folders */
	char name[NAME_MAX + 1]; /* "": from its beginning */
};

/* Puts the note at `path`, as a whole or not at all and sure to survive a power cut. Returns 0, or -1 with
 * *fail as io_put_file. */
int note_save(const char *path, const struct note *note, struct fail *fail);

/* Reads the note at `path`. Returns 1; 0 when there is none; or -1 with *fail (EX_DATAERR for one that was
 * not written by note_save). */
int note_load(const char *path, struct note *note, struct fail *fail);

#endif
