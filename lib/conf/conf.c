#include "lib/conf/conf.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"
#include "lib/conf/home.h"
#include "lib/format/yaml.h"
#include "lib/net/url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct yaml_limits limits = {
	.bytes = CONF_FILE_MAX, .nodes = CONF_NODES_MAX, .depth = CONF_DEPTH_MAX};

/* What a layer says about a parameter. */
struct setting {
	bool is_set;
	size_t count;
	const char **items;       /* as param_check gave them; text of the layer's tree or static */
	const char **definitions; /* of scans, beside their names */
};

struct layer {
	struct yaml_tree *tree; /* owns the texts; NULL for an empty layer */
	struct setting settings[PARAM_COUNT];
	const char *management;
};

struct conf {
	struct layer layers[CONF_LAYERS];
};

/* What conf_parse works on. */
struct reader {
	struct layer *layer;
	enum conf_layer which;
	const char *name; /* of the file */
	struct fail *fail;
};

static void empty_layer(struct layer *layer)
{
	for (enum param param = 0; param < PARAM_COUNT; param++) {
		free(layer->settings[param].items);
		free(layer->settings[param].definitions);
	}
	yaml_tree_free(layer->tree);
	*layer = (struct layer){0};
}

/* The default layer is the table itself. */
static int fill_defaults(struct layer *layer)
{
	for (enum param param = 0; param < PARAM_COUNT; param++) {
		const struct param_info *info = param_info(param);
		struct setting *setting = &layer->settings[param];
		while (info->defaults[setting->count] != NULL)
			setting->count++;
		setting->is_set = setting->count > 0 || info->list;
		setting->items = calloc(setting->count + 1, sizeof *setting->items);
		if (setting->items == NULL)
			return -1;
		memcpy(setting->items, info->defaults, setting->count * sizeof *setting->items);
	}
	return 0;
}

struct conf *conf_new(void)
{
	struct conf *conf = calloc(1, sizeof *conf);

	if (conf != NULL && fill_defaults(&conf->layers[CONF_DEFAULT]) != 0) {
		conf_free(conf);
		return NULL;
	}
	return conf;
}

void conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	for (size_t i = 0; i < CONF_LAYERS; i++)
		empty_layer(&conf->layers[i]);
	free(conf);
}

void conf_fini(struct conf **conf)
{
	conf_free(*conf);
	*conf = NULL;
}

/* Puts the place before what param_check or param_find said about it. */
static int fail_here(const struct reader *reader, const struct yaml_node *node)
{
	char reason[sizeof reader->fail->text];

	memcpy(reason, reader->fail->text, sizeof reason);
	return yaml_node_fail(node, reader->name, reader->fail, "%s", reason);
}

static const char *read_value(const struct reader *reader, enum param param, const struct yaml_node *node)
{
	const char *name = param_info(param)->name;

	if (node->type != YAML_SCALAR) {
		(void)yaml_node_fail(node, reader->name, reader->fail, "%s: must be one value", name);
		return NULL;
	}
	if (node->size == 0 && node->style == YAML_PLAIN) {
		(void)yaml_node_fail(node, reader->name, reader->fail, "%s: no value", name);
		(void)fail_hint(reader->fail, "to have the default, remove the line");
		return NULL;
	}
	const char *kept = param_check(param, node->text, node->size, reader->fail);
	if (kept == NULL)
		(void)fail_here(reader, node);
	return kept;
}

static int read_scan(const struct reader *reader, struct setting *setting, const struct yaml_node *name)
{
	const struct yaml_node *definition = name->value;

	if (definition->type != YAML_SCALAR)
		return yaml_node_fail(definition, reader->name, reader->fail,
				      "a scan's definition must be a text");
	if (param_check_scan((const uint8_t *)definition->text, definition->size, reader->fail) != 0)
		return fail_here(reader, definition);
	setting->definitions[setting->count] = definition->text;
	return 0;
}

static int read_list(const struct reader *reader, enum param param, const struct yaml_node *node,
		     struct setting *setting)
{
	const struct param_info *info = param_info(param);
	bool scans = info->kind == PARAM_KIND_SCAN;

