/* The file of cursors (lib/alert spool_cursor): what is read of it is what is read of it again once it was
 * written anew. Input: '0' the file; '1' with its checksums put right. Layout: sls-spool(5). */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/alert/spool_cursor.h"
#include "lib/base/bytes.h"
#include "lib/base/crc.h"
#include "lib/base/fail.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD = 512, SLOT = 256, COPY = 20480 };

static void mend(uint8_t *bytes, size_t size)
{
	static const uint8_t nothing[SLOT];

	for (size_t at = 0; at < size; at += COPY) {
		if (at + HEAD <= size)
			bytes_put32(bytes + at + HEAD - 4, crc_32c(0, bytes + at, HEAD - 4));
		for (size_t i = 0; i < SPOOL_CURSOR_COUNT && at + HEAD + (i + 1) * SLOT <= size; i++) {
			uint8_t *slot = bytes + at + HEAD + i * SLOT;
			if (memcmp(slot, nothing, SLOT) != 0)
				bytes_put32(slot + SLOT - 4, crc_32c(0, slot, SLOT - 4));
		}
	}
}

static void read_again(struct spool_cursors *cursors, int dir_fd)
{
	struct spool_cursors again;
	struct fail fail;

	for (size_t i = 0; i < SPOOL_CURSOR_COUNT; i++) {
		const char *name = cursors->slots[i].name;
		REQUIRE(memchr(name, '\0', SPOOL_CURSOR_NAME_BYTES) != NULL);
		REQUIRE(name[0] == '\0' || cursors->slots[i].next >= 1);
		uint64_t before = cursors->slots[i].next;
		for (size_t j = 0; j < SPOOL_CURSOR_SPANS && cursors->slots[i].spans[j].end > 0; j++) {
			REQUIRE(cursors->slots[i].spans[j].first > before &&
				cursors->slots[i].spans[j].end > cursors->slots[i].spans[j].first);
			before = cursors->slots[i].spans[j].end;
		}
		if (name[0] != '\0')
			REQUIRE(spool_cursor_find(cursors, name) >= 0);
	}
	REQUIRE(spool_cursor_renew(cursors, &fail) == 0);
	REQUIRE(spool_cursor_load(&again, dir_fd, NULL, &fail) == 0 && !again.is_doubtful);
	REQUIRE(memcmp(again.id, cursors->id, sizeof again.id) == 0);
	for (size_t i = 0; i < SPOOL_CURSOR_COUNT; i++)
		REQUIRE(strcmp(cursors->slots[i].name, again.slots[i].name) == 0 &&
			(again.slots[i].name[0] == '\0' ||
			 (cursors->slots[i].next == again.slots[i].next &&
			  cursors->slots[i].dropped == again.slots[i].dropped &&
			  memcmp(cursors->slots[i].spans, again.slots[i].spans,
				 sizeof again.slots[i].spans) == 0)));
	spool_cursor_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	bool mends = fuzz_choice(&in, 2) == 1;
	uint8_t *copy = fuzz_copy(in);
	struct spool_cursors cursors;
	struct fail fail;

	if (mends)
		mend(copy, in.size);
	(void)fuzz_put(SPOOL_CURSOR_FILE, copy, in.size);
	int dir_fd = open(fuzz_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool_cursor_load(&cursors, dir_fd, NULL, &fail) == 0)
		read_again(&cursors, dir_fd);
	else
		REQUIRE(fail.status == EX_CONFIG ||
			(fail.status == EX_DATAERR && in.size > 2 * (size_t)COPY));
	spool_cursor_fini(&cursors);
	(void)close(dir_fd); /* was only used to look up names */
	free(copy);
	return 0;
}
