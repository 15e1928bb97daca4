/* lib/format yaml: the tree is where it says, within its limits; and every scalar comes back from yaml_emit in
 * every style. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/format/yaml.h"
#include "lib/format/yaml_emit.h"

#include <string.h>

static const struct yaml_limits limits = {.bytes = 64 << 10, .nodes = 200, .depth = 16};

/* "k: <the scalar>" read again. */
static void emit(const struct yaml_node *node, enum yaml_style style)
{
	const struct yaml_limits wide = {.bytes = 1 << 20, .nodes = 3, .depth = 1};
	struct buf text = BUF_INIT(wide.bytes - 1);
	struct fail fail;

	REQUIRE(buf_add_text(&text, "k: ") == 0);
	if (yaml_emit_scalar(node->text, node->size, style, 0, &text) != 0) {
		REQUIRE(text.size == 3);
	} else {
		REQUIRE(buf_add_text(&text, "\n") == 0);
		struct yaml_tree *tree = yaml_tree_parse(text.data, text.size, &wide, "again", &fail);
		REQUIRE(tree != NULL);
		const struct yaml_node *again = yaml_node_get(yaml_tree_root(tree), "k");
		REQUIRE(again != NULL && again->type == YAML_SCALAR && again->size == node->size &&
			memcmp(again->text, node->text, node->size) == 0);
		yaml_tree_free(tree);
	}
	buf_fini(&text);
}

static size_t walk(const struct yaml_node *node, size_t size, size_t depth)
{
	size_t nodes = 1;
	size_t count = 0;

	REQUIRE(depth <= limits.depth && node->line >= 1 && node->column >= 1);
	REQUIRE(node->start <= node->end && node->end <= size);
	if (node->type == YAML_SCALAR) {
		REQUIRE(node->text[node->size] == '\0' && strlen(node->text) == node->size);
		for (enum yaml_style style = YAML_PLAIN; style <= YAML_BLOCK; style++)
			emit(node, style);
		return nodes;
	}
	for (const struct yaml_node *item = node->first; item != NULL; item = item->next, count++) {
		nodes += walk(item, size, depth + 1);
		if (node->type == YAML_MAPPING) {
			REQUIRE(yaml_node_get(node, item->text) == item->value);
			nodes += walk(item->value, size, depth + 1);
		}
	}
	REQUIRE(count == node->count);
	return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fail fail;
	struct yaml_tree *tree = yaml_tree_parse(bytes, size, &limits, "name", &fail);

	if (tree == NULL) {
		REQUIRE(fail.status == EX_CONFIG && strncmp(fail.text, "name:", 5) == 0);
		return 0;
	}
	const struct yaml_node *root = yaml_tree_root(tree);
	REQUIRE(root == NULL || walk(root, size, 0) <= limits.nodes);
	yaml_tree_free(tree);
	return 0;
}
