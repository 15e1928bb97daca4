/* A followed file: what it is known by, its place as bytes, and finding it again among rotated files. */
#ifndef SAV_ALERT_FOLLOW_FILE_H
#define SAV_ALERT_FOLLOW_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct stat;

enum {
	FOLLOW_FILE_PRINT_MAX = 1024, /* bytes of the beginning that tell files apart */
	FOLLOW_FILE_PLACE_BYTES = 48,
};

struct follow_file {
	uint64_t device;
	uint64_t inode;
	uint32_t print_size; /* so many bytes of its beginning ... */
	uint32_t print_crc;  /* ... have this CRC-32C */
	uint64_t offset;     /* behind what was read */
	int64_t changed_ns;  /* when it was last written, by the last look */
};

/* Writes the place `pending` bytes before the offset: FOLLOW_FILE_PLACE_BYTES. */
void follow_file_format(const struct follow_file *file, size_t pending, uint8_t *place);

/* The way back. Returns 0, or -1 with *fail (EX_DATAERR) and *file untouched. */
int follow_file_parse(const uint8_t *place, size_t size, struct follow_file *file, struct fail *fail);

/* Opens a regular file of the folder for reading, without blocking; `flags` are added. Returns the
 * descriptor; or -1 with errno, EINVAL when it is no regular file. */
int follow_file_open(int dir_fd, const char *name, int flags, struct stat *status);

/* When it was last written, in nanoseconds since 1970. */
int64_t follow_file_changed_ns(const struct stat *found);

/* Whether the open file begins as `file` does. */
bool follow_file_begins_alike(int fd, const struct follow_file *file);

/* Looks among the rotated files of `name`. With `is_same`: for `file` itself or a copy of it, not shorter
 * than its offset. Else: for the one that was changed next after it. Returns a descriptor and fills
 * *found, or -1. */
int follow_file_find(int dir_fd, const char *name, const struct follow_file *file, bool is_same,
		     struct stat *found);

#endif
