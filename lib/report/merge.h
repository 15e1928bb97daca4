/* Puts the parts of a count (part.h) together again. */
#ifndef SAV_REPORT_MERGE_H
#define SAV_REPORT_MERGE_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct merge;
struct schema;
struct tally;

/* Opens the parts. Returns NULL with *fail (EX_DATAERR and others) when one is cut or no part, was made
 * with another table of facts or for another week, or when not every part is there exactly once.
 * merge_free takes NULL. */
struct merge *merge_new(const struct schema *schema, const char *const *paths, size_t count,
			struct fail *fail);
void merge_free(struct merge *merge);

/* The aggregates, once: exactly what one process would have had. The tally borrows from *merge. Returns 0;
 * or -1 with *fail. */
int merge_tally(struct merge *merge, uint64_t min_cell, struct tally *tally, struct fail *fail);

#endif
