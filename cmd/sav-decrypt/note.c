#include "cmd/sav-decrypt/note.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* A word, four numbers and two texts, each ended by a NUL: names may hold anything else. */
static const char magic[] = "sav-decrypt note 1";
enum { NUMBERS = 4, NOTE_MAX = 64 + NUMBERS * 24 + PATH_MAX + NAME_MAX };

int note_save(const char *path, const struct note *note, struct fail *fail)
{
	auto_buf struct buf text = BUF_INIT(NOTE_MAX);
	const int64_t numbers[NUMBERS] = {note->offset, note->done, note->bad, note->operand};
	int result = buf_add(&text, magic, sizeof magic);

	for (size_t i = 0; i < NUMBERS; i++)
		result |= buf_printf(&text, "%" PRId64 "%c", numbers[i], '\0');
	result |= buf_add(&text, note->path, strlen(note->path) + 1);
	result |= buf_add(&text, note->name, strlen(note->name) + 1);
	if (result != 0)
		return fail_errno(fail, EX_OSERR, "%s", path);
	return io_put_file(AT_FDCWD, path, IO_REPLACE, 0600, text.data, text.size, fail);
}

/* The next text of the note, or NULL when it does not end, or has more than `max` bytes. */
static const char *next(const struct buf *text, size_t *at, size_t max)
{
	const char *start = (const char *)text->data + *at;
	size_t size = strnlen(start, text->size - *at);

	if (*at + size == text->size || size > max)
		return NULL;
	*at += size + 1;
	return start;
}

static bool parse(const struct buf *text, struct note *note)
{
	int64_t *const numbers[NUMBERS] = {&note->offset, &note->done, &note->bad, &note->operand};
	size_t at = 0;
	const char *field = next(text, &at, sizeof magic);

	if (field == NULL || strcmp(field, magic) != 0)
		return false;
	for (size_t i = 0; i < NUMBERS; i++) {
		field = next(text, &at, NOTE_MAX);
		if (field == NULL || num_parse(field, 0, INT64_MAX, numbers[i]) != 0)
			return false;
	}
	const char *path = next(text, &at, sizeof note->path - 1);
	const char *name = path == NULL ? NULL : next(text, &at, sizeof note->name - 1);
	if (name == NULL || at != text->size)
		return false;
	memcpy(note->path, path, strlen(path) + 1);
	memcpy(note->name, name, strlen(name) + 1);
	return true;
}

int note_load(const char *path, struct note *note, struct fail *fail)
{
	auto_buf struct buf text = BUF_INIT(NOTE_MAX);

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	if (io_read_file(AT_FDCWD, path, &text, fail) != 0)
		return -1;
	if (text.size == 0 || !parse(&text, note)) {
		(void)fail_set(fail, EX_DATAERR, "%s: not a note of sav-decrypt", path);
		return fail_hint(fail, "remove it to begin anew");
	}
	return 1;
}
