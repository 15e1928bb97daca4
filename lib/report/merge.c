#include "lib/report/merge.h"

#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/report/cells.h"
#include "lib/report/count.h"
#include "lib/report/part.h"
#include "lib/report/tally.h"
#include "lib/report/week.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One part, read as a stream: its customers come in ascending order. */
struct source {
	FILE *file;
	const char *path;
	struct part_header header;
	uint32_t *number_of; /* of the part's cells, among all */
	uint64_t cell_count;
	uint64_t customer; /* the present one; PART_END after the last */
	uint32_t machines;
	uint32_t *cells; /* room for cell_count */
	uint32_t used;
};

struct merge {
	const struct schema *schema;
	struct source *sources;
	size_t count;
	struct cells *cells;
	uint64_t *machines; /* of each cell */
	size_t machines_capacity;
};

static int is_cut(const struct source *source, struct fail *fail)
{
	if (ferror(source->file))
		return fail_errno(fail, EX_IOERR, "%s", source->path);
	return fail_set(fail, EX_DATAERR, "%s: cut short", source->path);
}

static int get(struct source *source, void *out, size_t size, struct fail *fail)
{
	return size == 0 || fread(out, size, 1, source->file) == 1 ? 0 : is_cut(source, fail);
}

static int get_u32(struct source *source, uint32_t *value, struct fail *fail)
{
	int result = get(source, value, sizeof *value, fail);

	*value = le32toh(*value);
	return result;
}

static int get_u64(struct source *source, uint64_t *value, struct fail *fail)
{
	int result = get(source, value, sizeof *value, fail);

	*value = le64toh(*value);
	return result;
}

static int read_header(struct source *source, struct fail *fail)
{
	struct part_header *header = &source->header;
	char magic[sizeof PART_MAGIC - 1];
	uint64_t start = 0;

	if (get(source, magic, sizeof magic, fail) != 0)
		return -1;
	if (memcmp(magic, PART_MAGIC, sizeof magic) != 0)
		return fail_set(fail, EX_DATAERR, "%s: not a part made by sav-report count", source->path);
	if (get_u64(source, &header->fingerprint, fail) != 0 || get_u64(source, &start, fail) != 0 ||
	    get_u64(source, &header->part, fail) != 0 || get_u64(source, &header->parts, fail) != 0)
		return -1;
	header->week_start = (int64_t)start;
	if (!week_is_start(header->week_start))
		return fail_set(fail, EX_DATAERR, "%s: of a week that cannot be", source->path);
	for (size_t i = 0; i < PARSE_RESULTS; i++)
		if (get_u64(source, &header->results[i], fail) != 0)
			return -1;
	return get_u64(source, &source->cell_count, fail);
}

static int note_machines(struct merge *merge, uint32_t number, uint64_t machines, struct fail *fail)
{
	if (number >= merge->machines_capacity) {
		size_t capacity = (size_t)number + number / 2 + 1024;
		uint64_t *grown = reallocarray(merge->machines, capacity, sizeof *grown);
		if (grown == NULL)
			return fail_errno(fail, EX_OSERR, "merging");
		memset(grown + merge->machines_capacity, 0,
		       (capacity - merge->machines_capacity) * sizeof *grown);
		merge->machines = grown;
		merge->machines_capacity = capacity;
	}
	merge->machines[number] += machines;
	return 0;
}

static int read_cell(struct merge *merge, struct source *source, uint32_t *number, struct fail *fail)
{
	uint8_t text[PARSE_TEXT_MAX];
	struct cells_cell cell = {.text = text};
	uint64_t low = 0;
	uint64_t machines = 0;

	if (get(source, &cell.fact, sizeof cell.fact, fail) != 0 ||
	    get(source, &cell.kind, sizeof cell.kind, fail) != 0 ||
	    get_u32(source, &cell.text_size, fail) != 0 || get_u64(source, &low, fail) != 0 ||
	    get_u64(source, &machines, fail) != 0)
		return -1;
	cell.fact = le16toh(cell.fact);
	cell.kind = le16toh(cell.kind);
	cell.low = (int64_t)low;
	if (cell.text_size > sizeof text)
		return fail_set(fail, EX_DATAERR, "%s: holds a cell that cannot be", source->path);
	if (get(source, text, cell.text_size, fail) != 0)
		return -1;
	if (cells_same(merge->cells, &cell, number, fail) != 0)
		return fail_prefix(fail, "%s", source->path);
	return note_machines(merge, *number, machines, fail);
}

static int read_cells(struct merge *merge, struct source *source, struct fail *fail)
{
	if (source->cell_count > CELLS_MAX + (uint64_t)SCHEMA_FACTS_MAX * CELLS_STEPS * 64)
		return fail_set(fail, EX_DATAERR, "%s: too many cells", source->path);
	source->number_of = calloc((size_t)source->cell_count + 1, sizeof *source->number_of);
	source->cells = calloc((size_t)source->cell_count + 1, sizeof *source->cells);
	if (source->number_of == NULL || source->cells == NULL)
		return fail_errno(fail, EX_OSERR, "%s", source->path);
	for (uint64_t i = 0; i < source->cell_count; i++)
		if (read_cell(merge, source, &source->number_of[i], fail) != 0)
			return -1;
	return 0;
}

