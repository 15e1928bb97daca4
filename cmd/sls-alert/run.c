#include "cmd/sls-alert/run.h"

#include "cmd/sls-alert/cage.h"
#include "cmd/sls-alert/input.h"
#include "cmd/sls-alert/lanes.h"
#include "cmd/sls-alert/monitor.h"
#include "cmd/sls-alert/reload.h"
#include "cmd/sls-alert/run_state.h"
#include "cmd/sls-alert/service.h"
#include "cmd/sls-alert/world.h"
#include "lib/alert/dead.h"
#include "lib/alert/output.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

int run_hold_hangups(struct fail *fail)
{
	sigset_t hangup;

	if (sigemptyset(&hangup) != 0 || sigaddset(&hangup, SIGHUP) != 0 ||
	    sigprocmask(SIG_BLOCK, &hangup, NULL) != 0)
		return fail_errno(fail, EX_OSERR, "signals");
	return 0;
}

static int open_signals(struct run *run, struct fail *fail)
{
	sigset_t wanted;

	/* Blocked in this thread and all that follow; taken one by one from the descriptor. */
	if (sigemptyset(&wanted) != 0 || sigaddset(&wanted, SIGTERM) != 0 ||
	    sigaddset(&wanted, SIGINT) != 0 || sigaddset(&wanted, SIGHUP) != 0 ||
	    sigprocmask(SIG_BLOCK, &wanted, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return fail_errno(fail, EX_OSERR, "signals");
	run->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signal_fd < 0 ? fail_errno(fail, EX_OSERR, "signals") : 0;
}

/* What was cut off of a file that is followed is read again. */
static void say_damage(const struct run *run)
{
	struct spool_stats stats;

	spool_get_stats(run->spool, &stats);
	if (stats.cursors_rebuilt)
		cli_warn(run->options->cli,
			 "%s: its cursors were missing or damaged: all that it holds is sent again",
			 run->options->spool.path);
	if (stats.torn_records > 0)
		cli_warn(run->options->cli,
			 "%s: its last alerts were cut off while written, or damaged: %llu",
			 run->options->spool.path, (unsigned long long)stats.torn_records);
}

static int open_all(struct run *run, struct fail *fail)
{
	struct lane lanes[CONFIG_OUTPUTS_MAX];
	size_t count;

	if (open_signals(run, fail) != 0)
		return -1;
	run->spool = spool_open(&run->options->spool, fail);
	if (run->spool == NULL)
		return -1;
	say_damage(run);
	memcpy(run->world->spool_id, spool_id(run->spool), SPOOL_ID_BYTES);
	/* The spool's lock says that nobody else writes them. */
	if (run->options->metrics != NULL && io_sweep(run->options->metrics, fail) != 0)
		return -1;
	run->dead = dead_open(run->options->spool.path, run->spool, fail);
	if (run->dead == NULL || lanes_open(run, *run->config, lanes, &count, fail) != 0 ||
	    lanes_attach(run, lanes, count, fail) != 0)
		return -1;
	if (!run->options->flush) {
		run->input = input_open(run->options->follow, run->spool, fail);
		if (run->input == NULL)
			return -1;
	}
	if (cage_enter(&run->cage, run->options->cli, *run->config, run->options->spool.path,
		       run->options->metrics, fail) != 0)
		return -1;
	return lanes_start(run, fail);
}

static void close_all(struct run *run, bool halted)
{
	lanes_close(run);
	input_close(run->input);
	if (halted)
		spool_close(run->spool); /* else a thread that hangs still reads from it */
	dead_close(run->dead);
	scope_close(&run->signal_fd); /* was only read */
}

static void begin_end(struct run *run)
{
	if (run->ends)
		return;
	run->ends = true;
	service_stopping(run); /* where the socket is full, it takes a while beside the drain */
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
	run->spool_failed = run->changed = true;
	run->spool_pause_ms = run->world->monotonic_ms() + RUN_DISK_PAUSE_MS;
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
		until_ms = now_ms + RUN_DISK_PAUSE_MS;
	if (run->changed && (until_ms < 0 || run->look_next_ms < until_ms))
		until_ms = run->look_next_ms;
	if (run->letters_ms > 0 && (until_ms < 0 || run->letters_ms < until_ms))
		until_ms = run->letters_ms;
	if (run->ends && (until_ms < 0 || run->deadline_ms < until_ms))
		until_ms = run->deadline_ms;
	if (until_ms < 0)
		return -1;
	return until_ms <= now_ms ? 0 : (int)(until_ms - now_ms);
}

/* Takes what the input has; the figures change when there was something. A folder that is watched tells of
 * more than the file that is followed: of the figures, when they lie there. */
static int take_input(struct run *run, bool is_ready, bool *more, struct fail *fail)
{
	struct input_stats before;
	struct input_stats after;

	input_get_stats(run->input, &before);
	int result = input_work(run->input, is_ready, run->spool, run->dead, run->world->now(), more, fail);
	input_get_stats(run->input, &after);
	run->changed = run->changed || memcmp(&before, &after, sizeof before) != 0;
	return result;
}

/* From the input to the spool, and from there to the disk, unless that has refused something just now. */
static void store(struct run *run, bool is_ready)
{
	struct fail fail;
	bool more = false;
	bool refused = false;

	if (run->world->monotonic_ms() < run->spool_pause_ms)
		return;
	run->spool_pause_ms = 0;
	if (run->input != NULL && !run->ends)
		refused = take_input(run, is_ready, &more, &fail) != 0;
	/* Whatever the input says: this is what frees room on the disk. */
	if (spool_turn(run->spool, world_now_ms(), more, &fail) != 0 || check_room(run, &fail) != 0 ||
	    refused) {
		take_refusal(run, &fail);
		return;
	}
	if (run->spool_failed && !run->starves &&
	    !run->ends) { /* at the end, what was refused is not tried again */
		cli_warn(run->options->cli, "%s: works again", run->options->spool.path);
		run->spool_failed = false;
		run->changed = true;
	}
}

static void feed(struct run *run)
{
	struct fail fail;

	run->starves = lanes_feed(run, &fail) != 0;
	if (run->starves && run->spool_pause_ms == 0)
		take_refusal(run, &fail);
}

/* One round: waits for anything, then does all there is to do. */
static void work(struct run *run)
{
	enum { INPUT, SPOOL, EVENTS, SIGNALS };
	/* In a pause nothing is taken from these two: what they have to say would not let us sleep. */
	bool pauses = run->spool_pause_ms > 0;
	bool reads = run->input != NULL && !run->ends && !pauses;
	struct pollfd polled[] = {
		[INPUT] = {.fd = reads ? input_fd(run->input, run->spool) : -1, .events = POLLIN},
		[SPOOL] = {.fd = pauses ? -1 : spool_fd(run->spool), .events = POLLIN},
		[EVENTS] = {.fd = run->world->event_fd, .events = POLLIN},
		[SIGNALS] = {.fd = run->signal_fd, .events = POLLIN},
	};

	if (poll(polled, sizeof polled / sizeof polled[0], time_left(run)) < 0 && errno != EINTR)
		(void)usleep(1000); /* out of memory */
	if (polled[SIGNALS].revents != 0)
		take_signals(run);
	if (polled[EVENTS].revents != 0 || run->letters_ms > 0)
		lanes_take_events(run);
	store(run, polled[INPUT].revents != 0);
	if (run->input != NULL && input_ended(run->input))
		begin_end(run);
	run->changed = run->changed || polled[EVENTS].revents != 0 || polled[SPOOL].revents != 0;
	monitor_look(run, false);
}

static bool is_over(const struct run *run)
{
	return run->ends && ((lanes_are_settled(run) && !spool_is_busy(run->spool)) ||
			     run->world->monotonic_ms() >= run->deadline_ms);
}

int run_alerts(const struct run_options *options, struct config **config, struct output_world *world)
{
	struct run run = {.options = options, .config = config, .world = world, .signal_fd = -1};
	struct fail fail = {0};

	if (open_all(&run, &fail) != 0) {
		close_all(&run, lanes_halt(&run));
		return cli_fail(options->cli, &fail);
	}
	feed(&run); /* what an earlier run left */
	store(&run, false);
	service_ready(&run, NULL);
	if (run.input == NULL)
		begin_end(&run);
	run.changed = true;
	int status = EX_OK;
	while (status == EX_OK && !is_over(&run)) {
		work(&run);
		if (run.reloads && reload_config(&run, &fail) != 0)
			status = cli_fail(options->cli, &fail);
		feed(&run); /* also those of a new configuration */
	}
	begin_end(&run); /* if not begun: it cannot go on */
	bool halted = lanes_halt(&run);
	bool more;
	if (run.input != NULL && input_holds(run.input)) /* for the last time: there may be room now */
		(void)input_work(run.input, false, run.spool, run.dead, world->now(), &more, &fail);
	/* First, for only what is durable is counted as waiting. */
	if (spool_sync(run.spool, world_now_ms(), &fail) != 0) {
		status = cli_fail(options->cli, &fail);
	} else if (status == EX_OK && !lanes_are_settled(&run)) {
		cli_warn(options->cli, "alerts: not all are delivered; the next run goes on");
		status = EX_TEMPFAIL;
	}
	if (run.input != NULL && input_holds(run.input)) {
		cli_warn(options->cli,
			 "standard input: the last of what was read is lost, as the disk took no more");
		status = status == EX_OK ? EX_TEMPFAIL : status;
	}
	if (run.input != NULL && input_failed(run.input) && status == EX_OK)
		status = EX_IOERR; /* said when it happened */
	run.changed = true;
	monitor_look(&run, true);
	if (options->verbose)
		monitor_tell(&run);
	close_all(&run, halted);
	return status;
}
