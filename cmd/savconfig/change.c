#include "cmd/savconfig/savconfig.h"

#include "lib/base/fail.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"
#include "lib/conf/edit.h"
#include "lib/conf/store.h"

#include <stdlib.h>
#include <string.h>

/* A list while it is put together: what is in force, changed. */
struct draft {
	const char **items;
	const char **definitions; /* of scans */
	size_t count;
};

static int begin_draft(struct draft *draft, const struct conf *conf, enum param param, struct fail *fail)
{
	size_t count = conf_count(conf, param);
	bool scans = param_info(param)->kind == PARAM_KIND_SCAN;

	draft->items = calloc(count + 1, sizeof *draft->items);
	draft->definitions = scans ? calloc(count + 1, sizeof *draft->definitions) : NULL;
	if (draft->items == NULL || (scans && draft->definitions == NULL))
		return fail_errno(fail, EX_OSERR, "%s", param_info(param)->name);
	for (size_t i = 0; i < count; i++) {
		draft->items[i] = conf_item(conf, param, i);
		if (scans)
			draft->definitions[i] = conf_scan(conf, i);
	}
	draft->count = count;
	return 0;
}

static size_t find(const struct draft *draft, const char *value)
{
	size_t i = 0;

	while (i < draft->count && strcmp(draft->items[i], value) != 0)
		i++;
	return i;
}

/* A scan that is there gets the new definition; an item that is there already stays alone. */
static int add_item(struct draft *draft, const struct request *request, const char *value, struct fail *fail)
{
	size_t at = find(draft, value);

	if (at >= PARAM_ITEMS_MAX)
		return fail_set(fail, EX_DATAERR, "%s: more than %d items", param_info(request->param)->name,
				PARAM_ITEMS_MAX);
	draft->items[at] = value;
	if (draft->definitions != NULL)
		draft->definitions[at] = request->scan;
	if (at == draft->count)
		draft->count++;
	return 0;
}

static int remove_item(struct draft *draft, const struct request *request, const char *value,
		       struct fail *fail)
{
	char shown[256];
	size_t kept = 0;

	for (size_t i = 0; i < draft->count; i++) {
		if (strcmp(draft->items[i], value) == 0)
			continue;
		draft->items[kept] = draft->items[i];
		if (draft->definitions != NULL)
			draft->definitions[kept] = draft->definitions[i];
		kept++;
	}
	if (kept == draft->count)
		return fail_set(fail, EX_DATAERR, "%s: %s: is not in the list",
				param_info(request->param)->name,
				text_mask((const uint8_t *)value, strlen(value), shown, sizeof shown));
	draft->count = kept;
	return 0;
}

static int keep(struct store *store, const struct request *request, const struct draft *draft,
		struct fail *fail)
{
	struct edit edit = {.param = request->param,
			    .is_set = request->deed != RESET,
			    .items = draft->items,
			    .definitions = draft->definitions,
			    .count = draft->count};
	return store_apply(store, &edit, fail);
}

static int change_list(struct store *store, const struct request *request, const char *value,
		       struct fail *fail)
{
	struct draft draft = {0};
	int result = begin_draft(&draft, store_conf(store), request->param, fail);

	if (result == 0)
		result = (request->deed == ADD ? add_item : remove_item)(&draft, request, value, fail);
	if (result == 0)
		result = keep(store, request, &draft, fail);
	free(draft.items);
	free(draft.definitions);
	return result;
}

static int apply(struct store *store, const struct request *request, const char *value, struct fail *fail)
{
	if (request->deed == ADD || request->deed == REMOVE)
		return change_list(store, request, value, fail);
	struct draft draft = {.items = &value, .count = request->deed == SET ? 1 : 0};
	return keep(store, request, &draft, fail);
}

static int check_deed(const struct request *request, struct fail *fail)
{
	const struct param_info *info = param_info(request->param);
	bool scans = info->kind == PARAM_KIND_SCAN;

	if (!info->list && (request->deed == ADD || request->deed == REMOVE)) {
		(void)fail_set(fail, EX_USAGE, "%s: is no list", info->name);
		return fail_hint(fail, "use set or reset");
	}
	if (scans != (request->scan != NULL) && (request->deed == SET || request->deed == ADD)) {
		(void)fail_set(fail, EX_USAGE,
			       scans ? "%s: a scan needs a name and a file" : "%s: takes one value",
			       info->name);
		return scans ? fail_hint(fail, "add NamedScans NAME FILE") : -1;
	}
	return 0;
}

/* What waits is discarded when feedback goes off; and when it goes on again, for it may have been turned off by hand,
 * or while a report was being made, and nothing from before is to be sent then: before it is on. */
static int discard_waiting(const struct home *home, bool goes_on, size_t *discarded, struct fail *fail)
{
	if (store_discard_waiting(home, discarded, fail) == 0)
		return 0;
	return fail_prefix(fail,
			   goes_on ? "feedback stays off, for a report from before still waits to be sent"
				   : "feedback is off, but a report still waits to be sent");
}

int change(const struct home *home, const struct request *request, size_t *discarded, struct fail *fail)
{
	const char *value = NULL;

	if (check_deed(request, fail) != 0)
		return -1;
	if (request->deed != RESET) {
		value = param_check(request->param, request->value, strlen(request->value), fail);
		if (value == NULL)
			return -1;
	}
	auto_store struct store *store = store_open(home, fail);
	if (store == NULL || store_check_unlocked(store, request->param, fail) != 0)
		return -1;
	bool feedback = request->param == PARAM_DISABLE_FEEDBACK;
	bool goes_off = feedback && param_is_true(request->param, value);
	bool goes_on = feedback && !goes_off && conf_is_true(store_conf(store), request->param);
	if (goes_on && discard_waiting(home, goes_on, discarded, fail) != 0)
		return -1;
	if (apply(store, request, value, fail) != 0)
		return -1;
	return goes_off ? discard_waiting(home, goes_on, discarded, fail) : 0;
}
