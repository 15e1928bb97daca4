/* A layer of the configuration (lib/conf conf), and a change of it (edit, param): what is accepted still says
 * the same after a change of another parameter, and this one what was asked for.
 *
 * Input: the parameter to change, and to what (a byte each), the new value up to a NUL, the file. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/conf/conf.h"
#include "lib/conf/edit.h"
#include "lib/net/url.h"

#include <stdlib.h>
#include <string.h>

static struct conf *parse(enum conf_layer layer, const uint8_t *bytes, size_t size)
{
	struct conf *conf = conf_new();
	struct fail fail;

	if (conf != NULL && conf_parse(conf, layer, bytes, size, "name", &fail) == 0)
		return conf;
	REQUIRE(conf != NULL && fail.status == EX_CONFIG && strncmp(fail.text, "name:", 5) == 0);
	conf_free(conf);
	return NULL;
}

static bool same(const struct conf *a, const struct conf *b, enum param param)
{
	struct conf_value one = conf_value(a, CONF_LOCAL, param);
	struct conf_value other = conf_value(b, CONF_LOCAL, param);

	if (one.is_set != other.is_set || one.count != other.count)
		return false;
	for (size_t i = 0; i < one.count; i++)
		if (strcmp(one.items[i], other.items[i]) != 0 ||
		    (param_info(param)->kind == PARAM_KIND_SCAN &&
		     strcmp(one.definitions[i], other.definitions[i]) != 0))
			return false;
	return true;
}

static void look(const struct conf *conf)
{
	const char *host;
	struct url drop;
	struct fail fail;

	for (enum param param = 0; param < PARAM_COUNT; param++) {
		if (param_info(param)->list)
			REQUIRE(conf_count(conf, param) <= PARAM_ITEMS_MAX);
		else
			(void)conf_text(conf, param);
	}
	(void)conf_drop(conf, &drop, &host, &fail);
	(void)conf_feedback_off(conf, NULL);
}

static void change(const struct conf *before, const struct edit *edit, struct fuzz file)
{
	struct buf text = BUF_INIT(CONF_FILE_MAX);
	struct fail fail;

	if (edit_apply(file.bytes, file.size, "name", edit, &text, &fail) == 0) {
		REQUIRE(before != NULL);
		struct conf *after = parse(CONF_LOCAL, text.data, text.size);
		REQUIRE(after != NULL && edit_is_done(after, edit));
		for (enum param param = 0; param < PARAM_COUNT; param++)
			REQUIRE(param == edit->param || same(before, after, param));
		conf_free(after);
	} else {
		REQUIRE(text.size == 0 && fail.status == EX_CONFIG);
	}
	buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct edit edit = {.param = fuzz_choice(&in, PARAM_COUNT)};
	unsigned items = fuzz_choice(&in, 3);
	char *value = fuzz_text(fuzz_piece(&in));
	struct conf *local = parse(CONF_LOCAL, in.bytes, in.size);
	struct conf *policy = parse(CONF_POLICY, in.bytes, in.size);
	enum param found;
	struct fail fail;

	if (local != NULL)
		look(local);
	if (policy != NULL)
		look(policy);
	(void)param_find(value, &found, &fail);
	const char *kept = param_check(edit.param, value, strlen(value), &fail);
	if (kept != NULL)
		REQUIRE(param_check(edit.param, kept, strlen(kept), &fail) == kept || kept == value);
	const char *const list[] = {kept, kept};
	edit.items = list;
	edit.is_set = items > 0;
	edit.count = items > 1 && !param_info(edit.param)->list ? 1 : items;
	if ((kept != NULL || items == 0) && param_info(edit.param)->kind != PARAM_KIND_SCAN)
		change(local, &edit, in);
	conf_free(local);
	conf_free(policy);
	free(value);
	return 0;
}
