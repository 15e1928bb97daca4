/* Values as Go's fmt package prints them. Source: https://pkg.go.dev/fmt, and the words of its error forms.
 * Not there: argument indexes (%[1]d), and %b and %x of a float; both print as unknown verbs do. */
#ifndef SAV_ALERT_GOFMT_H
#define SAV_ALERT_GOFMT_H

#include "lib/alert/value.h"

struct buf;

/* Appends the value as fmt.Print does: "[1 2]", "map[a:1 b:<nil>]", 1e+06. Returns 0, or -1 with errno of
 * buf_add. */
int gofmt_value(const struct value *value, struct buf *out);

/* Appends what fmt.Sprint (spaces between operands neither of which is a string) or, with `line`,
 * fmt.Sprintln makes of the `count` values. Returns as gofmt_value. */
int gofmt_print(const struct value *values, size_t count, bool line, struct buf *out);

/* Appends what fmt.Sprintf makes of the format and the `count` values. Returns as gofmt_value. */
int gofmt_printf(const char *format, size_t size, const struct value *values, size_t count, struct buf *out);

/* Appends the value as compact JSON, the keys in their own order. Returns as gofmt_value. */
int gofmt_json(const struct value *value, struct buf *out);

#endif
