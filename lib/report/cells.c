#include "lib/report/cells.h"

#include "lib/base/fail.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	FIXED = CELLS_TEXT,      /* cells that every fact has: fact * FIXED + kind */
	EXACT = 2 * CELLS_STEPS, /* numbers below are buckets of their own */
	BUCKETS = EXACT + (53 - 6) * CELLS_STEPS,
	FIRST_SLOTS = 1024,
	NONE = -1,
};

struct entry {
	uint16_t fact;
	uint16_t kind;
	uint32_t size; /* of a text */
	size_t place;  /* of a text in `texts`; or the number of a bucket */
};

struct cells {
	const struct schema *schema;
	struct entry *entries;
	size_t count;
	size_t capacity;
	uint8_t *texts;
	size_t texts_size;
	size_t texts_capacity;
	int32_t *slots;    /* hash table of texts: numbers of entries, NONE where free */
	size_t slot_count; /* a power of two */
	size_t text_count;
	uint64_t key[2];
	size_t values[SCHEMA_FACTS_MAX];    /* texts of each fact */
	int32_t *buckets[SCHEMA_FACTS_MAX]; /* numbers of entries */
};

static int out_of_memory(struct fail *fail)
{
	return fail_errno(fail, EX_OSERR, "cells");
}

/* Makes room for one more of `size` bytes. */
static int grow(void **items, size_t *capacity, size_t needed, size_t size)
{
	if (needed <= *capacity)
		return 0;
	size_t wanted = *capacity < 64 ? 64 : *capacity * 2;
	while (wanted < needed)
		wanted *= 2;
	void *grown = reallocarray(*items, wanted, size);
	if (grown == NULL)
		return -1;
	*items = grown;
	*capacity = wanted;
	return 0;
}

static int add_entry(struct cells *cells, struct entry entry)
{
	void *entries = cells->entries;

	if (grow(&entries, &cells->capacity, cells->count + 1, sizeof entry) != 0)
		return -1;
	cells->entries = entries;
	cells->entries[cells->count++] = entry;
	return 0;
}

struct cells *cells_new(const struct schema *schema, struct fail *fail)
{
	struct cells *cells = calloc(1, sizeof *cells);

	if (cells == NULL) {
		(void)out_of_memory(fail);
		return NULL;
	}
	cells->schema = schema;
	cells->slot_count = FIRST_SLOTS;
	cells->slots = malloc(FIRST_SLOTS * sizeof *cells->slots);
	bool made = cells->slots != NULL && getrandom(cells->key, sizeof cells->key, 0) == sizeof cells->key;
	for (size_t fact = 0; made && fact < schema->count; fact++)
		for (uint16_t kind = 0; made && kind < FIXED; kind++)
			made = add_entry(cells, (struct entry){(uint16_t)fact, kind, 0, 0}) == 0;
	if (!made) {
		(void)out_of_memory(fail);
		cells_free(cells);
		return NULL;
	}
	memset(cells->slots, 0xff, FIRST_SLOTS * sizeof *cells->slots);
	return cells;
}

void cells_free(struct cells *cells)
{
	if (cells == NULL)
		return;
	for (size_t fact = 0; fact < cells->schema->count; fact++)
		free(cells->buckets[fact]);
	free(cells->entries);
	free(cells->texts);
	free(cells->slots);
	free(cells);
}

/* Two halves of a 128-bit product, folded. */
#ifdef __SIZEOF_INT128__
static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}
#else
static uint64_t fold(uint64_t a, uint64_t b)
{
	const uint64_t half = UINT32_MAX;
	uint64_t low = (a & half) * (b & half);
	uint64_t left = (a >> 32) * (b & half) + (low >> 32);
	uint64_t right = (a & half) * (b >> 32) + (left & half);

	return (right << 32 | (low & half)) ^ ((a >> 32) * (b >> 32) + (left >> 32) + (right >> 32));
}
#endif

/* Keyed with random numbers, so that nobody who sends reports can aim at one chain of the table. */
static uint64_t hash(const struct cells *cells, size_t fact, const uint8_t *text, size_t size)
{
	uint64_t state = cells->key[0] ^ ((uint64_t)fact << 32 | size);

	while (size > 0) {
		uint64_t word = 0;
		size_t step = size < sizeof word ? size : sizeof word;
		memcpy(&word, text, step);
		state = fold(state ^ word, cells->key[1] | 1);
		text += step;
		size -= step;
	}
	return fold(state, cells->key[0] | 1);
}

/* The slot of the text, or the free one where it belongs. */
static size_t find_slot(const struct cells *cells, size_t fact, const uint8_t *text, size_t size)
{
	size_t mask = cells->slot_count - 1;
	size_t slot = (size_t)hash(cells, fact, text, size) & mask;

	for (; cells->slots[slot] != NONE; slot = (slot + 1) & mask) {
		const struct entry *entry = &cells->entries[cells->slots[slot]];
		if (entry->fact == fact && entry->size == size &&
		    memcmp(cells->texts + entry->place, text, size) == 0)
			break;
	}
	return slot;
}

/* Twice the slots, once three quarters are taken. */
static int widen(struct cells *cells)
{
	size_t old_count = cells->slot_count;
	int32_t *old = cells->slots;

	if (cells->text_count < old_count - old_count / 4)
		return 0;
	int32_t *slots = malloc(old_count * 2 * sizeof *slots);
	if (slots == NULL)
		return -1;
	memset(slots, 0xff, old_count * 2 * sizeof *slots);
	cells->slots = slots;
	cells->slot_count = old_count * 2;
	for (size_t i = 0; i < old_count; i++) {
		if (old[i] == NONE)
			continue;
		const struct entry *entry = &cells->entries[old[i]];
		slots[find_slot(cells, entry->fact, cells->texts + entry->place, entry->size)] = old[i];
	}
	free(old);
	return 0;
}

