#include "lib/alert/template_eval.h"

#include "lib/alert/gofmt.h"
#include "lib/alert/template.h"
#include "lib/alert/template_tree.h"
#include "lib/base/buf.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Text that a function made; it may be in a variable, so it lives until the end of the run. */
struct made {
	struct made *next;
	struct buf text;
};

struct run {
	struct buf *out;
	struct value variables[TEMPLATE_VARIABLES_MAX];
	struct made *made;
	size_t made_bytes;
	int steps;
};

enum flow { FLOW_FAILED = -1, FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

static int eval_pipe(struct run *run, struct value dot, const struct template_pipe *pipe,
		     struct value *result);
static enum flow run_nodes(struct run *run, struct value dot, const struct template_node *node);

static int step(struct run *run)
{
	if (++run->steps <= TEMPLATE_STEPS_MAX)
		return 0;
	errno = ELOOP;
	return -1;
}

static struct value get_field(struct value value, const struct template_field *field)
{
	if (value.kind != VALUE_MAP)
		return value_of(NULL);
	const json_t *found = json_object_get(value.json, field->name);
	if (found == NULL && field->snake != NULL)
		found = json_object_get(value.json, field->snake);
	return value_of(found);
}

static int call(struct run *run, const struct template_function *function, const struct value *arguments,
		size_t count, struct value *result)
{
	struct buf text = BUF_INIT(run->out->limit - run->made_bytes);

	if (function->call(arguments, count, &text, result) != 0) {
		buf_fini(&text);
		return -1;
	}
	if (text.data == NULL)
		return 0;
	struct made *made = malloc(sizeof *made);
	if (made == NULL) {
		buf_fini(&text);
		return -1;
	}
	*made = (struct made){run->made, text};
	run->made = made;
	run->made_bytes += text.size;
	return 0;
}

static int eval_operand(struct run *run, struct value dot, const struct template_operand *operand,
			struct value *result)
{
	struct value value = dot;

	if (step(run) != 0)
		return -1;
	switch (operand->kind) {
	case OPERAND_DOT:
		break;
	case OPERAND_CONSTANT:
		value = operand->constant;
		break;
	case OPERAND_VARIABLE:
		value = run->variables[operand->variable];
		break;
	case OPERAND_PIPE:
		if (eval_pipe(run, dot, operand->pipe, &value) != 0)
			return -1;
		break;
	case OPERAND_FUNCTION:
		if (call(run, operand->function, NULL, 0, &value) != 0)
			return -1;
		break;
	}
	for (const struct template_field *field = operand->fields; field != NULL; field = field->next)
		value = get_field(value, field);
	*result = value;
	return 0;
}

static bool decides(const struct template_function *function, const struct value *value)
{
	if (function->order == TEMPLATE_ALL)
		return false;
	return value_is_true(value) == (function->order == TEMPLATE_UNTIL_TRUE);
}

/* `piped`, when not NULL, is what the command before made: the last argument. */
static int eval_command(struct run *run, struct value dot, const struct template_command *command,
			const struct value *piped, struct value *result)
{
	struct value arguments[TEMPLATE_ARGUMENTS_MAX];
	size_t count = 0;
	bool decided = false;

	if (command->function == NULL)
		return eval_operand(run, dot, command->operands, result);
	for (const struct template_operand *operand = command->operands; operand != NULL && !decided;
	     operand = operand->next) {
		if (eval_operand(run, dot, operand, &arguments[count]) != 0)
			return -1;
		decided = decides(command->function, &arguments[count++]);
	}
	if (piped != NULL && !decided)
		arguments[count++] = *piped;
	return call(run, command->function, arguments, count, result);
}

static int eval_pipe(struct run *run, struct value dot, const struct template_pipe *pipe,
		     struct value *result)
{
	struct value value = {.kind = VALUE_NONE};

	for (const struct template_command *command = pipe->commands; command != NULL;
	     command = command->next) {
		struct value before = value;
		if (eval_command(run, dot, command, command == pipe->commands ? NULL : &before, &value) != 0)
			return -1;
	}
	*result = value;
	return 0;
}

static void set_variable(struct run *run, int slot, struct value value)
{
	if (slot != TEMPLATE_NO_VARIABLE)
		run->variables[slot] = value;
}

static enum flow run_action(struct run *run, struct value dot, const struct template_node *node)
{
	struct value value;

