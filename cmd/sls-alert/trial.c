#include "cmd/sls-alert/trial.h"

#include "cmd/sls-alert/cage.h"
#include "cmd/sls-alert/world.h"
#include "lib/alert/config.h"
#include "lib/alert/output.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/format/encode.h"

#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_MAX = 64 << 10, ALERT_MAX = 4 << 10, STOP_PATIENCE_MS = 500 };

enum verdict { WAITING, DELIVERED, FAILED };

struct attempt {
	const struct config_output *own;
	struct output *output;
	enum verdict verdict;
	int64_t took_ms;
	char reason[OUTPUT_REASON_MAX];
	char hint[OUTPUT_REASON_MAX]; /* of what could not even be opened */
};

struct trial {
	struct attempt attempts[CONFIG_OUTPUTS_MAX];
	size_t count;
	struct buf alert;
	uint32_t end;
	int64_t began_ms;
};

/* The alert, a line. Source of its name: "Exporting alerts to Sophos Central", Test the alert output. */
static int make_alert(struct trial *trial, const struct output_world *world, struct fail *fail)
{
	char stamp[32];
	time_t now = world->now();
	struct tm parts;
	char uuid[37];

	if (gmtime_r(&now, &parts) == NULL ||
	    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		return fail_set(fail, EX_OSERR, "the clock: has no date that can be written");
	/* Random, version 4. Source: RFC 9562, section 5.4. */
	(void)snprintf(uuid, sizeof uuid, "%08x-%04x-4%03x-%04x-%08x%04x", world->random(),
		       world->random() >> 16, world->random() >> 20, 0x8000 | world->random() >> 18,
		       world->random(), world->random() >> 16);
	json_t *alert = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "StrategyName", "Alert Tester", "UUID",
				  uuid, "Timestamp", stamp, "Hostname", world->hostname, "Description",
				  "A test of the alert outputs, asked for by an administrator", "Test", true);
	if (encode_add(alert, JSON_COMPACT | JSON_PRESERVE_ORDER, &trial->alert, fail) != 0)
		return -1;
	trial->end = (uint32_t)trial->alert.size;
	return 0;
}

static int start(const struct cli *cli, struct trial *trial, const struct config *config,
		 const struct output_world *world, struct fail *fail)
{
	struct cage cage;
	const struct spool_batch batch = {.bytes = trial->alert.data,
					  .size = trial->end,
					  .first = 1,
					  .count = 1,
					  .ends = &trial->end,
					  .written_ms = world_now_ms()};

	for (size_t i = 0; i < config->output_count; i++) {
		struct attempt *attempt = &trial->attempts[trial->count];
		if (!config->outputs[i].enabled)
			continue;
		attempt->own = &config->outputs[i];
		attempt->output = output_open(config, attempt->own, world, fail);
		trial->count++;
		if (attempt->output != NULL)
			continue;
		attempt->verdict = FAILED; /* the others are tried all the same */
		const char *text = fail->text + strlen(attempt->own->id) + strlen(": "); /* its prefix */
		(void)snprintf(attempt->reason, sizeof attempt->reason, "%.*s",
			       (int)sizeof attempt->reason - 1, text);
		(void)snprintf(attempt->hint, sizeof attempt->hint, "%.*s", (int)sizeof attempt->hint - 1,
			       fail->hint);
	}
	if (cage_enter(&cage, cli, config, NULL, NULL, fail) != 0)
		return -1;
	trial->began_ms = world->monotonic_ms();
	for (size_t i = 0; i < trial->count; i++) {
		struct attempt *attempt = &trial->attempts[i];
		if (attempt->output == NULL)
			continue;
		if (output_start(attempt->output, fail) != 0)
			return -1;
		output_submit(attempt->output, &batch);
	}
	return 0;
}

static void take(struct trial *trial, struct attempt *attempt, const struct output_world *world)
{
	struct output_event event;

	while (attempt->output != NULL && output_take(attempt->output, &event)) {
		if (attempt->verdict != WAITING || event.kind == OUTPUT_FREED)
			continue;
		attempt->verdict = event.kind == OUTPUT_DELIVERED ? DELIVERED : FAILED;
		attempt->took_ms = world->monotonic_ms() - trial->began_ms;
		memcpy(attempt->reason, event.reason, sizeof attempt->reason);
	}
}

