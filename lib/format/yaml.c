#include "lib/format/yaml.h"

#include "lib/base/fail.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"
#include "lib/format/yaml_tree.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { MESSAGE_MAX = 512, SHOWN_KEY = 64 };

/* A collection whose end has not come yet. */
struct open {
	struct yaml_node *node;
	struct yaml_node *last; /* item or key */
	bool has_key;           /* the last key still waits for its value */
};

struct builder {
	const char *name;
	const uint8_t *bytes;
	size_t size;
	const struct yaml_limits *limits;
	struct yaml_tree *tree;
	size_t nodes;
	size_t depth;
	struct open open[YAML_DEPTH_MAX];
	size_t at_character; /* the place last asked for, counted in characters and in bytes */
	size_t at_byte;
	bool has_document;
	struct fail *fail;
};

int yaml_node_fail(const struct yaml_node *node, const char *name, struct fail *fail, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments); /* a message may be cut */
	va_end(arguments);
	return fail_set(fail, EX_CONFIG, "%s:%u:%u: %s", name, node->line, node->column, text);
}

static struct yaml_node node_at(const yaml_mark_t *mark)
{
	return (struct yaml_node){.line = (unsigned)mark->line + 1, .column = (unsigned)mark->column + 1};
}

static int fail_mark(const struct builder *b, const yaml_mark_t *mark, const char *reason)
{
	const struct yaml_node place = node_at(mark);

	return yaml_node_fail(&place, b->name, b->fail, "%s", reason);
}

static bool continues(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* libyaml counts characters, and asks for places that lie close together: walk there from the last one. */
static size_t byte_of(struct builder *b, size_t character)
{
	while (b->at_character < character && b->at_byte < b->size) {
		do
			b->at_byte++;
		while (b->at_byte < b->size && continues(b->bytes[b->at_byte]));
		b->at_character++;
	}
	while (b->at_character > character && b->at_byte > 0) {
		do
			b->at_byte--;
		while (b->at_byte > 0 && continues(b->bytes[b->at_byte]));
		b->at_character--;
	}
	return b->at_byte;
}

static struct yaml_node *make_node(struct builder *b, const yaml_event_t *event)
{
	struct yaml_node made = node_at(&event->start_mark);

	if (b->nodes >= b->limits->nodes) {
		(void)yaml_node_fail(&made, b->name, b->fail, "more than %zu values", b->limits->nodes);
		return NULL;
	}
	struct yaml_node *node = yaml_tree_take(b->tree, sizeof *node, _Alignof(struct yaml_node));
	if (node == NULL) {
		(void)fail_errno(b->fail, EX_OSERR, "%s", b->name);
		return NULL;
	}
	b->nodes++;
	made.start = byte_of(b, event->start_mark.index);
	made.end = byte_of(b, event->end_mark.index);
	*node = made;
	return node;
}

/* Hangs the node into the innermost open collection. */
static int attach(struct builder *b, struct yaml_node *node)
{
	if (b->depth == 0) {
		b->tree->root = node;
		return 0;
	}
	struct open *open = &b->open[b->depth - 1];
	if (open->node->type == YAML_MAPPING && open->has_key) {
		open->last->value = node;
		open->has_key = false;
		return 0;
	}
	if (open->node->type == YAML_MAPPING) {
		if (node->type != YAML_SCALAR)
			return yaml_node_fail(node, b->name, b->fail, "a key must be a plain word or text");
		open->has_key = true;
	}
	if (open->last == NULL)
		open->node->first = node;
	else
		open->last->next = node;
	open->last = node;
	open->node->count++;
	return 0;
}

static int add_scalar(struct builder *b, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t size = event->data.scalar.length;
	struct yaml_node *node = make_node(b, event);

	if (node == NULL)
		return -1;
	if (memchr(value, '\0', size) != NULL)
		return yaml_node_fail(node, b->name, b->fail, "a NUL character");
	char *text = yaml_tree_take(b->tree, size + 1, 1);
	if (text == NULL)
		return fail_errno(b->fail, EX_OSERR, "%s", b->name);
	memcpy(text, value, size);
	text[size] = '\0';
	node->type = YAML_SCALAR;
	switch (event->data.scalar.style) {
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		node->style = YAML_BLOCK;
		break;
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		node->style = YAML_QUOTED;
		break;
	default:
		node->style = YAML_PLAIN;
	}
	node->text = text;
	node->size = size;
	return attach(b, node);
}

static int begin_collection(struct builder *b, const yaml_event_t *event, enum yaml_type type, bool flow)
{
	struct yaml_node *node = make_node(b, event);

	if (node == NULL)
		return -1;
	node->type = type;
	node->style = flow ? YAML_FLOW : YAML_BLOCK;
	if (b->depth >= b->limits->depth || b->depth >= YAML_DEPTH_MAX)
		return yaml_node_fail(node, b->name, b->fail, "nested more than %zu deep", b->depth);
	if (attach(b, node) != 0)
		return -1;
	b->open[b->depth++] = (struct open){.node = node};
	return 0;
}

static int by_text(const void *left, const void *right)
{
	const struct yaml_node *a = *(const struct yaml_node *const *)left;
	const struct yaml_node *b = *(const struct yaml_node *const *)right;
	int order = strcmp(a->text, b->text);

	return order != 0 ? order : a->start < b->start ? -1 : 1;
}

/* Sorted, because comparing all with all would let a long file take minutes. */
static int refuse_double_keys(const struct builder *b, const struct yaml_node *mapping)
{
	const struct yaml_node *found = NULL;
	const struct yaml_node *earlier = NULL;
	size_t count = 0;

	if (mapping->count < 2)
		return 0;
	auto_free const struct yaml_node **keys = calloc(mapping->count, sizeof *keys);
	if (keys == NULL)
		return fail_errno(b->fail, EX_OSERR, "%s", b->name);
	for (const struct yaml_node *key = mapping->first; key != NULL; key = key->next)
		keys[count++] = key;
	qsort(keys, count, sizeof *keys, by_text);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(keys[i - 1]->text, keys[i]->text) == 0 &&
		    (found == NULL || keys[i]->start < found->start)) {
			found = keys[i];
			earlier = keys[i - 1];
		}
	}
	if (found == NULL)
		return 0;
	char shown[SHOWN_KEY];
	return yaml_node_fail(found, b->name, b->fail, "%s: given twice, first on line %u",
			      text_mask((const uint8_t *)found->text, found->size, shown, sizeof shown),
			      earlier->line);
}

