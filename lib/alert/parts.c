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

bool parts_pick(struct parts *parts, uint32_t random)
{
	size_t count = 0;
	size_t index = 0;

	for (size_t i = 0; i < parts->count; i++)
		count += parts->list[i].to - parts->list[i].from;
	if (count == 0)
		return false;
	size_t at = random % count;
	for (; at >= parts->list[index].to - parts->list[index].from; index++)
		at -= parts->list[index].to - parts->list[index].from;
	const struct part part = parts->list[index];
	parts->list[index] = parts->list[--parts->count];
	at += part.from;
	parts_push(parts, part.job, at + 1, part.to);
	parts_push(parts, part.job, part.from, at);
	parts_push(parts, part.job, at, at + 1);
	return true;
}
