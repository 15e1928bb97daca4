/* Opening many reports: files and folders in, one line of JSON a report out. */
#ifndef SAV_DECRYPT_MANY_H
#define SAV_DECRYPT_MANY_H

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct fail;
struct seal_pair;

enum {
	MANY_JOBS_MAX = 512,
	MANY_HELD_MAX = 100, /* bad blobs before the first good one; with more the key is taken to be wrong */
};

struct many {
	const struct cli *cli;
	const struct seal_pair *pairs;
	size_t pair_count;
	char *const *paths; /* NULL at the end */
	size_t path_count;
	unsigned jobs;
	const char *output; /* NULL: standard output */
	bool resume;        /* go on with what an earlier run left of `output` */
	/* Folder for blobs whose content is at fault, once one has opened; NULL: they stay. */
	const char *bad;
};

/* Opens each path, a folder's files in the order of their names (names that begin with a dot are uploads
 * in progress and passed over; folders inside are not entered), and writes each report as one line of
 * JSON. What does not open, or is no JSON object, is named on standard error and left out. The output does
 * not depend on `jobs`. A file grows as OUTPUT.part and gets its name at the end; with `resume`,
 * OUTPUT.state tells the next run where to go on. Shows progress when standard error is a terminal and
 * standard output is none. Returns 0; or -1 with *fail: EX_NOINPUT when no path is there (and no output made),
 * EX_DATAERR when something was left out (the output is complete all the same), EX_TEMPFAIL when another run
 * writes the same file, EX_IOERR or EX_CANTCREAT for the output. */
int many_open(const struct many *many, struct fail *fail);

#endif
