/* One sealed report becomes a line of JSON. */
#ifndef SAV_DECRYPT_BLOB_H
#define SAV_DECRYPT_BLOB_H

#include <stddef.h>

struct buf;
struct fail;
struct seal_pair;

/* Reads the file `name` below `folder_fd`, opens it with the first of the pairs that fits, and appends its
 * report to `lines` as one line. `blob` and `report` are buffers for the way. Returns 0; or -1 with *fail
 * naming the file and `lines` as it was: EX_DATAERR when the content is at fault, else as io_read_file. */
int blob_open(const struct seal_pair *pairs, size_t pair_count, int folder_fd, const char *name,
	      struct buf *blob, struct buf *report, struct buf *lines, struct fail *fail);

#endif
