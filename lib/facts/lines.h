/* Lines and fields of the text files that hosts keep: bytes in, borrowed spans out. */
#ifndef SAV_FACTS_LINES_H
#define SAV_FACTS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of bytes that belongs to somebody else. */
struct span {
	const uint8_t *bytes;
	size_t size;
};

/* A text of ours; borrowed. */
struct span lines_of(const char *text);

/* Takes what stands before the next separator, or the last, off *rest, and the separator. Returns whether there was
 * anything. */
bool lines_part(struct span *rest, char separator, struct span *part);

/* The same for lines. */
bool lines_next(struct span *rest, struct span *line);

/* Takes the next run of bytes that are not blank (space, tab) off *rest. Returns whether there was one. */
bool lines_word(struct span *rest, struct span *word);

/* The span without white space at both ends. */
struct span lines_trim(struct span span);

/* The trimmed value of the first line "name<blanks><separator>value" of `text`. Returns whether there is
 * one. */
bool lines_find(struct span text, const char *name, char separator, struct span *value);

bool lines_equal(struct span span, const char *text);
bool lines_begin(struct span span, const char *text);

/* Where the last (first) `text` begins in `span`, or NULL. Lower and upper case differ. */
const uint8_t *lines_last(struct span span, const char *text);
const uint8_t *lines_first(struct span span, const char *text);

/* Reads the decimal digits at the beginning of the span, at least one and at most 18. Returns whether
 * there were any. */
bool lines_number(struct span span, int64_t *value);

#endif
