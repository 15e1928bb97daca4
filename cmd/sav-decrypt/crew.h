/* Several threads work on numbered items; what comes of them is handed over in the order of the numbers. */
#ifndef SAV_DECRYPT_CREW_H
#define SAV_DECRYPT_CREW_H

#include "lib/base/buf.h"

#include <stddef.h>

struct fail;

/* A thread takes this many neighbouring items at a time: enough to make the lock cheap, few enough to keep
 * results small. */
enum { CREW_CHUNK = 32 };

/* What came of the items from `first` to before `end`. */
struct crew_result {
	size_t first;
	size_t end;
	struct buf lines;
	struct buf complaints;
	size_t left_out;
	size_t bad[CREW_CHUNK]; /* the numbers of items to be moved aside */
	size_t bad_count;
	struct buf blob; /* for the work alone, kept from item to item */
	struct buf report;
};

struct crew {
	unsigned jobs; /* threads, at least 1 */
	void *context;
	/* Works on the item `index` and adds to *result; called by many threads at once, each with a
	 * result of its own. */
	void (*work)(void *context, size_t index, struct crew_result *result);
	/* Takes a result; one call at a time, in the order of the items. -1 with *fail ends the run. */
	int (*deliver)(void *context, const struct crew_result *result, struct fail *fail);
};

/* Works on items 0 to count - 1. Memory: 2 results a thread; a result that has grown over its limit is
 * delivered before it is complete. Returns 0, or -1 with *fail as `deliver` set it, or EX_OSERR. */
int crew_run(const struct crew *crew, size_t count, struct fail *fail);

#endif