	if (eval_pipe(run, dot, node->pipe, &value) != 0)
		return FLOW_FAILED;
	if (node->pipe->variables[0] != TEMPLATE_NO_VARIABLE) {
		set_variable(run, node->pipe->variables[0], value);
		return FLOW_ON;
	}
	int result = value.kind == VALUE_NONE ? buf_add_text(run->out, "<no value>")
					      : gofmt_value(&value, run->out);
	return result == 0 ? FLOW_ON : FLOW_FAILED;
}

static enum flow run_branch(struct run *run, struct value dot, const struct template_node *node)
{
	struct value value;

	if (eval_pipe(run, dot, node->pipe, &value) != 0)
		return FLOW_FAILED;
	set_variable(run, node->pipe->variables[0], value);
	if (!value_is_true(&value))
		return run_nodes(run, dot, node->otherwise);
	return run_nodes(run, node->kind == TEMPLATE_WITH ? value : dot, node->body);
}

/* One round of a range; with one variable it is the element, with two index and element. */
static enum flow run_round(struct run *run, const struct template_node *node, struct value index,
			   struct value element)
{
	const int *slots = node->pipe->variables;

	if (step(run) != 0)
		return FLOW_FAILED;
	if (slots[1] == TEMPLATE_NO_VARIABLE) {
		set_variable(run, slots[0], element);
	} else {
		set_variable(run, slots[0], index);
		set_variable(run, slots[1], element);
	}
	return run_nodes(run, element, node->body);
}

static enum flow run_range(struct run *run, struct value dot, const struct template_node *node)
{
	struct value whole;
	size_t size;
	enum flow flow = FLOW_ON;

	if (eval_pipe(run, dot, node->pipe, &whole) != 0)
		return FLOW_FAILED;
	if (whole.kind != VALUE_LIST && whole.kind != VALUE_MAP)
		return run_nodes(run, dot, node->otherwise);
	if (!value_size(&whole, &size) || size == 0)
		return run_nodes(run, dot, node->otherwise);
	if (whole.kind == VALUE_LIST) {
		for (size_t i = 0; i < size && flow != FLOW_FAILED && flow != FLOW_BREAK; i++)
			flow = run_round(run, node, value_int((int64_t)i),
					 value_of(json_array_get(whole.json, i)));
		return flow == FLOW_FAILED ? FLOW_FAILED : FLOW_ON;
	}
	auto_free const char **keys = value_keys(whole.json, &size);
	if (keys == NULL)
		return FLOW_FAILED;
	run->steps += (int)(size < TEMPLATE_STEPS_MAX ? size : TEMPLATE_STEPS_MAX); /* they were sorted */
	for (size_t i = 0; i < size && flow != FLOW_FAILED && flow != FLOW_BREAK; i++)
		flow = run_round(run, node, value_key(keys[i]),
				 value_of(json_object_get(whole.json, keys[i])));
	return flow == FLOW_FAILED ? FLOW_FAILED : FLOW_ON;
}

/* Recursion is as deep as the blocks of the template, which its parser limits. */
static enum flow run_nodes(struct run *run, struct value dot, const struct template_node *node)
{
	enum flow flow = FLOW_ON;

	for (; node != NULL && flow == FLOW_ON; node = node->next) {
		if (step(run) != 0)
			return FLOW_FAILED;
		switch (node->kind) {
		case TEMPLATE_TEXT:
			flow = buf_add(run->out, node->text, node->text_size) == 0 ? FLOW_ON : FLOW_FAILED;
			break;
		case TEMPLATE_ACTION:
			flow = run_action(run, dot, node);
			break;
		case TEMPLATE_IF:
		case TEMPLATE_WITH:
			flow = run_branch(run, dot, node);
			break;
		case TEMPLATE_RANGE:
			flow = run_range(run, dot, node);
			break;
		case TEMPLATE_BREAK:
			return FLOW_BREAK;
		case TEMPLATE_CONTINUE:
			return FLOW_CONTINUE;
		}
	}
	return flow;
}

int template_eval_nodes(const struct template *template, const json_t *alert, struct buf *out)
{
	struct value root = value_of(alert);
	struct run run = {.out = out, .variables = {root}};
	enum flow flow = run_nodes(&run, root, template->nodes);
	int error = errno;

	while (run.made != NULL) {
		struct made *made = run.made;
		run.made = made->next;
		buf_fini(&made->text);
		free(made);
	}
	errno = error;
	return flow == FLOW_FAILED ? -1 : 0;
}
