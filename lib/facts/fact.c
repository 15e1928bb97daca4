#include "lib/facts/fact.h"

#include "lib/facts/probe_conf.h"
#include "lib/facts/probe_distro.h"
#include "lib/facts/probe_identity.h"
#include "lib/facts/probe_process.h"
#include "lib/facts/probe_savd.h"
#include "lib/facts/probe_server.h"
#include "lib/facts/probe_system.h"
#include "lib/facts/probe_virt.h"
#include "lib/facts/survey.h"

#include <string.h>

const char *const fact_areas[FACT_AREAS] = {"sophos", "system", "on_access", "config", "server"};

static const char *const level_names[FACT_LEVELS] = {"9.7", "9.8.3", "9.11"};

const struct fact fact_table[FACT_COUNT] = {
#define FACT(...) {__VA_ARGS__},
#include "lib/facts/fact.def"
#undef FACT
};

const char *fact_level_name(enum fact_level level)
{
	return level_names[level];
}

int fact_parse_level(const char *text, enum fact_level *level)
{
	for (int i = 0; i < FACT_LEVELS; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum fact_level)i;
			return 0;
		}
	}
	return -1;
}

const char *fact_type_name(enum value_type type)
{
	static const char *const names[] = {[VALUE_TEXT] = "string",
					    [VALUE_HASH] = "string",
					    [VALUE_INTEGER] = "integer",
					    [VALUE_BOOLEAN] = "boolean",
					    [VALUE_LIST] = "array"};
	return names[type];
}

int fact_area(const struct fact *fact)
{
	for (int i = 0; i < FACT_AREAS; i++) {
		size_t size = strlen(fact_areas[i]);
		if (strncmp(fact->key, fact_areas[i], size) == 0 && fact->key[size] == '.')
			return i;
	}
	return -1;
}

const char *fact_name(const struct fact *fact)
{
	return strchr(fact->key, '.') + 1;
}

void fact_prepare(struct survey *survey, enum fact_level level)
{
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (fact_table[i].programs != NULL && fact_table[i].since <= level)
			processes_want(&survey->processes, fact_table[i].programs);
	processes_scan(&survey->processes, survey->host);
	probe_virt_prepare(survey);
	probe_savd_prepare(survey);
}

/* Two keep something in the installation's state; the third asks on a socket of the internet's family, the only one
 * that the kernel answers questions about the old tables on. */
static bool needs_rights(const struct fact *fact)
{
	return fact->probe == probe_identity_machine || fact->probe == probe_identity_customer ||
	       fact->probe == probe_server_firewall_rules;
}

void fact_measure_first(struct survey *survey, enum fact_level level, struct value values[FACT_COUNT])
{
	for (size_t i = 0; i < FACT_COUNT; i++) {
		values[i] = (struct value){0};
		value_unknown(&values[i], "not looked at");
		if (fact_table[i].since <= level && needs_rights(&fact_table[i]))
			fact_table[i].probe(survey, &fact_table[i], &values[i]);
	}
}

void fact_measure_rest(struct survey *survey, enum fact_level level, struct value values[FACT_COUNT])
{
	for (size_t i = 0; i < FACT_COUNT; i++)
		if (fact_table[i].since <= level && !needs_rights(&fact_table[i]))
			fact_table[i].probe(survey, &fact_table[i], &values[i]);
}

void fact_measure(struct survey *survey, enum fact_level level, struct value values[FACT_COUNT])
{
	fact_measure_first(survey, level, values);
	fact_measure_rest(survey, level, values);
}
