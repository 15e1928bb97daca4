/* Text from outside: UTF-8, cutting, masking, likeness. */
#ifndef SAV_BASE_TEXT_H
#define SAV_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The size (1..4) of the well-formed UTF-8 character at the beginning of `size` (at least 1) bytes, 0 when
 * there is none. */
size_t text_character(const uint8_t *bytes, size_t size);

/* The code point of the character of `length` bytes that text_character measured. */
uint32_t text_decode(const uint8_t *bytes, size_t length);

/* Writes the code point (at most U+10FFFF, no surrogate) as UTF-8. Returns its length. */
size_t text_encode(uint32_t code, char out[4]);

/* Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
 * Source: Unicode 15, table 3-7. */
bool text_is_utf8(const uint8_t *bytes, size_t size);

/* Whether there is a control character (C0, DEL, C1: U+0080 to U+009F) in well-formed UTF-8, other than those
 * in `allowed`, which are ASCII. */
bool text_has_control(const uint8_t *bytes, size_t size, const char *allowed);

/* Whether the character of `length` bytes that text_character measured is a control character, a separator of lines
 * or one that changes the direction of what follows. */
bool text_hides(const uint8_t *bytes, size_t length);

/* The size of the longest beginning of well-formed UTF-8 `bytes` that has at most `max` bytes and ends between
 * characters. */
size_t text_cut(const uint8_t *bytes, size_t size, size_t max);

/* Copies `size` bytes so that they can be shown on a terminal or in a log: printable UTF-8 stays; control
 * characters, bytes that are not UTF-8 and direction overrides become \xNN. Cuts with "..." at the end
 * when out of room. `out` has room for `out_size` (at least 4) bytes and is always terminated. Returns
 * out. */
char *text_mask(const uint8_t *bytes, size_t size, char *out, size_t out_size);

/* How many single-character edits lead from `a` to `b`, ASCII case ignored; at most TEXT_DISTANCE_FAR, which
 * is also the answer when either is longer than 64 bytes. */
enum { TEXT_DISTANCE_FAR = 64 };
size_t text_distance(const char *a, const char *b);

#endif
