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
