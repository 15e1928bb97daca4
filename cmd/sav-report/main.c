/* sav-report: aggregates reports into a database, and shows it. */
#include "cmd/sav-report/command.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/base/sandbox.h"
#include "lib/report/count.h"
#include "lib/report/dump.h"
#include "lib/report/html.h"
#include "lib/report/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MIN_CELL_MAX = 1000000, WEEKS_MAX = 10000, SHOW_WEEKS = 12, HTML_WEEKS = 26 };

static const char *db;
static const char *week;
static const char *min_cell;
static const char *part;
static const char *weeks;
static struct cli_list facts;
static bool verbose;

static const struct cli_option options[] = {
	{"db", 'd', "FILE", "The database of aggregates", .text = &db},
	{"week", 'w', "YYYY-Www", "Week to count (default: the last one that is over)", .text = &week},
	{"min-cell", 'm', "N", "Tell multiples of N, from twice N on (default: 10)", .text = &min_cell},
	{"part", 'p', "I/N", "Count only the I-th of N parts of the machines", .text = &part},
	{"fact", 'f', "KEY", "Only this fact; may be given several times", .list = &facts},
	{"weeks", 'n', "N", "The latest N weeks (show: 12, html: 26)", .text = &weeks},
	{"verbose", 'v', NULL, "Say what was counted", .flag = &verbose},
	{.name = NULL},
};

static const struct cli cli = {
	.name = "sav-report",
	.usage = "add --db FILE [--week YYYY-Www] [--min-cell N] [-v] [FILE...]\n"
		 "show|csv|json|html --db FILE [--fact KEY]... [--weeks N]\n"
		 "count [--week YYYY-Www] [--part I/N] [FILE...] >PART\n"
		 "merge --db FILE [--min-cell N] [-v] PART...",
	.about = "Counts reports, a line of JSON each, week by week into a database of aggregates\n"
		 "that never holds a report or an id; shows it as tables, CSV, JSON or a page.",
	.options = options,
	.operands_min = 1,
	.operands_max = CLI_MANY,
};

