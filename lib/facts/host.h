/* The host that is looked at: the live one, or a captured one in a folder, of which nothing outside is
 * ever read. Every file is read at most once, up to a limit, and only when it is a regular file: a fifo, a
 * device, a loop of links never holds anything up. */
#ifndef SAV_FACTS_HOST_H
#define SAV_FACTS_HOST_H

#include "lib/facts/lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fail;
struct stat;
struct host; /* opaque */

enum {
	HOST_FILE_MAX = 64 * 1024, /* bytes of a file, unless a probe says otherwise */
	HOST_LARGE_MAX = 1 << 20,  /* those that grow with the host: profiles, sockets */
	HOST_WHY_SIZE = 160,
};

/* Fills a reason; one that is too long is cut. */
void host_say(char why[HOST_WHY_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

enum host_state {
	HOST_FOUND,
	HOST_ABSENT,     /* no such file or folder: a fact about the host */
	HOST_UNREADABLE, /* it may be there: nothing can be said */
};

enum host_mode {
	HOST_WHOLE, /* unreadable when it has more bytes than the limit */
	HOST_HEAD,  /* its first bytes */
	HOST_TAIL,  /* its last bytes */
};

struct host_file {
	enum host_state state;
	struct span content;     /* empty when not found */
	bool cut;                /* it has more than these bytes */
	char why[HOST_WHY_SIZE]; /* "path: reason" when not found */
};

/* The live host when `root` is NULL, else the one captured in that folder. Returns NULL with *fail. */
struct host *host_new(const char *root, struct fail *fail);
void host_free(struct host *host);

bool host_is_live(const struct host *host);

/* The file at the absolute `path`, symbolic links followed within the host. Never NULL; borrowed from the
 * host. */
const struct host_file *host_read(struct host *host, const char *path, size_t limit, enum host_mode mode);

/* host_read of a whole file of at most HOST_FILE_MAX bytes. */
const struct host_file *host_text(struct host *host, const char *path);

/* What is at `path`, links followed: fills *status when that is not NULL. Else `why` (HOST_WHY_SIZE bytes)
 * says the reason. */
enum host_state host_stat(struct host *host, const char *path, struct stat *status, char *why);

/* Whether there is anything, as host_stat; sets `why` only when there may be. */
bool host_has(struct host *host, const char *path, struct stat *status, char *why);

/* Where the symbolic link at `path` points, as text. HOST_ABSENT also when it is there but no link;
 * *is_link tells the difference. */
enum host_state host_link(struct host *host, const char *path, char *target, size_t target_size,
			  bool *is_link, char *why);

/* The first `size` bytes of a regular file, past the memory of what was read: for the many small files of
 * the process table. Returns how many there were, or -1 with errno. */
ssize_t host_peek(struct host *host, const char *path, void *bytes, size_t size);

/* Opens the folder for reading; -1 with errno. The caller closes. */
int host_open_folder(struct host *host, const char *path);

#endif
