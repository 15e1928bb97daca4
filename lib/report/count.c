#include "lib/report/count.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/report/cells.h"
#include "lib/report/part.h"
#include "lib/report/rows.h"
#include "lib/report/tally.h"

#include <stdlib.h>
#include <string.h>

struct count {
	struct count_options options;
	struct parse_rules rules;
	struct cells *cells;
	struct rows *rows;
	uint64_t results[PARSE_RESULTS];
	struct buf line; /* begun in an earlier call */
	bool skipping;   /* the rest of a line that was too long */
	struct parse_report report;
	size_t facts[SCHEMA_FACTS_MAX]; /* those that are counted */
	size_t fact_count;
	uint32_t numbers[SCHEMA_FACTS_MAX]; /* of the present row's cells */
};

struct count *count_new(const struct count_options *options, struct fail *fail)
{
	struct count *count = calloc(1, sizeof *count);
	int64_t end = week_start(options->week) + WEEK_SECONDS;

	if (count == NULL) {
		(void)fail_errno(fail, EX_OSERR, "counting");
		return NULL;
	}
	count->options = *options;
	count->rules = (struct parse_rules){
		.schema = options->schema,
		.from = end - COUNT_WINDOW_SECONDS,
		.until = end,
		.now = options->now,
		.part = options->part,
		.parts = options->parts,
	};
	count->line = BUF_INIT(PARSE_LINE_MAX);
	/* All of it now: from here on a line that does not fit is too long, and memory has no part in that. */
	if (buf_reserve(&count->line, PARSE_LINE_MAX) != 0) {
		(void)fail_errno(fail, EX_OSERR, "counting");
		count_free(count);
		return NULL;
	}
	for (size_t i = 0; i < options->schema->count; i++)
		if (schema_is_counted(options->schema, i))
			count->facts[count->fact_count++] = i;
	count->cells = cells_new(options->schema, fail);
	if (count->cells != NULL)
		count->rows = rows_new(options->folder, count->fact_count, fail);
	if (count->rows == NULL) {
		count_free(count);
		return NULL;
	}
	return count;
}

void count_free(struct count *count)
{
	if (count == NULL)
		return;
	cells_free(count->cells);
	rows_free(count->rows);
	buf_fini(&count->line);
	free(count);
}

static int add_row(struct count *count, struct fail *fail)
{
	const struct parse_report *report = &count->report;

	for (size_t i = 0; i < count->fact_count; i++)
		if (cells_of(count->cells, count->facts[i], &report->values[count->facts[i]],
			     &count->numbers[i], fail) != 0)
			return -1;
	return rows_add(count->rows, report->machine, report->customer,
			(uint32_t)(report->time - count->rules.from), count->numbers, fail);
}

static int take_line(struct count *count, const uint8_t *line, size_t size, struct fail *fail)
{
	if (size == 0)
		return 0;
	enum parse_result result = parse_report(&count->rules, line, size, &count->report);
	/* What is refused before its machine is known belongs to the first part, so that all parts
	 * together count it once. */
	if (result != PARSE_ACCEPTED && !count->report.has_machine && count->options.part != 0)
		result = PARSE_ELSEWHERE;
	count->results[result]++;
	return result == PARSE_ACCEPTED ? add_row(count, fail) : 0;
}

static void skip_rest(struct count *count)
{
	if (!count->skipping)
		count->results[count->options.part == 0 ? PARSE_TOO_LONG : PARSE_ELSEWHERE]++;
	count->skipping = true;
	count->line.size = 0;
}

/* The end of the line that began in an earlier call. */
static int end_line(struct count *count, const uint8_t *bytes, size_t size, struct fail *fail)
{
	int result = 0;

	if (!count->skipping) {
		if (buf_add(&count->line, bytes, size) == 0)
			result = take_line(count, count->line.data, count->line.size, fail);
		else
			skip_rest(count);
	}
	count->skipping = false;
	count->line.size = 0;
	return result;
}

int count_feed(struct count *count, const uint8_t *bytes, size_t size, struct fail *fail)
{
	const uint8_t *newline;

	while ((newline = size > 0 ? memchr(bytes, '\n', size) : NULL) != NULL) {
		size_t used = (size_t)(newline - bytes);
		int result = count->line.size > 0 || count->skipping ? end_line(count, bytes, used, fail)
								     : take_line(count, bytes, used, fail);
		if (result != 0)
			return -1;
		bytes += used + 1;
		size -= used + 1;
	}
	if (!count->skipping && buf_add(&count->line, bytes, size) != 0)
		skip_rest(count);
	return 0;
}

int count_end(struct count *count, struct fail *fail)
{
	return count->line.size > 0 || count->skipping ? end_line(count, NULL, 0, fail) : 0;
}

const uint64_t *count_results(const struct count *count)
{
	return count->results;
}

/* Settles the rows; the machines of each cell, to be freed, or NULL with *fail. */
static uint64_t *settle(struct count *count, struct fail *fail)
{
	uint64_t *machines = calloc(cells_count(count->cells), sizeof *machines);

	if (machines == NULL) {
		(void)fail_errno(fail, EX_OSERR, "counting");
		return NULL;
	}
	if (rows_settle(count->rows, machines, fail) == 0)
		return machines;
	free(machines);
	return NULL;
}

int count_tally(struct count *count, uint64_t min_cell, struct tally *tally, struct fail *fail)
{
	struct tally made = {0};
	uint64_t customer;
	uint64_t *machines = settle(count, fail);

	if (machines == NULL)
		return -1;
	int result = tally_init(&made, count->cells, machines, count->options.schema->count, min_cell, fail);
	free(machines);
	for (size_t i = 0; result == 0 && i < rows_count(count->rows); i++) {
		result = rows_get(count->rows, i, &customer, count->numbers, fail);
		if (result != 0)
			break;
		tally_customer(&made, customer, 1);
		for (size_t j = 0; j < count->fact_count; j++)
			tally_cell(&made, count->numbers[j]);
	}
	if (result != 0) {
		tally_fini(&made);
		return -1;
	}
	made.week = count->options.week;
	memcpy(made.results, count->results, sizeof made.results);
	tally_end(&made);
	*tally = made;
	return 0;
}

int count_write_part(struct count *count, int fd, struct fail *fail)
{
	struct part_header header = {
		.fingerprint = schema_fingerprint(count->options.schema),
		.week_start = week_start(count->options.week),
		.part = count->options.part,
		.parts = count->options.parts,
	};
	uint64_t *machines = settle(count, fail);

	if (machines == NULL)
		return -1;
	memcpy(header.results, count->results, sizeof header.results);
	int result = part_write(fd, &header, count->cells, machines, count->rows, count->fact_count, fail);
	free(machines);
	return result;
}
