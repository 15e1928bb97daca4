#include "lib/alert/parts.h"

#include <stdlib.h>

void parts_push(struct parts *parts, struct output_job *job, size_t from, size_t to)
{
	if (from == to)
		return;
	if (parts->count == sizeof parts->list / sizeof parts->list[0])
		abort(); /* a record is in two of them */
	parts->list[parts->count++] = (struct part){job, from, to};
}

bool parts_pop(struct parts *parts, struct part *part)
{
	if (parts->count == 0)
		return false;
	*part = parts->list[--parts->count];
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct part *a = left;
	const struct part *b = right;

	if (a->job != b->job)
		return (uintptr_t)a->job < (uintptr_t)b->job ? -1 : 1;
	return a->from < b->from ? -1 : 1;
}

static void join(struct parts *parts)
{
	size_t last = 0;

	qsort(parts->list, parts->count, sizeof parts->list[0], compare);
	for (size_t i = 1; i < parts->count; i++) {
		const struct part *next = &parts->list[i];
		if (next->job == parts->list[last].job && next->from == parts->list[last].to)
			parts->list[last].to = next->to;
		else
			parts->list[++last] = *next;
	}
	parts->count = last + 1;
}

void parts_put_off(struct parts *parts, const struct part *refused, uint32_t random)
{
	struct part other = *refused;
	size_t at = 0;

	for (size_t i = 0; i < parts->count; i++)
		at += parts->list[i].to - parts->list[i].from;
	if (at > 0) {
		size_t index = 0;
		for (at = random % at; at >= parts->list[index].to - parts->list[index].from; index++)
			at -= parts->list[index].to - parts->list[index].from;
		other = parts->list[index];
		parts->list[index] = *refused;
		parts_push(parts, other.job, other.from, other.from + at);
		parts_push(parts, other.job, other.from + at + 1, other.to);
		join(parts);
	}
	parts_push(parts, other.job, other.from + at, other.from + at + 1);
}
