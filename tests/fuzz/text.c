/* Text from outside on its way to a terminal or a log: lib/base text, num, log. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/num.h"
#include "lib/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void mask(struct fuzz in, size_t room)
{
	char *out = malloc(room);

	REQUIRE(text_mask(in.bytes, in.size, out, room) == out);
	REQUIRE(memchr(out, '\0', room) != NULL && fuzz_is_plain(out, strlen(out)));
	free(out);
}

static void decode(struct fuzz in, size_t max)
{
	char encoded[4];

	for (size_t at = 0; at < in.size;) {
		size_t length = text_character(in.bytes + at, in.size - at);
		if (length == 0) {
			REQUIRE(!text_is_utf8(in.bytes, in.size));
			return;
		}
		REQUIRE(length >= 1 && text_encode(text_decode(in.bytes + at, length), encoded) == length &&
			memcmp(encoded, in.bytes + at, length) == 0);
		at += length;
	}
	REQUIRE(text_is_utf8(in.bytes, in.size));
	size_t cut = text_cut(in.bytes, in.size, max);
	REQUIRE(cut <= max && cut + 4 > (in.size < max ? in.size : max) && text_is_utf8(in.bytes, cut));
}

static void log_and_count(struct fuzz in)
{
	const struct timespec now = {.tv_sec = 1400000000, .tv_nsec = 1000};
	struct buf line = BUF_INIT(1 << 20);
	char *text = fuzz_text(in);
	char again[32];
	int64_t number;

	if (log_format(&now, text, &line) == 0)
		REQUIRE(line.size > 0 && line.data[line.size - 1] == '\n' &&
			fuzz_is_plain(line.data, line.size - 1));
	if (num_parse(text, INT64_MIN, INT64_MAX, &number) == 0) {
		(void)snprintf(again, sizeof again, "%" PRId64, number);
		REQUIRE(strcmp(again, text) == 0);
	}
	REQUIRE(text_distance(text, text) == (strlen(text) > 64 ? TEXT_DISTANCE_FAR : 0));
	free(text);
	buf_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	size_t room = 4 + fuzz_choice(&in, 256);

	mask(in, room);
	mask(in, 4 * in.size + 4);
	decode(in, room);
	log_and_count(in);
	return 0;
}
