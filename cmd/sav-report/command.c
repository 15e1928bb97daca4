#include "cmd/sav-report/command.h"

#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/scope.h"
#include "lib/report/count.h"
#include "lib/report/db.h"
#include "lib/report/merge.h"
#include "lib/report/parse.h"
#include "lib/report/quantity.h"
#include "lib/report/show.h"
#include "lib/report/tally.h"
#include "lib/report/view.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	READ_BYTES = 1 << 18,
	OUTPUT_MAX = 1 << 30, /* bytes of tables or of a page */
	SHOW_LINES = 12,      /* values of a fact, unless it was asked for by name */
};

static int feed_fd(struct count *count, int fd, const char *name, struct fail *fail)
{
	static uint8_t block[READ_BYTES];

	for (;;) {
		ssize_t got = read(fd, block, sizeof block);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(fail, fail_status_of_errno(errno), "%s", name);
		if (got == 0)
			return count_end(count, fail);
		if (count_feed(count, block, (size_t)got, fail) != 0)
			return -1;
	}
}

static int feed_file(struct count *count, const char *path, struct fail *fail)
{
	if (strcmp(path, "-") == 0)
		return feed_fd(count, STDIN_FILENO, "standard input", fail);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(fail, fail_status_of_errno(errno), "%s", path);
	return feed_fd(count, fd, path, fail);
}

/* Reads all input into a new count. Returns NULL with *fail. */
static struct count *read_reports(const struct command_options *options, struct fail *fail)
{
	const struct count_options wanted = {
		.schema = options->schema,
		.week = options->week,
		.now = options->now,
		.part = options->part,
		.parts = options->parts,
		.folder = options->folder,
	};
	struct count *count = count_new(&wanted, fail);
	int result = count == NULL ? -1 : 0;

	if (result == 0 && options->operand_count == 0)
		result = feed_file(count, "-", fail);
	for (size_t i = 0; result == 0 && i < options->operand_count; i++)
		result = feed_file(count, options->operands[i], fail);
	if (result == 0)
		return count;
	count_free(count);
	return NULL;
}

static uint64_t sum(const uint64_t *results)
{
	uint64_t reports = 0;

	for (size_t i = 0; i < PARSE_RESULTS; i++)
		reports += results[i];
	return reports;
}

/* A pipe that broke before it, or another week's folder, must not empty the week. */
static int check_reports(struct week week, const uint64_t *results, int64_t now, struct fail *fail)
{
	char name[WEEK_TEXT];
	enum parse_result most = PARSE_OUTSIDE;

	if (sum(results) == 0)
		return fail_set(fail, EX_NOINPUT, "no reports: nothing changed");
	for (unsigned i = PARSE_OUTSIDE; i < PARSE_RESULTS; i++)
		if (results[i] > results[most])
			most = (enum parse_result)i;
	if (results[PARSE_ACCEPTED] > 0)
		return 0;
	(void)fail_set(fail, EX_DATAERR, "%s: none of %llu report%s can be counted: nothing changed",
		       week_format(week, name), (unsigned long long)sum(results),
		       quantity_ending(sum(results)));
	(void)week_format(week_of(now), name);
	return fail_hint(fail, "%s: %llu%s%s", parse_reason(most), (unsigned long long)results[most],
			 most == PARSE_OUTSIDE ? "; --week counts another, today is in " : "",
			 most == PARSE_OUTSIDE ? name : "");
}

static void say_results(const struct cli *cli, const uint64_t *results)
{
	for (unsigned i = 0; i < PARSE_RESULTS; i++)
		if (i != PARSE_ACCEPTED && i != PARSE_ELSEWHERE && i != PARSE_OUTSIDE && results[i] > 0)
			cli_warn(cli, "%llu report%s refused: %s", (unsigned long long)results[i],
				 quantity_ending(results[i]), parse_reason((enum parse_result)i));
}

