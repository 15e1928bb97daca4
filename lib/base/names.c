#include "lib/base/names.h"

#include "lib/base/fail.h"
#include "lib/base/io.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A name, its first bytes at hand: names are random, so few comparisons go further. */
struct entry {
	uint64_t head; /* the first 8 bytes as a big-endian number, short names filled up with zeros */
	uint32_t at;   /* in the arena */
};

struct names {
	DIR *folder;
	struct entry *entries;
	size_t count;
	size_t entries_max;
	char *arena;
	size_t used;
	size_t arena_max;
	bool more; /* nothing was listed yet, or names were left out that come later */
	bool has_after;
	bool has_bound;
	char after[NAME_MAX + 1]; /* names up to this one are done */
	char bound[NAME_MAX + 1]; /* names from this one on come in a later batch */
};

/* A blob's name takes 33 bytes in the arena and an entry. */
enum { MEMORY_MIN = 64 << 10, ENTRY_SHARE = 3 };

static DIR *open_folder(int folder_fd, struct fail *fail)
{
	/* With an offset of its own. */
	DIR *folder = io_list(openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (folder == NULL)
		(void)fail_errno(fail, EX_OSERR, "listing a folder");
	return folder;
}

struct names *names_new(int folder_fd, const char *after, size_t memory, struct fail *fail)
{
	struct names *names = calloc(1, sizeof *names);

	if (names == NULL) {
		(void)fail_errno(fail, EX_OSERR, "listing a folder");
		return NULL;
	}
	names->more = true;
	if (memory < MEMORY_MIN)
		memory = MEMORY_MIN;
	if (memory > UINT32_MAX)
		memory = UINT32_MAX; /* what an entry can point to */
	names->entries_max = memory / ENTRY_SHARE / sizeof *names->entries;
	names->arena_max = memory - names->entries_max * sizeof *names->entries;
	names->entries = malloc(names->entries_max * sizeof *names->entries);
	names->arena = malloc(names->arena_max);
	if (names->entries == NULL || names->arena == NULL)
		(void)fail_errno(fail, EX_OSERR, "listing a folder");
	else
		names->folder = open_folder(folder_fd, fail);
	if (names->folder == NULL) {
		names_free(names);
		return NULL;
	}
	if (after != NULL && strlen(after) <= NAME_MAX) {
		names->has_after = true;
		memcpy(names->after, after, strlen(after) + 1);
	}
	return names;
}

static uint64_t head_of(const char *name)
{
	uint64_t head = 0;

	memcpy(&head, name, strnlen(name, sizeof head));
	return be64toh(head);
}

static int compare(const void *a, const void *b, void *arena)
{
	const struct entry *one = a;
	const struct entry *other = b;

	if (one->head != other->head)
		return one->head < other->head ? -1 : 1;
	return strcmp((const char *)arena + one->at, (const char *)arena + other->at);
}

static int by_place(const void *a, const void *b)
{
	const struct entry *one = a;
	const struct entry *other = b;

	return one->at < other->at ? -1 : one->at > other->at;
}

static void sort(struct names *names)
{
	size_t kept = 0;

	qsort_r(names->entries, names->count, sizeof *names->entries, compare, names->arena);
	/* A file system may show a name twice while the folder changes. */
	for (size_t i = 0; i < names->count; i++)
		if (i == 0 || compare(&names->entries[i], &names->entries[kept - 1], names->arena) != 0)
			names->entries[kept++] = names->entries[i];
	names->count = kept;
}

/* The buffer is full: the larger half goes, and is left to a later batch. */
static void keep_smaller_half(struct names *names)
{
	sort(names);
	size_t keep = names->count / 2;
	memcpy(names->bound, names->arena + names->entries[keep].at,
	       strlen(names->arena + names->entries[keep].at) + 1);
	names->has_bound = true;
	names->more = true;
	names->count = keep;
	qsort(names->entries, names->count, sizeof *names->entries, by_place);
	names->used = 0;
	for (size_t i = 0; i < names->count; i++) { /* moves down only, in the order of places */
		const char *name = names->arena + names->entries[i].at;
		size_t size = strlen(name) + 1;
		memmove(names->arena + names->used, name, size);
		names->entries[i].at = (uint32_t)names->used;
		names->used += size;
	}
}

static void add(struct names *names, const char *name)
{
	size_t size = strlen(name) + 1;

	if (names->has_after && strcmp(name, names->after) <= 0)
		return;
	if (names->count == names->entries_max || size > names->arena_max - names->used)
		keep_smaller_half(names);
	if (names->has_bound && strcmp(name, names->bound) >= 0) {
		names->more = true;
		return;
	}
	memcpy(names->arena + names->used, name, size);
	names->entries[names->count++] = (struct entry){head_of(name), (uint32_t)names->used};
	names->used += size;
}

/* The next name that counts, or NULL with errno, 0 at the end. */
static const char *read_name(DIR *folder)
{
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.' && entry->d_type != DT_DIR)
			return entry->d_name;
	return NULL;
}

int names_next(struct names *names, size_t *count, struct fail *fail)
{
	const char *name;

	if (!names->more) {
		*count = names->count = 0;
		return 0;
	}
	if (names->count > 0) {
		const char *last = names_get(names, names->count - 1);
		memcpy(names->after, last, strlen(last) + 1);
		names->has_after = true;
	}
	names->count = 0;
	names->used = 0;
	names->has_bound = false;
	names->more = false;
	rewinddir(names->folder);
	while ((name = read_name(names->folder)) != NULL)
		add(names, name);
	if (errno != 0)
		return fail_errno(fail, EX_IOERR, "listing a folder");
	sort(names);
	*count = names->count;
	return 0;
}

const char *names_get(const struct names *names, size_t index)
{
	return names->arena + names->entries[index].at;
}

int names_count(int folder_fd, const char *after, size_t *count, struct fail *fail)
{
	DIR *folder = open_folder(folder_fd, fail);
	size_t found = 0;
	const char *name;

	if (folder == NULL)
		return -1;
	while ((name = read_name(folder)) != NULL)
		found += after == NULL || strcmp(name, after) > 0;
	int error = errno;
	(void)closedir(folder); /* was only read */
	errno = error;
	if (error != 0)
		return fail_errno(fail, EX_IOERR, "listing a folder");
	*count = found;
	return 0;
}

void names_free(struct names *names)
{
	if (names == NULL)
		return;
	int error = errno;
	if (names->folder != NULL)
		(void)closedir(names->folder); /* was only read */
	free(names->entries);
	free(names->arena);
	free(names);
	errno = error;
}
