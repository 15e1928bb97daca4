/* What every target includes. A target is one file, tests/fuzz/NAME.c: it takes any bytes as one parser's input
 * and holds the parser to what it promises. The same source is built for libFuzzer, for AFL++, and with
 * replay.c to run over tests/fuzz/corpus/NAME in the ordinary tests. */
#ifndef SAV_TESTS_FUZZ_H
#define SAV_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What does not hold is a finding: says which, and aborts. */
#define REQUIRE(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *condition, const char *file, int line);

/* What is left of an input that holds several things. */
struct fuzz {
	const uint8_t *bytes;
	size_t size;
};

/* Takes one byte and gives a number below `count`: the byte itself for '0' and up, so that inputs can be
 * written by hand. 0 when nothing is left. */
unsigned fuzz_choice(struct fuzz *input, unsigned count);

/* Takes what comes before the next NUL, and that; all that is left when there is none. */
struct fuzz fuzz_piece(struct fuzz *input);

/* Takes the first of two pieces: two bytes say its size, little-endian; all that is left when that is less. */
struct fuzz fuzz_first(struct fuzz *input);

/* The bytes as a text that ends where the memory ends; what is behind a NUL is cut off. The caller frees. */
char *fuzz_text(struct fuzz piece);

/* A copy whose memory ends where the bytes end, aligned for anything. The caller frees. */
uint8_t *fuzz_copy(struct fuzz piece);

/* An empty folder of this process's own, in TMPDIR, else in memory where the machine has that; removed at the end. */
const char *fuzz_folder(void);

/* Writes the file `name` (folders in it are made) of that folder. Returns its path, valid until the next call. */
const char *fuzz_put(const char *name, const void *bytes, size_t size);

/* Empties that folder. */
void fuzz_clear(void);

/* Whether jansson, which shares nothing with our own scanners, takes the bytes as JSON; with 128 or more
 * levels, NUL in strings and keys, numbers of any size, any type at the top. */
bool fuzz_is_json(const void *bytes, size_t size);

/* Whether a text from outside may go to a terminal: UTF-8 without control characters. */
bool fuzz_is_plain(const void *bytes, size_t size);

#endif
