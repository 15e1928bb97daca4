/* Go's literals: numbers, characters, strings. Source: https://go.dev/ref/spec#Literals. */
#ifndef SAV_ALERT_TEMPLATE_LITERAL_H
#define SAV_ALERT_TEMPLATE_LITERAL_H

#include "lib/alert/value.h"

struct buf;

/* Reads a number with its sign: 10, 0x1F, 0b1, 0o17, 017, 1_000, 1.5, 1e3, 0x1p-2. Returns 0 and sets
 * *value, or -1 when it is none, an imaginary one or too large. */
int template_literal_number(const char *text, size_t size, struct value *value);

/* Reads "..." or `...` with its quotes, and appends what it stands for. Returns 0, or -1 (a wrong escape,
 * no memory). */
int template_literal_string(const char *text, size_t size, struct buf *out);

/* Reads 'c' with its quotes; the value is its code point. Returns 0, or -1 and leaves *value. */
int template_literal_rune(const char *text, size_t size, struct value *value);

#endif
