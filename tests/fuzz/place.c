/* The remembered place of a followed file (lib/alert follow_file): what is read is written back the same. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/alert/follow_file.h"
#include "lib/base/fail.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t again[FOLLOW_FILE_PLACE_BYTES];
	struct follow_file file;
	struct fail fail;

	if (follow_file_parse(bytes, size, &file, &fail) != 0) {
		REQUIRE(fail.status == EX_DATAERR);
		return 0;
	}
	follow_file_format(&file, 0, again);
	REQUIRE(size == sizeof again && memcmp(bytes, again, size) == 0);
	REQUIRE(file.print_size <= FOLLOW_FILE_PRINT_MAX);
	return 0;
}
