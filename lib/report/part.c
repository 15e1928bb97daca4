#include "lib/report/part.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/report/cells.h"
#include "lib/report/rows.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_BYTES = 256 * 1024 };

struct writer {
	int fd;
	struct buf buf;
	int failed; /* -1 from the first failure on */
};

static void put(struct writer *writer, const void *bytes, size_t size)
{
	if (writer->failed != 0 || buf_add(&writer->buf, bytes, size) != 0) {
		writer->failed = -1;
		return;
	}
	if (writer->buf.size < FLUSH_BYTES)
		return;
	writer->failed = io_write_all(writer->fd, writer->buf.data, writer->buf.size);
	writer->buf.size = 0;
}

static void put_u16(struct writer *writer, uint16_t value)
{
	value = htole16(value);
	put(writer, &value, sizeof value);
}

static void put_u32(struct writer *writer, uint32_t value)
{
	value = htole32(value);
	put(writer, &value, sizeof value);
}

static void put_u64(struct writer *writer, uint64_t value)
{
	value = htole64(value);
	put(writer, &value, sizeof value);
}

static void put_header(struct writer *writer, const struct part_header *header)
{
	put(writer, PART_MAGIC, strlen(PART_MAGIC));
	put_u64(writer, header->fingerprint);
	put_u64(writer, (uint64_t)header->week_start);
	put_u64(writer, header->part);
	put_u64(writer, header->parts);
	for (size_t i = 0; i < PARSE_RESULTS; i++)
		put_u64(writer, header->results[i]);
}

static void put_cells(struct writer *writer, const struct cells *cells, const uint64_t *machines)
{
	struct cells_cell cell;

	put_u64(writer, cells_count(cells));
	for (uint32_t i = 0; i < cells_count(cells); i++) {
		cells_get(cells, i, &cell);
		put_u16(writer, cell.fact);
		put_u16(writer, cell.kind);
		put_u32(writer, cell.text_size);
		put_u64(writer, (uint64_t)cell.low);
		put_u64(writer, machines[i]);
		put(writer, cell.text, cell.text_size);
	}
}

/* The cells of the present customer, each once. */
struct present {
	uint32_t *last_seen; /* of each cell: the number of the customer that had it last */
	uint32_t *cells;
	uint32_t count;
	uint32_t customer;
	uint32_t machines;
	uint64_t id;
};

static void put_customer(struct writer *writer, const struct present *present)
{
	if (present->machines == 0)
		return;
	put_u64(writer, present->id);
	put_u32(writer, present->machines);
	put_u32(writer, present->count);
	for (uint32_t i = 0; i < present->count; i++)
		put_u32(writer, present->cells[i]);
}

static int put_rows(struct writer *writer, struct present *present, struct rows *rows, uint32_t *numbers,
		    size_t width, struct fail *fail)
{
	uint64_t id;

	for (size_t i = 0; i < rows_count(rows); i++) {
		if (rows_get(rows, i, &id, numbers, fail) != 0)
			return -1;
		if (i == 0 || id != present->id) {
			put_customer(writer, present);
			present->id = id;
			present->customer++;
			present->machines = 0;
			present->count = 0;
		}
		present->machines++;
		for (size_t j = 0; j < width; j++) {
			if (present->last_seen[numbers[j]] == present->customer)
				continue;
			present->last_seen[numbers[j]] = present->customer;
			present->cells[present->count++] = numbers[j];
		}
	}
	put_customer(writer, present);
	return 0;
}

static int put_end(struct writer *writer, struct fail *fail)
{
	put_u64(writer, PART_END);
	put_u64(writer, 0);
	if (writer->failed == 0)
		writer->failed = io_write_all(writer->fd, writer->buf.data, writer->buf.size);
	return writer->failed == 0 ? 0 : fail_errno(fail, EX_IOERR, "the part");
}

int part_write(int fd, const struct part_header *header, const struct cells *cells, const uint64_t *machines,
	       struct rows *rows, size_t width, struct fail *fail)
{
	struct writer writer = {.fd = fd, .buf = BUF_INIT(2 * FLUSH_BYTES)};
	struct present present = {
		.last_seen = calloc(cells_count(cells), sizeof(uint32_t)),
		.cells = calloc(cells_count(cells), sizeof(uint32_t)),
	};
	uint32_t *numbers = calloc(width, sizeof *numbers);
	int result = -1;

	if (present.last_seen == NULL || present.cells == NULL || numbers == NULL) {
		(void)fail_errno(fail, EX_OSERR, "counting");
	} else {
		put_header(&writer, header);
		put_cells(&writer, cells, machines);
		result = put_rows(&writer, &present, rows, numbers, width, fail);
		/* Without its end a part is none: rows that could not be read must not pass for all of them. */
		if (result == 0)
			result = put_end(&writer, fail);
	}
	free(present.last_seen);
	free(present.cells);
	free(numbers);
	buf_fini(&writer.buf);
	return result;
}