	if (node->type != (scans ? YAML_MAPPING : YAML_SEQUENCE))
		return yaml_node_fail(node, reader->name, reader->fail, "%s: must be a %s", info->name,
				      scans ? "mapping of names to definitions" : "list");
	if (node->count > PARAM_ITEMS_MAX)
		return yaml_node_fail(node, reader->name, reader->fail, "%s: more than %d items", info->name,
				      PARAM_ITEMS_MAX);
	setting->items = calloc(node->count + 1, sizeof *setting->items);
	setting->definitions = calloc(node->count + 1, sizeof *setting->definitions);
	if (setting->items == NULL || setting->definitions == NULL)
		return fail_errno(reader->fail, EX_OSERR, "%s", reader->name);
	for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
		setting->items[setting->count] = read_value(reader, param, item);
		if (setting->items[setting->count] == NULL)
			return -1;
		if (scans && read_scan(reader, setting, item) != 0)
			return -1;
		setting->count++;
	}
	setting->is_set = true;
	return 0;
}

static int read_management(const struct reader *reader, const struct yaml_node *key)
{
	static const char *const types[] = {"SEC", "Cloud"};
	const struct yaml_node *node = key->value;

	if (reader->layer->management != NULL)
		return yaml_node_fail(key, reader->name, reader->fail, "ManagementType: given twice");
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (node->type == YAML_SCALAR && strcasecmp(node->text, types[i]) == 0) {
			reader->layer->management = types[i];
			return 0;
		}
	}
	return yaml_node_fail(node, reader->name, reader->fail, "ManagementType: must be SEC or Cloud");
}

static int read_pair(const struct reader *reader, const struct yaml_node *key)
{
	enum param param;

	if (reader->which == CONF_POLICY && strcasecmp(key->text, "ManagementType") == 0)
		return read_management(reader, key);
	if (param_find(key->text, &param, reader->fail) != 0)
		return fail_here(reader, key);
	struct setting *setting = &reader->layer->settings[param];
	if (setting->is_set) /* in other letters; the same ones twice are no YAML */
		return yaml_node_fail(key, reader->name, reader->fail, "%s: given twice",
				      param_info(param)->name);
	if (param_info(param)->list)
		return read_list(reader, param, key->value, setting);
	const char *value = read_value(reader, param, key->value);
	if (value == NULL)
		return -1;
	setting->items = calloc(1, sizeof *setting->items);
	if (setting->items == NULL)
		return fail_errno(reader->fail, EX_OSERR, "%s", reader->name);
	setting->items[setting->count++] = value;
	setting->is_set = true;
	return 0;
}

static int read_layer(const struct reader *reader)
{
	const struct yaml_node *root = yaml_tree_root(reader->layer->tree);

	if (root == NULL || (root->type == YAML_SCALAR && root->style == YAML_PLAIN && root->size == 0))
		return 0;
	if (root->type != YAML_MAPPING)
		return yaml_node_fail(root, reader->name, reader->fail, "must be lines of \"Name: value\"");
	for (const struct yaml_node *key = root->first; key != NULL; key = key->next)
		if (read_pair(reader, key) != 0)
			return -1;
	return 0;
}

int conf_parse(struct conf *conf, enum conf_layer layer, const uint8_t *bytes, size_t size, const char *name,
	       struct fail *fail)
{
	struct layer fresh = {0};
	struct reader reader = {.layer = &fresh, .which = layer, .name = name, .fail = fail};

	fresh.tree = yaml_tree_parse(bytes, size, &limits, name, fail);
	if (fresh.tree == NULL || read_layer(&reader) != 0) {
		empty_layer(&fresh);
		return -1;
	}
	empty_layer(&conf->layers[layer]);
	conf->layers[layer] = fresh;
	return 0;
}

static int load_layer(struct conf *conf, enum conf_layer layer, const struct home *home, struct buf *out,
		      struct stat *status, struct fail *fail)
{
	char path[PATH_MAX];

