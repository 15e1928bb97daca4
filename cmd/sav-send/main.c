/* sav-send: puts a sealed report where reports are collected, by whichever way through the network works. */
#include "cmd/sav-send/confine.h"
#include "cmd/sav-send/deliver.h"
#include "cmd/sav-send/plan.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/num.h"
#include "lib/base/sandbox.h"
#include "lib/conf/conf.h"
#include "lib/conf/home.h"
#include "lib/format/seal.h"
#include "lib/net/http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	NAME_RANDOM_BYTES = 16,
	NAME_MAX_BYTES = 200, /* leaves room for what a temporary file's name adds */
	CONNECT_TIMEOUT_S = 10,
	TOTAL_TIMEOUT_S = 60,
	TIMEOUT_MAX_S = 3600,
	MS_PER_S = 1000,
};

static struct plan_wishes wishes;
static struct cli_list proxies;
static struct cli_list headers;
static const char *given_name;
static const char *connect_timeout;
static const char *total_timeout;
static bool verbose;

static const struct cli_option options[] = {
	{"url", 'u', "URL", "Where to put it: https://, http:// or file://", .text = &wishes.url},
	{"proxy", 'x', "ROUTE", "Only this route; may be given again", .list = &proxies},
	{"header", 'H', "HEADER", "Add \"Name: value\"; may be given again", .list = &headers},
	{"cacert", 0, "FILE", "Trust these certificates, not the system's", .text = &wishes.ca_path},
	{"s3", 0, "REGION", "Sign the request for S3 (AWS Signature Version 4)", .text = &wishes.s3_region},
	{"name", 'n', "NAME", "What to call it there (random by default)", .text = &given_name},
	{"connect-timeout", 0, "S", "Seconds to connect, each route (10)", .text = &connect_timeout},
	{"max-time", 0, "S", "Seconds in all, each route (60)", .text = &total_timeout},
	{"verbose", 'v', NULL, "Tell what happens, in the log's form", .flag = &verbose},
	{.name = NULL},
};

static const struct cli cli = {
	.name = "sav-send",
	.usage = "[OPTION...] [FILE]",
	.about = "Puts a sealed report (FILE, or standard input) where reports are collected:\n"
		 "--url, else FeedbackURL, else https://FeedbackHost/. Routes are tried in this\n"
		 "order: noproxy (the environment's proxy, or none), primary, secondary (the\n"
		 "update proxies), direct. A ROUTE is one of these, or a proxy's HOST:PORT or URL.\n"
		 "With DisableFeedback true, or DO_NOT_TRACK=1, nothing is sent.",
	.options = options,
	.operands_max = 1,
};

static int parse_timeout(const char *option, const char *text, long standard_s, long *ms, struct fail *fail)
{
	int64_t seconds = standard_s;

	if (text != NULL && num_parse(text, 1, TIMEOUT_MAX_S, &seconds) != 0)
		return fail_set(fail, EX_USAGE, "%s %s: not a number from 1 to %d", option, text,
				TIMEOUT_MAX_S);
	*ms = (long)seconds * MS_PER_S;
	return 0;
}

/* It becomes part of a URL and a file's name: letters, digits, "-", "_" and ".", as RFC 3986 leaves alone. */
static int check_name(const char *name, struct fail *fail)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL)
			return fail_set(fail, EX_USAGE,
					"--name: has more than letters, digits, \"-\", \"_\" and \".\"");
	if (size == 0 || name[0] == '.')
		return fail_set(fail, EX_USAGE, "--name: is empty or begins with \".\"");
	if (size > NAME_MAX_BYTES)
		return fail_set(fail, EX_USAGE, "--name: is longer than %d bytes", NAME_MAX_BYTES);
	return 0;
}

/* Random, so that it says nothing of the machine and is never met twice. */
static int make_name(char name[2 * NAME_RANDOM_BYTES + 1], struct fail *fail)
{
	uint8_t bytes[NAME_RANDOM_BYTES];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return fail_errno(fail, EX_OSERR, "random numbers");
	for (size_t i = 0; i < sizeof bytes; i++)
		(void)snprintf(name + 2 * i, 3, "%02x", bytes[i]); /* always two digits */
	return 0;
}

