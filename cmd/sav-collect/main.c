/* sav-collect: measures the facts of this host, or of a captured one, and writes them as one JSON object. */
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/log.h"
#include "lib/base/sandbox.h"
#include "lib/conf/conf.h"
#include "lib/conf/home.h"
#include "lib/facts/diff.h"
#include "lib/facts/document.h"
#include "lib/facts/explain.h"
#include "lib/facts/host.h"
#include "lib/facts/probe_identity.h"
#include "lib/facts/survey.h"
#include "lib/net/proxyenv.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *level_text;
static const char *root;
static const char *older;
static bool pretty;
static bool explain;
static bool schema;
static bool json;
static bool verbose;

static const struct cli_option options[] = {
	{"level", 0, "LEVEL", "Facts of version 9.7, 9.8.3 or 9.11 (FeedbackLevel's)", .text = &level_text},
	{"root", 0, "DIR", "Read the captured host in DIR, and nothing of this one", .text = &root},
	{"pretty", 0, NULL, "Indent, as on a terminal", .flag = &pretty},
	{"explain", 0, NULL, "Tell of every fact what it is and where it is from", .flag = &explain},
	{"json", 0, NULL, "With --explain: as JSON", .flag = &json},
	{"diff", 0, "OLD", "Tell what differs from the older report in this file", .text = &older},
	{"schema", 0, NULL, "Print the JSON Schema of the report", .flag = &schema},
	{"verbose", 'v', NULL, "Write the product's log lines on standard error", .flag = &verbose},
	{.name = NULL},
};

static const struct cli cli = {
	.name = "sav-collect",
	.usage = "[--level LEVEL] [--root DIR] [--pretty] [-v]\n--explain [--json] [--level LEVEL] [--root "
		 "DIR]\n"
		 "--diff OLD [--level LEVEL] [--root DIR]\n"
		 "--schema [--level LEVEL]",
	.about = "Writes the facts of this host as one JSON object: what a feedback report holds.\n"
		 "A fact that cannot be known is null; --explain says why.",
	.options = options,
	.notes = "Only var/feedback in the installation is ever written. Opens no connection.",
};

/* Of this host anything is read. A program is started only where the installation has the one; where a folder for
 * its state is `kept`, that is written, and sockets of every kind may be made. */
static int enter_sandbox(const struct home *home, const char *kept, struct fail *fail)
{
	struct sandbox sandbox;
	char path[PATH_MAX];
	bool active;

	if (home_path(home, "bin/savdstatus", path, fail) != 0)
		return -1;
	unsigned sockets = root != NULL ? 0 : kept != NULL ? SANDBOX_CONNECT : SANDBOX_NETLINK;
	unsigned program = root == NULL && access(path, X_OK) == 0 ? SANDBOX_EXECUTE : 0;
	if (sandbox_begin(&sandbox, program | sockets, fail) != 0 ||
	    sandbox_allow(&sandbox, root != NULL ? root : "/", SANDBOX_READ | program, fail) != 0)
		return -1;
	if (program != 0 && sandbox_allow(&sandbox, "/dev/null", SANDBOX_WRITE, fail) != 0)
		return -1;
	if (kept != NULL && sandbox_allow(&sandbox, kept, SANDBOX_WRITE, fail) != 0)
		return -1;
	if (sandbox_enter(&sandbox, &active, fail) != 0)
		return -1;
	if (kept == NULL)
		cli_warn_unconfined(&cli, active, verbose);
	return 0;
}

/* Some facts keep something in the installation's state, or ask on a socket. They come first; whatever parses the host after them can
 * write nothing. A captured host is confined already. */
static int measure_confined(struct survey *survey, enum fact_level level, struct value *values,
			    struct fail *fail)
{
	const struct home *home = survey->input.home;
	char state[PATH_MAX];

	if (root == NULL)
		probe_identity_prepare(home);
	fact_prepare(survey, level);
	if (root == NULL &&
	    (home_path(home, HOME_STATE, state, fail) != 0 || enter_sandbox(home, state, fail) != 0))
		return -1;
	fact_measure_first(survey, level, values);
	if (root == NULL && enter_sandbox(home, NULL, fail) != 0)
		return -1;
	fact_measure_rest(survey, level, values);
	return 0;
}

