/* sls-alert: takes the alerts of the Linux sensor and brings each to every output of runtimedetections.yaml. */
#include "cmd/sls-alert/cage.h"
#include "cmd/sls-alert/check.h"
#include "cmd/sls-alert/run.h"
#include "cmd/sls-alert/service.h"
#include "cmd/sls-alert/trial.h"
#include "cmd/sls-alert/world.h"
#include "lib/alert/config.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/base/sandbox.h"
#include "lib/base/scope.h"
#include "lib/format/seal.h"

#include <stdlib.h>
#include <string.h>

#define SPOOL_PATH "/var/spool/sls-alert"
enum { DRAIN_DEFAULT_S = 10, DRAIN_MAX_S = 86400, MILLISECONDS = 1000, MEGABYTE = 1 << 20 };

static const char *config_path;
static const char *spool_path;
static const char *spool_key;
static const char *spool_size;
static const char *spool_full;
static const char *follow;
static const char *metrics;
static const char *drain;
static bool flush;
static bool check;
static bool json;
static bool test_alert;
static bool verbose;

static const struct cli_option options[] = {
	{"config", 'c', "FILE", "Settings, instead of the sensor's own file", .text = &config_path},
	{"spool", 's', "DIR", "Keep alerts there until they are delivered", .text = &spool_path},
	{"spool-key", 0, "FILE", "Encrypt the spool with this key (sav-keygen)", .text = &spool_key},
	{"spool-size", 0, "MB", "How large the spool may grow (1024)", .text = &spool_size},
	{"spool-full", 0, "POLICY", "wait (the input waits) or drop-oldest", .text = &spool_full},
	{"check", 0, NULL, "Say what the settings are and whether they can work", .flag = &check},
	{"json", 0, NULL, "With --check: for a monitor", .flag = &json},
	{"test-alert", 0, NULL, "Send a test alert to every output and tell how it went",
	 .flag = &test_alert},
	{"follow", 'f', "FILE", "Read this growing file, through its rotation", .text = &follow},
	{"flush", 0, NULL, "Read nothing; deliver what the spool holds, and end", .flag = &flush},
	{"drain", 0, "S", "Seconds to deliver the rest in at the end (10)", .text = &drain},
	{"metrics", 0, "FILE", "Write figures for Prometheus's textfile collector", .text = &metrics},
	{"verbose", 'v', NULL, "Tell at the end what was read and delivered", .flag = &verbose},
	{.name = NULL},
};

static const struct cli cli = {
	.name = "sls-alert",
	.usage = "[OPTION...]",
	.about = "Reads alerts (JSON objects) from standard input and delivers each to every\n"
		 "enabled output of alert_output in " CONFIG_PATH ".\n"
		 "What is not delivered yet waits in " SPOOL_PATH ", through crashes\n"
		 "and power cuts.",
	.options = options,
};

/* The options point to the key, which the caller wipes in the end. */
static int parse_spool(struct spool_options *spool, struct seal_key *key, struct fail *fail)
{
	int64_t megabytes = SPOOL_LIMIT_DEFAULT / MEGABYTE;

	*spool = (struct spool_options){.path = spool_path == NULL ? SPOOL_PATH : spool_path,
					.policy = SPOOL_BLOCK};
	if (spool_size != NULL &&
	    num_parse(spool_size, SPOOL_LIMIT_MIN / MEGABYTE, SPOOL_LIMIT_MAX / MEGABYTE, &megabytes) != 0)
		return fail_set(fail, EX_USAGE, "--spool-size %s: not a number from %llu to %llu", spool_size,
				SPOOL_LIMIT_MIN / MEGABYTE, SPOOL_LIMIT_MAX / MEGABYTE);
	spool->limit_bytes = (uint64_t)megabytes * MEGABYTE;
	if (spool_full != NULL && strcmp(spool_full, "drop-oldest") == 0)
		spool->policy = SPOOL_DROP_OLDEST;
	else if (spool_full != NULL && strcmp(spool_full, "wait") != 0)
		return fail_set(fail, EX_USAGE, "--spool-full %s: neither wait nor drop-oldest", spool_full);
	if (spool_key == NULL)
		return 0;
	if (seal_init(fail) != 0 || seal_load_secret(spool_key, key, fail) != 0)
		return -1;
	spool->key = key->bytes;
	return 0;
}

int main(int argc, char **argv)
{
	/* An output that hangs goes on using these two until the process is gone. */
	static struct output_world world;
	static struct config *config;
	struct fail fail;
	int64_t drain_s = DRAIN_DEFAULT_S;

	/* As the sensor's own option is written: "sophoslinuxsensor -test-alert". */
	static char long_form[] = "--test-alert";
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], long_form + 1) == 0)
			argv[i] = long_form;
	(void)cli_parse(&cli, argc, argv); /* takes no operands */
	if (check + test_alert + flush + (follow != NULL) > 1 || (json && !check))
		return cli_usage(&cli, "--check [--json], --test-alert, --flush, --follow: give one of them");
	if (drain != NULL && num_parse(drain, 0, DRAIN_MAX_S, &drain_s) != 0)
		return cli_usage(&cli, "--drain %s: not a number from 0 to %d", drain, DRAIN_MAX_S);
	const char *path = config_path == NULL ? CONFIG_PATH : config_path;
	if (!check && !test_alert && run_hold_hangups(&fail) != 0)
		return cli_fail(&cli, &fail);
	auto_close int notify_fd = service_open(&cli);
	if (sandbox_hide_memory(&fail) != 0 || cage_enter_reading(!check, &fail) != 0 ||
	    world_init(&world, &fail) != 0)
		return cli_fail(&cli, &fail);
	if (check)
		return check_report(&cli, path, world_lookup, json, world.now());
	config = config_load(path, world_lookup, &fail);
	if (config == NULL)
		return cli_fail(&cli, &fail);
	check_warn(&cli, config, world.now());
	if (test_alert)
		return trial_run(&cli, config, &world, drain_s * MILLISECONDS);
	struct seal_key key;
	struct run_options run = {
		.cli = &cli,
		.config_path = path,
		.follow = follow,
		.metrics = metrics,
		.flush = flush,
		.verbose = verbose,
		.drain_ms = drain_s * MILLISECONDS,
		.notify_fd = notify_fd,
	};
	if (parse_spool(&run.spool, &key, &fail) != 0)
		return cli_fail(&cli, &fail);
	int status = run_alerts(&run, &config, &world);
	explicit_bzero(&key, sizeof key);
	return status;
}
