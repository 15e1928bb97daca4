#include "lib/report/rows.h"

#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	ROW_BITS = 44, /* of an entry's second word: the row's number; above it the time */
	FIRST_ENTRIES = 4096,
	BLOCK_BYTES = 256 * 1024, /* the file is written and read through in such pieces */
	SMALL = 32,               /* so few are sorted by insertion */
	DIGITS = 16,              /* bytes of an entry */
};

/* Sorted by machine, then time, then number: the last of a machine's entries is the one that counts. */
struct entry {
	uint64_t id; /* the machine; from rows_settle on the customer */
	uint64_t row;
};

struct rows {
	int fd;
	size_t row_bytes; /* in the file: the customer, then the cells */
	size_t row_count; /* in the file, those replaced included */
	struct entry *entries;
	size_t count;
	size_t capacity;
	uint64_t key;
	uint8_t *block;
	size_t block_rows;   /* that fit the block */
	size_t block_filled; /* not yet written */
};

static const uint64_t row_mask = (UINT64_C(1) << ROW_BITS) - 1;

/* Some file systems (NFS, overlays of old) know no O_TMPFILE. */
static int open_unnamed(const char *folder)
{
	char path[4096];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	int size = snprintf(path, sizeof path, "%s/.rows.XXXXXX", folder);
	if (size < 0 || (size_t)size >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path); /* it was made a moment ago, by us */
	return fd;
}

struct rows *rows_new(const char *folder, size_t width, struct fail *fail)
{
	struct rows *rows = calloc(1, sizeof *rows);

	if (rows == NULL) {
		(void)fail_errno(fail, EX_OSERR, "rows");
		return NULL;
	}
	rows->row_bytes = sizeof(uint64_t) + width * sizeof(uint32_t);
	rows->block_rows = BLOCK_BYTES / rows->row_bytes;
	rows->fd = open_unnamed(folder);
	if (rows->fd < 0)
		(void)fail_errno(fail, EX_CANTCREAT, "%s: a file for the rows", folder);
	else if ((rows->block = malloc(rows->block_rows * rows->row_bytes)) == NULL ||
		 getrandom(&rows->key, sizeof rows->key, 0) != sizeof rows->key)
		(void)fail_errno(fail, EX_OSERR, "rows");
	else
		return rows;
	rows_free(rows);
	return NULL;
}

void rows_free(struct rows *rows)
{
	if (rows == NULL)
		return;
	scope_close(&rows->fd); /* and it is gone: it has no name */
	free(rows->entries);
	free(rows->block);
	free(rows);
}

/* splitmix64 of the key and the row: the customer's id is laid under it in the file, each row under
 * another. Invertible, as exclusive or is. */
static uint64_t cover(const struct rows *rows, uint64_t row)
{
	uint64_t mixed = rows->key + (row + 1) * 0x9e3779b97f4a7c15;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return mixed ^ mixed >> 31;
}

static unsigned digit(const struct entry *entry, unsigned depth)
{
	uint64_t word = depth < 8 ? entry->id : entry->row;

	return (unsigned)(word >> (56 - 8 * (depth % 8))) & 0xff;
}

static int is_before(const struct entry *a, const struct entry *b)
{
	return a->id != b->id ? a->id < b->id : a->row < b->row;
}

static void sort_few(struct entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct entry moved = entries[i];
		size_t at = i;
		for (; at > 0 && is_before(&moved, &entries[at - 1]); at--)
			entries[at] = entries[at - 1];
		entries[at] = moved;
	}
}

/* In place, by the bytes from the highest down ("American flag sort", McIlroy, Bostic, McIlroy 1993): no
 * copy as qsort() makes, and whatever ids were sent on purpose cost DIGITS passes at most. */
