#include "lib/conf/edit.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/scope.h"
#include "lib/conf/conf.h"
#include "lib/format/yaml.h"
#include "lib/format/yaml_emit.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { INDENT = 2 }; /* of what we write ourselves */

static const struct yaml_limits limits = {
	.bytes = CONF_FILE_MAX, .nodes = CONF_NODES_MAX, .depth = CONF_DEPTH_MAX};

/* The text as it goes from old to new: everything before `at` is dealt with. */
struct editor {
	const uint8_t *bytes;
	size_t size;
	size_t at;
	const char *newline; /* as the file has it */
	const struct yaml_node *root;
	const struct yaml_node *key; /* of the parameter; NULL when it is not there */
	const struct edit *edit;
	const struct conf *before;
	struct buf *out;
};

/* A way to make the change. Returns 0, or -1 when it does not suit this text, or there is no memory or room. */
typedef int way_fn(struct editor *e);

static int put(struct editor *e, const char *text)
{
	return buf_add_text(e->out, text);
}

static int put_blanks(struct editor *e, size_t count)
{
	while (count-- > 0)
		if (put(e, " ") != 0)
			return -1;
	return 0;
}

static int copy_to(struct editor *e, size_t to)
{
	if (to < e->at || (to > e->at && buf_add(e->out, e->bytes + e->at, to - e->at) != 0))
		return -1;
	e->at = to;
	return 0;
}

static bool is_break(uint8_t byte)
{
	return byte == '\n' || byte == '\r';
}

static size_t line_of(const struct editor *e, size_t at)
{
	while (at > 0 && !is_break(e->bytes[at - 1]))
		at--;
	return at;
}

/* Where the line after the one that `at` ends on begins; a block scalar has its newline already. */
static size_t line_after(const struct editor *e, size_t at)
{
	if (at > 0 && is_break(e->bytes[at - 1]))
		return at;
	while (at < e->size && !is_break(e->bytes[at]))
		at++;
	if (at + 1 < e->size && e->bytes[at] == '\r' && e->bytes[at + 1] == '\n')
		at++;
	return at < e->size ? at + 1 : at;
}

/* Whether nothing but blanks, and `mark` once, stands before the node on its line. */
static bool leads(const struct editor *e, const struct yaml_node *node, char mark)
{
	for (size_t at = line_of(e, node->start); at < node->start; at++) {
		if (mark != ' ' && e->bytes[at] == (uint8_t)mark)
			mark = ' ';
		else if (e->bytes[at] != ' ')
			return false;
	}
	return mark == ' ';
}

/* A last line without a newline gets one before something follows. */
static int end_line(struct editor *e)
{
	return e->out->size == 0 || is_break(e->out->data[e->out->size - 1]) ? 0 : put(e, e->newline);
}

/* Words that another reader of YAML takes for something else than text. Source: yaml.org/type/bool, /null. */
static bool is_special(const char *text)
{
	static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return (text[0] >= '0' && text[0] <= '9') || text[0] == '.' || text[0] == '-' || text[0] == '+';
}

static int put_value(struct editor *e, const char *text)
{
	enum param_kind kind = param_info(e->edit->param)->kind;
	bool bare = kind == PARAM_KIND_TRUTH || kind == PARAM_KIND_NUMBER || !is_special(text);

	return yaml_emit_scalar(text, strlen(text), bare ? YAML_PLAIN : YAML_QUOTED, 0, e->out);
}

static int put_item(struct editor *e, size_t indent, size_t index)
{
	if (end_line(e) != 0 || put_blanks(e, indent) != 0 || put(e, "- ") != 0 ||
	    put_value(e, e->edit->items[index]) != 0)
		return -1;
	return put(e, e->newline);
}

static int put_scan(struct editor *e, size_t indent, size_t index)
{
	const char *definition = e->edit->definitions[index];

	if (end_line(e) != 0 || put_blanks(e, indent) != 0 || put_value(e, e->edit->items[index]) != 0 ||
	    put(e, ": ") != 0 ||
	    yaml_emit_scalar(definition, strlen(definition), YAML_BLOCK, indent, e->out) != 0)
		return -1;
	return put(e, e->newline);
}

/* The whole entry, "Name: value" with its newline. */
static int put_entry(struct editor *e, size_t indent)
{
	const struct param_info *info = param_info(e->edit->param);
	bool scans = info->kind == PARAM_KIND_SCAN;

	if (end_line(e) != 0 || put_blanks(e, indent) != 0 || put(e, info->name) != 0 || put(e, ":") != 0)
		return -1;
	if (!info->list && (put(e, " ") != 0 || put_value(e, e->edit->items[0]) != 0))
		return -1;
	if (info->list && e->edit->count == 0 && put(e, scans ? " {}" : " []") != 0)
		return -1;
	if (put(e, e->newline) != 0)
		return -1;
	for (size_t i = 0; info->list && i < e->edit->count; i++)
		if ((scans ? put_scan : put_item)(e, indent + INDENT, i) != 0)
			return -1;
	return 0;
}