	if (home_path(home, layer == CONF_POLICY ? HOME_POLICY_LAYER : HOME_LOCAL_LAYER, path, fail) != 0)
		return -1;
	errno = 0;
	auto_close int fd = io_open_file(AT_FDCWD, path, status, fail);
	int error = errno;
	if (fd < 0 && fail->status == EX_NOINPUT && error == ENOENT) {
		empty_layer(&conf->layers[layer]);
		return 0;
	}
	if (fd < 0 && fail->status == EX_NOINPUT && error == ELOOP) {
		(void)fail_set(fail, EX_CONFIG, "%s: is a symbolic link", path);
		return fail_hint(fail, "put the file itself there; a folder on the way may be a link");
	}
	if (fd < 0 || io_read_fd(fd, path, out, fail) != 0) {
		/* What is there, but is no such file, is a matter of configuration. */
		if (fail->status == EX_NOINPUT || fail->status == EX_DATAERR)
			fail->status = EX_CONFIG;
		return -1;
	}
	return conf_parse(conf, layer, out->data, out->size, path, fail);
}

struct conf *conf_load_local(const struct home *home, struct buf *local, struct stat *status,
			     struct fail *fail)
{
	auto_buf_secret struct buf policy = BUF_INIT(CONF_FILE_MAX);
	struct conf *conf = conf_new();

	if (conf == NULL) {
		(void)fail_errno(fail, EX_OSERR, "configuration");
		return NULL;
	}
	if (load_layer(conf, CONF_LOCAL, home, local, status, fail) == 0 &&
	    load_layer(conf, CONF_POLICY, home, &policy, NULL, fail) == 0)
		return conf;
	conf_free(conf);
	return NULL;
}

struct conf *conf_load(const struct home *home, struct fail *fail)
{
	auto_buf_secret struct buf local = BUF_INIT(CONF_FILE_MAX);

	return conf_load_local(home, &local, NULL, fail);
}

enum conf_layer conf_origin(const struct conf *conf, enum param param)
{
	if (conf->layers[CONF_POLICY].settings[param].is_set)
		return CONF_POLICY;
	return conf->layers[CONF_LOCAL].settings[param].is_set ? CONF_LOCAL : CONF_DEFAULT;
}

static const struct setting *in_force(const struct conf *conf, enum param param)
{
	return &conf->layers[conf_origin(conf, param)].settings[param];
}

const char *conf_text(const struct conf *conf, enum param param)
{
	const struct setting *setting = in_force(conf, param);

	return setting->count > 0 ? setting->items[0] : NULL;
}

bool conf_is_true(const struct conf *conf, enum param param)
{
	return param_is_true(param, conf_text(conf, param));
}

size_t conf_count(const struct conf *conf, enum param param)
{
	return in_force(conf, param)->count;
}

const char *conf_item(const struct conf *conf, enum param param, size_t index)
{
	return in_force(conf, param)->items[index];
}

const char *conf_scan(const struct conf *conf, size_t index)
{
	return in_force(conf, PARAM_NAMED_SCANS)->definitions[index];
}

struct conf_value conf_value(const struct conf *conf, enum conf_layer layer, enum param param)
{
	const struct setting *setting = &conf->layers[layer].settings[param];

	return (struct conf_value){setting->is_set, setting->count, setting->items, setting->definitions};
}

const char *conf_management(const struct conf *conf)
{
	return conf->layers[CONF_POLICY].management;
}

int conf_drop(const struct conf *conf, struct url *drop, const char **custom_host, struct fail *fail)
{
	const char *url = conf_text(conf, PARAM_FEEDBACK_URL);
	const char *host = conf_text(conf, PARAM_FEEDBACK_HOST);

	if (url == NULL && host == NULL) {
		(void)fail_set(fail, EX_CONFIG, "the drop: neither FeedbackURL nor FeedbackHost is set");
		return fail_hint(fail, "savconfig set FeedbackHost HOST, or sav-send --url URL");
	}
	if ((url != NULL ? url_parse(url, drop, fail) : url_parse_host(host, drop, fail)) != 0) {
		fail->status = EX_CONFIG;
		return fail_prefix(fail, "%s", url != NULL ? "FeedbackURL" : "FeedbackHost");
	}
	*custom_host = url == NULL ? host : NULL;
	return 0;
}

const char *conf_feedback_off(const struct conf *conf, const char *do_not_track)
{
	if (conf_is_true(conf, PARAM_DISABLE_FEEDBACK))
		return conf_origin(conf, PARAM_DISABLE_FEEDBACK) == CONF_POLICY
			       ? "DisableFeedback is true (policy)"
			       : "DisableFeedback is true";
	if (do_not_track != NULL && do_not_track[0] != '\0' && strcmp(do_not_track, "0") != 0)
		return "DO_NOT_TRACK is set";
	return NULL;
}