static void sort(struct entry *entries, size_t count, unsigned depth)
{
	size_t next[256];
	size_t end[256] = {0};
	size_t sum = 0;

	if (count <= SMALL || depth == DIGITS) {
		sort_few(entries, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		end[digit(&entries[i], depth)]++;
	for (unsigned i = 0; i < 256; i++) {
		next[i] = sum;
		sum += end[i];
		end[i] = sum;
	}
	for (unsigned i = 0; i < 256; i++) {
		while (next[i] < end[i]) {
			struct entry moved = entries[next[i]];
			unsigned home;
			while ((home = digit(&moved, depth)) != i) {
				struct entry other = entries[next[home]];
				entries[next[home]++] = moved;
				moved = other;
			}
			entries[next[i]++] = moved;
		}
	}
	for (unsigned i = 0; i < 256; i++) {
		size_t start = i == 0 ? 0 : end[i - 1];
		sort(entries + start, end[i] - start, depth + 1);
	}
}

/* Leaves each machine its last entry. */
static void keep_latest(struct rows *rows)
{
	size_t kept = 0;

	sort(rows->entries, rows->count, 0);
	for (size_t i = 0; i < rows->count; i++)
		if (i + 1 == rows->count || rows->entries[i].id != rows->entries[i + 1].id)
			rows->entries[kept++] = rows->entries[i];
	rows->count = kept;
}

/* A machine that sends many reports takes no more room than another: before the entries grow, those
 * replaced are dropped. */
static int make_room(struct rows *rows, struct fail *fail)
{
	if (rows->count < rows->capacity)
		return 0;
	if (rows->capacity > 0)
		keep_latest(rows);
	if (rows->count < rows->capacity / 4 * 3)
		return 0;
	size_t capacity = rows->capacity == 0 ? FIRST_ENTRIES : rows->capacity + rows->capacity / 2;
	struct entry *entries = reallocarray(rows->entries, capacity, sizeof *entries);
	if (entries == NULL)
		return fail_errno(fail, EX_OSERR, "rows");
	rows->entries = entries;
	rows->capacity = capacity;
	return 0;
}

static int write_block(struct rows *rows, struct fail *fail)
{
	if (io_write_all(rows->fd, rows->block, rows->block_filled * rows->row_bytes) != 0)
		return fail_errno(fail, EX_IOERR, "rows");
	rows->block_filled = 0;
	return 0;
}

int rows_add(struct rows *rows, uint64_t machine, uint64_t customer, uint32_t time, const uint32_t *cells,
	     struct fail *fail)
{
	uint64_t row = rows->row_count;

	if (make_room(rows, fail) != 0 ||
	    (rows->block_filled == rows->block_rows && write_block(rows, fail) != 0))
		return -1;
	if (row > row_mask)
		return fail_set(fail, EX_DATAERR, "rows: too many reports");
	uint8_t *place = rows->block + rows->block_filled++ * rows->row_bytes;
	uint64_t covered = customer ^ cover(rows, row);
	memcpy(place, &covered, sizeof covered);
	memcpy(place + sizeof covered, cells, rows->row_bytes - sizeof covered);
	rows->entries[rows->count++] = (struct entry){machine, (uint64_t)time << ROW_BITS | row};
	rows->row_count++;
	return 0;
}

static int read_at(struct rows *rows, void *out, size_t size, uint64_t row, struct fail *fail)
{
	uint8_t *to = out;
	off_t at = (off_t)(row * rows->row_bytes);

	while (size > 0) {
		ssize_t got = pread(rows->fd, to, size, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 ? fail_set(fail, EX_IOERR, "rows: cut short")
					: fail_errno(fail, EX_IOERR, "rows");
		to += got;
		at += got;
		size -= (size_t)got;
	}
	return 0;
}

static void take_apart(const struct rows *rows, const uint8_t *place, uint64_t row, uint64_t *customer,
		       uint32_t *cells)
{
	memcpy(customer, place, sizeof *customer);
	memcpy(cells, place + sizeof *customer, rows->row_bytes - sizeof *customer);
	*customer ^= cover(rows, row);
}

/* Reads the file once from end to end; the entries are in the order of the rows. */
static int count_cells(struct rows *rows, uint64_t *machines, uint32_t *cells, struct fail *fail)
{
	size_t width = (rows->row_bytes - sizeof(uint64_t)) / sizeof *cells;
	size_t loaded_from = 0;
	size_t loaded = 0;

	for (size_t i = 0; i < rows->count; i++) {
		size_t row = (size_t)rows->entries[i].row; /* one of row_count */
		if (row >= loaded_from + loaded) {
			loaded_from = row;
			loaded = rows->row_count - row < rows->block_rows ? rows->row_count - row
									  : rows->block_rows;
			if (read_at(rows, rows->block, loaded * rows->row_bytes, row, fail) != 0)
				return -1;
		}
		take_apart(rows, rows->block + (row - loaded_from) * rows->row_bytes, row,
			   &rows->entries[i].id, cells);
		for (size_t j = 0; j < width; j++)
			machines[cells[j]]++;
	}
	return 0;
}

int rows_settle(struct rows *rows, uint64_t *machines, struct fail *fail)
{
	uint32_t *cells = malloc(rows->row_bytes);

	if (cells == NULL)
		return fail_errno(fail, EX_OSERR, "rows");
	int result = write_block(rows, fail);
	if (result == 0) {
		keep_latest(rows);
		for (size_t i = 0; i < rows->count; i++)
			rows->entries[i] = (struct entry){0, rows->entries[i].row & row_mask};
		sort(rows->entries, rows->count, 8);
		result = count_cells(rows, machines, cells, fail);
		sort(rows->entries, rows->count, 0);
	}
	free(cells);
	return result;
}

size_t rows_count(const struct rows *rows)
{
	return rows->count;
}

int rows_get(struct rows *rows, size_t index, uint64_t *customer, uint32_t *cells, struct fail *fail)
{
	uint64_t row = rows->entries[index].row;

	if (read_at(rows, rows->block, rows->row_bytes, row, fail) != 0)
		return -1;
	take_apart(rows, rows->block, row, customer, cells);
	return 0;
}
