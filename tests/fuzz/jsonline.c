/* lib/format jsonline: it takes what another parser takes, and its one line says the same. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/format/jsonline.h"

#include <jansson.h>
#include <string.h>

static size_t depth_of(const uint8_t *bytes, size_t size)
{
	size_t depth = 0;
	size_t most = 0;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		if (quoted && bytes[i] == '\\')
			i++;
		else if (bytes[i] == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (bytes[i] == '{' || bytes[i] == '[')
			most = ++depth > most ? depth : most;
		else if (bytes[i] == '}' || bytes[i] == ']')
			depth--;
	}
	return most;
}

static void check_line(const uint8_t *bytes, size_t size)
{
	struct buf line = BUF_INIT(size + 1);
	struct fail fail;

	REQUIRE(jsonline_add(bytes, size, &line) == 0 && line.data[line.size - 1] == '\n');
	REQUIRE(memchr(line.data, '\n', line.size) == line.data + line.size - 1);
	REQUIRE(jsonline_check(line.data, line.size, &fail) == 0);
	json_t *before = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL, NULL);
	json_t *after = json_loadb((const char *)line.data, line.size, JSON_ALLOW_NUL, NULL);
	REQUIRE((before == NULL && after == NULL) || json_equal(before, after));
	json_decref(before);
	json_decref(after);
	buf_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fail fail;

	if (jsonline_check(bytes, size, &fail) == 0) {
		REQUIRE(fuzz_is_json(bytes, size) && depth_of(bytes, size) <= JSONLINE_DEPTH_MAX);
		check_line(bytes, size);
		return 0;
	}
	json_t *json = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL, NULL);
	REQUIRE(fail.status == EX_DATAERR);
	/* jansson overlooks a NUL behind a number. */
	REQUIRE(!json_is_object(json) || memchr(bytes, '\0', size) != NULL ||
		depth_of(bytes, size) > JSONLINE_DEPTH_MAX);
	json_decref(json);
	return 0;
}