static int end_collection(struct builder *b, const yaml_event_t *event)
{
	struct open *open = &b->open[--b->depth];
	struct yaml_node *node = open->node;

	/* libyaml ends a block collection where the next thing begins, behind comments that are not its own. */
	if (node->style == YAML_FLOW)
		node->end = byte_of(b, event->end_mark.index);
	else if (open->last != NULL)
		node->end = open->last->value != NULL ? open->last->value->end : open->last->end;
	return node->type == YAML_MAPPING ? refuse_double_keys(b, node) : 0;
}

static int refuse_decoration(const struct builder *b, const yaml_event_t *event, const yaml_char_t *anchor,
			     const yaml_char_t *tag)
{
	if (anchor != NULL)
		return fail_mark(b, &event->start_mark, "an anchor (&name) is not allowed here");
	if (tag != NULL)
		return fail_mark(b, &event->start_mark, "a tag (!name) is not allowed here");
	return 0;
}

static int take_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->has_document)
			return fail_mark(b, &event->start_mark, "a second document in one file");
		b->has_document = true;
		return 0;
	case YAML_ALIAS_EVENT:
		return fail_mark(b, &event->start_mark, "an alias (*name) is not allowed here");
	case YAML_SCALAR_EVENT:
		if (refuse_decoration(b, event, event->data.scalar.anchor, event->data.scalar.tag) != 0)
			return -1;
		return add_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		if (refuse_decoration(b, event, event->data.sequence_start.anchor,
				      event->data.sequence_start.tag) != 0)
			return -1;
		return begin_collection(b, event, YAML_SEQUENCE,
					event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
	case YAML_MAPPING_START_EVENT:
		if (refuse_decoration(b, event, event->data.mapping_start.anchor,
				      event->data.mapping_start.tag) != 0)
			return -1;
		return begin_collection(b, event, YAML_MAPPING,
					event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end_collection(b, event);
	default:
		return 0; /* the ends of stream and document say nothing new */
	}
}

