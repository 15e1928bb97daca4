#include "lib/base/progress.h"

#include "lib/base/num.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MS_PER_S = 1000, S_PER_MINUTE = 60, S_PER_HOUR = 3600 };

/* The nearest integer, and no overflow where the numbers are absurd. */
static uint64_t rounded(double number)
{
	const double most = 1e15;

	return (uint64_t)((number < most ? number : most) + 0.5);
}

char *progress_format(const struct progress *progress, char *out)
{
	char one[NUM_GROUPED];
	char other[NUM_GROUPED];
	uint64_t done = progress->skipped + progress->done;
	uint64_t total = progress->total < done ? done : progress->total;

	/* Five numbers of at most 26 characters and the words between them fit PROGRESS_MAX. */
	(void)snprintf(out, PROGRESS_MAX, "%s of %s", num_group(done, one), num_group(total, other));
	if (progress->bad > 0) {
		size_t used = strlen(out);
		(void)snprintf(out + used, PROGRESS_MAX - used, ", %s bad", num_group(progress->bad, one));
	}
	if (progress->elapsed_ms < MS_PER_S || progress->done == 0)
		return out;
	double rate = (double)progress->done * MS_PER_S / (double)progress->elapsed_ms;
	uint64_t left = rounded((double)(total - done) / rate);
	size_t used = strlen(out);
	used += (size_t)snprintf(out + used, PROGRESS_MAX - used, ", %s/s, ", num_group(rounded(rate), one));
	if (left >= S_PER_HOUR)
		(void)snprintf(out + used, PROGRESS_MAX - used, "%" PRIu64 ":%02u:%02u left",
			       left / S_PER_HOUR, (unsigned)(left % S_PER_HOUR / S_PER_MINUTE),
			       (unsigned)(left % S_PER_MINUTE));
	else
		(void)snprintf(out + used, PROGRESS_MAX - used, "%u:%02u left",
			       (unsigned)(left / S_PER_MINUTE), (unsigned)(left % S_PER_MINUTE));
	return out;
}
