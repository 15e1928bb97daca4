/* Key files (lib/format seal): what is read is written back the same, and no message shows what was in it. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/format/seal.h"

#include <ctype.h>
#include <string.h>

/* What it may say, its numbers left out. */
static bool is_known(const char *said)
{
	static const char *const known[] = {"?:: not the base of a -byte key", "?:: a second key in one file",
					    "?: holds no key"};
	char text[sizeof((struct fail *)NULL)->text];
	size_t size = 0;

	for (; *said != '\0'; said++)
		if (!isdigit((unsigned char)*said))
			text[size++] = *said;
	text[size] = '\0';
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(text, known[i]) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct seal_key key;
	struct seal_key again;
	struct fail fail;
	struct buf text = BUF_INIT(SEAL_KEY_FILE_MAX);

	REQUIRE(seal_init(&fail) == 0);
	if (seal_parse_key(bytes, size, "?", &key, &fail) == 0) {
		REQUIRE(seal_format_key(&key, &text) == 0);
		REQUIRE(seal_parse_key(text.data, text.size, "?", &again, &fail) == 0);
		REQUIRE(memcmp(&key, &again, sizeof key) == 0);
		REQUIRE(memmem(bytes, size, text.data, text.size - 1) != NULL);
	} else {
		REQUIRE(fail.status == EX_DATAERR && is_known(fail.text) &&
			fuzz_is_plain(fail.hint, strlen(fail.hint)));
	}
	buf_fini(&text);
	return 0;
}
