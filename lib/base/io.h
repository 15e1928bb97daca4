/* Bytes in and out of descriptors and files. */
#ifndef SAV_BASE_IO_H
#define SAV_BASE_IO_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct buf;
struct fail;

/* Opens `path` below the folder `dir_fd` (AT_FDCWD: as given) for reading: a regular file, no symbolic
 * link as last part, never blocking on a fifo. Returns the descriptor and fills *status when it is not
 * NULL; or -1 with *fail naming the path. */
int io_open_file(int dir_fd, const char *path, struct stat *status, struct fail *fail);

/* The same for a file that an administrator names and that may be a symbolic link, as everything is that
 * Kubernetes mounts from a ConfigMap or Secret. */
int io_open_linked(const char *path, struct stat *status, struct fail *fail);

/* Reads the descriptor to its end, or to the buffer's limit, into `out` (appended); *more is whether anything is left.
 * Returns 0, or -1 with errno. */
int io_read_up_to(int fd, struct buf *out, bool *more);

/* Reads the descriptor to its end into `out` (appended). Returns 0; or -1: EX_DATAERR when there is more than
 * the buffer's limit, else by errno. The message names `name`. */
int io_read_fd(int fd, const char *name, struct buf *out, struct fail *fail);

/* io_open_file and io_read_fd in one. */
int io_read_file(int dir_fd, const char *path, struct buf *out, struct fail *fail);

/* Reads FILE of a command line: "-" or NULL is standard input, anything else a path that may also be a
 * fifo or a symbolic link. */
int io_read_input(const char *path, struct buf *out, struct fail *fail);

/* Writes all of it, through interruptions and short writes. Returns 0, or -1 with errno set. */
int io_write_all(int fd, const void *bytes, size_t size);

/* For listing the folder that `fd` is open on, which it takes over, also when it fails; -1 is passed on. Returns what
 * closedir() closes; or NULL with errno. */
DIR *io_list(int fd);

enum io_mode {
	IO_REPLACE, /* put in the place of what is there; the new file is the caller's */
	IO_EDIT, /* the same, but it keeps the old file's owner and group where the caller may give files away */
	IO_CREATE, /* fail with EX_CANTCREAT and errno EEXIST when the name is taken; after any failure it is as before */
};

/* Puts a whole file at `path` below `dir_fd`, or nothing: a temporary file beside it, fsync, rename, fsync
 * of the folder. At every moment the path names the old file or the new one. Only a regular file is
 * replaced: a device, a fifo, a symbolic link is refused. The temporary's name is `.<name>.<random>.tmp`;
 * it is removed on failure. `permissions` are set as given, whatever the umask; with a folder that may not
 * be read they must let the owner read. Returns 0, or -1 (EX_CANTCREAT, EX_NOPERM or EX_IOERR). */
int io_put_file(int dir_fd, const char *path, enum io_mode mode, mode_t permissions, const void *bytes,
		size_t size, struct fail *fail);

/* Removes what io_put_file left beside `path` when its process was killed: for whoever is the only one to
 * put that file. A folder that is not there has none. Returns 0, or -1 with *fail. */
int io_sweep(const char *path, struct fail *fail);

#endif
