/* Counting the reports of one week: bytes of NDJSON in, the week's aggregates out. */
#ifndef SAV_REPORT_COUNT_H
#define SAV_REPORT_COUNT_H

#include "lib/report/parse.h"
#include "lib/report/week.h"

#include <stddef.h>
#include <stdint.h>

struct cells;
struct count;
struct fail;
struct rows;
struct tally;

/* A machine reports every 6 to 8 days: in 8 days every one that is on did so at least once. */
enum { COUNT_WINDOW_SECONDS = 8 * 86400, COUNT_PARTS_MAX = 4096 };

struct count_options {
	const struct schema *schema;
	struct week week;
	int64_t now;        /* reports from after it are impossible */
	uint64_t part;      /* only machines whose hash modulo `parts` is `part` */
	uint64_t parts;     /* 1: all */
	const char *folder; /* where the file without a name lies; see rows.h */
};

/* Begins. Returns NULL with *fail. count_free takes NULL. */
struct count *count_new(const struct count_options *options, struct fail *fail);
void count_free(struct count *count);

/* Takes the next bytes of an input; a line may go on in the next call. Reports that cannot be counted are
 * counted by reason. Returns 0; or -1 with *fail (EX_OSERR, EX_IOERR). */
int count_feed(struct count *count, const uint8_t *bytes, size_t size, struct fail *fail);

/* The end of one input: its last line needs no newline. Returns as count_feed. */
int count_end(struct count *count, struct fail *fail);

/* The reports so far, by what became of them: PARSE_RESULTS numbers, borrowed. */
const uint64_t *count_results(const struct count *count);

/* The aggregates, once, after the last input. The tally borrows from *count; the caller ends it with
 * tally_fini before count_free. Returns 0; or -1 with *fail. */
int count_tally(struct count *count, uint64_t min_cell, struct tally *tally, struct fail *fail);

/* The same as a part to be merged (part.h), once, written to the descriptor. It holds small cells and
 * hashes of customers: as secret as the reports. Returns 0; or -1 with *fail. */
int count_write_part(struct count *count, int fd, struct fail *fail);

#endif
