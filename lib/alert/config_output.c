#include "lib/alert/config_output.h"

#include "lib/alert/config_address.h"
#include "lib/alert/config_value.h"
#include "lib/alert/template.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/format/yaml.h"
#include "lib/net/http.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES_MAX = 4095, TAG_MAX = 48, HEADER_MAX = 4096 };
enum {
	MEGABYTE = 1 << 20,
	SIZE_MB_DEFAULT = 100,
	SIZE_MB_MAX = 1 << 20,
	BACKUPS_DEFAULT = 5,
	BACKUPS_MAX = 1000
};

typedef int read_value(const struct config_source *source, const struct yaml_node *node,
		       struct config_output *output, struct fail *fail);

struct key {
	const char *name;
	unsigned types; /* bits of enum config_type */
	read_value *read;
};

/* Numbers of RFC 5424, tables 1 and 2, by the names of syslog.conf(5). */
static const struct config_word facilities[] = {
	{"kern", 0},      {"user", 1},    {"mail", 2},    {"daemon", 3},  {"auth", 4},
	{"syslog", 5},    {"lpr", 6},     {"news", 7},    {"uucp", 8},    {"cron", 9},
	{"authpriv", 10}, {"ftp", 11},    {"local0", 16}, {"local1", 17}, {"local2", 18},
	{"local3", 19},   {"local4", 20}, {"local5", 21}, {"local6", 22}, {"local7", 23},
};
static const struct config_word severities[] = {
	{"emerg", 0},   {"alert", 1}, {"crit", 2},   {"err", 3},  {"error", 3},
	{"warning", 4}, {"warn", 4},  {"notice", 5}, {"info", 6}, {"debug", 7},
};
static const struct config_word booleans[] = {
	{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {"on", 1}, {"off", 0},
};
#define WORDS(table) (table), sizeof(table) / sizeof(table)[0]

static int read_enabled(const struct config_source *source, const struct yaml_node *node,
			struct config_output *output, struct fail *fail)
{
	int value;

	if (config_value_word(source, node, WORDS(booleans), "true or false", &value, fail) != 0)
		return -1;
	output->enabled = value != 0;
	return 0;
}

static int read_template(const struct config_source *source, const struct yaml_node *node,
			 struct config_output *output, struct fail *fail)
{
	return config_value_template(source, node, &output->template, fail);
}

/* The id names the output's place in the spool, in metrics and reports. */
static int read_id(const struct config_source *source, const struct yaml_node *node,
		   struct config_output *output, struct fail *fail)
{
	bool good = node->type == YAML_SCALAR && node->size > 0 && node->size <= CONFIG_ID_MAX;

	for (size_t i = 0; good && i < node->size; i++)
		good = isalnum((unsigned char)node->text[i]) || strchr("-_.", node->text[i]) != NULL;
	if (!good)
		return yaml_node_fail(node, source->name, fail,
				      "an id is 1 to %d letters, digits, '-', '_' or '.'", CONFIG_ID_MAX);
	memcpy(output->id, node->text, node->size + 1);
	return 0;
}

static int read_path(const struct config_source *source, const struct yaml_node *node,
		     struct config_output *output, struct fail *fail)
{
	if (config_value_text(source, node, PATH_BYTES_MAX, &output->path, fail) != 0)
		return -1;
	if (output->path[0] != '/')
		return yaml_node_fail(node, source->name, fail, "a file is named from / on");
	return 0;
}

static int read_max_size(const struct config_source *source, const struct yaml_node *node,
			 struct config_output *output, struct fail *fail)
{
	int64_t megabytes;

	if (config_value_number(source, node, 1, SIZE_MB_MAX, &megabytes, fail) != 0)
		return -1;
	output->max_size_bytes = (uint64_t)megabytes * MEGABYTE;
	return 0;
}

static int read_max_backups(const struct config_source *source, const struct yaml_node *node,
			    struct config_output *output, struct fail *fail)
{
	int64_t backups;

	if (config_value_number(source, node, 0, BACKUPS_MAX, &backups, fail) != 0)
		return -1;
	output->max_backups = (unsigned)backups;
	return 0;
}

static int read_api_key(const struct config_source *source, const struct yaml_node *node,
			struct config_output *output, struct fail *fail)
{
	auto_buf_secret struct buf key = BUF_INIT(CONFIG_KEY_MAX);

	if (node->type != YAML_SCALAR || node->size == 0 || node->size > CONFIG_KEY_MAX) {
		(void)yaml_node_fail(node, source->name, fail, "a key is needed: text of at most %d bytes",
				     CONFIG_KEY_MAX);
		return fail_hint(fail,
				 "the package repository token, or ${NAME} for a variable, or api_key_file");
	}
	if (config_value_expand(source, node, &key, fail) != 0)
		return -1;
	if (!config_value_is_visible(buf_text(&key)))
		return yaml_node_fail(node, source->name, fail,
				      "a key has no blanks and no other than ASCII characters");
	free(output->api_key);
	output->api_key = strdup(buf_text(&key));
	return output->api_key == NULL ? config_value_no_memory(fail) : 0;
}

static int read_api_key_file(const struct config_source *source, const struct yaml_node *node,
			     struct config_output *output, struct fail *fail)
{
	output->key_line = node->line;
	output->key_column = node->column;
	return config_value_text(source, node, PATH_BYTES_MAX, &output->api_key_file, fail);
}

static int read_ca_file(const struct config_source *source, const struct yaml_node *node,
			struct config_output *output, struct fail *fail)
{
	return config_value_text(source, node, PATH_BYTES_MAX, &output->ca_file, fail);
}

static int read_cert_file(const struct config_source *source, const struct yaml_node *node,
			  struct config_output *output, struct fail *fail)
{
	return config_value_text(source, node, PATH_BYTES_MAX, &output->cert_file, fail);
}

static int read_key_file(const struct config_source *source, const struct yaml_node *node,
			 struct config_output *output, struct fail *fail)
{
	return config_value_text(source, node, PATH_BYTES_MAX, &output->key_file, fail);
}

static int read_headers(const struct config_source *source, const struct yaml_node *node,
			struct config_output *output, struct fail *fail)
{
	if (node->type != YAML_MAPPING)
		return yaml_node_fail(node, source->name, fail,
				      "headers are a mapping: names with their values");
	for (const struct yaml_node *name = node->first; name != NULL; name = name->next) {
		auto_buf_secret struct buf header = BUF_INIT(HEADER_MAX);
		if (output->header_count == CONFIG_HEADERS_MAX)
			return yaml_node_fail(name, source->name, fail, "more than %d headers",
					      CONFIG_HEADERS_MAX);
		if (name->value->type != YAML_SCALAR)
			return yaml_node_fail(name->value, source->name, fail, "a text is needed, not %s",
					      config_value_kind(name->value));
		if (buf_printf(&header, "%s: ", name->text) != 0)
			return yaml_node_fail(name, source->name, fail, "no header that can be sent");
		if (config_value_expand(source, name->value, &header, fail) != 0)
			return -1;
		if (!http_header_is_good(buf_text(&header)))
			return yaml_node_fail(name, source->name, fail, "no header that can be sent");
		output->headers[output->header_count] = strdup(buf_text(&header));
		if (output->headers[output->header_count] == NULL)
			return config_value_no_memory(fail);
		output->header_count++;
	}
	return 0;
}

static int read_facility(const struct config_source *source, const struct yaml_node *node,
			 struct config_output *output, struct fail *fail)
{
	return config_value_word(source, node, WORDS(facilities), "a facility", &output->facility, fail);
}

static int read_severity(const struct config_source *source, const struct yaml_node *node,
			 struct config_output *output, struct fail *fail)
{
	return config_value_word(source, node, WORDS(severities), "a severity", &output->severity, fail);
}

/* Source: RFC 5424, section 6.2.5: APP-NAME is 1 to 48 visible ASCII characters. */
static int read_tag(const struct config_source *source, const struct yaml_node *node,
		    struct config_output *output, struct fail *fail)
{
	if (config_value_text(source, node, TAG_MAX, &output->tag, fail) != 0)
		return -1;
	if (!config_value_is_visible(output->tag))
		return yaml_node_fail(node, source->name, fail,
				      "a tag has no blanks and no other than ASCII characters");
	return 0;
}

enum {
	EVERY = 1 << CONFIG_STDOUT | 1 << CONFIG_FILE | 1 << CONFIG_SYSLOG | 1 << CONFIG_WEBHOOK |
		1 << CONFIG_MCS,
	HTTP = 1 << CONFIG_WEBHOOK | 1 << CONFIG_MCS,
	TLS = 1 << CONFIG_WEBHOOK | 1 << CONFIG_SYSLOG,
	TOP_LEVEL = 1 << 16, /* the keys of the top-level mcs */
};

static const struct key keys[] = {
	{"type", EVERY, NULL}, /* read before the others, which depend on it */
	{"enabled", EVERY | TOP_LEVEL, read_enabled},
	{"template", EVERY, read_template},
	{"id", EVERY, read_id},
	{"name", 1 << CONFIG_FILE, read_path},
	{"max_size", 1 << CONFIG_FILE, read_max_size},
	{"max_backups", 1 << CONFIG_FILE, read_max_backups},
	{"url", HTTP | TOP_LEVEL, config_address_url},
	{"api_key", HTTP, read_api_key},
	{"token", TOP_LEVEL, read_api_key},
	{"api_key_file", HTTP | TOP_LEVEL, read_api_key_file},
	{"headers", 1 << CONFIG_WEBHOOK, read_headers},
	{"address", 1 << CONFIG_SYSLOG, config_address_syslog},
	{"facility", 1 << CONFIG_SYSLOG, read_facility},
	{"severity", 1 << CONFIG_SYSLOG, read_severity},
	{"tag", 1 << CONFIG_SYSLOG, read_tag},
	{"ca_file", TLS, read_ca_file},
	{"cert_file", TLS, read_cert_file},
	{"key_file", TLS, read_key_file},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

/* The key's value by its reader; one that belongs to another type is as unknown as any. */
static int read_key(const struct config_source *source, const struct yaml_node *key, unsigned allowed,
		    struct config_output *output, struct fail *fail)
{
	const char *known[KEYS];
	size_t count = 0;

	for (size_t i = 0; i < KEYS; i++) {
		if ((keys[i].types & allowed) == 0)
			continue;
		if (strcmp(key->text, keys[i].name) == 0)
			return keys[i].read == NULL ? 0 : keys[i].read(source, key->value, output, fail);
		known[count++] = keys[i].name;
	}
	return config_value_unknown(source, key, known, count, fail);
}

/* What the type needs and was not given. A disabled output may be unfinished. */
static int check_whole(const struct config_source *source, const struct yaml_node *node, bool top,
		       struct config_output *output, struct fail *fail)
{
	const char *type = config_type_name(output->type);

	if (output->api_key != NULL && output->api_key_file != NULL)
		return yaml_node_fail(node, source->name, fail,
				      "both a key and an api_key_file: one is enough");
	if ((output->cert_file == NULL) != (output->key_file == NULL))
		return yaml_node_fail(node, source->name, fail, "cert_file and key_file go together");
	if (!output->enabled)
		return 0;
	if (output->type == CONFIG_FILE && output->path == NULL)
		return yaml_node_fail(node, source->name, fail,
				      "this file output has no name: name: /var/log/...");
	if ((output->type == CONFIG_MCS || output->type == CONFIG_WEBHOOK) && output->url == NULL) {
		(void)yaml_node_fail(node, source->name, fail, "this %s output has no url", type);
		return output->type == CONFIG_WEBHOOK
			       ? -1
			       : fail_hint(fail, "Sophos Central shows the region; the url of each is in "
						 "runtimedetections.yaml(5)");
	}
	if (output->type == CONFIG_MCS && output->api_key == NULL && output->api_key_file == NULL)
		return yaml_node_fail(node, source->name, fail, "this mcs output has no %s",
				      top ? "token" : "api_key");
	return 0;
}

int config_output_read(const struct config_source *source, const struct yaml_node *node, bool top,
		       struct config_output *output, struct fail *fail)
{
	struct config_word types[CONFIG_MCS + 1];
	int type = CONFIG_MCS;

	if (node->type != YAML_MAPPING)
		return yaml_node_fail(node, source->name, fail,
				      "an output is a mapping: its type and what belongs to it");
	for (int i = 0; i <= CONFIG_MCS; i++)
		types[i] = (struct config_word){config_type_name((enum config_type)i), i};
	const struct yaml_node *type_node = yaml_node_get(node, "type");
	if (!top && type_node == NULL)
		return yaml_node_fail(node, source->name, fail, "this output has no type");
	if (!top && config_value_word(source, type_node, WORDS(types), "a type of output", &type, fail) != 0)
		return -1;
	output->type = (enum config_type)type;
	output->line = node->line;
	output->column = node->column;
	output->enabled = true;
	output->max_size_bytes = (uint64_t)SIZE_MB_DEFAULT * MEGABYTE;
	output->max_backups = BACKUPS_DEFAULT;
	output->facility = 3; /* daemon */
	output->severity = 4; /* warning */
	for (const struct yaml_node *key = node->first; key != NULL; key = key->next)
		if (read_key(source, key, top ? TOP_LEVEL : 1U << type, output, fail) != 0)
			return -1;
	if (output->tag == NULL && (output->tag = strdup("sophoslinuxsensor")) == NULL)
		return config_value_no_memory(fail);
	if (output->type == CONFIG_SYSLOG && output->path == NULL && output->host == NULL &&
	    (output->path = strdup("/dev/log")) == NULL)
		return config_value_no_memory(fail);
	return check_whole(source, node, top, output, fail);
}

static void wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void config_output_fini(struct config_output *output)
{
	template_free(output->template);
	free(output->path);
	wipe(output->url); /* a webhook's may hold a token */
	free(output->host);
	wipe(output->api_key);
	free(output->api_key_file);
	for (size_t i = 0; i < output->header_count; i++)
		wipe(output->headers[i]);
	free(output->tag);
	free(output->ca_file);
	free(output->cert_file);
	free(output->key_file);
	*output = (struct config_output){0};
}
