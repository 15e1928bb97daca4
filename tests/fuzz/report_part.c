/* Parts of a count (lib/report merge): whatever their bytes are, and in pairs.
 *
 * Input: the first part behind its size (fuzz_first), the second; one alone when that is empty. The table of facts
 * that a part is made with is written into it. */
#include "tests/fuzz/frame/fuzz.h"

#include "cmd/sav-report/command.h"
#include "lib/base/bytes.h"
#include "lib/base/fail.h"
#include "lib/report/merge.h"
#include "lib/report/part.h"
#include "lib/report/schema.h"
#include "lib/report/tally.h"

#include <stdlib.h>
#include <string.h>

enum { AT_FINGERPRINT = sizeof PART_MAGIC - 1 };

static char *put(const struct schema *schema, const char *name, struct fuzz part)
{
	uint8_t *copy = fuzz_copy(part);

	if (part.size >= AT_FINGERPRINT + 8)
		bytes_put64(copy + AT_FINGERPRINT, schema_fingerprint(schema));
	char *path = strdup(fuzz_put(name, copy, part.size));
	free(copy);
	return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct fuzz first = fuzz_first(&in);
	struct schema schema;
	struct tally tally;
	struct fail fail;

	REQUIRE(command_schema(&schema, &fail) == 0);
	char *paths[] = {put(&schema, "a", first), put(&schema, "b", in)};
	struct merge *merge = merge_new(&schema, (const char *const *)paths, in.size > 0 ? 2 : 1, &fail);
	if (merge == NULL) {
		REQUIRE(fail.status == EX_DATAERR);
	} else if (merge_tally(merge, 2, &tally, &fail) == 0) {
		for (size_t i = 0; i < tally.plan.count; i++)
			REQUIRE(tally.plan.groups[i].machines >= 2);
		tally_fini(&tally);
	} else {
		REQUIRE(fail.status == EX_DATAERR);
	}
	merge_free(merge);
	free(paths[0]);
	free(paths[1]);
	return 0;
}