/* Moves to the next customer. */
static int advance(struct source *source, struct fail *fail)
{
	uint64_t before = source->customer;
	bool first = source->machines == 0;

	if (get_u64(source, &source->customer, fail) != 0 || get_u32(source, &source->machines, fail) != 0 ||
	    get_u32(source, &source->used, fail) != 0)
		return -1;
	if (source->customer == PART_END)
		return fgetc(source->file) == EOF
			       ? 0
			       : fail_set(fail, EX_DATAERR, "%s: goes on after its end", source->path);
	if (source->used > source->cell_count || source->machines == 0 ||
	    (!first && source->customer <= before))
		return fail_set(fail, EX_DATAERR, "%s: holds a customer that cannot be", source->path);
	for (uint32_t i = 0; i < source->used; i++) {
		uint32_t cell = 0;
		if (get_u32(source, &cell, fail) != 0)
			return -1;
		if (cell >= source->cell_count)
			return fail_set(fail, EX_DATAERR, "%s: holds a customer that cannot be",
					source->path);
		source->cells[i] = source->number_of[cell];
	}
	return 0;
}

static int open_source(struct merge *merge, struct source *source, const char *path, struct fail *fail)
{
	int fd = io_open_linked(path, NULL, fail);

	if (fd < 0)
		return -1;
	source->path = path;
	source->file = fdopen(fd, "r");
	if (source->file == NULL) {
		(void)close(fd); /* was only opened */
		return fail_errno(fail, EX_OSERR, "%s", path);
	}
	if (read_header(source, fail) != 0)
		return -1;
	if (source->header.fingerprint != schema_fingerprint(merge->schema)) {
		(void)fail_set(fail, EX_DATAERR, "%s: made with another table of facts", path);
		return fail_hint(fail, "count all parts anew with one version of sav-report");
	}
	if (read_cells(merge, source, fail) != 0)
		return -1;
	return advance(source, fail);
}

/* Every part there once, all of one count. */
static int check_set(const struct merge *merge, struct fail *fail)
{
	const struct part_header *first = &merge->sources[0].header;
	bool there[COUNT_PARTS_MAX] = {false};

	for (size_t i = 0; i < merge->count; i++) {
		const struct part_header *header = &merge->sources[i].header;
		const char *path = merge->sources[i].path;
		if (header->week_start != first->week_start)
			return fail_set(fail, EX_DATAERR, "%s: of another week than %s", path,
					merge->sources[0].path);
		if (header->parts != first->parts || header->part >= header->parts ||
		    header->parts > COUNT_PARTS_MAX)
			return fail_set(fail, EX_DATAERR, "%s: part of another whole than %s", path,
					merge->sources[0].path);
		if (there[header->part])
			return fail_set(fail, EX_DATAERR, "%s: part %llu/%llu is there twice", path,
					(unsigned long long)header->part + 1,
					(unsigned long long)header->parts);
		there[header->part] = true;
	}
	for (uint64_t part = 0; part < first->parts; part++)
		if (!there[part])
			return fail_set(fail, EX_DATAERR, "part %llu/%llu: missing",
					(unsigned long long)part + 1, (unsigned long long)first->parts);
	return 0;
}

struct merge *merge_new(const struct schema *schema, const char *const *paths, size_t count,
			struct fail *fail)
{
	struct merge *merge = calloc(1, sizeof *merge);
	int result = -1;

	if (merge != NULL && (merge->sources = calloc(count + 1, sizeof *merge->sources)) != NULL) {
		merge->schema = schema;
		merge->cells = cells_new(schema, fail);
		result = merge->cells == NULL ? -1 : 0;
		for (size_t i = 0; result == 0 && i < count; i++) {
			merge->count++;
			result = open_source(merge, &merge->sources[i], paths[i], fail);
		}
		if (result == 0)
			result = check_set(merge, fail);
	} else {
		(void)fail_errno(fail, EX_OSERR, "merging");
	}
	if (result == 0)
		return merge;
	merge_free(merge);
	return NULL;
}

void merge_free(struct merge *merge)
{
	if (merge == NULL)
		return;
	for (size_t i = 0; i < merge->count; i++) {
		if (merge->sources[i].file != NULL)
			(void)fclose(merge->sources[i].file); /* was only read */
		free(merge->sources[i].number_of);
		free(merge->sources[i].cells);
	}
	cells_free(merge->cells);
	free(merge->sources);
	free(merge->machines);
	free(merge);
}

/* The lowest customer that any part has next. */
static uint64_t next_customer(const struct merge *merge)
{
	uint64_t lowest = PART_END;

	for (size_t i = 0; i < merge->count; i++)
		if (merge->sources[i].customer < lowest)
			lowest = merge->sources[i].customer;
	return lowest;
}

static int tally_sources(struct merge *merge, struct tally *tally, struct fail *fail)
{
	uint64_t customer;

	while ((customer = next_customer(merge)) != PART_END) {
		for (size_t i = 0; i < merge->count; i++) {
			struct source *source = &merge->sources[i];
			if (source->customer != customer)
				continue;
			tally_customer(tally, customer, source->machines);
			for (uint32_t j = 0; j < source->used; j++)
				tally_cell(tally, source->cells[j]);
			if (advance(source, fail) != 0)
				return -1;
		}
	}
	return 0;
}

int merge_tally(struct merge *merge, uint64_t min_cell, struct tally *tally, struct fail *fail)
{
	struct tally made = {0};

	if (note_machines(merge, (uint32_t)cells_count(merge->cells) - 1, 0, fail) != 0 ||
	    tally_init(&made, merge->cells, merge->machines, merge->schema->count, min_cell, fail) != 0)
		return -1;
	if (tally_sources(merge, &made, fail) != 0) {
		tally_fini(&made);
		return -1;
	}
	made.week = week_of(merge->sources[0].header.week_start);
	for (size_t i = 0; i < merge->count; i++)
		for (size_t j = 0; j < PARSE_RESULTS; j++)
			made.results[j] += merge->sources[i].header.results[j];
	made.results[PARSE_ELSEWHERE] = 0; /* each was counted where it belongs */
	tally_end(&made);
	*tally = made;
	return 0;
}