/* Which options a command takes: letters of the table above; and whether it takes operands. */
static const struct command {
	const char *name;
	int (*run)(const struct cli *cli, const struct command_options *options, struct fail *fail);
	const char *takes;
	size_t weeks;
	bool operands;
	command_format *format;
} commands[] = {
	{"add", command_add, "dwmv", 0, true, NULL},
	{"count", command_count, "wp", 0, true, NULL},
	{"merge", command_merge, "dmv", 0, true, NULL},
	{"show", command_show, "dfn", SHOW_WEEKS, false, NULL},
	{"csv", command_show, "dfn", 0, false, dump_csv},
	{"json", command_show, "dfn", 0, false, dump_json},
	{"html", command_show, "dfn", HTML_WEEKS, false, html_format},
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* The first option given that the command does not take; NULL when there is none. */
static const char *find_stray(const struct command *command)
{
	for (const struct cli_option *option = options; option->name != NULL; option++) {
		bool given = option->flag != NULL   ? *option->flag
			     : option->text != NULL ? *option->text != NULL
						    : option->list->count > 0;
		if (given && strchr(command->takes, option->letter) == NULL)
			return option->name;
	}
	return NULL;
}

/* "3/16": the third of 16. */
static bool read_part(const char *text, struct command_options *out)
{
	char first[24];
	const char *slash = strchr(text, '/');
	int64_t index;
	int64_t count;

	if (slash == NULL || (size_t)(slash - text) >= sizeof first)
		return false;
	(void)snprintf(first, sizeof first, "%.*s", (int)(slash - text), text); /* measured above */
	if (num_parse(slash + 1, 1, COUNT_PARTS_MAX, &count) != 0 || num_parse(first, 1, count, &index) != 0)
		return false;
	out->part = (uint64_t)index - 1;
	out->parts = (uint64_t)count;
	return true;
}

/* Returns 0, or the status of a usage error. */
static int read_options(const struct command *command, struct command_options *out)
{
	const char *folder = getenv("TMPDIR");
	int64_t number = 10;

	out->now = time(NULL);
	out->week = week_of(out->now - WEEK_SECONDS);
	if (strchr(command->takes, 'd') != NULL && db == NULL)
		return cli_usage(&cli, "%s: give the database with --db FILE", command->name);
	if (week != NULL && week_parse(week, &out->week) != 0)
		return cli_usage(&cli, "--week %s: not a week of ISO 8601, such as 2026-W47", week);
	if (week_start(out->week) > out->now)
		return cli_usage(&cli, "--week %s: has not begun yet", week);
	if (min_cell != NULL && num_parse(min_cell, 1, MIN_CELL_MAX, &number) != 0)
		return cli_usage(&cli, "--min-cell %s: not a number from 1 to %d", min_cell, MIN_CELL_MAX);
	out->min_cell = (uint64_t)number;
	number = (int64_t)command->weeks;
	if (weeks != NULL && num_parse(weeks, 1, WEEKS_MAX, &number) != 0)
		return cli_usage(&cli, "--weeks %s: not a number from 1 to %d", weeks, WEEKS_MAX);
	out->weeks = (size_t)number;
	out->parts = 1;
	if (part != NULL && !read_part(part, out))
		return cli_usage(&cli, "--part %s: not I/N with I from 1 to N, and N at most %d", part,
				 COUNT_PARTS_MAX);
	out->db = db;
	out->facts = facts.items;
	out->fact_count = facts.count;
	if (strchr(command->takes, 'w') != NULL) /* it counts */
		out->folder = folder != NULL && folder[0] != '\0' ? folder : "/var/tmp";
	out->verbose = verbose;
	out->format = command->format;
	return 0;
}

/* Reads what it is given, writes beside the database and for the file without a name. No network, no
 * programs. */
static int drop_rights(const struct command_options *wanted, struct fail *fail)
{
	struct sandbox sandbox;

	if (sandbox_begin(&sandbox, 0, fail) != 0 || sandbox_allow(&sandbox, "/", SANDBOX_READ, fail) != 0 ||
	    sandbox_allow_beside(&sandbox, wanted->db, fail) != 0)
		return -1;
	if (wanted->folder != NULL &&
	    sandbox_allow(&sandbox, wanted->folder, SANDBOX_READ | SANDBOX_WRITE, fail) != 0)
		return -1;
	return cli_enter_sandbox(&cli, &sandbox, fail);
}

int main(int argc, char **argv)
{
	struct command_options wanted = {0};
	struct schema schema;
	struct fail fail;
	int operand = cli_parse(&cli, argc, argv);
	const struct command *command = find_command(argv[operand]);

	if (command == NULL)
		return cli_usage(&cli, "%s: no such command", argv[operand]);
	const char *stray = find_stray(command);
	if (stray != NULL)
		return cli_usage(&cli, "%s: takes no --%s", command->name, stray);
	if (!command->operands && argc - operand > 1)
		return cli_usage(&cli, "%s: one operand too many", argv[operand + 1]);
	int status = read_options(command, &wanted);
	if (status != 0)
		return status;
	if (command->run == command_count && isatty(STDOUT_FILENO))
		return cli_usage(&cli, "count: writes a part, which is not for a terminal");
	wanted.operands = (const char *const *)argv + operand + 1;
	wanted.operand_count = (size_t)(argc - operand - 1);
	if (command->run == command_merge && wanted.operand_count == 0)
		return cli_usage(&cli, "merge: needs the parts");
	wanted.schema = &schema;
	if (sandbox_hide_memory(&fail) != 0 || command_schema(&schema, &fail) != 0 ||
	    drop_rights(&wanted, &fail) != 0 || command->run(&cli, &wanted, &fail) != 0)
		return cli_fail(&cli, &fail);
	return EX_OK;
}
