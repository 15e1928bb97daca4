#include "lib/alert/template_parse.h"

#include "lib/alert/template_expr.h"
#include "lib/alert/template_tree.h"
#include "lib/base/fail.h"

#include <string.h>

/* What begins the actions that are more than a pipeline. */
static const char *const words[] = {
	[TEMPLATE_IF] = "if",       [TEMPLATE_RANGE] = "range",       [TEMPLATE_WITH] = "with",
	[TEMPLATE_BREAK] = "break", [TEMPLATE_CONTINUE] = "continue",
};

static int parse_nodes(struct template_parser *parser, struct template_node **out, struct fail *fail);

static int next(struct template_parser *parser, struct fail *fail)
{
	return template_lex_next(&parser->lex, fail);
}

/* The closing braces, and on to what is behind them. */
static int close_action(struct template_parser *parser, struct fail *fail)
{
	if (parser->lex.token != TOKEN_CLOSE)
		return template_expr_wrong(parser, fail, "unexpected");
	return next(parser, fail);
}

static int parse_block(struct template_parser *parser, struct template_node *node, struct fail *fail);

/* Behind the word `else`: another condition of the same kind, which takes the block's end with it, or the
 * other branch. */
static int parse_else(struct template_parser *parser, struct template_node *node, struct fail *fail)
{
	bool chained = (node->kind == TEMPLATE_IF && template_lex_is(&parser->lex, "if")) ||
		       (node->kind == TEMPLATE_WITH && template_lex_is(&parser->lex, "with"));

	if (chained) {
		node->otherwise = template_expr_make(parser, sizeof *node->otherwise, fail);
		if (node->otherwise == NULL)
			return -1;
		node->otherwise->kind = node->kind;
		return parse_block(parser, node->otherwise, fail);
	}
	if (close_action(parser, fail) != 0 || parse_nodes(parser, &node->otherwise, fail) != 0)
		return -1;
	if (template_lex_is(&parser->lex, "else"))
		return template_expr_wrong(parser, fail, "a second");
	return 0;
}

/* if, range, with; the present token is that word. */
static int parse_block(struct template_parser *parser, struct template_node *node, struct fail *fail)
{
	const char *word = words[node->kind];
	size_t start = parser->lex.start;
	int variables = parser->variable_count;

	if (template_expr_enter(parser, fail) != 0 || next(parser, fail) != 0 ||
	    template_expr_parse(parser, word, &node->pipe, fail) != 0 || close_action(parser, fail) != 0)
		return -1;
	int own = parser->variable_count;
	parser->loops += node->kind == TEMPLATE_RANGE ? 1 : 0;
	if (parse_nodes(parser, &node->body, fail) != 0)
		return -1;
	parser->loops -= node->kind == TEMPLATE_RANGE ? 1 : 0;
	parser->variable_count = own;
	if (template_lex_is(&parser->lex, "else")) {
		if (next(parser, fail) != 0 || parse_else(parser, node, fail) != 0)
			return -1;
	}
	if (parser->lex.token == TOKEN_END)
		return template_lex_fail(&parser->lex, start, fail, "this %s has no {{end}}", word);
	parser->variable_count = variables;
	parser->depth--;
	return 0;
}

/* What is between the braces, the closing ones included. */
static int parse_action(struct template_parser *parser, struct template_node *node, struct fail *fail)
{
	for (int kind = TEMPLATE_IF; kind <= TEMPLATE_CONTINUE; kind++) {
		bool jumps = kind == TEMPLATE_BREAK || kind == TEMPLATE_CONTINUE;
		if (!template_lex_is(&parser->lex, words[kind]))
			continue;
		node->kind = (enum template_kind)kind;
		if (jumps && parser->loops == 0)
			return template_expr_wrong(parser, fail, "outside of a range:");
		if ((!jumps && parse_block(parser, node, fail) != 0) || next(parser, fail) != 0)
			return -1;
		return close_action(parser, fail);
	}
	node->kind = TEMPLATE_ACTION;
	if (template_expr_parse(parser, "the action", &node->pipe, fail) != 0)
		return -1;
	return close_action(parser, fail);
}

/* Up to {{end}} or {{else}}, whose word is then the present token, or to the end of the source. */
static int parse_nodes(struct template_parser *parser, struct template_node **out, struct fail *fail)
{
	while (parser->lex.token != TOKEN_END) {
		bool text = parser->lex.token == TOKEN_TEXT;
		if (!text && next(parser, fail) != 0)
			return -1;
		if (template_lex_is(&parser->lex, "end") || template_lex_is(&parser->lex, "else"))
			return 0;
		struct template_node *node = template_expr_make(parser, sizeof *node, fail);
		if (node == NULL)
			return -1;
		if (text) {
			node->kind = TEMPLATE_TEXT;
			node->text = template_expr_keep(parser, parser->lex.source + parser->lex.start,
							parser->lex.length, fail);
			node->text_size = parser->lex.length;
			if (node->text == NULL || next(parser, fail) != 0)
				return -1;
		} else if (parse_action(parser, node, fail) != 0) {
			return -1;
		}
		*out = node;
		out = &node->next;
	}
	return 0;
}

int template_parse_source(struct template *template, const char *source, size_t size, struct fail *fail)
{
	struct template_parser parser = {
		.template = template,
		.lex = {.source = source, .size = size},
		.variables = {{"$", 1}},
		.variable_count = 1,
	};

	if (next(&parser, fail) != 0 || parse_nodes(&parser, &template->nodes, fail) != 0)
		return -1;
	if (parser.lex.token != TOKEN_END)
		return template_expr_wrong(&parser, fail, "outside of a block:");
	return 0;
}
