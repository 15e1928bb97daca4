#include "lib/alert/spool_block.h"

#include <stdlib.h>

enum { KEPT_MAX = 2 };

struct spool_block *spool_block_get(struct spool_block_pool *pool)
{
	struct spool_block *block = pool->kept;

	if (block != NULL) {
		pool->kept = block->next;
		pool->count--;
	} else {
		block = malloc(sizeof *block);
		if (block == NULL)
			return NULL;
		pool->allocated++;
	}
	block->head = (struct spool_format_head){0};
	block->offset = 0;
	block->next = NULL;
	block->pins = 1;
	return block;
}

void spool_block_put(struct spool_block_pool *pool, struct spool_block *block)
{
	if (block == NULL || --block->pins > 0)
		return;
	if (pool->count == KEPT_MAX) {
		free(block);
		pool->allocated--;
		return;
	}
	block->next = pool->kept;
	pool->kept = block;
	pool->count++;
}

void spool_block_fini(struct spool_block_pool *pool)
{
	while (pool->kept != NULL) {
		struct spool_block *block = pool->kept;
		pool->kept = block->next;
		free(block);
		pool->allocated--;
	}
	pool->count = 0;
}
