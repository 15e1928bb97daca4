#include "cmd/sls-alert/run.h"

#include "cmd/sls-alert/cage.h"
#include "cmd/sls-alert/input.h"
#include "cmd/sls-alert/monitor.h"
#include "cmd/sls-alert/run_state.h"
#include "cmd/sls-alert/world.h"
#include "lib/alert/dead.h"
#include "lib/alert/output.h"
#include "lib/alert/spool_reader.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	BATCH_RECORDS = 8192,
	SPOOL_PAUSE_MS = 1000,
	METRICS_MS = 5000,
	METRICS_BYTES_MAX = 1 << 20,
	STOP_PATIENCE_MS = 500
};

static void say(const struct run *run, const char *output, const char *state, const char *reason)
{
	if (reason[0] == '\0')
		cli_say(run->options->cli, "%s: %s", output, state);
	else
		cli_warn(run->options->cli, "%s: %s: %s", output, state, reason);
}

static int open_signals(struct run *run, struct fail *fail)
{
	sigset_t wanted;

	/* Blocked in this thread and all that follow; taken one by one from the descriptor. */
	if (sigemptyset(&wanted) != 0 || sigaddset(&wanted, SIGTERM) != 0 ||
	    sigaddset(&wanted, SIGINT) != 0 || sigaddset(&wanted, SIGHUP) != 0 ||
	    sigprocmask(SIG_BLOCK, &wanted, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return fail_errno(fail, EX_OSERR, "signals");
	run->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? fail_errno(fail, EX_OSERR, "signals") : 0;
}

static int open_lanes(struct run *run, const struct config *config, struct fail *fail)
{
	for (size_t i = 0; i < config->output_count; i++) {
		const struct config_output *own = &config->outputs[i];
		struct lane *lane = &run->lanes[run->lane_count];
		if (!own->enabled)
			continue;
		*lane = (struct lane){.output = output_open(config, own, run->world, fail)};
		if (lane->output == NULL)
			return -1;
		run->lane_count++;
		lane->reader = spool_reader_open(run->spool, own->id, fail);
		if (lane->reader == NULL)
			return -1;
	}
	return 0;
}

static int start_lanes(struct run *run, struct fail *fail)
{
	for (size_t i = 0; i < run->lane_count; i++)
		if (output_start(run->lanes[i].output, fail) != 0)
			return -1;
	return 0;
}

static int open_all(struct run *run, struct fail *fail)
{
	if (open_signals(run, fail) != 0)
		return -1;
	run->spool = spool_open(&run->options->spool, fail);
	if (run->spool == NULL)
		return -1;
	memcpy(run->world->spool_id, spool_id(run->spool), SPOOL_ID_BYTES);
	run->dead = dead_open(run->options->spool.path, fail);
	if (run->dead == NULL || open_lanes(run, *run->config, fail) != 0)
		return -1;
	if (!run->options->flush) {
		run->input = input_open(run->options->follow, run->spool, fail);
		if (run->input == NULL)
			return -1;
	}
	if (cage_enter(*run->config, run->options->spool.path, run->options->metrics, fail) != 0)
		return -1;
	return start_lanes(run, fail);
}

/* An alert that no attempt will ever deliver. */
static int bury(struct run *run, const struct output_event *event, const char *output, struct fail *fail)
{
	const struct spool_batch *batch = event->batch;
	uint32_t start = event->from == 0 ? 0 : batch->ends[event->from - 1];
	const struct dead_letter letter = {
		.reason = event->reason,
		.status = event->status,
		.at = run->world->now(),
		.output = output,
		.bytes = batch->bytes + start,
		.size = batch->ends[event->from] - start - 1, /* without its newline */
		.is_json = true,
	};

	for (int attempt = 0; attempt < 2; attempt++) {
		if (dead_add(run->dead, &letter, fail) == 0 && dead_sync(run->dead, fail) == 0)
			return 0;
		if (errno != ENOSPC && errno != EDQUOT)
			break;
		spool_free_reserve(run->spool);
	}
	return -1;
}

/* What the outputs have to tell. A letter that cannot be kept is not settled: its alert comes again after
 * the next start. */
static void take_event(struct run *run, struct lane *lane, struct output_event *event)
{
	const char *id = output_id(lane->output);
	struct spool_batch batch;
	struct fail fail;

	switch (event->kind) {
	case OUTPUT_REFUSED:
		say(run, id, "refused for good, see " DEAD_FILE, event->reason);
		if (bury(run, event, id, &fail) != 0) {
			(void)cli_fail(run->options->cli, &fail);
			break;
		}
		__attribute__((fallthrough));
	case OUTPUT_DELIVERED:
		if (spool_reader_done(lane->reader, event->batch, event->from, event->to, &fail) != 0)
			(void)cli_fail(run->options->cli,
				       &fail); /* delivered once more after the next start */
		break;
	case OUTPUT_FREED:
		batch = *event->batch;
		spool_reader_release(lane->reader, &batch);
		break;
	case OUTPUT_CHANGED:
		say(run, id, event->state, event->reason);
		break;
	}
}

/* Ends the outputs' threads, and takes in what they still have to tell. Returns whether all have ended. */
static bool halt(struct run *run)
{
	bool all = true;

	for (size_t i = 0; i < run->lane_count; i++) {
		struct lane *lane = &run->lanes[i];
		lane->halted = output_halt(lane->output, STOP_PATIENCE_MS);
		all = all && lane->halted;
		for (struct output_event event; output_take(lane->output, &event);)
			take_event(run, lane, &event);
		for (struct spool_batch batch; lane->halted && output_reclaim(lane->output, &batch);)
			spool_reader_release(lane->reader, &batch);
	}
	return all;
}

static void close_lanes(struct run *run)
{
	for (size_t i = 0; i < run->lane_count; i++) {
		output_free(run->lanes[i].output);
		spool_reader_close(run->lanes[i].reader);
	}
	run->lane_count = 0;
}

/* The lanes of `config`, or none. */
static int try_lanes(struct run *run, const struct config *config, struct fail *fail)
{
	if (open_lanes(run, config, fail) == 0 && start_lanes(run, fail) == 0)
		return 0;
	(void)halt(run); /* nothing was submitted yet */
	close_lanes(run);
	return -1;
}

/* A new configuration in the place of the old one; the old one goes on when the new one is wrong. The
 * sandbox stays as it was: a file output in another folder needs a restart, and fails here. */
static int reload(struct run *run, struct fail *fail)
{
	struct config *fresh = config_load(run->options->config_path, world_lookup, fail);

	run->reloads = false;
	if (fresh == NULL) {
		(void)cli_fail(run->options->cli, fail);
		for (size_t i = 0; i < run->lane_count; i++)
			output_reopen(run->lanes[i].output);
		return 0;
	}
	if (!halt(run)) {
		config_free(fresh);
		return fail_set(fail, EX_TEMPFAIL, "an output hangs, so the configuration cannot be changed");
	}
	close_lanes(run);
	if (try_lanes(run, fresh, fail) != 0) {
		(void)cli_fail(run->options->cli, fail);
		config_free(fresh);
		return try_lanes(run, *run->config, fail);
	}
	config_free(*run->config);
	*run->config = fresh;
	cli_say(run->options->cli, "%s: read again", run->options->config_path);
	return 0;
}

/* What a thread that hangs still uses stays until the process is gone. */
static void close_all(struct run *run, bool halted)
{
	for (size_t i = 0; i < run->lane_count; i++)
		if (run->lanes[i].halted)
			output_free(run->lanes[i].output);
	input_close(run->input);
	if (halted)
		spool_close(run->spool); /* and all readers with it */
	dead_close(run->dead);
	if (run->signal_fd >= 0)
		(void)close(run->signal_fd); /* was only read */
}

static void take_events(struct run *run)
{
	uint64_t count;

	while (read(run->world->event_fd, &count, sizeof count) > 0)
		; /* only a signal that there is something */
	for (size_t i = 0; i < run->lane_count; i++)
		for (struct output_event event; output_take(run->lanes[i].output, &event);)
			take_event(run, &run->lanes[i], &event);
}

/* Hands out what has become durable. */
static void feed(struct run *run)
{
	for (size_t i = 0; i < run->lane_count; i++) {
		struct lane *lane = &run->lanes[i];
		while (output_room(lane->output) > 0) {
			struct spool_batch batch;
			struct fail fail;
			int found = spool_reader_next(lane->reader, output_batch_bytes(lane->output),
						      BATCH_RECORDS, &batch, &fail);
			if (found < 0)
				(void)cli_fail(run->options->cli,
					       &fail); /* out of memory: the next turn tries again */
			if (found <= 0)
				break;
			output_submit(lane->output, &batch);
		}
	}
}

static bool all_settled(const struct run *run)
{
	for (size_t i = 0; i < run->lane_count; i++) {
		struct spool_reader_stats stats;
		spool_reader_get_stats(run->lanes[i].reader, &stats);
		if (stats.queued_records > 0)
			return false;
	}
	return true;
}

static void begin_end(struct run *run)
{
	if (run->ends)
		return;
	run->ends = true;
	run->deadline_ms = run->world->monotonic_ms() + run->options->drain_ms;
}

static void take_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGHUP) {
			run->reloads = true;
			continue;
		}
		if (run->ends)
			run->deadline_ms = 0; /* asked twice: at once */
		begin_end(run);
	}
}

