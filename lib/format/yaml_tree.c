#include "lib/format/yaml_tree.h"

#include "lib/format/yaml.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024 };

/* Blocks are only ever added to, and go together. */
struct yaml_block {
	struct yaml_block *older;
	size_t size;
	size_t used;
	_Alignas(max_align_t) uint8_t bytes[];
};

void *yaml_tree_take(struct yaml_tree *tree, size_t size, size_t alignment)
{
	struct yaml_block *block = tree->blocks;
	size_t from = block == NULL ? 0 : (block->used + alignment - 1) & ~(alignment - 1);

	if (block == NULL || from > block->size || block->size - from < size) {
		size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
		block = calloc(1, sizeof *block + room);
		if (block == NULL)
			return NULL;
		block->older = tree->blocks;
		block->size = room;
		tree->blocks = block;
		from = 0;
	}
	block->used = from + size;
	return block->bytes + from;
}

void yaml_tree_free(struct yaml_tree *tree)
{
	if (tree == NULL)
		return;
	for (struct yaml_block *block = tree->blocks; block != NULL;) {
		struct yaml_block *older = block->older;
		explicit_bzero(block->bytes, block->used); /* a configuration may hold passwords */
		free(block);
		block = older;
	}
	free(tree);
}

void yaml_tree_fini(struct yaml_tree **tree)
{
	yaml_tree_free(*tree);
	*tree = NULL;
}

const struct yaml_node *yaml_tree_root(const struct yaml_tree *tree)
{
	return tree->root;
}
