#include "lib/alert/config.h"

#include "lib/alert/config_output.h"
#include "lib/alert/config_value.h"
#include "lib/alert/template.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"
#include "lib/format/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 20000, PATH_BYTES_MAX = 4095, WARNING_MAX = 512, LIKE = 2 };

static const struct yaml_limits limits = {.bytes = CONFIG_BYTES_MAX, .nodes = NODES_MAX, .depth = 16};

/* Source: "Exporting alerts to Sophos Central", Finding your MCS URL. */
static const struct {
	const char *host;
	const char *region;
} regions[] = {
	{"mcs2-cloudstation-us-west-2.prod.hydra.sophos.com", "United States (Oregon)"},
	{"mcs2-cloudstation-us-east-2.prod.hydra.sophos.com", "United States (Ohio)"},
	{"mcs2-cloudstation-eu-west-1.prod.hydra.sophos.com", "Ireland"},
	{"mcs2-cloudstation-eu-central-1.prod.hydra.sophos.com", "Germany"},
	{"mcs2.stn100yul.ctr.sophos.com", "Canada"},
	{"mcs2.stn100syd.ctr.sophos.com", "Australia"},
	{"mcs2.stn100hnd.ctr.sophos.com", "Asia Pacific (Tokyo)"},
	{"mcs2.stn100gru.ctr.sophos.com", "South America (Sao Paulo)"},
	{"mcs2.stn100bom.ctr.sophos.com", "any region that is not listed"},
};

const char *config_type_name(enum config_type type)
{
	static const char *const names[] = {
		[CONFIG_STDOUT] = "stdout",   [CONFIG_FILE] = "file", [CONFIG_SYSLOG] = "syslog",
		[CONFIG_WEBHOOK] = "webhook", [CONFIG_MCS] = "mcs",
	};

	return names[type];
}

const char *config_region(const char *host)
{
	for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++)
		if (strcmp(host, regions[i].host) == 0)
			return regions[i].region;
	return NULL;
}

__attribute__((format(printf, 4, 5))) static int warn(struct config *config,
						      const struct config_source *source,
						      const struct yaml_node *node, const char *format, ...)
{
	char text[WARNING_MAX];
	va_list arguments;

	if (config->warning_count == CONFIG_WARNINGS_MAX)
		return 0;
	int used = snprintf(text, sizeof text, "%.200s:%u:%u: ", source->name, node->line, node->column);
	va_start(arguments, format);
	if (used > 0)
		(void)vsnprintf(text + used, sizeof text - (size_t)used, format,
				arguments); /* cut is good enough */
	va_end(arguments);
	config->warnings[config->warning_count] = strdup(text);
	if (config->warnings[config->warning_count] == NULL)
		return -1;
	config->warning_count++;
	return 0;
}

static int read_paths(const struct config_source *source, const struct yaml_node *node, char **paths,
		      size_t *count, struct fail *fail)
{
	if (node->type != YAML_SEQUENCE || node->count == 0) {
		(void)yaml_node_fail(node, source->name, fail, "a list of files is needed");
		return fail_hint(fail, "[\"/etc/sophos/sophosca1...\", \"/etc/sophos/sophosca2...\"]");
	}
	for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
		if (*count == CONFIG_PAIRS_MAX)
			return yaml_node_fail(item, source->name, fail, "more than %d files",
					      CONFIG_PAIRS_MAX);
		paths[*count] = NULL;
		if (config_value_text(source, item, PATH_BYTES_MAX, &paths[*count], fail) != 0)
			return -1;
		++*count;
	}
	return 0;
}

static int default_paths(const char *suffix, char **paths, size_t *count, struct fail *fail)
{
	for (int i = 1; i <= 2; i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "/etc/sophos/sophosca%d.%s", i, suffix); /* fits */
		paths[*count] = strdup(path);
		if (paths[*count] == NULL)
			return config_value_no_memory(fail);
		++*count;
	}
	return 0;
}

/* The first of a type is called by it, the next mcs-2; two of the same name would share one place in the
 * spool. */
static int name_output(const struct config_source *source, struct config *config,
		       const struct yaml_node *node, struct config_output *output, struct fail *fail)
{
	size_t same = 1;
	bool given = output->id[0] != '\0';

	for (size_t i = 0; i < config->output_count; i++)
		same += config->outputs[i].type == output->type;
	if (!given)
		(void)snprintf(output->id, sizeof output->id, same == 1 ? "%s" : "%s-%zu",
			       config_type_name(output->type), same); /* fits */
	for (size_t i = 0; i < config->output_count; i++)
		if (strcmp(config->outputs[i].id, output->id) == 0)
			return yaml_node_fail(node, source->name, fail, "a second output with the id %s",
					      output->id);
	return 0;
}