static void say_tally(const struct cli *cli, const struct command_options *options, const struct tally *tally)
{
	char week[WEEK_TEXT];

	(void)week_format(tally->week, week);
	say_results(cli, tally->results);
	for (unsigned i = 0; i < TALLY_FLAGS; i++)
		if ((tally->flags & 1U << i) != 0)
			cli_warn(cli, "%s: %s", week, tally_flag_text(i));
	if (options->verbose)
		cli_say(cli, "%s: %llu machine%s of %llu customer%s in %llu report%s of %llu", week,
			(unsigned long long)tally->machines, quantity_ending(tally->machines),
			(unsigned long long)tally->customers, quantity_ending(tally->customers),
			(unsigned long long)tally->results[PARSE_ACCEPTED],
			quantity_ending(tally->results[PARSE_ACCEPTED]),
			(unsigned long long)sum(tally->results));
}

static int put_tally(const struct cli *cli, const struct command_options *options, struct tally *tally,
		     struct fail *fail)
{
	struct db *db = db_open(options->db, DB_WRITE, fail);
	int result = db == NULL ? -1 : db_put(db, options->schema, tally, fail);

	db_close(db);
	if (result == 0)
		say_tally(cli, options, tally);
	return result;
}

int command_add(const struct cli *cli, const struct command_options *options, struct fail *fail)
{
	struct tally tally = {0};
	struct count *count = read_reports(options, fail);
	int result = count == NULL ? -1
				   : check_reports(options->week, count_results(count), options->now, fail);

	if (result == 0)
		result = count_tally(count, options->min_cell, &tally, fail);
	if (result == 0)
		result = put_tally(cli, options, &tally, fail);
	tally_fini(&tally);
	count_free(count);
	return result;
}

int command_count(const struct cli *cli, const struct command_options *options, struct fail *fail)
{
	struct count *count = read_reports(options, fail);
	int result = count == NULL ? -1 : 0;

	/* An empty part is a part; no input at all is a pipe that broke. */
	if (result == 0 && sum(count_results(count)) == 0)
		result = fail_set(fail, EX_NOINPUT, "no reports: no part made");
	if (result == 0)
		result = count_write_part(count, STDOUT_FILENO, fail);
	if (result == 0)
		say_results(cli, count_results(count));
	count_free(count);
	return result;
}

int command_merge(const struct cli *cli, const struct command_options *options, struct fail *fail)
{
	struct tally tally = {0};
	struct merge *merge = merge_new(options->schema, options->operands, options->operand_count, fail);
	int result = merge == NULL ? -1 : merge_tally(merge, options->min_cell, &tally, fail);

	if (result == 0)
		result = check_reports(tally.week, tally.results, options->now, fail);
	if (result == 0)
		result = put_tally(cli, options, &tally, fail);
	tally_fini(&tally);
	merge_free(merge);
	return result;
}

static int load(const struct command_options *options, struct view *view, struct fail *fail)
{
	const struct db_filter filter = {options->facts, options->fact_count, options->weeks};
	struct db *db = db_open(options->db, DB_READ, fail);
	int result = db == NULL ? -1 : db_load_view(db, options->schema, &filter, view, fail);

	db_close(db);
	return result;
}

static struct show_style style_of(const struct command_options *options)
{
	struct winsize size = {0};
	struct show_style style = {.bars = isatty(STDOUT_FILENO),
				   .lines = options->fact_count > 0 ? 0 : SHOW_LINES};

	if (style.bars && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		style.width = size.ws_col;
	return style;
}

static int format_tables(const struct command_options *options, const struct view *view, struct buf *out,
			 struct fail *fail)
{
	const struct show_style style = style_of(options);

	return show_format(view, &style, out, fail);
}

int command_show(const struct cli *cli, const struct command_options *options, struct fail *fail)
{
	auto_buf struct buf out = BUF_INIT(OUTPUT_MAX);
	struct view view = {0};
	int result = load(options, &view, fail);

	(void)cli; /* has nothing to warn of */
	if (result == 0)
		result = options->format != NULL ? options->format(&view, &out, fail)
						 : format_tables(options, &view, &out, fail);
	view_fini(&view);
	return result != 0 ? -1 : cli_write(out.data, out.size, fail);
}
