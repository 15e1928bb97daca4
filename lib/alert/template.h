/* Templates that make a line of an alert: the part of Go's text/template that alerts need, parsed once and rendered often.
 *
 *   fields, variables   {{.ProcessInfo.Program.Path}} {{$x := .A}} {{$x = 1}} {{$.A}} {{(index .Events 0).Type}}
 *   blocks              if, else if, else, range (with $e or $i, $e), with, break, continue, end
 *   functions           and or not eq ne lt le gt ge index len print println printf json
 *   the rest            pipelines, parentheses, "..." `...` 'c' 0x1F 1.5e3 true false nil, comments, {{- and -}}
 *
 * What differs from Go: a field of what is no object, an index that is not there and a comparison that makes no sense are
 * no run-time errors but `<no value>` and false, so that no alert is lost to its template; numbers without
 * fraction are Go's int, and 5 equals 5.0; a field in CamelCase (StrategyName) is looked for in snake_case (strategy_name)
 * when the alert has none of the first name; range goes through lists and objects only; control characters in the
 * alert's own text are printed as \xNN (but by %q and json, which have their own way), so that no alert forges a line of a log.
 * Source: https://pkg.go.dev/text/template. */
#ifndef SAV_ALERT_TEMPLATE_H
#define SAV_ALERT_TEMPLATE_H

#include <jansson.h>
#include <stddef.h>

struct buf;
struct fail;
struct template; /* opaque; read-only once parsed, so that threads may share it */

enum {
	TEMPLATE_SOURCE_MAX = 64 << 10,
	TEMPLATE_DEPTH_MAX = 32,     /* blocks and parentheses in one another */
	TEMPLATE_VARIABLES_MAX = 32, /* in sight at one place */
	TEMPLATE_ARGUMENTS_MAX = 16,
	TEMPLATE_STEPS_MAX = 1000000, /* parts evaluated for one alert */
};

/* Parses the `size` bytes of `source`, which is not needed afterwards. Returns the template, which
 * template_free frees; or NULL with *fail (EX_CONFIG): "template:line:column: reason", and in the hint
 * what is allowed there. */
struct template *template_parse(const char *source, size_t size, struct fail *fail);
void template_free(struct template *template);

/* Appends what the template makes of the alert. Returns 0; or -1 with *fail (EX_DATAERR) and `out` as it
 * was, when that would be more than the buffer's limit or take more than TEMPLATE_STEPS_MAX steps. */
int template_render(const struct template *template, const json_t *alert, struct buf *out, struct fail *fail);

#endif
