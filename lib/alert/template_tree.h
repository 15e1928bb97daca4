/* What a template is parsed to. Everything belongs to the template's own list of blocks. */
#ifndef SAV_ALERT_TEMPLATE_TREE_H
#define SAV_ALERT_TEMPLATE_TREE_H

#include "lib/alert/value.h"

struct buf;
struct template_function;

enum { TEMPLATE_NO_VARIABLE = -1 };

/* A name in a chain: .Name, and what it is in snake_case (NULL when that is the same). */
struct template_field {
	struct template_field *next;
	const char *name;
	const char *snake;
};

enum template_operand_kind {
	OPERAND_CONSTANT, /* also nil */
	OPERAND_DOT,
	OPERAND_VARIABLE,
	OPERAND_PIPE,
	OPERAND_FUNCTION, /* a function without arguments as an argument of another */
};

/* A value and the fields behind it: `.`, .A.B, $x.A, (...).A */
struct template_operand {
	struct template_operand *next;
	enum template_operand_kind kind;
	struct value constant;
	int variable;
	struct template_pipe *pipe;
	const struct template_function *function;
	struct template_field *fields;
};

/* A function with its arguments, or one operand when `function` is NULL. */
struct template_command {
	struct template_command *next;
	const struct template_function *function;
	struct template_operand *operands;
};

/* Commands joined by '|'; `variables` are set to its value (in a range: index and element). */
struct template_pipe {
	struct template_command *commands;
	int variables[2]; /* slots, or TEMPLATE_NO_VARIABLE */
};

enum template_kind {
	TEMPLATE_TEXT,
	TEMPLATE_ACTION,
	TEMPLATE_IF,
	TEMPLATE_RANGE,
	TEMPLATE_WITH,
	TEMPLATE_BREAK,
	TEMPLATE_CONTINUE,
};

struct template_node {
	struct template_node *next;
	enum template_kind kind;
	const char *text;
	size_t text_size;
	struct template_pipe *pipe;
	struct template_node *body;
	struct template_node *otherwise;
};

struct template_block {
	struct template_block *next;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct template
{
	struct template_block *blocks;
	struct template_node *nodes;
};

enum { TEMPLATE_FUNCTION_MANY = -1 };

/* Which arguments are evaluated: `and` and `or` end with the one that decides. */
enum template_order {
	TEMPLATE_ALL,
	TEMPLATE_UNTIL_FALSE,
	TEMPLATE_UNTIL_TRUE,
};

struct template_function {
	const char *name;
	int min;
	int max; /* arguments; TEMPLATE_FUNCTION_MANY: no limit but TEMPLATE_ARGUMENTS_MAX */
	enum template_order order;
	/* Sets *result, text of its own being put into the empty `scratch`. Returns 0, or -1 with errno of
	 * buf_add. */
	int (*call)(const struct value *arguments, size_t count, struct buf *scratch, struct value *result);
};

/* The function of that name, NULL when there is none. */
const struct template_function *template_function_find(const char *name, size_t size);

#endif
