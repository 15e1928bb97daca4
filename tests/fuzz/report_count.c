/* NDJSON to the aggregates of a week (lib/report count, cells, rows, plan, tally): the same counts however the
 * bytes arrive, one for each line, and no group below the smallest cell.
 *
 * Input: how many bytes come at a time (a byte), the reports. */
#include "tests/fuzz/frame/fuzz.h"

#include "cmd/sav-report/command.h"
#include "lib/base/fail.h"
#include "lib/report/count.h"
#include "lib/report/schema.h"
#include "lib/report/tally.h"

#include <string.h>

enum { MIN_CELL = 2 };

static size_t lines_of(struct fuzz in)
{
	size_t count = 0;

	for (size_t i = 0; i < in.size; i++)
		count += in.bytes[i] == '\n';
	return count + (in.size > 0 && in.bytes[in.size - 1] != '\n');
}

static void count_all(const struct count_options *options, struct fuzz in, size_t step,
		      uint64_t results[PARSE_RESULTS], uint64_t *machines)
{
	struct tally tally;
	struct fail fail;
	struct count *count = count_new(options, &fail);

	REQUIRE(count != NULL);
	for (size_t at = 0; at < in.size; at += step) {
		struct fuzz piece = {in.bytes + at, in.size - at < step ? in.size - at : step};
		REQUIRE(count_feed(count, piece.bytes, piece.size, &fail) == 0);
	}
	REQUIRE(count_end(count, &fail) == 0);
	memcpy(results, count_results(count), PARSE_RESULTS * sizeof *results);
	REQUIRE(count_tally(count, MIN_CELL, &tally, &fail) == 0);
	*machines = tally.machines;
	for (size_t i = 0; i < tally.plan.count; i++)
		REQUIRE(tally.plan.groups[i].machines >= MIN_CELL);
	tally_fini(&tally);
	count_free(count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct schema schema;
	struct fail fail;
	uint64_t once[PARSE_RESULTS];
	uint64_t again[PARSE_RESULTS];
	uint64_t machines[2];
	uint64_t sum = 0;
	size_t step = 1 + fuzz_choice(&in, 200);
	const struct count_options options = {.schema = &schema,
					      .now = 1447900000,
					      .parts = 1,
					      .folder = fuzz_folder(),
					      .week = {2015, 47}};

	REQUIRE(command_schema(&schema, &fail) == 0);
	count_all(&options, in, in.size + 1, once, &machines[0]);
	count_all(&options, in, step, again, &machines[1]);
	for (size_t i = 0; i < PARSE_RESULTS; i++) {
		REQUIRE(once[i] == again[i]);
		sum += once[i];
	}
	REQUIRE(machines[0] == machines[1] && machines[0] <= once[PARSE_ACCEPTED] && sum <= lines_of(in));
	return 0;
}
