/* One YAML scalar to text, for those who change a file in place. */
#ifndef SAV_FORMAT_YAML_EMIT_H
#define SAV_FORMAT_YAML_EMIT_H

#include "lib/format/yaml.h" /* enum yaml_style */

struct buf;

/* Appends `text` (UTF-8 without NUL) as it is written behind "key: " or "- ", without a newline at its
 * end. `style` is a wish: quotes are put where they are needed. Lines of a YAML_BLOCK scalar are indented
 * by `indent` blanks and two more. Returns 0, or -1 with errno EFBIG or ENOMEM, and `out` as it was. */
int yaml_emit_scalar(const char *text, size_t size, enum yaml_style style, size_t indent, struct buf *out);

#endif
