/* The names in a folder in the order of their bytes, however many there are, in constant memory: each
 * batch takes the smallest names that come after the batch before, so a folder of n batches is listed n
 * times. */
#ifndef SAV_BASE_NAMES_H
#define SAV_BASE_NAMES_H

#include <stddef.h>

struct fail;
struct names;

/* Bytes; 700,000 names of 32 bytes fit, and at least half of that is in a batch. */
enum { NAMES_MEMORY = 32 << 20 };

/* Starts with the first name, or with the one after `after` when it is not NULL. The folder is open as
 * `folder_fd`, which stays the caller's. `memory` in bytes limits what is allocated (at least 64 KiB;
 * NAMES_MEMORY). Returns what the caller frees with names_free, or NULL with *fail (EX_OSERR). */
struct names *names_new(int folder_fd, const char *after, size_t memory, struct fail *fail);

/* Reads the next batch. Names that begin with a dot are passed over, and folders where the file system tells them
 * apart (readdir(3), DT_UNKNOWN). What is put into the
 * folder meanwhile may be seen or not. Returns 0, and *count (0: the end) of names that names_get gives;
 * or -1 with *fail (EX_IOERR, EX_OSERR). */
int names_next(struct names *names, size_t *count, struct fail *fail);

/* The name at `index` below the count of the batch. Borrowed until the next batch. */
const char *names_get(const struct names *names, size_t index);

/* How many names there are after `after` (NULL: in all); for showing progress. Returns 0, or -1 with *fail
 * (EX_IOERR, EX_OSERR). */
int names_count(int folder_fd, const char *after, size_t *count, struct fail *fail);

/* Frees; NULL is allowed. */
void names_free(struct names *names);

#endif