static int add_output(const struct config_source *source, struct config *config, const struct yaml_node *node,
		      bool top, struct fail *fail)
{
	if (config->output_count == CONFIG_OUTPUTS_MAX)
		return yaml_node_fail(node, source->name, fail, "more than %d outputs", CONFIG_OUTPUTS_MAX);
	struct config_output *output = &config->outputs[config->output_count];
	if (config_output_read(source, node, top, output, fail) != 0 ||
	    name_output(source, config, node, output, fail) != 0) {
		config_output_fini(output);
		return -1;
	}
	config->output_count++;
	return 0;
}

/* The general template is for outputs that people read; Sophos Central takes alerts as JSON, so mcs has
 * only one of its own. */
static int share_template(const struct config_source *source, struct config *config,
			  const struct yaml_node *node, struct fail *fail)
{
	struct template *first = NULL;

	if (config_value_template(source, node, &first, fail) != 0)
		return -1;
	template_free(first);
	for (size_t i = 0; i < config->output_count; i++) {
		struct config_output *output = &config->outputs[i];
		if (output->template == NULL && output->type != CONFIG_MCS &&
		    config_value_template(source, node, &output->template, fail) != 0)
			return -1;
	}
	return 0;
}

static int read_alert_output(const struct config_source *source, struct config *config,
			     const struct yaml_node *node, struct fail *fail)
{
	static const char *const known[] = {"outputs", "template"};

	if (node->type != YAML_MAPPING)
		return yaml_node_fail(node, source->name, fail,
				      "alert_output is a mapping: outputs, template");
	for (const struct yaml_node *key = node->first; key != NULL; key = key->next)
		if (strcmp(key->text, "outputs") != 0 && strcmp(key->text, "template") != 0)
			return config_value_unknown(source, key, known, sizeof known / sizeof known[0], fail);
	const struct yaml_node *outputs = yaml_node_get(node, "outputs");
	if (outputs != NULL && outputs->type != YAML_SEQUENCE) {
		(void)yaml_node_fail(outputs, source->name, fail, "outputs is a list");
		return fail_hint(fail, "each begins with \"- type: ...\"");
	}
	for (const struct yaml_node *item = outputs == NULL ? NULL : outputs->first; item != NULL;
	     item = item->next)
		if (add_output(source, config, item, false, fail) != 0)
			return -1;
	const struct yaml_node *template = yaml_node_get(node, "template");
	return template == NULL ? 0 : share_template(source, config, template, fail);
}

/* A key at the top that is nearly one of ours is more likely a slip than the sensor's. */
static int warn_likeness(const struct config_source *source, struct config *config,
			 const struct yaml_node *root)
{
	static const char *const ours[] = {"alert_output", "mcs_certs", "certificate_revocation_list"};
	char shown[64];

	for (const struct yaml_node *key = root->first; key != NULL; key = key->next) {
		for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
			if (strcmp(key->text, ours[i]) != 0 && text_distance(key->text, ours[i]) <= LIKE &&
			    warn(config, source, key, "\"%s\" is not looked at: did you mean %s?",
				 text_mask((const uint8_t *)key->text, key->size, shown, sizeof shown),
				 ours[i]) != 0)
				return -1;
		}
	}
	return 0;
}

static int read_root(const struct config_source *source, struct config *config, const struct yaml_node *root,
		     struct fail *fail)
{
	if (root->type != YAML_MAPPING)
		return yaml_node_fail(root, source->name, fail, "the file is a mapping of keys to values");
	const struct yaml_node *alert_output = yaml_node_get(root, "alert_output");
	const struct yaml_node *mcs = yaml_node_get(root, "mcs");
	const struct yaml_node *certs = yaml_node_get(root, "mcs_certs");
	const struct yaml_node *crls = yaml_node_get(root, "certificate_revocation_list");

	if (alert_output != NULL && read_alert_output(source, config, alert_output, fail) != 0)
		return -1;
	for (size_t i = 0; mcs != NULL && i < config->output_count; i++) {
		if (config->outputs[i].type != CONFIG_MCS || !config->outputs[i].enabled)
			continue;
		return yaml_node_fail(mcs, source->name, fail,
				      "mcs is also an output, on line %u: every alert would go there twice",
				      config->outputs[i].line);
	}
	if (mcs != NULL && add_output(source, config, mcs, true, fail) != 0)
		return -1;
	if (certs != NULL ? read_paths(source, certs, config->certificates, &config->certificate_count, fail)
			  : default_paths("crt", config->certificates, &config->certificate_count, fail))
		return -1;
	if (crls != NULL ? read_paths(source, crls, config->crls, &config->crl_count, fail)
			 : default_paths("crl", config->crls, &config->crl_count, fail))
		return -1;
	return warn_likeness(source, config, root) != 0 ? config_value_no_memory(fail) : 0;
}