/* Until all have said something, or the time is over. */
static void wait_for_all(struct trial *trial, const struct output_world *world, int64_t patience_ms)
{
	for (;;) {
		bool waiting = false;
		int64_t left_ms = trial->began_ms + patience_ms - world->monotonic_ms();
		struct pollfd events = {.fd = world->event_fd, .events = POLLIN};
		for (size_t i = 0; i < trial->count; i++) {
			take(trial, &trial->attempts[i], world);
			waiting = waiting || trial->attempts[i].verdict == WAITING;
		}
		if (!waiting || left_ms <= 0)
			return;
		if (poll(&events, 1, (int)left_ms) < 0) {
			(void)usleep(1000); /* out of memory, unless interrupted */
			continue;
		}
		uint64_t count;
		if (events.revents != 0 && read(world->event_fd, &count, sizeof count) < 0)
			return; /* poll saw it */
	}
}

static const char *hint(const struct attempt *attempt)
{
	if (attempt->output == NULL)
		return attempt->hint[0] == '\0' ? NULL : attempt->hint;
	bool http = attempt->own->type == CONFIG_MCS || attempt->own->type == CONFIG_WEBHOOK;

	if (strstr(attempt->reason, "server answered 401") != NULL ||
	    strstr(attempt->reason, "server answered 403") != NULL)
		return "the key is not accepted: compare it with the one of your account";
	if (strstr(attempt->reason, "server answered 404") != NULL)
		return "nothing takes alerts at this url";
	if (strstr(attempt->reason, "SSL") != NULL || strstr(attempt->reason, "certificate") != NULL)
		return attempt->own->type == CONFIG_MCS
			       ? "see sls-alert --check for the certificates and lists"
			       : "see the output's ca_file";
	if (http && strstr(attempt->reason, "answered") == NULL)
		return "is the host reachable from here, or is a proxy needed (https_proxy)?";
	return NULL;
}

static int report(const struct cli *cli, const struct trial *trial, struct fail *fail)
{
	auto_buf struct buf out = BUF_INIT(REPORT_MAX);
	bool good = true;
	int result = 0;

	for (size_t i = 0; i < trial->count; i++) {
		const struct attempt *attempt = &trial->attempts[i];
		const char *id = attempt->own->id;
		if (attempt->verdict == DELIVERED) {
			result |= buf_printf(&out, "%s: delivered in %lld ms\n", id,
					     (long long)attempt->took_ms);
			continue;
		}
		good = false;
		result |= buf_printf(&out, "%s: not delivered: %s\n", id,
				     attempt->verdict == WAITING ? "no answer yet" : attempt->reason);
		const char *advice = hint(attempt);
		if (advice != NULL)
			result |= buf_printf(&out, "%s: hint: %s\n", id, advice);
	}
	if (result != 0)
		return cli_fail(cli, (fail_set(fail, EX_OSERR, "test alert: out of memory"), fail));
	if (cli_write(out.data, out.size, fail) != 0)
		return cli_fail(cli, fail);
	return good ? EX_OK : EX_UNAVAILABLE;
}

int trial_run(const struct cli *cli, const struct config *config, struct output_world *world,
	      int64_t patience_ms)
{
	static struct trial trial; /* an output that hangs still reads from it */
	struct fail fail;
	int status;

	trial.alert = BUF_INIT(ALERT_MAX);
	for (size_t i = 0; i < SPOOL_ID_BYTES; i++)
		world->spool_id[i] = (uint8_t)world->random();
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
	    make_alert(&trial, world, &fail) != 0 || start(cli, &trial, config, world, &fail) != 0) {
		status = cli_fail(cli, &fail);
	} else {
		wait_for_all(&trial, world, patience_ms);
		status = report(cli, &trial, &fail);
	}
	bool hangs = false;
	for (size_t i = 0; i < trial.count; i++) {
		if (trial.attempts[i].output == NULL)
			continue;
		if (output_halt(trial.attempts[i].output, STOP_PATIENCE_MS))
			output_free(trial.attempts[i].output);
		else
			hangs = true;
	}
	if (!hangs) /* else this is, too */
		buf_fini(&trial.alert);
	return status;
}
