/* Opening many reports: files and folders in, one line of JSON a report out. */
#ifndef SAV_DECRYPT_MANY_H
#define SAV_DECRYPT_MANY_H

#include <stddef.h>

struct cli;
struct fail;
struct seal_pair;

/* Opens each path of the NULL-terminated list, a folder's files in the order of their names (names that begin with a dot are uploads
 * in progress and passed over; folders inside are not entered), and writes each report as one line of JSON to standard output. What
 * does not open, or is no JSON object, is named on standard error and left out. Shows progress when standard error is a terminal and standard output is not.
 * Returns 0; or -1 with *fail: EX_DATAERR when something was left out, EX_IOERR for standard output. */
int many_open(const struct cli *cli, const struct seal_pair *pairs, size_t pair_count, char **paths,
	      struct fail *fail);

#endif
