/* JSON checked and made one line, in one pass and without a tree: for reports that anybody may have written.
 * Source: RFC 8259. */
#ifndef SAV_FORMAT_JSONLINE_H
#define SAV_FORMAT_JSONLINE_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct fail;

enum { JSONLINE_DEPTH_MAX = 64 }; /* objects and arrays inside each other; a report has 2 */

/* Whether the bytes are one JSON object and nothing else but blanks round it: well-formed, at most
 * JSONLINE_DEPTH_MAX deep, UTF-8, every surrogate escape one of a pair. Repeated keys are allowed, as the
 * grammar allows them. Needs no memory and one look at each byte. Returns 0, or -1 with *fail (EX_DATAERR,
 * "no JSON object: byte 17: ..."). */
int jsonline_check(const uint8_t *bytes, size_t size, struct fail *fail);

/* Appends what jsonline_check has accepted as one line: without line breaks, and when it has some, without any
 * blanks between the tokens, else as it is; a newline at the end. Returns 0, or -1 with errno as buf_add. */
int jsonline_add(const uint8_t *bytes, size_t size, struct buf *out);

#endif
