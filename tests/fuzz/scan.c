/* lib/report scan: strings and whole numbers mean what another parser says they mean. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/text.h"
#include "lib/report/scan.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH = 512 };

static void check_string(const uint8_t *bytes, size_t size)
{
	uint8_t *scratch = malloc(SCRATCH);
	struct scan scan = {.at = bytes, .end = bytes + size, .scratch = scratch, .scratch_size = SCRATCH};
	struct scan_text text;
	enum scan_result result = scan_string(&scan, &text);
	json_t *json = json_loadb((const char *)bytes, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	REQUIRE(scan.at <= scan.end);
	if (result == SCAN_DONE && scan.at == scan.end)
		REQUIRE(json_is_string(json) && json_string_length(json) == text.size &&
			memcmp(json_string_value(json), text.bytes, text.size) == 0);
	else if (json_is_string(json) && bytes[0] == '"' && bytes[size - 1] == '"')
		REQUIRE(result == SCAN_NO_ROOM);
	if (result == SCAN_DONE)
		REQUIRE(text_is_utf8(text.bytes, text.size));
	json_decref(json);
	free(scratch);
}

static void check_number(const uint8_t *bytes, size_t size)
{
	struct scan scan = {.at = bytes, .end = bytes + size};
	int64_t value;
	json_t *json = json_loadb((const char *)bytes, size, JSON_DECODE_ANY, NULL);

	if (scan_integer(&scan, &value) == SCAN_DONE) {
		REQUIRE(scan.at <= scan.end && value >= 0 && value <= (INT64_C(1) << 53) - 1);
		if (scan.at == scan.end)
			REQUIRE(json_integer_value(json) == value);
	}
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct scan scan = {.at = bytes, .end = bytes + size};

	check_string(bytes, size);
	check_number(bytes, size);
	(void)scan_take(&scan, '{');
	(void)scan_word(&scan, "null");
	REQUIRE(scan.at <= scan.end);
	return 0;
}
