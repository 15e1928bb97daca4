/* Weeks and instants (lib/report week, lib/base instant): what is read is written back the same. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/instant.h"
#include "lib/report/week.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = fuzz_text((struct fuzz){bytes, size});
	char out[WEEK_TEXT];
	struct week week;
	int64_t time;

	if (week_parse(text, &week) == 0) {
		REQUIRE(strcmp(week_format(week, out), text) == 0);
		struct week again = week_of(week_start(week) + WEEK_SECONDS - 1);
		REQUIRE(again.year == week.year && again.number == week.number);
	}
	if (instant_parse(bytes, size, &time) == 0 && time >= 0) {
		week = week_of(time);
		REQUIRE(week_start(week) <= time && time < week_start(week) + WEEK_SECONDS);
	}
	free(text);
	return 0;
}