/* The disk said no: once on standard error, then again and again in silence until it is over. */
static void take_refusal(struct run *run, const struct fail *fail)
{
	if (!run->spool_failed)
		(void)cli_fail(run->options->cli, fail);
	run->spool_failed = true;
	run->spool_pause_ms = run->world->monotonic_ms() + SPOOL_PAUSE_MS;
}

/* While the input waits for room on the disk, nothing else may come that wakes us: that is a refusal, too. */
static int check_room(const struct run *run, struct fail *fail)
{
	struct spool_stats stats;

	if (run->input == NULL || run->ends)
		return 0;
	spool_get_stats(run->spool, &stats);
	if (stats.short_error == 0)
		return 0;
	errno = stats.short_error;
	return fail_errno(fail, EX_TEMPFAIL, "%s: no room, so the input waits", run->options->spool.path);
}

static void turn(struct run *run, bool more)
{
	struct fail fail;

	if (run->world->monotonic_ms() < run->spool_pause_ms)
		return;
	run->spool_pause_ms = 0;
	if (spool_turn(run->spool, world_now_ms(), more, &fail) != 0 || check_room(run, &fail) != 0) {
		take_refusal(run, &fail);
		return;
	}
	if (run->spool_failed)
		cli_warn(run->options->cli, "%s: works again", run->options->spool.path);
	run->spool_failed = false;
}