/* libyaml's own words for what it did not like; they are fixed texts, never the file's. */
static int fail_parser(struct builder *b, const yaml_parser_t *parser)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return fail_set(b->fail, EX_OSERR, "%s: not enough memory", b->name);
	const char *problem = parser->problem != NULL ? parser->problem : "not YAML";
	const struct yaml_node place = node_at(&parser->problem_mark);
	(void)yaml_node_fail(&place, b->name, b->fail, "%s%s%s", problem, parser->context != NULL ? " " : "",
			     parser->context != NULL ? parser->context : "");
	size_t at = byte_of(b, parser->problem_mark.index);
	return at < b->size && b->bytes[at] == '\t'
		       ? fail_hint(b->fail, "a tab stands there: YAML indents with blanks alone")
		       : -1;
}

static int build(struct builder *b, yaml_parser_t *parser)
{
	for (;;) {
		yaml_event_t event;
		if (yaml_parser_parse(parser, &event) == 0)
			return fail_parser(b, parser);
		bool done = event.type == YAML_STREAM_END_EVENT;
		int result = take_event(b, &event);
		yaml_event_delete(&event);
		if (result != 0 || done)
			return result;
	}
}

/* The characters that YAML forbids, found here because libyaml's reader knows no lines.
 * Source: YAML 1.1, 5.1 (c-printable). */
static const char *forbidden(const uint8_t *c, size_t length)
{
	if (length == 1)
		return c[0] >= 0x20 && c[0] != 0x7f ? NULL
		       : c[0] == '\t' || c[0] == '\n' || c[0] == '\r'
			       ? NULL
			       : "a control character is not allowed here";
	if (length == 2 && c[0] == 0xc2 && c[1] < 0xa0 && c[1] != 0x85)
		return "a control character is not allowed here";
	if (length == 3 && c[0] == 0xef && ((c[1] == 0xbb && c[2] == 0xbf) || (c[1] == 0xbf && c[2] >= 0xbe)))
		return "a byte order mark or no character at all";
	return NULL;
}

static int check_characters(const uint8_t *bytes, size_t size, const char *name, struct fail *fail)
{
	struct yaml_node place = {.line = 1, .column = 1};

	for (size_t at = 0; at < size;) {
		size_t length = 1;
		while (length < 4 && at + length < size && continues(bytes[at + length]))
			length++;
		const char *reason = text_is_utf8(bytes + at, length) ? forbidden(bytes + at, length)
								      : "not UTF-8";
		if (reason != NULL)
			return yaml_node_fail(&place, name, fail, "%s", reason);
		place.column++;
		if (bytes[at] == '\n') {
			place.line++;
			place.column = 1;
		}
		at += length;
	}
	return 0;
}

struct yaml_tree *yaml_tree_parse(const uint8_t *bytes, size_t size, const struct yaml_limits *limits,
				  const char *name, struct fail *fail)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf}; /* some editors begin with it */
	size_t skipped = size >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0 ? sizeof mark : 0;
	struct builder b = {.name = name,
			    .bytes = bytes,
			    .size = size,
			    .limits = limits,
			    .at_byte = skipped,
			    .fail = fail};
	yaml_parser_t parser;

	if (size == 0)
		bytes = b.bytes = (const uint8_t *)""; /* NULL may not be moved, nor given to libyaml */
	if (size > limits->bytes) {
		(void)fail_set(fail, EX_CONFIG, "%s: more than %zu bytes", name, limits->bytes);
		return NULL;
	}
	if (check_characters(bytes + skipped, size - skipped, name, fail) != 0)
		return NULL;
	b.tree = calloc(1, sizeof *b.tree);
	if (b.tree == NULL || yaml_parser_initialize(&parser) == 0) {
		free(b.tree);
		(void)fail_set(fail, EX_OSERR, "%s: not enough memory", name);
		return NULL;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING); /* never guess UTF-16 */
	yaml_parser_set_input_string(&parser, bytes + skipped, size - skipped);
	int result = build(&b, &parser);
	yaml_parser_delete(&parser);
	if (result == 0)
		return b.tree;
	yaml_tree_free(b.tree);
	return NULL;
}

const struct yaml_node *yaml_node_get(const struct yaml_node *mapping, const char *key)
{
	if (mapping == NULL || mapping->type != YAML_MAPPING)
		return NULL;
	for (const struct yaml_node *at = mapping->first; at != NULL; at = at->next)
		if (strcmp(at->text, key) == 0)
			return at->value;
	return NULL;
}
