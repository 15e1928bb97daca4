/* The table of facts for lib/report. It is made by lib/facts, which lib/report may not know: what joins
 * two domains is the program. */
#include "cmd/sav-report/command.h"
#include "lib/facts/fact.h"
#include "lib/report/schema.h"

static enum schema_type type_of(enum value_type type)
{
	switch (type) {
	case VALUE_INTEGER:
		return SCHEMA_INTEGER;
	case VALUE_BOOLEAN:
		return SCHEMA_BOOLEAN;
	case VALUE_LIST:
		return SCHEMA_ARRAY;
	case VALUE_HASH:
		return SCHEMA_HASH;
	case VALUE_TEXT:
		break;
	}
	return SCHEMA_STRING;
}

int command_schema(struct schema *schema, struct fail *fail)
{
	static struct schema_fact facts[FACT_COUNT];
	static const char *levels[FACT_LEVELS];

	for (unsigned i = 0; i < FACT_LEVELS; i++)
		levels[i] = fact_level_name((enum fact_level)i);
	for (size_t i = 0; i < FACT_COUNT; i++)
		facts[i] = (struct schema_fact){
			.key = fact_table[i].key,
			.level = (unsigned)fact_table[i].since,
			.type = type_of(fact_table[i].type),
			.about = fact_table[i].about,
		};
	return schema_init(schema, facts, FACT_COUNT, levels, FACT_LEVELS, fail);
}
