#include "lib/alert/follow_file.h"

#include "lib/base/bytes.h"
#include "lib/base/crc.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FOLDER_ENTRIES_MAX = 65536, /* names looked at in one search */
	PLACE_VERSION = 1,
};

void follow_file_format(const struct follow_file *file, size_t pending, uint8_t *place)
{
	bytes_put64(place, PLACE_VERSION);
	bytes_put64(place + 8, file->device);
	bytes_put64(place + 16, file->inode);
	bytes_put64(place + 24, file->offset - pending);
	bytes_put64(place + 32, (uint64_t)file->print_size << 32 | file->print_crc);
	bytes_put64(place + 40, (uint64_t)file->changed_ns);
}

int follow_file_parse(const uint8_t *place, size_t size, struct follow_file *file, struct fail *fail)
{
	if (size != FOLLOW_FILE_PLACE_BYTES || bytes_get64(place) != PLACE_VERSION ||
	    bytes_get64(place + 24) > INT64_MAX || bytes_get64(place + 32) >> 32 > FOLLOW_FILE_PRINT_MAX)
		return fail_set(fail, EX_DATAERR,
				"spool: the remembered place is not one of a followed file");
	*file = (struct follow_file){
		.device = bytes_get64(place + 8),
		.inode = bytes_get64(place + 16),
		.offset = bytes_get64(place + 24),
		.print_size = (uint32_t)(bytes_get64(place + 32) >> 32),
		.print_crc = (uint32_t)bytes_get64(place + 32),
		.changed_ns = (int64_t)bytes_get64(place + 40),
	};
	return 0;
}

int follow_file_open(int dir_fd, const char *name, int flags, struct stat *status)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);

	if (fd < 0)
		return -1;
	if (fstat(fd, status) == 0 && S_ISREG(status->st_mode))
		return fd;
	(void)close(fd); /* was only looked at */
	errno = EINVAL;
	return -1;
}

bool follow_file_begins_alike(int fd, const struct follow_file *file)
{
	uint8_t bytes[FOLLOW_FILE_PRINT_MAX];
	size_t size = 0;

	while (size < file->print_size) {
		ssize_t got = pread(fd, bytes + size, file->print_size - size, (off_t)size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		size += (size_t)got;
	}
	return crc_32c(0, bytes, size) == file->print_crc;
}

int64_t follow_file_changed_ns(const struct stat *found)
{
	return (int64_t)found->st_mtim.tv_sec * 1000000000 + found->st_mtim.tv_nsec;
}

/* "FILE.1", "FILE-20261121", "FILE-20261121-1795283000": what logrotate calls them, until it compresses
 * them. */
static bool is_rotated_name(const char *live, const char *name)
{
	size_t size = strlen(live);

	if (strncmp(name, live, size) != 0 || (name[size] != '.' && name[size] != '-'))
		return false;
	name += size + 1;
	return name[0] >= '0' && name[0] <= '9' && strspn(name, "0123456789-") == strlen(name);
}

/* Whether it is the file itself or a copy of it; else whether it is another that was changed later, but before
 * `before_ns`. */
static bool fits(const struct follow_file *file, bool is_same, int64_t before_ns, int fd,
		 const struct stat *status)
{
	bool is_inode = status->st_dev == file->device && status->st_ino == file->inode;

	if (is_same) /* a copy has another inode; with no beginning to compare, only the inode tells */
		return (uint64_t)status->st_size >= file->offset && follow_file_begins_alike(fd, file) &&
		       (file->print_size > 0 || is_inode);
	return !is_inode && follow_file_changed_ns(status) > file->changed_ns &&
	       follow_file_changed_ns(status) < before_ns;
}

int follow_file_find(int dir_fd, const char *name, const struct follow_file *file, bool is_same,
		     struct stat *found)
{
	int64_t best_ns = INT64_MAX;
	int best = -1;
	DIR *folder = io_list(openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (folder == NULL)
		return -1; /* nothing found, as when it is empty: what is missing is counted */
	for (int i = 0; i < FOLDER_ENTRIES_MAX; i++) {
		const struct dirent *entry = readdir(folder);
		struct stat status;
		if (entry == NULL)
			break;
		int candidate = is_rotated_name(name, entry->d_name)
					? follow_file_open(dir_fd, entry->d_name, O_NOFOLLOW, &status)
					: -1;
		if (candidate < 0)
			continue;
		if (!fits(file, is_same, best_ns, candidate, &status)) {
			(void)close(candidate); /* was only looked at */
			continue;
		}
		if (best >= 0)
			(void)close(best);
		best = candidate;
		*found = status;
		best_ns = follow_file_changed_ns(&status);
	}
	(void)closedir(folder); /* was only read */
	return best;
}
