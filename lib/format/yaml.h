/* YAML as the configuration files use it: one document of bytes to a tree that knows where in the bytes
 * everything stood. Anchors, aliases, tags, several documents and keys given twice are refused, so that
 * what a person reads in the file is all there is. (libyaml exports yaml_free, yaml_malloc and other short
 * names itself: ours begin with yaml_tree_ and yaml_node_.) */
#ifndef SAV_FORMAT_YAML_H
#define SAV_FORMAT_YAML_H

#include <stddef.h>
#include <stdint.h>

struct fail;

enum yaml_type { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

enum yaml_style {
	YAML_PLAIN,  /* a scalar without quotes; also the empty one of "key:" */
	YAML_QUOTED, /* a scalar in '' or "" */
	YAML_BLOCK,  /* a scalar after | or >; a collection by indentation */
	YAML_FLOW,   /* a collection in [] or {} */
};

struct yaml_node {
	enum yaml_type type;
	enum yaml_style style;
	unsigned line, column;         /* of the first character, counted in characters from 1 */
	size_t start, end;             /* the bytes it was written as, quotes and brackets included */
	const char *text;              /* a scalar's value: UTF-8 without NUL, terminated */
	size_t size;                   /* its bytes */
	size_t count;                  /* a collection's items or pairs */
	const struct yaml_node *first; /* a sequence's items, a mapping's keys (scalars, all different) */
	const struct yaml_node *next;  /* the next item or key */
	const struct yaml_node *value; /* only of keys: what the key stands for */
};

struct yaml_limits {
	size_t bytes; /* of the whole text */
	size_t nodes; /* scalars and collections */
	size_t depth; /* collections within each other, at most YAML_DEPTH_MAX */
};
enum { YAML_DEPTH_MAX = 64 };

struct yaml_tree; /* opaque, never changes */

/* Reads `size` bytes; `name` is what messages call them. Memory stays within a small multiple of the
 * limits. Returns the tree; or NULL with *fail: EX_CONFIG "name:line:column: reason" (without a position
 * when the text as a whole is too long), EX_OSERR without memory. */
struct yaml_tree *yaml_tree_parse(const uint8_t *bytes, size_t size, const struct yaml_limits *limits,
				  const char *name, struct fail *fail);
void yaml_tree_free(struct yaml_tree *tree);

/* The document's one node, borrowed from the tree; NULL when there is nothing but blanks and comments. */
const struct yaml_node *yaml_tree_root(const struct yaml_tree *tree);

/* What `key` stands for in a mapping; NULL when it is not there, or `mapping` is NULL or no mapping. */
const struct yaml_node *yaml_node_get(const struct yaml_node *mapping, const char *key);

/* Sets *fail to EX_CONFIG "name:line:column: reason" for what stands at this node. Returns -1. */
int yaml_node_fail(const struct yaml_node *node, const char *name, struct fail *fail, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#define auto_yaml __attribute__((cleanup(yaml_tree_fini)))
void yaml_tree_fini(struct yaml_tree **tree);

#endif
