/* Values of the configuration: one node of YAML to a text, a word, a number, a template. */
#ifndef SAV_ALERT_CONFIG_VALUE_H
#define SAV_ALERT_CONFIG_VALUE_H

#include "lib/alert/config.h"

struct buf;
struct yaml_node;

/* What the readers of values share. */
struct config_source {
	const char *name; /* of the file */
	config_lookup *lookup;
};

enum { CONFIG_VALUE_WORDS_MAX = 32 };

struct config_word {
	const char *name;
	int value;
};

/* Each returns 0; or -1 with *fail: EX_CONFIG "name:line:column: reason", EX_OSERR without memory. */

/* A copy of a scalar that is not empty and has at most `max` bytes, none of them a control character; what
 * *out held is freed. */
int config_value_text(const struct config_source *source, const struct yaml_node *node, size_t max,
		      char **out, struct fail *fail);

/* One of `count` words, at most CONFIG_VALUE_WORDS_MAX, in any case; `what` is what they are called. The hint names
 * the likest. */
int config_value_word(const struct config_source *source, const struct yaml_node *node,
		      const struct config_word *words, size_t count, const char *what, int *value,
		      struct fail *fail);

int config_value_number(const struct config_source *source, const struct yaml_node *node, int64_t min,
			int64_t max, int64_t *value, struct fail *fail);

/* A template in the place of *template. */
int config_value_template(const struct config_source *source, const struct yaml_node *node,
			  struct template **template, struct fail *fail);

/* Appends the text with the environment's values in the place of every ${NAME}. */
int config_value_expand(const struct config_source *source, const struct yaml_node *node, struct buf *out,
			struct fail *fail);

/* Says that `key` is unknown; the hint names the likest of the `count` known ones, or all. Returns -1. */
int config_value_unknown(const struct config_source *source, const struct yaml_node *key,
			 const char *const *known, size_t count, struct fail *fail);

/* Whether it is visible ASCII in one piece, and not empty: what goes into a header, of HTTP or of syslog. */
bool config_value_is_visible(const char *text);

/* Sets *fail to EX_OSERR. Returns -1. */
int config_value_no_memory(struct fail *fail);

/* What a node is, for messages: "a list". */
const char *config_value_kind(const struct yaml_node *node);

#endif