static int time_left(const struct run *run)
{
	int64_t now_ms = run->world->monotonic_ms();
	int64_t until_ms = -1;

	if (run->spool_pause_ms > 0)
		until_ms = run->spool_pause_ms;
	else if (run->input != NULL && !run->ends && input_is_ready(run->input, run->spool))
		return 0;
	/* Short of memory, nothing else need come that lets the input go on. */
	if (until_ms < 0 && run->input != NULL && !run->ends && input_fd(run->input, run->spool) < 0)
		until_ms = now_ms + SPOOL_PAUSE_MS;
	if (run->options->metrics != NULL && run->changed &&
	    (until_ms < 0 || run->metrics_next_ms < until_ms))
		until_ms = run->metrics_next_ms;
	if (run->ends && (until_ms < 0 || run->deadline_ms < until_ms))
		until_ms = run->deadline_ms;
	if (until_ms < 0)
		return -1;
	return until_ms <= now_ms ? 0 : (int)(until_ms - now_ms);
}

/* One round: waits for anything, then does all there is to do. */
static void work(struct run *run)
{
	enum { INPUT, SPOOL, EVENTS, SIGNALS };
	struct pollfd polled[] = {
		[INPUT] = {.fd = run->input == NULL || run->ends ? -1 : input_fd(run->input, run->spool),
			   .events = POLLIN},
		[SPOOL] = {.fd = spool_fd(run->spool), .events = POLLIN},
		[EVENTS] = {.fd = run->world->event_fd, .events = POLLIN},
		[SIGNALS] = {.fd = run->signal_fd, .events = POLLIN},
	};
	bool more = false;
	struct fail fail;

	if (poll(polled, sizeof polled / sizeof polled[0], time_left(run)) < 0 && errno != EINTR)
		(void)usleep(1000); /* out of memory */
	if (polled[SIGNALS].revents != 0)
		take_signals(run);
	if (polled[EVENTS].revents != 0)
		take_events(run);
	if (run->input != NULL && !run->ends &&
	    input_work(run->input, polled[INPUT].revents != 0, run->spool, run->dead, run->world->now(),
		       &more, &fail) != 0)
		take_refusal(run, &fail);
	if (run->input != NULL && input_ended(run->input))
		begin_end(run);
	turn(run, more);
	run->changed = run->changed || polled[INPUT].revents != 0 || polled[EVENTS].revents != 0 ||
		       polled[SPOOL].revents != 0;
	monitor_write(run, false);
}

static bool is_over(const struct run *run)
{
	return run->ends && ((all_settled(run) && !spool_is_busy(run->spool)) ||
			     run->world->monotonic_ms() >= run->deadline_ms);
}

int run_alerts(const struct run_options *options, struct config **config, struct output_world *world)
{
	struct run run = {.options = options, .config = config, .world = world, .signal_fd = -1};
	struct fail fail = {0};

	if (open_all(&run, &fail) != 0) {
		close_all(&run, halt(&run));
		return cli_fail(options->cli, &fail);
	}
	if (run.input == NULL)
		begin_end(&run);
	feed(&run); /* what an earlier run left */
	turn(&run, false);
	run.changed = true;
	int status = EX_OK;
	while (status == EX_OK && !is_over(&run)) {
		work(&run);
		if (run.reloads && reload(&run, &fail) != 0)
			status = cli_fail(options->cli, &fail);
		feed(&run); /* also those of a new configuration */
	}
	bool halted = halt(&run);
	/* First, for only what is durable is counted as waiting. */
	if (spool_sync(run.spool, world_now_ms(), &fail) != 0) {
		status = cli_fail(options->cli, &fail);
	} else if (status == EX_OK && !all_settled(&run)) {
		cli_warn(options->cli, "not everything is delivered; the next run goes on");
		status = EX_TEMPFAIL;
	}
	if (run.input != NULL && input_holds(run.input)) {
		cli_warn(options->cli, "standard input: an alert was read that could not be kept");
		status = status == EX_OK ? EX_TEMPFAIL : status;
	}
	if (run.input != NULL && input_failed(run.input) && status == EX_OK)
		status = EX_IOERR; /* said when it happened */
	run.changed = true;
	monitor_write(&run, true);
	if (options->verbose)
		monitor_tell(&run);
	close_all(&run, halted);
	return status;
}
