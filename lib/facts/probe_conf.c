#include "lib/facts/probe_conf.h"

#include "lib/base/fail.h"
#include "lib/conf/conf.h"
#include "lib/facts/fact.h"
#include "lib/facts/survey.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct conf *configuration(struct survey *survey, struct value *value)
{
	const char *why;
	const struct conf *conf = survey_conf(survey, &why);

	if (conf == NULL)
		value_unknown(value, "%s", why);
	return conf;
}

void probe_conf_is_true(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct conf *conf = configuration(survey, value);
	enum param param;
	struct fail fail;

	if (conf == NULL)
		return;
	if (param_find(fact->with, &param, &fail) == 0)
		value_set_boolean(value, conf_is_true(conf, param));
	else
		value_unknown(value, "%s", fail.text);
}

/* Whether the parameter's value is `word`. */
static void set_is_word(struct survey *survey, enum param param, const char *word, struct value *value)
{
	const struct conf *conf = configuration(survey, value);
	const char *text = conf == NULL ? NULL : conf_text(conf, param);

	if (conf != NULL)
		value_set_boolean(value, text != NULL && strcmp(text, word) == 0);
}

void probe_conf_disinfect(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_is_word(survey, PARAM_AUTOMATIC_ACTION, "disinfect", value);
}

void probe_conf_delete(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_is_word(survey, PARAM_AUTOMATIC_ACTION, "delete", value);
}

/* "mixed" scans archives on demand only. */
void probe_conf_archives(struct survey *survey, const struct fact *fact, struct value *value)
{
	(void)fact;
	set_is_word(survey, PARAM_SCAN_ARCHIVES, "enabled", value);
}

void probe_conf_exclusions(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct conf *conf = configuration(survey, value);

	(void)fact;
	if (conf != NULL)
		value_set_integer(value, (int64_t)(conf_count(conf, PARAM_EXCLUDE_FILE_PATHS) +
						   conf_count(conf, PARAM_EXCLUDE_FILE_ON_GLOB) +
						   conf_count(conf, PARAM_EXCLUDE_FILESYSTEMS)));
}

void probe_conf_scheduled_scans(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct conf *conf = configuration(survey, value);

	(void)fact;
	if (conf != NULL)
		value_set_integer(value, (int64_t)conf_count(conf, PARAM_NAMED_SCANS));
}

void probe_conf_update_policy(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct conf *conf = configuration(survey, value);
	const char *policy = conf == NULL ? NULL : conf_text(conf, PARAM_UPDATE_POLICY);

	(void)fact;
	if (policy != NULL)
		value_set_word(value, policy);
}

void probe_conf_management_type(struct survey *survey, const struct fact *fact, struct value *value)
{
	const struct conf *conf = configuration(survey, value);
	const char *management = conf == NULL ? NULL : conf_management(conf);

	(void)fact;
	if (management != NULL)
		value_set_word(value, management);
	else if (conf != NULL)
		value_unknown(value, "no policy layer names a ManagementType");
}

/* What a source is, and nothing of where it is. */
static const struct {
	const char *begins;
	const char *kind;
} kinds[] = {{"sophos", "sophos"}, {"https:", "https"}, {"http:", "http"}, {"file:", "file"},
	     {"smb:", "smb"},      {"//", "smb"},       {"\\\\", "smb"},   {"/", "file"}};

static const char *kind_of(const char *source)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strncasecmp(source, kinds[i].begins, strlen(kinds[i].begins)) == 0)
			return kinds[i].kind;
	return NULL;
}

void probe_conf_update_sources(struct survey *survey, const struct fact *fact, struct value *value)
{
	static const enum param params[] = {PARAM_PRIMARY_UPDATE_SOURCE_PATH,
					    PARAM_SECONDARY_UPDATE_SOURCE_PATH};
	const struct conf *conf = configuration(survey, value);
	char list[VALUE_TEXT_MAX + 1] = "";

	(void)fact;
	for (size_t i = 0; conf != NULL && i < sizeof params / sizeof params[0]; i++) {
		const char *source = conf_text(conf, params[i]);
		const char *kind = source == NULL ? NULL : kind_of(source);
		size_t used = strlen(list);
		if (source != NULL && kind == NULL) {
			value_unknown(value, "a source of a kind unknown here");
			return;
		}
		if (kind != NULL && strcmp(kind, list) != 0) /* there are two at most */
			(void)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? " " : "",
				       kind); /* fits */
	}
	if (conf != NULL)
		value_set_word(value, list);
}