static int append_entry(struct editor *e)
{
	const struct yaml_node *root = e->root;
	bool empty = root == NULL || root->type != YAML_MAPPING;

	if (!empty && root->style != YAML_BLOCK)
		return -1;
	if (copy_to(e, empty ? e->size : line_after(e, root->end)) != 0)
		return -1;
	return put_entry(e, empty ? 0 : root->column - 1);
}

static int remove_entry(struct editor *e)
{
	if (e->root->style != YAML_BLOCK || !leads(e, e->key, ' ') ||
	    copy_to(e, line_of(e, e->key->start)) != 0)
		return -1;
	e->at = line_after(e, e->key->value->end);
	return 0;
}

static int replace_value(struct editor *e)
{
	const struct yaml_node *value = e->key->value;

	if (copy_to(e, value->start) != 0 || put_value(e, e->edit->items[0]) != 0)
		return -1;
	e->at = value->end;
	return value->style == YAML_BLOCK ? put(e, e->newline) : 0;
}

/* Whether this item of the list in the file is the next one wanted. */
static bool is_kept(const struct edit *edit, const struct yaml_node *item, size_t wanted)
{
	if (wanted >= edit->count || strcmp(item->text, edit->items[wanted]) != 0)
		return false;
	return item->value == NULL || strcmp(item->value->text, edit->definitions[wanted]) == 0;
}

/* "Name:" becomes "Name: []", whatever follows on that line. */
static int put_nothing(struct editor *e)
{
	const uint8_t *colon = memchr(e->bytes + e->key->end, ':', e->key->value->start - e->key->end);

	if (colon == NULL || copy_to(e, (size_t)(colon - e->bytes) + 1) != 0)
		return -1;
	return put(e, e->key->value->type == YAML_SEQUENCE ? " []" : " {}");
}

/* An item or a scan a line: what is not wanted any more goes with its lines, what is new comes at the end. */
static int change_block_list(struct editor *e)
{
	const struct yaml_node *list = e->key->value;
	char mark = list->type == YAML_SEQUENCE ? '-' : ' ';
	size_t wanted = 0;

	if (e->edit->count == 0 && put_nothing(e) != 0)
		return -1;
	for (const struct yaml_node *item = list->first; item != NULL; item = item->next) {
		if (is_kept(e->edit, item, wanted)) {
			wanted++;
			continue;
		}
		if (!leads(e, item, mark) || copy_to(e, line_of(e, item->start)) != 0)
			return -1;
		e->at = line_after(e, item->value != NULL ? item->value->end : item->end);
	}
	size_t end = line_after(e, list->end);
	if (e->at < end && copy_to(e, end) != 0)
		return -1;
	for (; wanted < e->edit->count; wanted++)
		if ((mark == '-' ? put_item : put_scan)(e, list->column - 1, wanted) != 0)
			return -1;
	return 0;
}

/* "Name: [] # none": the comment stays on the line of the name, the first items come below it. */
static int fill_list(struct editor *e)
{
	const struct yaml_node *value = e->key->value;
	bool scans = value->type == YAML_MAPPING;

	if (copy_to(e, value->start) != 0)
		return -1;
	while (e->out->size > 0 && e->out->data[e->out->size - 1] == ' ')
		e->out->size--;
	e->at = value->end;
	if (copy_to(e, line_after(e, value->end)) != 0)
		return -1;
	for (size_t i = 0; i < e->edit->count; i++)
		if ((scans ? put_scan : put_item)(e, e->root->column - 1 + INDENT, i) != 0)
			return -1;
	return 0;
}

/* [a, b] stays on its line. */
static int change_flow_list(struct editor *e)
{
	const struct yaml_node *value = e->key->value;

	if (value->count == 0 && e->root->style == YAML_BLOCK)
		return fill_list(e);
	if (value->type != YAML_SEQUENCE || copy_to(e, value->start) != 0 || put(e, "[") != 0)
		return -1;
	for (size_t i = 0; i < e->edit->count; i++)
		if (put(e, i == 0 ? "" : ", ") != 0 || put_value(e, e->edit->items[i]) != 0)
			return -1;
	e->at = value->end;
	return put(e, "]");
}

/* First way: touch as little as can be. */
static int splice(struct editor *e)
{
	if (e->key == NULL)
		return e->edit->is_set ? append_entry(e) : 0;
	if (!e->edit->is_set)
		return remove_entry(e);
	if (!param_info(e->edit->param)->list)
		return replace_value(e);
	return e->key->value->style == YAML_FLOW ? change_flow_list(e) : change_block_list(e);
}

/* Second way: write the entry anew in its place. */
static int rewrite_entry(struct editor *e)
{
	if (e->key == NULL || !e->edit->is_set || remove_entry(e) != 0)
		return -1;
	return put_entry(e, e->root->column - 1);
}

