/* JSON trees into buffers. */
#ifndef SAV_FORMAT_ENCODE_H
#define SAV_FORMAT_ENCODE_H

#include <jansson.h>
#include <stddef.h>

struct buf;
struct fail;

/* Appends the tree, as the flags of json_dumps(3) say, and a newline; takes ownership of it in every case. NULL stands
 * for a tree that memory did not suffice for. Returns 0, or -1 with *fail (EX_OSERR; EX_SOFTWARE when it
 * does not fit). */
int encode_add(json_t *tree, size_t flags, struct buf *out, struct fail *fail);

#endif
