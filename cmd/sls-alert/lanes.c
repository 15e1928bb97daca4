#include "cmd/sls-alert/lanes.h"

#include "cmd/sls-alert/run_state.h"
#include "lib/alert/dead.h"
#include "lib/alert/delivery.h"
#include "lib/alert/output.h"
#include "lib/alert/render.h"
#include "lib/alert/spool_reader.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"

#include <string.h>
#include <unistd.h>

enum {
	STOP_PATIENCE_MS = 500,
	LETTERS_MS = 100, /* for those of one output, before others have their turn */
};

int lanes_open(const struct run *run, const struct config *config, struct lane *lanes, size_t *count,
	       struct fail *fail)
{
	size_t opened = 0;

	for (size_t i = 0; i < config->output_count; i++) {
		if (!config->outputs[i].enabled)
			continue;
		lanes[opened] = (struct lane){
			.output = output_open(config, &config->outputs[i], run->world, fail)};
		if (lanes[opened].output == NULL) {
			while (opened > 0)
				output_free(lanes[--opened].output);
			return -1;
		}
		opened++;
	}
	*count = opened;
	return 0;
}

int lanes_start(struct run *run, struct fail *fail)
{
	for (size_t i = 0; i < run->lane_count; i++)
		if (output_start(run->lanes[i].output, fail) != 0)
			return -1;
	return 0;
}

static void say(const struct run *run, const char *output, const char *state, const char *reason)
{
	if (reason[0] == '\0')
		cli_say(run->options->cli, "%s: %s", output, state);
	else
		cli_warn(run->options->cli, "%s: %s: %s", output, state, reason);
}

/* The disk does not take a dead letter: said once, until it does again. */
static bool put_off(struct run *run, const struct fail *fail)
{
	if (!run->letters_failed)
		(void)cli_fail(run->options->cli, fail);
	run->letters_failed = true;
	run->letters_ms = run->world->monotonic_ms() + RUN_DISK_PAUSE_MS;
	return false;
}

/* An alert that no attempt will ever deliver. Returns whether it is surely in the dead-letter file. */
static bool bury(struct run *run, struct lane *lane)
{
	const struct output_event *event = &lane->event;
	const struct spool_batch *batch = event->batch;
	uint32_t start = event->from == 0 ? 0 : batch->ends[event->from - 1];
	const struct dead_letter letter = {
		.reason = event->reason,
		.status = event->status,
		.at = run->world->now(),
		.output = output_id(lane->output),
		.bytes = batch->bytes + start,
		.size = batch->ends[event->from] - start - 1, /* without its newline */
		.is_json = true,
	};
	struct fail fail;

	lane->waits = dead_keep(run->dead, &letter, &fail) != 0;
	if (lane->waits)
		return put_off(run, &fail);
	say(run, letter.output, "refused for good, see " DEAD_FILE, event->reason);
	if (run->letters_failed)
		cli_warn(run->options->cli, "%s/" DEAD_FILE ": works again", run->options->spool.path);
	run->letters_failed = false;
	output_count_refused(lane->output);
	run->changed = true;
	return true;
}

static void take_event(struct run *run, struct lane *lane)
{
	const struct output_event *event = &lane->event;
	struct spool_batch batch;
	struct fail fail;

	switch (event->kind) {
	case OUTPUT_REFUSED:
		if (!bury(run, lane))
			break;
		__attribute__((fallthrough));
	case OUTPUT_DELIVERED:
		if (spool_reader_done(lane->reader, event->batch, event->from, event->to, &fail) != 0)
			(void)cli_fail(run->options->cli,
				       &fail); /* delivered once more after the next start */
		break;
	case OUTPUT_FREED:
	case OUTPUT_RETURNED:
		batch = *event->batch;
		spool_reader_release(lane->reader, &batch);
		if (event->kind == OUTPUT_RETURNED)
			lane->seeks = LANE_SEEKS_ANY;
		else if (lane->is_ahead)
			lane->seeks = LANE_SEEKS_OLDEST;
		break;
	case OUTPUT_CHANGED:
		say(run, output_id(lane->output), event->state, event->reason);
		break;
	}
}

/* What an output has to tell, as far as that takes no longer than others can wait; or up to a letter that cannot be kept
 * now: its alert is in memory as long as that waits. */
static void take_events(struct run *run, struct lane *lane)
{
	int64_t until_ms = run->world->monotonic_ms() + LETTERS_MS;

	while (lane->waits || output_take(lane->output, &lane->event)) {
		take_event(run, lane);
		if (lane->waits)
			return;
		if (lane->event.kind == OUTPUT_REFUSED && run->world->monotonic_ms() >= until_ms) {
			output_tell(run->world);
			return;
		}
	}
}

/* Letters that cannot be kept soon are left: their alerts come again after the next start. */
static void take_last_events(struct run *run, struct lane *lane)
{
	int64_t until_ms = run->world->monotonic_ms() + LETTERS_MS;

	while (lane->waits || output_take(lane->output, &lane->event)) {
		if (lane->event.kind != OUTPUT_REFUSED || run->world->monotonic_ms() < until_ms)
			take_event(run, lane);
		lane->waits = false;
	}
}

bool lanes_halt(struct run *run)
{
	bool all = true;

	for (size_t i = 0; i < run->lane_count; i++) {
		struct lane *lane = &run->lanes[i];
		lane->halted = output_halt(lane->output, STOP_PATIENCE_MS);
		all = all && lane->halted;
		take_events(run, lane);
	}
	return all;
}