static int say_preparing(const struct timespec *now, struct fail *fail)
{
	auto_buf struct buf line = BUF_INIT(256);

	if (log_format(now, "Preparing feedback data", &line) != 0)
		return fail_errno(fail, EX_OSERR, "log");
	(void)!write(STDERR_FILENO, line.data, line.size); /* a log that cannot be written stops nothing */
	return 0;
}

/* The level asked for, else (with a survey) the configured one, else all. */
static int choose_level(struct survey *survey, enum fact_level *level, struct fail *fail)
{
	const char *why;
	const char *text = level_text;

	if (text == NULL && survey != NULL) {
		const struct conf *conf = survey_conf(survey, &why);
		text = conf == NULL ? NULL : conf_text(conf, PARAM_FEEDBACK_LEVEL);
	}
	if (text == NULL)
		*level = FACT_9_11;
	else if (fact_parse_level(text, level) != 0) {
		(void)fail_set(fail, EX_USAGE, "%s: no such level", text);
		return fail_hint(fail, "one of 9.7, 9.8.3, 9.11");
	}
	return 0;
}

static int measure(struct survey *survey, const struct buf *old, struct buf *out, struct fail *fail)
{
	struct value values[FACT_COUNT];
	enum fact_level level;

	/* Of a captured host only its folder is ever read, its configuration too. */
	if (root != NULL && enter_sandbox(survey->input.home, NULL, fail) != 0)
		return -1;
	if (choose_level(survey, &level, fail) != 0 || measure_confined(survey, level, values, fail) != 0)
		return -1;
	if (older != NULL)
		return diff_format(level, values, old->data, old->size, older, out, fail);
	if (explain)
		return json ? explain_json(level, values, out, fail)
			    : explain_format(level, values, out, fail);
	return document_format(level, values, pretty || isatty(STDOUT_FILENO) == 1, out, fail);
}

/* Of the environment, a captured host is told nothing. */
static int collect(const struct buf *old, struct buf *out, struct fail *fail)
{
	struct survey survey;
	struct timespec now;
	struct proxyenv proxies;
	struct home home;

	proxyenv_read(&proxies, getenv);
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return fail_errno(fail, EX_OSERR, "the clock");
	if (home_init(&home, root == NULL ? getenv("SAV_HOME") : NULL, fail) != 0)
		return -1;
	struct host *host = host_new(root, fail);
	if (host == NULL)
		return -1;
	const struct survey_input input = {
		.home = &home, .now = now.tv_sec, .zone = getenv("TZ"), .proxies = &proxies};
	survey_init(&survey, host, &input);
	int result = verbose ? say_preparing(&now, fail) : 0;
	if (result == 0)
		result = measure(&survey, old, out, fail);
	survey_fini(&survey);
	host_free(host);
	return result;
}

int main(int argc, char **argv)
{
	auto_buf struct buf out = BUF_INIT(EXPLAIN_SIZE_MAX);
	auto_buf struct buf old = BUF_INIT(DIFF_OLD_MAX);
	enum fact_level level;
	struct fail fail;

	(void)cli_parse(&cli, argc, argv); /* takes no operands */
	if (explain + schema + (older != NULL) > 1)
		return cli_usage(&cli, "--explain, --diff and --schema: one at a time");
	if (pretty && (explain || older != NULL))
		return cli_usage(&cli, "--pretty: goes with a report only");
	if (json && !explain)
		return cli_usage(&cli, "--json: goes with --explain only");
	if (schema && (root != NULL || verbose))
		return cli_usage(&cli, "--schema: looks at no host");
	/* Ignored by whoever started us, savdstatus would be gone with its status. Fails for no valid signal. */
	(void)signal(SIGCHLD, SIG_DFL);
	if (sandbox_hide_memory(&fail) != 0 || sandbox_limit(SANDBOX_FILES, &fail) != 0)
		return cli_fail(&cli, &fail);
	if (older != NULL && io_read_input(older, &old, &fail) != 0)
		return cli_fail(&cli, &fail);
	if (choose_level(NULL, &level, &fail) != 0)
		return cli_fail(&cli, &fail);
	int result = schema ? document_schema(level, &out, &fail) : collect(&old, &out, &fail);
	if (result == 0)
		result = cli_write(out.data, out.size, &fail);
	return result == 0 ? EX_OK : cli_fail(&cli, &fail);
}