/* Last way, for {a: b} and the like: write the whole mapping anew. */
static int rewrite_mapping(struct editor *e)
{
	const struct edit *wanted = e->edit;

	if (e->root == NULL || copy_to(e, e->root->start) != 0)
		return -1;
	for (enum param param = 0; param < PARAM_COUNT; param++) {
		struct conf_value value = conf_value(e->before, CONF_LOCAL, param);
		struct edit entry = {param, value.is_set, value.items, value.definitions, value.count};
		e->edit = param == wanted->param ? wanted : &entry;
		int result = e->edit->is_set ? put_entry(e, 0) : 0;
		e->edit = wanted;
		if (result != 0)
			return -1;
	}
	e->at = e->root->end;
	/* What stood behind the mapping on its last line, a newline at least, comes next. */
	if (e->out->size > strlen(e->newline) && e->at > 0 && !is_break(e->bytes[e->at - 1]))
		e->out->size -= strlen(e->newline);
	return 0;
}

static bool is_same(const struct conf_value *a, const struct conf_value *b)
{
	if (a->is_set != b->is_set || a->count != b->count)
		return false;
	for (size_t i = 0; a->is_set && i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
		if (a->definitions != NULL && b->definitions != NULL && a->definitions[i] != NULL &&
		    strcmp(a->definitions[i], b->definitions[i]) != 0)
			return false;
	}
	return true;
}

bool edit_is_done(const struct conf *conf, const struct edit *edit)
{
	struct conf_value wanted = {edit->is_set, edit->is_set ? edit->count : 0, edit->items,
				    edit->definitions};
	struct conf_value value = conf_value(conf, CONF_LOCAL, edit->param);

	return is_same(&wanted, &value);
}

/* Whether the new text says what was meant, and nothing else has changed. errno is ENOMEM when there was no
 * memory to tell. */
static bool is_right(const struct editor *e, const char *name, struct fail *fail)
{
	auto_conf struct conf *after = conf_new();

	if (after == NULL)
		return false;
	if (conf_parse(after, CONF_LOCAL, e->out->data, e->out->size, name, fail) != 0) {
		errno = fail->status == EX_OSERR ? ENOMEM : 0;
		return false;
	}
	if (!edit_is_done(after, e->edit))
		return false;
	for (enum param param = 0; param < PARAM_COUNT; param++) {
		struct conf_value old = conf_value(e->before, CONF_LOCAL, param);
		struct conf_value new = conf_value(after, CONF_LOCAL, param);
		if (param != e->edit->param && !is_same(&old, &new))
			return false;
	}
	return true;
}

static const struct yaml_node *find_key(const struct yaml_node *root, enum param param)
{
	if (root == NULL || root->type != YAML_MAPPING)
		return NULL;
	for (const struct yaml_node *key = root->first; key != NULL; key = key->next)
		if (strcasecmp(key->text, param_info(param)->name) == 0)
			return key;
	return NULL;
}

static int try_ways(const struct editor *editor, const char *name, struct buf *out, struct fail *fail)
{
	static way_fn *const ways[] = {splice, rewrite_entry, rewrite_mapping};
	bool too_long = false;

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		auto_buf_secret struct buf text = BUF_INIT(CONF_FILE_MAX);
		struct fail ignored; /* the text was right before: what is wrong now is this way */
		struct editor e = *editor;
		e.out = &text;
		e.at = 0;
		errno = 0;
		if (ways[i](&e) == 0 && copy_to(&e, e.size) == 0 && is_right(&e, name, &ignored))
			return text.size == 0 || buf_add(out, text.data, text.size) == 0
				       ? 0
				       : fail_errno(fail, EX_OSERR, "%s", name);
		if (errno == ENOMEM) /* says nothing against this way, and the next would touch more */
			return fail_errno(fail, EX_OSERR, "%s", name);
		too_long = too_long || errno == EFBIG;
	}
	if (too_long)
		return fail_set(fail, EX_DATAERR, "%s: would have more than %d bytes", name, CONF_FILE_MAX);
	(void)fail_set(fail, EX_SOFTWARE, "%s: cannot be changed without harm", name);
	return fail_hint(fail, "it is of a form that only an editor changes well");
}

int edit_apply(const uint8_t *bytes, size_t size, const char *name, const struct edit *edit, struct buf *out,
	       struct fail *fail)
{
	auto_conf struct conf *before = conf_new();
	auto_yaml struct yaml_tree *tree = NULL;

	if (before == NULL)
		return fail_errno(fail, EX_OSERR, "%s", name);
	if (conf_parse(before, CONF_LOCAL, bytes, size, name, fail) != 0 ||
	    (tree = yaml_tree_parse(bytes, size, &limits, name, fail)) == NULL)
		return -1;
	const uint8_t *line_end = size > 0 ? memchr(bytes, '\n', size) : NULL;
	struct editor e = {.bytes = bytes,
			   .size = size,
			   .newline = line_end != NULL && line_end > bytes && line_end[-1] == '\r' ? "\r\n"
												   : "\n",
			   .root = yaml_tree_root(tree),
			   .edit = edit,
			   .before = before};
	e.key = find_key(e.root, edit->param);
	return try_ways(&e, name, out, fail);
}
