/* JSON read strictly, in one pass, without a tree and without memory, from bytes that anybody may have written
 * and that may come in pieces: UTF-8 is checked, every surrogate escape has to be one of a pair. Repeated keys
 * are allowed, as the grammar allows them. Source: RFC 8259. */
#ifndef SAV_FORMAT_JSONSCAN_H
#define SAV_FORMAT_JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

enum {
	JSONSCAN_DEPTH_MAX = 128,   /* objects and arrays in one another; a report has 2 */
	JSONSCAN_NUMBER_MAX = 1024, /* characters of a number */
};

enum jsonscan_result {
	JSONSCAN_DONE,
	JSONSCAN_MORE,  /* right so far, and cut off */
	JSONSCAN_WRONG, /* whatever comes behind it */
};

/* An object that is being read, to be zeroed before it. The rest is the module's own. */
struct jsonscan {
	bool lines;         /* it has line breaks, which stand between its tokens */
	const char *reason; /* of JSONSCAN_WRONG: "a colon expected" ... */
	enum jsonscan_result result;
	bool escaped;
	uint8_t state;
	uint8_t depth;
	uint8_t kinds[JSONSCAN_DEPTH_MAX];
};

/* Reads on at *at. Moves it: when DONE, behind the object; when WRONG, to the byte that cannot stand there;
 * when MORE is needed, to where to read on as soon as bytes were added: all before that are checked and not
 * looked at again. */
enum jsonscan_result jsonscan_object(struct jsonscan *scan, const uint8_t **at, const uint8_t *end);

/* Over a string whose opening quote is before *at; *at then is behind the closing one. *escaped: whether there
 * is something for jsonscan_decode to do. */
enum jsonscan_result jsonscan_string(const uint8_t **at, const uint8_t *end, bool *escaped);

/* Writes what a string that was read stands for, without its quotes, to `out`, which has room for `size` bytes.
 * Returns how many they are. */
size_t jsonscan_decode(const uint8_t *bytes, size_t size, uint8_t *out);

/* Checks that the bytes are one object and nothing else but blanks round it, and makes one line of them: the
 * blanks at the end go, and when there are line breaks, all blanks between the tokens. *size becomes the
 * line's, which has no newline. Returns 0, or -1 with *fail (EX_DATAERR, "no JSON object: byte 17: ...") and
 * the bytes as they were. */
int jsonscan_line(uint8_t *bytes, size_t *size, struct fail *fail);

/* Takes the blanks between the tokens out of an object that was read. Returns the size that is left. */
size_t jsonscan_compact(uint8_t *bytes, size_t size);

static inline bool jsonscan_is_blank(uint8_t byte)
{
	return byte <= ' ' && (byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r');
}

#endif