int lanes_resume(struct run *run, struct fail *fail)
{
	for (size_t i = 0; i < run->lane_count; i++)
		if (output_resume(run->lanes[i].output, fail) != 0)
			return -1;
	return 0;
}

/* What is left of a lane that was halted, but its place in the spool. */
static void end_lane(struct run *run, struct lane *lane)
{
	take_last_events(run, lane);
	for (struct spool_batch batch; output_reclaim(lane->output, &batch);)
		spool_reader_release(lane->reader, &batch);
}

/* Goes on where the lane that led to that output was: its place knows more of what is settled than a cursor on the disk,
 * and what was counted is counted on. */
static void take_over(struct lane *former, size_t count, struct lane *lane)
{
	for (size_t i = 0; i < count; i++) {
		struct output_health health;
		if (former[i].reader == NULL ||
		    strcmp(output_id(former[i].output), output_id(lane->output)) != 0)
			continue;
		output_get_health(former[i].output, &health);
		output_count_on(lane->output, &health);
		lane->warned_dropped = former[i].warned_dropped;
		lane->warned_damaged = former[i].warned_damaged;
		lane->reader = former[i].reader;
		former[i].reader = NULL;
		spool_reader_seek(lane->reader, 0);
		return;
	}
}

/* What its cursor had counted was said by an earlier run, or while it was there. */
static int begin(const struct run *run, struct lane *lane, struct fail *fail)
{
	struct spool_reader_stats stats;

	lane->reader = spool_reader_open(run->spool, output_id(lane->output), fail);
	if (lane->reader == NULL)
		return -1;
	spool_reader_get_stats(lane->reader, &stats);
	lane->warned_dropped = stats.dropped;
	lane->warned_damaged = stats.damaged;
	return 0;
}

int lanes_attach(struct run *run, const struct lane *lanes, size_t count, struct fail *fail)
{
	struct lane former[CONFIG_OUTPUTS_MAX];
	size_t former_count = run->lane_count;
	int result = 0;

	for (size_t i = 0; i < former_count; i++) {
		end_lane(run, &run->lanes[i]);
		former[i] = run->lanes[i];
	}
	run->lane_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct lane lane = lanes[i];
		if (result == 0) {
			take_over(former, former_count, &lane);
			result = lane.reader == NULL ? begin(run, &lane, fail) : 0;
		}
		if (result == 0)
			run->lanes[run->lane_count++] = lane;
		else
			output_free(lane.output);
	}
	for (size_t i = 0; i < former_count; i++) {
		output_free(former[i].output);
		spool_reader_close(former[i].reader);
	}
	return result;
}

void lanes_close(struct run *run)
{
	for (size_t i = 0; i < run->lane_count; i++) {
		struct lane *lane = &run->lanes[i];
		if (!lane->halted)
			continue;
		end_lane(run, lane);
		output_free(lane->output);
		spool_reader_close(lane->reader);
	}
	run->lane_count = 0;
}

void lanes_take_events(struct run *run)
{
	bool tries = run->letters_ms > 0 && run->world->monotonic_ms() >= run->letters_ms;
	uint64_t count;

	while (read(run->world->event_fd, &count, sizeof count) > 0)
		; /* only a signal that there is something */
	if (tries)
		run->letters_ms = 0;
	for (size_t i = 0; i < run->lane_count; i++)
		if (tries || !run->lanes[i].waits)
			take_events(run, &run->lanes[i]);
}

/* The one that was looked at last is not the next: at first that is the oldest, which was refused in its turn. */
static void seek(const struct run *run, struct lane *lane)
{
	uint64_t reach = spool_reader_reach(lane->reader);
	uint64_t ahead = 0;

	lane->is_ahead = lane->seeks == LANE_SEEKS_ANY && reach > 0;
	if (lane->is_ahead)
		ahead = delivery_probe(reach, run->world->random());
	if (lane->is_ahead && ahead == lane->looked_at)
		ahead = (ahead + 1) % reach;
	lane->looked_at = ahead;
	spool_reader_seek(lane->reader, ahead);
	lane->seeks = LANE_STAYS;
}

static int feed(const struct run *run, struct lane *lane, struct fail *fail)
{
	for (size_t room; (room = output_room(lane->output)) > 0;) {
		bool has_none = room == OUTPUT_BATCHES_MAX;
		struct spool_batch batch;
		if (lane->seeks != LANE_STAYS && !has_none)
			break;
		if (lane->seeks != LANE_STAYS)
			seek(run, lane);
		int found = spool_reader_next(lane->reader, RENDER_SLICE_BYTES, OUTPUT_RECORDS_MAX, &batch,
					      fail);
		if (found < 0)
			return -1;
		if (found > 0)
			output_submit(lane->output, &batch);
		else if (lane->is_ahead && has_none)
			lane->seeks = LANE_SEEKS_OLDEST;
		else
			break;
	}
	return 0;
}

int lanes_feed(struct run *run, struct fail *fail)
{
	int result = 0;

	for (size_t i = 0; i < run->lane_count; i++)
		if (feed(run, &run->lanes[i], fail) != 0)
			result = -1;
	return result;
}

bool lanes_are_settled(const struct run *run)
{
	for (size_t i = 0; i < run->lane_count; i++) {
		struct spool_reader_stats stats;
		spool_reader_get_stats(run->lanes[i].reader, &stats);
		if (stats.queued_records > 0)
			return false;
	}
	return true;
}
