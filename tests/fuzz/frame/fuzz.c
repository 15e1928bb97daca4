#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/text.h"

#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

void fuzz_broken(const char *condition, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

unsigned fuzz_choice(struct fuzz *input, unsigned count)
{
	if (input->size == 0)
		return 0;
	uint8_t byte = *input->bytes++;
	input->size--;
	return (byte >= '0' ? byte - '0' : byte) % count;
}

struct fuzz fuzz_piece(struct fuzz *input)
{
	struct fuzz piece = *input;
	const uint8_t *end = input->size == 0 ? NULL : memchr(input->bytes, '\0', input->size);

	if (end != NULL)
		piece.size = (size_t)(end - input->bytes);
	size_t taken = piece.size + (end != NULL);
	input->bytes += taken;
	input->size -= taken;
	return piece;
}

struct fuzz fuzz_first(struct fuzz *input)
{
	size_t size = 0;

	for (unsigned shift = 0; shift < 16 && input->size > 0; shift += 8) {
		size |= (size_t)*input->bytes++ << shift;
		input->size--;
	}
	struct fuzz first = {input->bytes, size < input->size ? size : input->size};
	input->bytes += first.size;
	input->size -= first.size;
	return first;
}

uint8_t *fuzz_copy(struct fuzz piece)
{
	uint8_t *copy = malloc(piece.size);

	if (copy == NULL && piece.size > 0)
		abort();
	if (piece.size > 0)
		memcpy(copy, piece.bytes, piece.size);
	return copy;
}

char *fuzz_text(struct fuzz piece)
{
	struct fuzz first = fuzz_piece(&piece);
	char *text = malloc(first.size + 1);

	if (text == NULL)
		abort();
	if (first.size > 0)
		memcpy(text, first.bytes, first.size);
	text[first.size] = '\0';
	return text;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	return ftw->level == 0 ? 0 : remove(path);
}

void fuzz_clear(void)
{
	if (nftw(fuzz_folder(), remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
		abort();
}

static void remove_folder(void)
{
	fuzz_clear();
	(void)rmdir(folder); /* a folder that stays is in nobody's way */
}

const char *fuzz_folder(void)
{
	if (folder[0] != '\0')
		return folder;
	const char *base = getenv("TMPDIR");
	if (base == NULL)
		base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	if (snprintf(folder, sizeof folder, "%s/sav-fuzz-XXXXXX", base) >= (int)sizeof folder ||
	    mkdtemp(folder) == NULL || atexit(remove_folder) != 0)
		abort();
	return folder;
}

const char *fuzz_put(const char *name, const void *bytes, size_t size)
{
	static char path[512];
	size_t start = strlen(fuzz_folder()) + 1;

	if (snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name) >= (int)sizeof path)
		abort();
	for (char *slash = strchr(path + start, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700); /* open says whether it is there */
		*slash = '/';
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0)
		abort();
	return path;
}

bool fuzz_is_json(const void *bytes, size_t size)
{
	const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_error_t error;
	json_t *json = json_loadb(bytes, size, flags, &error);

	if (json == NULL)
		json = json_loadb(bytes, size, flags | JSON_DECODE_INT_AS_REAL, &error);
	bool is_json = json != NULL || json_error_code(&error) == json_error_numeric_overflow ||
		       json_error_code(&error) == json_error_null_byte_in_key;
	json_decref(json);
	return is_json;
}

bool fuzz_is_plain(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i++)
		if (at[i] < 0x20 || at[i] == 0x7f)
			return false;
	return text_is_utf8(at, size);
}
