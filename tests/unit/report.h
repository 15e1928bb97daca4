/* A small table of facts and a report for the tests of lib/report. */
#ifndef SAV_TESTS_UNIT_REPORT_H
#define SAV_TESTS_UNIT_REPORT_H

#include "tests/unit/unit.h"

#include "lib/report/schema.h"

#include <stdio.h>

enum { VERSION, CUSTOMER, MACHINE, TIME, MEMORY, ENABLED, SOURCES, CPU, FACTS };

static const struct schema_fact report_facts[FACTS] = {
	[VERSION] = {"sophos.product_version", 0, SCHEMA_STRING, "Version"},
	[CUSTOMER] = {"sophos.customer_id", 0, SCHEMA_HASH, NULL},
	[MACHINE] = {"sophos.machine_id", 0, SCHEMA_HASH, NULL},
	[TIME] = {"system.time", 0, SCHEMA_STRING, NULL},
	[MEMORY] = {"system.memory_total_kib", 0, SCHEMA_INTEGER, "Memory"},
	[ENABLED] = {"on_access.enabled", 0, SCHEMA_BOOLEAN, "Enabled"},
	[SOURCES] = {"config.update_sources", 1, SCHEMA_ARRAY, NULL},
	[CPU] = {"system.cpu_type", 1, SCHEMA_STRING, NULL},
};

static const char *const report_levels[] = {"9.7", "9.8.3"};

static inline struct schema report_schema(void)
{
	struct schema schema;
	struct fail fail;

	assert_int_equal(schema_init(&schema, report_facts, FACTS, report_levels, 2, &fail), 0);
	return schema;
}

/* A report of level 9.7 from machine `machine` of customer `customer`, `second` seconds after
 * 2015-11-16T00:00:00Z, in `out`. */
enum { REPORT_SIZE = 1024 };
static inline const char *report_line(unsigned machine, unsigned customer, int second, const char *version,
				      long memory, const char *enabled, char out[REPORT_SIZE])
{
	second += 15 * 86400; /* since the first of the month */
	(void)snprintf(out, REPORT_SIZE,
		       "{\"schema\":1,\"level\":\"9.7\",\"sophos\":{\"product_version\":\"%s\",\"customer_"
		       "id\":\"%08x%024x\","
		       "\"machine_id\":\"%08x%024x\"},\"system\":{\"time\":\"2015-11-%02dT%02d:%02d:%02dZ\","
		       "\"memory_total_kib\":%ld},\"on_access\":{\"enabled\":%s}}\n",
		       version, customer * 2654435761U, customer, machine * 2654435761U, machine,
		       1 + second / 86400, second / 3600 % 24, second / 60 % 60, second % 60, memory,
		       enabled);
	return out;
}

#endif
