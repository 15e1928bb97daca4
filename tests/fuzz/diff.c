/* An older report (lib/facts diff): what is told about it is plain lines. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/facts/diff.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct value values[FACT_COUNT]; /* nothing is known */
	struct buf out = BUF_INIT(DIFF_OLD_MAX * 8);
	struct fail fail;

	if (size <= DIFF_OLD_MAX && diff_format(FACT_9_11, values, bytes, size, "old", &out, &fail) == 0) {
		REQUIRE(fuzz_is_json(bytes, size));
		for (size_t i = 0; i < out.size; i++)
			REQUIRE(out.data[i] == '\n' || (out.data[i] >= 0x20 && out.data[i] <= 0x7f));
	} else {
		REQUIRE(size > DIFF_OLD_MAX || fail.status == EX_DATAERR);
	}
	buf_fini(&out);
	return 0;
}
