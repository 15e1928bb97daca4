#include "lib/alert/template_expr.h"

#include "lib/alert/template_literal.h"
#include "lib/alert/template_tree.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char template_expr_hint[] =
	"functions: and or not eq ne lt le gt ge index len print println printf json; "
	"blocks: if else range with break continue end";

void *template_expr_make(struct template_parser *parser, size_t size, struct fail *fail)
{
	struct template_block *block = calloc(1, sizeof *block + size);

	if (block == NULL) {
		(void)fail_errno(fail, EX_OSERR, "template");
		return NULL;
	}
	block->next = parser->template->blocks;
	parser->template->blocks = block;
	return block->bytes;
}

char *template_expr_keep(struct template_parser *parser, const void *bytes, size_t size, struct fail *fail)
{
	char *copy = template_expr_make(parser, size + 1, fail);

	if (copy != NULL && size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

int template_expr_wrong(const struct template_parser *parser, struct fail *fail, const char *what)
{
	char name[80];

	return template_lex_fail(&parser->lex, parser->lex.start, fail, "%s %s", what,
				 template_lex_name(&parser->lex, name, sizeof name));
}

static int next(struct template_parser *parser, struct fail *fail)
{
	return template_lex_next(&parser->lex, fail);
}

int template_expr_enter(struct template_parser *parser, struct fail *fail)
{
	if (++parser->depth > TEMPLATE_DEPTH_MAX)
		return template_lex_fail(&parser->lex, parser->lex.start, fail,
					 "more than %d blocks and parentheses in one another",
					 TEMPLATE_DEPTH_MAX);
	return 0;
}

/* StrategyName -> strategy_name, ProcessID -> process_id; NULL in *out when nothing changes. */
static int make_snake(struct template_parser *parser, const char *name, const char **out, struct fail *fail)
{
	size_t size = strlen(name);
	char *snake = template_expr_make(parser, 2 * size + 1, fail);
	size_t used = 0;

	if (snake == NULL)
		return -1;
	for (size_t i = 0; i < size; i++) {
		bool upper = isupper((unsigned char)name[i]);
		bool word = upper && i > 0 && name[i - 1] != '_' &&
			    (!isupper((unsigned char)name[i - 1]) || islower((unsigned char)name[i + 1]));
		if (word)
			snake[used++] = '_';
		snake[used++] = (char)tolower((unsigned char)name[i]);
	}
	*out = strcmp(snake, name) == 0 ? NULL : snake;
	return 0;
}

/* .A.B right behind an operand; the present token is the first field, if there is one. */
static int parse_fields(struct template_parser *parser, struct template_field **out, struct fail *fail)
{
	while (parser->lex.token == TOKEN_FIELD && !parser->lex.spaced) {
		struct template_field *field = template_expr_make(parser, sizeof *field, fail);
		if (field == NULL)
			return -1;
		field->name = template_expr_keep(parser, parser->lex.source + parser->lex.start + 1,
						 parser->lex.length - 1, fail);
		if (field->name == NULL || make_snake(parser, field->name, &field->snake, fail) != 0)
			return -1;
		*out = field;
		out = &field->next;
		if (next(parser, fail) != 0)
			return -1;
	}
	return 0;
}

static int find_variable(const struct template_parser *parser, int *slot, struct fail *fail)
{
	const struct template_lex *lex = &parser->lex;

	for (int i = parser->variable_count; i-- > 0;) {
		const struct template_variable *variable = &parser->variables[i];
		if (variable->size == lex->length &&
		    memcmp(variable->name, lex->source + lex->start, lex->length) == 0) {
			*slot = i;
			return 0;
		}
	}
	(void)template_expr_wrong(parser, fail, "undefined variable");
	return fail_hint(fail,
			 "a variable is set by {{$name := ...}} before it is used, and ends with its block");
}

static int declare(struct template_parser *parser, const struct template_variable *variable, int *slot,
		   struct fail *fail)
{
	if (parser->variable_count >= TEMPLATE_VARIABLES_MAX)
		return template_lex_fail(&parser->lex, (size_t)(variable->name - parser->lex.source), fail,
					 "more than %d variables", TEMPLATE_VARIABLES_MAX - 1);
	*slot = parser->variable_count;
	parser->variables[parser->variable_count++] = *variable;
	return 0;
}

static int parse_literal(struct template_parser *parser, struct value *value, struct fail *fail)
{
	const struct template_lex *lex = &parser->lex;
	const char *text = lex->source + lex->start;
	auto_buf struct buf string = BUF_INIT(TEMPLATE_SOURCE_MAX);

	if (lex->token == TOKEN_NUMBER)
		return template_literal_number(text, lex->length, value) != 0
			       ? template_expr_wrong(parser, fail, "no number, or one too large:")
			       : 0;
	if (lex->token == TOKEN_RUNE)
		return template_literal_rune(text, lex->length, value) != 0
			       ? template_expr_wrong(parser, fail, "no single character:")
			       : 0;
	if (template_literal_string(text, lex->length, &string) != 0)
		return template_expr_wrong(parser, fail, "wrong escape in the string");
	const char *copy = template_expr_keep(parser, string.data, string.size, fail);
	if (copy == NULL)
		return -1;
	*value = value_string(copy, string.size);
	return 0;
}

static bool word_constant(const struct template_lex *lex, struct value *value)
{
	if (template_lex_is(lex, "nil"))
		*value = value_of(NULL);
	else if (template_lex_is(lex, "true") || template_lex_is(lex, "false"))
		*value = value_bool(template_lex_is(lex, "true"));
	else
		return false;
	return true;
}

static int unknown_word(const struct template_parser *parser, struct fail *fail)
{
	static const char *const refused[] = {"template", "define", "block",    "call",
					      "html",     "js",     "urlquery", "slice"};
	bool known = false;

	for (size_t i = 0; i < sizeof refused / sizeof refused[0] && !known; i++)
		known = template_lex_is(&parser->lex, refused[i]);
	(void)template_expr_wrong(parser, fail,
				  known ? "not part of the language of alerts:" : "no such function:");
	return fail_hint(fail, "%s", template_expr_hint);
}

static int parse_parenthesis(struct template_parser *parser, struct template_operand *operand,
			     struct fail *fail)
{
	size_t start = parser->lex.start;

	if (template_expr_enter(parser, fail) != 0 || next(parser, fail) != 0 ||
	    template_expr_parse(parser, "the parenthesis", &operand->pipe, fail) != 0)
		return -1;
	if (operand->pipe->variables[0] != TEMPLATE_NO_VARIABLE)
		return template_lex_fail(&parser->lex, start, fail,
					 "a variable cannot be set in parentheses");
	if (parser->lex.token != TOKEN_RIGHT)
		return template_lex_fail(&parser->lex, start, fail, "this ( is never closed");
	parser->depth--;
	operand->kind = OPERAND_PIPE;
	return 0;
}

/* One operand with its fields; goes to the token behind it. */
static int parse_operand(struct template_parser *parser, struct template_operand *operand, struct fail *fail)
{
	const struct template_lex *lex = &parser->lex;
	bool may_have_fields = false;

	switch (lex->token) {
	case TOKEN_NUMBER:
	case TOKEN_RUNE:
	case TOKEN_STRING:
		operand->kind = OPERAND_CONSTANT;
		if (parse_literal(parser, &operand->constant, fail) != 0)
			return -1;
		break;
	case TOKEN_DOT:
		operand->kind = OPERAND_DOT;
		break;
	case TOKEN_FIELD:
		operand->kind = OPERAND_DOT;
		parser->lex.spaced = false; /* the first of its own chain */
		return parse_fields(parser, &operand->fields, fail);
	case TOKEN_VARIABLE:
		operand->kind = OPERAND_VARIABLE;
		may_have_fields = true;
		if (find_variable(parser, &operand->variable, fail) != 0)
			return -1;
		break;
	case TOKEN_LEFT:
		may_have_fields = true;
		if (parse_parenthesis(parser, operand, fail) != 0)
			return -1;
		break;
	case TOKEN_WORD:
		if (word_constant(lex, &operand->constant))
			break;
		operand->kind = OPERAND_FUNCTION;
		operand->function = template_function_find(lex->source + lex->start, lex->length);
		if (operand->function == NULL)
			return unknown_word(parser, fail);
		break;
	default:
		return template_expr_wrong(parser, fail, "unexpected");
	}
	if (next(parser, fail) != 0)
		return -1;
	if (may_have_fields)
		return parse_fields(parser, &operand->fields, fail);
	return 0;
}

static bool ends_command(const struct template_lex *lex)
{
	return lex->token == TOKEN_CLOSE || lex->token == TOKEN_RIGHT || lex->token == TOKEN_PIPE;
}

/* A %[n] in a constant format: known at start, so said at start. */
static bool has_argument_index(const struct value *format)
{
	const char *at = format->string.bytes;
	const char *end = at + format->string.size;

	for (; at < end; at++) {
		if (*at != '%')
			continue;
		at++;
		at += strspn(at, "+-# 0123456789.*");
		if (*at == '[')
			return true;
	}
	return false;
}

/* `count` arguments, of which one may come through the pipe. */
static int check_call(const struct template_parser *parser, size_t at,
		      const struct template_function *function, int count,
		      const struct template_operand *first, struct fail *fail)
{
	const struct template_lex *lex = &parser->lex;

	if (count < function->min)
		return template_lex_fail(lex, at, fail, "%s needs %s%d argument%s, not %d", function->name,
					 function->max == function->min ? "" : "at least ", function->min,
					 function->min == 1 ? "" : "s", count);
	if (function->max != TEMPLATE_FUNCTION_MANY && count > function->max)
		return template_lex_fail(lex, at, fail, "%s takes %d argument%s, not %d", function->name,
					 function->max, function->max == 1 ? "" : "s", count);
	if (strcmp(function->name, "printf") != 0 || first == NULL || first->kind != OPERAND_CONSTANT)
		return 0;
	if (first->constant.kind != VALUE_STRING)
		return template_lex_fail(lex, at, fail, "printf needs a format first, which is a string");
	if (has_argument_index(&first->constant))
		return template_lex_fail(lex, at, fail,
					 "printf's argument indexes (%%[1]d) are not supported");
	return 0;
}

/* A function with its arguments, or one operand. `piped`: a value comes from the command before. */
static int parse_command(struct template_parser *parser, bool piped, struct template_command *command,
			 struct fail *fail)
{
	size_t at = parser->lex.start;
	struct template_operand **last = &command->operands;
	int count = piped ? 1 : 0;

	for (;;) {
		struct template_operand *operand = template_expr_make(parser, sizeof *operand, fail);
		if (operand == NULL || parse_operand(parser, operand, fail) != 0)
			return -1;
		if (operand->kind == OPERAND_FUNCTION && command->function == NULL &&
		    command->operands == NULL) {
			command->function = operand->function;
		} else {
			if (operand->kind == OPERAND_FUNCTION &&
			    check_call(parser, at, operand->function, 0, NULL, fail) != 0)
				return -1;
			if (++count > TEMPLATE_ARGUMENTS_MAX)
				return template_lex_fail(&parser->lex, at, fail, "more than %d arguments",
							 TEMPLATE_ARGUMENTS_MAX);
			*last = operand;
			last = &operand->next;
		}
		if (ends_command(&parser->lex))
			break;
		if (!parser->lex.spaced)
			return template_expr_wrong(parser, fail, "unexpected");
	}
	if (command->function != NULL)
		return check_call(parser, at, command->function, count, command->operands, fail);
	if (count > 1) {
		(void)template_lex_fail(&parser->lex, at, fail, "%s",
					piped ? "only a function can stand behind |"
					      : "arguments behind what is no function");
		return fail_hint(fail, "%s", template_expr_hint);
	}
	const struct template_operand *only = command->operands;
	if (only != NULL && only->kind == OPERAND_CONSTANT && only->constant.kind == VALUE_NONE)
		return template_lex_fail(&parser->lex, at, fail, "nil is no command");
	return 0;
}

/* What may come before the commands: $x :=, $x =, $i, $e :=. A variable is in sight behind its pipeline
 * only, so it is noted in `names` and declared by the caller. */
static int parse_names(struct template_parser *parser, bool range, struct template_pipe *pipe,
		       struct template_variable names[2], bool *declares, struct fail *fail)
{
	const struct template_lex before = parser->lex;

	for (int i = 0; i < 2; i++) {
		names[i] = (struct template_variable){parser->lex.source + parser->lex.start,
						      parser->lex.length};
		if (next(parser, fail) != 0)
			return -1;
		if (parser->lex.token == TOKEN_DECLARE || parser->lex.token == TOKEN_ASSIGN) {
			*declares = parser->lex.token == TOKEN_DECLARE;
			for (int j = 0; j <= i && !*declares; j++) {
				struct template_parser at = *parser;
				at.lex.token = TOKEN_VARIABLE;
				at.lex.start = (size_t)(names[j].name - at.lex.source);
				at.lex.length = names[j].size;
				if (find_variable(&at, &pipe->variables[j], fail) != 0)
					return -1;
			}
			if (i == 0)
				names[1].size = 0;
			return next(parser, fail);
		}
		if (parser->lex.token != TOKEN_COMMA)
			break;
		if (i == 1 || !range)
			return template_expr_wrong(parser, fail,
						   "only range takes two variables: unexpected");
		if (next(parser, fail) != 0)
			return -1;
		if (parser->lex.token != TOKEN_VARIABLE)
			return template_expr_wrong(parser, fail, "range needs a second variable, not");
	}
	names[0].size = names[1].size = 0;
	parser->lex = before; /* a plain operand after all */
	return 0;
}

int template_expr_parse(struct template_parser *parser, const char *owner, struct template_pipe **out,
			struct fail *fail)
{
	struct template_pipe *pipe = template_expr_make(parser, sizeof *pipe, fail);
	struct template_variable names[2] = {0};
	bool declares = false;

	if (pipe == NULL)
		return -1;
	pipe->variables[0] = pipe->variables[1] = TEMPLATE_NO_VARIABLE;
	if (parser->lex.token == TOKEN_VARIABLE &&
	    parse_names(parser, strcmp(owner, "range") == 0, pipe, names, &declares, fail) != 0)
		return -1;
	if (ends_command(&parser->lex))
		return template_lex_fail(&parser->lex, parser->lex.start, fail, "%s needs a value", owner);
	struct template_command **last = &pipe->commands;
	for (;;) {
		struct template_command *command = template_expr_make(parser, sizeof *command, fail);
		if (command == NULL || parse_command(parser, pipe->commands != NULL, command, fail) != 0)
			return -1;
		*last = command;
		last = &command->next;
		if (parser->lex.token != TOKEN_PIPE)
			break;
		if (next(parser, fail) != 0)
			return -1;
		if (ends_command(&parser->lex))
			return template_expr_wrong(parser, fail, "a command is missing before");
	}
	for (int i = 0; declares && i < 2 && names[i].size > 0; i++)
		if (declare(parser, &names[i], &pipe->variables[i], fail) != 0)
			return -1;
	*out = pipe;
	return 0;
}
