/* lib/format jsonscan: it takes what another parser takes, in two pieces as in one, and its one line says the same. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/fail.h"
#include "lib/format/jsonscan.h"

#include <jansson.h>
#include <stdlib.h>
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

/* The object read whole, and cut at `cut`. */
static void check_pieces(const uint8_t *bytes, size_t size, size_t cut)
{
	struct jsonscan once = {0};
	struct jsonscan again = {0};
	const uint8_t *at = bytes;
	const uint8_t *piece = bytes;
	enum jsonscan_result whole = jsonscan_object(&once, &at, bytes + size);
	enum jsonscan_result result = jsonscan_object(&again, &piece, bytes + cut);

	if (result == JSONSCAN_MORE)
		result = jsonscan_object(&again, &piece, bytes + size);
	REQUIRE(result == whole && piece == at && at <= bytes + size);
}

static void check_line(const uint8_t *bytes, size_t size, uint8_t *line, size_t line_size)
{
	struct fail fail;
	size_t again = line_size;

	REQUIRE(line_size <= size && memchr(line, '\n', line_size) == NULL);
	json_t *before = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL, NULL);
	json_t *after = json_loadb((const char *)line, line_size, JSON_ALLOW_NUL, NULL);
	REQUIRE((before == NULL && after == NULL) || json_equal(before, after));
	REQUIRE(jsonscan_line(line, &again, &fail) == 0 && again == line_size);
	json_decref(before);
	json_decref(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fail fail;
	size_t line_size = size;
	uint8_t *line = fuzz_copy((struct fuzz){bytes, size});

	check_pieces(bytes, size, size / 2);
	if (jsonscan_line(line, &line_size, &fail) == 0) {
		REQUIRE(fuzz_is_json(bytes, size) && depth_of(bytes, size) <= JSONSCAN_DEPTH_MAX);
		check_line(bytes, size, line, line_size);
	} else {
		json_t *json = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL, NULL);
		REQUIRE(fail.status == EX_DATAERR && line_size == size && memcmp(line, bytes, size) == 0);
		/* jansson overlooks a NUL behind a number. */
		REQUIRE(!json_is_object(json) || memchr(bytes, '\0', size) != NULL ||
			depth_of(bytes, size) > JSONSCAN_DEPTH_MAX || size > JSONSCAN_NUMBER_MAX);
		json_decref(json);
	}
	free(line);
	return 0;
}