size_t config_count_enabled(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->output_count; i++)
		count += config->outputs[i].enabled;
	return count;
}

struct config *config_parse(const uint8_t *bytes, size_t size, const char *name, config_lookup *lookup,
			    struct fail *fail)
{
	auto_yaml struct yaml_tree *tree = yaml_tree_parse(bytes, size, &limits, name, fail);
	struct config_source source = {name, lookup};

	if (tree == NULL)
		return NULL;
	struct config *config = calloc(1, sizeof *config);
	if (config == NULL) {
		(void)config_value_no_memory(fail);
		return NULL;
	}
	const struct yaml_node *root = yaml_tree_root(tree);
	if (root != NULL && read_root(&source, config, root, fail) != 0) {
		config_free(config);
		return NULL;
	}
	if (config_count_enabled(config) == 0) {
		(void)fail_set(fail, EX_CONFIG, "%s: no output is enabled", name);
		(void)fail_hint(fail, "alert_output has a list of outputs: see runtimedetections.yaml(5)");
		config_free(config);
		return NULL;
	}
	return config;
}

/* A file that others can read is no place for a key; its group may (root:sophos 0640). */
static int load_key(struct config_output *output, struct fail *fail)
{
	auto_buf_secret struct buf text = BUF_INIT(CONFIG_KEY_MAX);
	struct stat status;
	auto_close int fd = io_open_linked(output->api_key_file, &status, fail);

	if (fd < 0 || io_read_fd(fd, output->api_key_file, &text, fail) != 0)
		return -1;
	if ((status.st_mode & 07) != 0) {
		(void)fail_set(fail, EX_NOPERM, "%s: others can read it (mode %04o)", output->api_key_file,
			       (unsigned)(status.st_mode & 07777));
		return fail_hint(fail, "chmod o= %s", output->api_key_file);
	}
	while (text.size > 0 && strchr("\r\n", text.data[text.size - 1]) != NULL)
		text.data[--text.size] = '\0';
	if (text.size == 0)
		return fail_set(fail, EX_CONFIG, "%s: holds no key", output->api_key_file);
	if (strlen(buf_text(&text)) != text.size || !config_value_is_visible(buf_text(&text)))
		return fail_set(fail, EX_CONFIG, "%s: a key has no blanks and no other than ASCII characters",
				output->api_key_file);
	output->api_key = strdup(buf_text(&text));
	return output->api_key == NULL ? config_value_no_memory(fail) : 0;
}

int config_load_keys(struct config *config, const char *name, struct fail *fail)
{
	for (size_t i = 0; i < config->output_count; i++) {
		struct config_output *output = &config->outputs[i];
		if (output->enabled && output->api_key_file != NULL && output->api_key == NULL &&
		    load_key(output, fail) != 0)
			return fail_prefix(fail, "%s:%u:%u: api_key_file", name, output->key_line,
					   output->key_column);
	}
	return 0;
}

struct config *config_load(const char *path, config_lookup *lookup, struct fail *fail)
{
	auto_buf_secret struct buf text = BUF_INIT(CONFIG_BYTES_MAX);
	auto_close int fd = io_open_linked(path, NULL, fail);

	if (fd < 0) {
		(void)fail_hint(fail, "-c FILE names the configuration, see runtimedetections.yaml(5)");
		return NULL;
	}
	if (io_read_fd(fd, path, &text, fail) != 0)
		return NULL;
	struct config *config = config_parse(text.data, text.size, path, lookup, fail);
	if (config != NULL && config_load_keys(config, path, fail) != 0) {
		config_free(config);
		return NULL;
	}
	return config;
}

void config_free(struct config *config)
{
	int error = errno;

	if (config == NULL)
		return;
	for (size_t i = 0; i < CONFIG_OUTPUTS_MAX; i++)
		config_output_fini(&config->outputs[i]);
	for (size_t i = 0; i < config->certificate_count; i++)
		free(config->certificates[i]);
	for (size_t i = 0; i < config->crl_count; i++)
		free(config->crls[i]);
	for (size_t i = 0; i < config->warning_count; i++)
		free(config->warnings[i]);
	free(config);
	errno = error;
}

void config_fini(struct config **config)
{
	config_free(*config);
}