static int check_usage(struct deliver_job *job, struct fail *fail)
{
	for (size_t i = 0; i < headers.count; i++)
		if (!http_header_is_good(headers.items[i]))
			return fail_set(fail, EX_USAGE,
					"--header: not \"Name: value\", or one that is set by itself");
	if (given_name != NULL && check_name(given_name, fail) != 0)
		return -1;
	if (parse_timeout("--connect-timeout", connect_timeout, CONNECT_TIMEOUT_S, &job->connect_timeout_ms,
			  fail) != 0)
		return -1;
	return parse_timeout("--max-time", total_timeout, TOTAL_TIMEOUT_S, &job->total_timeout_ms, fail);
}

static void read_environment(void)
{
	proxyenv_read(&wishes.env, getenv);
	wishes.aws = (struct aws_env){.key_id = getenv("AWS_ACCESS_KEY_ID"),
				      .secret = getenv("AWS_SECRET_ACCESS_KEY"),
				      .token = getenv("AWS_SESSION_TOKEN"),
				      .file = getenv("AWS_SHARED_CREDENTIALS_FILE")};
}

/* The plan has it by now; the process that hears strangers is not to. */
static void forget_environment(void)
{
	char *secret = getenv("AWS_SECRET_ACCESS_KEY");

	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
}

/* Everything that can go wrong on this host goes wrong before the first packet. */
static int prepare(const char *path, const struct home *home, const struct conf *conf, struct plan *plan,
		   struct buf *report, struct fail *fail)
{
	read_environment();
	wishes.proxies = &proxies;
	if (plan_make(&wishes, home, conf, plan, fail) != 0)
		return -1;
	forget_environment();
	deliver_log(verbose, "Preparing feedback data"); /* by those before us in the pipe */
	if (io_read_input(path, report, fail) != 0)
		return -1;
	if (report->size == 0)
		return fail_set(fail, EX_NOINPUT, "%s: is empty",
				path == NULL || strcmp(path, "-") == 0 ? "standard input" : path);
	if (plan->custom_host != NULL)
		deliver_log(verbose, "Using custom feedback host: %s", plan->custom_host);
	return 0;
}

static int send_report(const char *path, struct deliver_job job, const struct conf *conf, struct fail *fail)
{
	auto_buf struct buf report = BUF_INIT(SEAL_BLOB_MAX);
	char random_name[2 * NAME_RANDOM_BYTES + 1];
	auto_plan struct plan plan = {0};

	if (make_name(random_name, fail) != 0 || prepare(path, job.home, conf, &plan, &report, fail) != 0)
		return -1;
	job.plan = &plan;
	job.name = given_name != NULL ? given_name : random_name;
	job.report = &report;
	return deliver_report(&job, fail);
}

int main(int argc, char **argv)
{
	struct deliver_job job = {0};
	struct home home;
	struct fail fail;

	const char *path = argv[cli_parse(&cli, argc, argv)];
	if (check_usage(&job, &fail) != 0)
		return cli_usage(&cli, "%s", fail.text);
	job.headers = headers.items;
	job.header_count = headers.count;
	job.verbose = verbose;
	job.cli = &cli;
	job.home = &home;
	if (sandbox_hide_memory(&fail) != 0 || sandbox_limit(SANDBOX_FILES, &fail) != 0 ||
	    confine_start(&fail) != 0 || home_init(&home, getenv("SAV_HOME"), &fail) != 0)
		return cli_fail(&cli, &fail);
	auto_conf struct conf *conf = conf_load(&home, &fail);
	if (conf == NULL)
		return cli_fail(&cli, &fail);
	if (deliver_check_on(conf, &fail) != 0)
		return cli_fail(&cli, &fail);
	if (send_report(path, job, conf, &fail) == 0) {
		deliver_log(verbose, "Success");
		return EX_OK;
	}
	if (!verbose)
		return cli_fail(&cli, &fail);
	deliver_log(true, fail.hint[0] == '\0' ? "Failed: %s" : "Failed: %s (%s)", fail.text, fail.hint);
	return fail.status;
}
