/* The commands of sav-report, behind the command line. */
#ifndef SAV_CMD_REPORT_COMMAND_H
#define SAV_CMD_REPORT_COMMAND_H

#include "lib/report/week.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct cli;
struct fail;
struct schema;
struct view;

/* How a view is shown: dump_csv and the like. */
typedef int command_format(const struct view *view, struct buf *out, struct fail *fail);

struct command_options {
	const struct schema *schema;
	command_format *format; /* of command_show; NULL: tables, as wide as the terminal */
	const char *db;
	struct week week;
	int64_t now;
	uint64_t min_cell;
	uint64_t part;
	uint64_t parts;
	size_t weeks; /* 0: all */
	const char *const *facts;
	size_t fact_count;
	const char *folder; /* for the file without a name; NULL: the command makes none */
	bool verbose;
	const char *const *operands;
	size_t operand_count;
};

/* Each returns 0, or -1 with *fail. Warnings go to standard error in the name of `cli`. */
int command_add(const struct cli *cli, const struct command_options *options, struct fail *fail);
int command_count(const struct cli *cli, const struct command_options *options, struct fail *fail);
int command_merge(const struct cli *cli, const struct command_options *options, struct fail *fail);
int command_show(const struct cli *cli, const struct command_options *options, struct fail *fail);

/* The table of facts, as lib/report takes it. */
int command_schema(struct schema *schema, struct fail *fail);

#endif