static int text_cell(struct cells *cells, size_t fact, const uint8_t *text, size_t size, uint32_t *number)
{
	size_t slot = find_slot(cells, fact, text, size);

	if (cells->slots[slot] != NONE) {
		*number = (uint32_t)cells->slots[slot];
		return 0;
	}
	if (cells->values[fact] == CELLS_VALUES_MAX || cells->count >= CELLS_MAX) {
		*number = (uint32_t)(fact * FIXED + CELLS_REST);
		return 0;
	}
	void *texts = cells->texts;
	if (grow(&texts, &cells->texts_capacity, cells->texts_size + size + 1, 1) != 0)
		return -1;
	cells->texts = texts;
	struct entry entry = {(uint16_t)fact, CELLS_TEXT, (uint32_t)size, cells->texts_size};
	if (add_entry(cells, entry) != 0)
		return -1;
	if (size > 0)
		memcpy(cells->texts + cells->texts_size, text, size);
	cells->texts_size += size;
	cells->values[fact]++;
	cells->text_count++;
	cells->slots[slot] = (int32_t)(cells->count - 1);
	*number = (uint32_t)(cells->count - 1);
	return widen(cells);
}

/* Small numbers each have a bucket; above, an octave has CELLS_STEPS of the same width. */
static size_t bucket_of(int64_t value)
{
	if (value < EXACT)
		return (size_t)value;
	int octave = 63 - __builtin_clzll((unsigned long long)value);
	return EXACT + (size_t)(octave - 6) * CELLS_STEPS + (size_t)(value >> (octave - 5)) % CELLS_STEPS;
}

static int64_t bucket_low(size_t bucket)
{
	if (bucket < EXACT)
		return (int64_t)bucket;
	size_t octave = (bucket - EXACT) / CELLS_STEPS + 6;
	return (int64_t)(CELLS_STEPS + (bucket - EXACT) % CELLS_STEPS) << (octave - 5);
}

static int bucket_cell(struct cells *cells, size_t fact, size_t bucket, uint32_t *number)
{
	int32_t *numbers = cells->buckets[fact];

	if (numbers == NULL) {
		numbers = cells->buckets[fact] = malloc(BUCKETS * sizeof *numbers);
		if (numbers == NULL)
			return -1;
		memset(numbers, 0xff, BUCKETS * sizeof *numbers);
	}
	if (numbers[bucket] == NONE) {
		if (add_entry(cells, (struct entry){(uint16_t)fact, CELLS_BUCKET, 0, bucket}) != 0)
			return -1;
		numbers[bucket] = (int32_t)(cells->count - 1);
	}
	*number = (uint32_t)numbers[bucket];
	return 0;
}

int cells_of(struct cells *cells, size_t fact, const struct parse_value *value, uint32_t *number,
	     struct fail *fail)
{
	static const enum cells_kind kinds[] = {
		[PARSE_ABSENT] = CELLS_ABSENT, [PARSE_UNKNOWN] = CELLS_UNKNOWN, [PARSE_FALSE] = CELLS_FALSE,
		[PARSE_TRUE] = CELLS_TRUE,     [PARSE_INTEGER] = CELLS_BUCKET,  [PARSE_TEXT] = CELLS_TEXT,
	};
	int result = 0;

	if (value->kind == PARSE_TEXT)
		result = text_cell(cells, fact, value->text, value->size, number);
	else if (value->kind == PARSE_INTEGER)
		result = bucket_cell(cells, fact, bucket_of(value->integer), number);
	else
		*number = (uint32_t)(fact * FIXED + kinds[value->kind]);
	return result == 0 ? 0 : out_of_memory(fail);
}

int cells_same(struct cells *cells, const struct cells_cell *cell, uint32_t *number, struct fail *fail)
{
	int result = 0;

	if (cell->fact >= cells->schema->count || cell->kind > CELLS_BUCKET ||
	    cell->text_size > PARSE_TEXT_MAX ||
	    (cell->kind == CELLS_BUCKET && (cell->low < 0 || cell->low >> 53 != 0)))
		return fail_set(fail, EX_DATAERR, "holds a cell that cannot be");
	if (cell->kind == CELLS_TEXT)
		result = text_cell(cells, cell->fact, cell->text, cell->text_size, number);
	else if (cell->kind == CELLS_BUCKET)
		result = bucket_cell(cells, cell->fact, bucket_of(cell->low), number);
	else
		*number = (uint32_t)cell->fact * FIXED + cell->kind;
	return result == 0 ? 0 : out_of_memory(fail);
}

size_t cells_count(const struct cells *cells)
{
	return cells->count;
}

void cells_get(const struct cells *cells, uint32_t number, struct cells_cell *cell)
{
	const struct entry *entry = &cells->entries[number];

	*cell = (struct cells_cell){.fact = entry->fact, .kind = entry->kind, .text_size = entry->size};
	if (entry->kind == CELLS_TEXT)
		cell->text = cells->texts + entry->place;
	if (entry->kind == CELLS_BUCKET) {
		cell->low = bucket_low(entry->place);
		cell->high = bucket_low(entry->place + 1) - 1;
	}
}
