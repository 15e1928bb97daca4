/* What a tree lies in while yaml.c builds it; what is done with one is in yaml.h. */
#ifndef SAV_FORMAT_YAML_TREE_H
#define SAV_FORMAT_YAML_TREE_H

#include <stddef.h>

struct yaml_block;
struct yaml_node;

struct yaml_tree {
	struct yaml_block *blocks;
	const struct yaml_node *root;
};

/* Memory, zeroed, that goes with the tree. Returns NULL with errno when there is none. */
void *yaml_tree_take(struct yaml_tree *tree, size_t size, size_t alignment);

#endif
