/* The dead-letter file (lib/alert dead): of any input it makes one line of JSON that says the same text. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/alert/dead.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct dead_letter letter = {
		.reason = "not an object", .at = 1400000000, .bytes = bytes, .size = size};
	struct buf line = BUF_INIT(16 << 20);
	struct fail fail;

	const char *path = fuzz_put(DEAD_FILE, "", 0);
	struct dead *dead = dead_open(fuzz_folder(), NULL, &fail);
	REQUIRE(dead != NULL && dead_add(dead, &letter, &fail) == 0 && dead_sync(dead, &fail) == 0);
	dead_close(dead);
	REQUIRE(io_read_file(AT_FDCWD, path, &line, &fail) == 0 && line.data[line.size - 1] == '\n');
	REQUIRE(memchr(line.data, '\n', line.size) == line.data + line.size - 1);
	json_t *json = json_loadb((const char *)line.data, line.size, JSON_ALLOW_NUL, NULL);
	const json_t *alert = json_object_get(json, "alert");
	REQUIRE(json_is_string(alert));
	if (json_string_length(alert) == size)
		REQUIRE(memcmp(json_string_value(alert), bytes, size) == 0 || !fuzz_is_plain(bytes, size));
	json_decref(json);
	buf_fini(&line);
	return 0;
}
