/* A fleet of 200 machines, to be counted whole or in parts. */
#ifndef SAV_TESTS_UNIT_FLEET_H
#define SAV_TESTS_UNIT_FLEET_H

#include "tests/unit/report.h"

#include "lib/report/count.h"

#include <string.h>

enum { NOW = 1448236800 /* 2015-11-23, the end of 2015-W47 */, MIN_CELL = 10 };

static struct schema schema;
static struct fail failure;

static inline int set_up(void **state)
{
	(void)state;
	schema = report_schema();
	return 0;
}

static inline struct count *begin_part(uint64_t part, uint64_t parts)
{
	struct count_options options = {&schema, {2015, 47}, NOW, part, parts, "/tmp"};
	struct count *count = count_new(&options, &failure);

	assert_non_null(count);
	return count;
}

static inline void feed(struct count *count, const char *text)
{
	assert_int_equal(count_feed(count, (const uint8_t *)text, strlen(text), &failure), 0);
}

/* 200 machines of 20 customers, the older half of them with an earlier report too; and a line of something else. */
static inline void feed_fleet(struct count *count)
{
	char line[REPORT_SIZE];

	for (unsigned i = 1; i <= 200; i++) {
		const char *version = i > 22 || i % 2 == 0 ? "9.7.2"
				      : i < 12             ? "9.0"
							   : "8.0"; /* 6 and 5 go to (other) */
		if (i % 2 == 0)
			feed(count, report_line(i, i % 20 + 1, -3600, "9.7.0", 1024, "null",
						line)); /* the day before */
		feed(count, report_line(i, i % 20 + 1, (int)i * 1000, i % 4 == 0 ? "9.8.3" : version,
					1 << i % 12, i % 3 == 0 ? "true" : "false", line));
	}
	feed(count, "not JSON\n");
}

#endif
