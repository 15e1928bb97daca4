/* How far a long run is: "412,345 of 1,000,000, 3 bad, 31,204/s, 0:18 left". */
#ifndef SAV_BASE_PROGRESS_H
#define SAV_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress {
	uint64_t skipped; /* done by an earlier run: counts as done, not for the rate */
	uint64_t done;    /* by this run */
	uint64_t total;   /* of both; smaller than what is done when more came meanwhile */
	uint64_t bad;
	uint64_t elapsed_ms;
};

/* Writes the line, without a newline, into `out` of at least PROGRESS_MAX bytes. Rate and time left are
 * left out during the first second. Returns out. */
enum { PROGRESS_MAX = 160 };
char *progress_format(const struct progress *progress, char *out);

#endif
