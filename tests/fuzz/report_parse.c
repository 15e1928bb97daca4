/* One report, a line of NDJSON (lib/report parse, scan, schema, week): what is accepted is JSON by another
 * parser, too, and every value within its limits. */
#include "tests/fuzz/frame/fuzz.h"

#include "cmd/sav-report/command.h"
#include "lib/base/fail.h"
#include "lib/report/parse.h"
#include "lib/report/schema.h"

#include <stdlib.h>

static void look(const struct schema *schema, const struct parse_report *report)
{
	REQUIRE(report->has_machine && report->time > 0);
	for (size_t i = 0; i < schema->count; i++) {
		const struct parse_value *value = &report->values[i];
		if (value->kind == PARSE_INTEGER)
			REQUIRE(value->integer >= 0 && value->integer < INT64_C(1) << 53);
		if (value->kind == PARSE_TEXT)
			REQUIRE(value->size <= (PARSE_TEXT_MAX + 2) * PARSE_ITEMS_MAX &&
				fuzz_is_plain(value->text, value->size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct schema schema;
	struct fail fail;
	struct parse_report *report = malloc(sizeof *report);
	const struct parse_rules rules = {
		.schema = &schema, .from = 0, .until = INT64_C(1) << 40, .now = 2000000000, .parts = 1};

	REQUIRE(report != NULL && command_schema(&schema, &fail) == 0);
	enum parse_result result = parse_report(&rules, bytes, size, report);
	REQUIRE(parse_reason(result)[0] != '\0');
	if (result == PARSE_ACCEPTED) {
		REQUIRE(size <= PARSE_LINE_MAX && fuzz_is_json(bytes, size));
		look(&schema, report);
	}
	free(report);
	return 0;
}
