#include "lib/alert/config_value.h"

#include "lib/alert/template.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/base/text.h"
#include "lib/format/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN = 64 };

int config_value_no_memory(struct fail *fail)
{
	return fail_errno(fail, EX_OSERR, "configuration");
}

bool config_value_is_visible(const char *text)
{
	const char *at = text;

	while (*at > ' ' && *at <= '~')
		at++;
	return at > text && *at == '\0';
}

const char *config_value_kind(const struct yaml_node *node)
{
	return node->type == YAML_SEQUENCE ? "a list" : node->type == YAML_MAPPING ? "a mapping" : "nothing";
}

int config_value_text(const struct config_source *source, const struct yaml_node *node, size_t max,
		      char **out, struct fail *fail)
{
	if (node->type != YAML_SCALAR || node->size == 0) {
		(void)yaml_node_fail(node, source->name, fail, "a text is needed, not %s",
				     config_value_kind(node));
		if (node->type == YAML_MAPPING && node->style == YAML_FLOW)
			return fail_hint(fail, "{...} stands for what you write there; quote what really "
					       "begins with a brace");
		return -1;
	}
	if (node->size > max)
		return yaml_node_fail(node, source->name, fail, "longer than %zu bytes", max);
	for (size_t i = 0; i < node->size; i++)
		if (iscntrl((unsigned char)node->text[i]))
			return yaml_node_fail(node, source->name, fail, "a control character");
	free(*out);
	*out = strdup(node->text);
	return *out == NULL ? config_value_no_memory(fail) : 0;
}

/* The likest word, or all of them. */
static int hint_words(const char *given, const char *const *known, size_t count, struct fail *fail)
{
	enum { LIKE = 3 };
	size_t best = TEXT_DISTANCE_FAR;
	size_t which = 0;
	auto_buf struct buf all = BUF_INIT(sizeof fail->hint);

	for (size_t i = 0; i < count; i++) {
		size_t distance = text_distance(given, known[i]);
		if (distance < best) {
			best = distance;
			which = i;
		}
		(void)buf_printf(&all, "%s%s", i > 0 ? ", " : "",
				 known[i]); /* a hint may be short of words */
	}
	if (best <= LIKE && best < strlen(known[which]))
		return fail_hint(fail, "did you mean %s?", known[which]);
	return fail_hint(fail, "known are %s", buf_text(&all));
}

int config_value_unknown(const struct config_source *source, const struct yaml_node *key,
			 const char *const *known, size_t count, struct fail *fail)
{
	char shown[SHOWN];

	(void)text_mask((const uint8_t *)key->text, key->size, shown, sizeof shown);
	(void)yaml_node_fail(key, source->name, fail, "unknown key \"%s\"", shown);
	return hint_words(key->text, known, count, fail);
}

int config_value_word(const struct config_source *source, const struct yaml_node *node,
		      const struct config_word *words, size_t count, const char *what, int *value,
		      struct fail *fail)
{
	const char *names[CONFIG_VALUE_WORDS_MAX];
	char shown[SHOWN];

	if (node->type != YAML_SCALAR || node->size == 0)
		return yaml_node_fail(node, source->name, fail, "%s is needed, not %s", what,
				      config_value_kind(node));
	for (size_t i = 0; i < count; i++) {
		names[i] = words[i].name;
		if (strcasecmp(words[i].name, node->text) == 0) {
			*value = words[i].value;
			return 0;
		}
	}
	(void)text_mask((const uint8_t *)node->text, node->size, shown, sizeof shown);
	(void)yaml_node_fail(node, source->name, fail, "\"%s\" is not %s", shown, what);
	return hint_words(node->text, names, count, fail);
}

int config_value_template(const struct config_source *source, const struct yaml_node *node,
			  struct template **template, struct fail *fail)
{
	struct fail inner = {0};

	if (node->type != YAML_SCALAR)
		return yaml_node_fail(node, source->name, fail, "a text is needed, not %s",
				      config_value_kind(node));
	template_free(*template);
	*template = template_parse(node->text, node->size, &inner);
	if (*template != NULL)
		return 0;
	(void)yaml_node_fail(node, source->name, fail, "%s", inner.text);
	return fail_hint(fail, "%s", inner.hint);
}

int config_value_number(const struct config_source *source, const struct yaml_node *node, int64_t min,
			int64_t max, int64_t *value, struct fail *fail)
{
	if (node->type != YAML_SCALAR || num_parse(node->text, min, max, value) != 0)
		return yaml_node_fail(node, source->name, fail, "a number from %lld to %lld is needed",
				      (long long)min, (long long)max);
	return 0;
}

int config_value_expand(const struct config_source *source, const struct yaml_node *node, struct buf *out,
			struct fail *fail)
{
	const char *at = node->text;

	for (const char *open; (open = strstr(at, "${")) != NULL;) {
		char name[SHOWN + 1] = "";
		size_t size = strspn(open + 2,
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
		if (size == 0 || size > SHOWN || open[2 + size] != '}')
			return yaml_node_fail(node, source->name, fail, "${ is followed by a name and }");
		memcpy(name, open + 2, size);
		const char *value = source->lookup == NULL ? NULL : source->lookup(name);
		if (value == NULL || *value == '\0')
			return yaml_node_fail(node, source->name, fail, "the environment has no %s", name);
		if (buf_add(out, at, (size_t)(open - at)) != 0 || buf_add_text(out, value) != 0)
			return config_value_no_memory(fail);
		at = open + 2 + size + 1;
	}
	return buf_add_text(out, at) != 0 ? config_value_no_memory(fail) : 0;
}
