#include "cmd/sls-alert/lanes.h"

#include "cmd/sls-alert/run_state.h"
#include "lib/alert/dead.h"
#include "lib/alert/output.h"
#include "lib/alert/render.h"
#include "lib/alert/spool_reader.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"

#include <unistd.h>

enum { STOP_PATIENCE_MS = 500 };

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

int lanes_attach(struct run *run, const struct lane *lanes, size_t count, struct fail *fail)
{
	lanes_close(run);
	for (size_t i = 0; i < count; i++) {
		struct lane lane = lanes[i];
		lane.reader = spool_reader_open(run->spool, output_id(lane.output), fail);
		if (lane.reader == NULL) {
			while (i < count)
				output_free(lanes[i++].output);
			return -1;
		}
		run->lanes[run->lane_count++] = lane;
	}
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

	if (!lane->waits)
		say(run, letter.output, "refused for good, see " DEAD_FILE, event->reason);
	lane->waits = true;
	lane->is_written = lane->is_written || dead_add(run->dead, &letter, &fail) == 0;
	if (!lane->is_written || dead_sync(run->dead, &fail) != 0)
		return put_off(run, &fail);
	lane->waits = lane->is_written = false;
	if (run->letters_failed)
		cli_warn(run->options->cli, "%s/" DEAD_FILE ": works again", run->options->spool.path);
	run->letters_failed = false;
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
			lane->left_some = true;
		else
			lane->turns_back = lane->left_some;
		break;
	case OUTPUT_CHANGED:
		say(run, output_id(lane->output), event->state, event->reason);
		break;
	}
}

/* What an output has to tell, up to a letter that cannot be kept now: its alert is in memory as long as that waits. */
static void take_events(struct run *run, struct lane *lane)
{
	while (lane->waits || output_take(lane->output, &lane->event)) {
		take_event(run, lane);
		if (lane->waits)
			return;
	}
}

/* The alert of a letter that still waits comes again after the next start. */
static void take_last_events(struct run *run, struct lane *lane)
{
	while (lane->waits || output_take(lane->output, &lane->event)) {
		take_event(run, lane);
		lane->waits = lane->is_written = false;
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

void lanes_close(struct run *run)
{
	for (size_t i = 0; i < run->lane_count; i++) {
		struct lane *lane = &run->lanes[i];
		if (!lane->halted)
			continue;
		take_last_events(run, lane);
		for (struct spool_batch batch; output_reclaim(lane->output, &batch);)
			spool_reader_release(lane->reader, &batch);
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

/* Goes back to what the output had given back. No batch is out. */
static void turn_back(struct lane *lane)
{
	spool_reader_turn_back(lane->reader);
	lane->left_some = lane->turns_back = false;
}

/* Fills the output's room: from further on, as long as there is something and none of it got through. */
static int feed(struct lane *lane, struct fail *fail)
{
	for (size_t room; (room = output_room(lane->output)) > 0;) {
		bool has_none = room == OUTPUT_BATCHES_MAX;
		struct spool_batch batch;
		if (lane->turns_back && has_none)
			turn_back(lane);
		int found = lane->turns_back ? 0
					     : spool_reader_next(lane->reader, RENDER_SLICE_BYTES,
								 OUTPUT_RECORDS_MAX, &batch, fail);
		if (found < 0)
			return -1;
		if (found > 0)
			output_submit(lane->output, &batch);
		else if (lane->left_some && has_none)
			turn_back(lane);
		else
			break;
	}
	return 0;
}

int lanes_feed(struct run *run, struct fail *fail)
{
	int result = 0;

	for (size_t i = 0; i < run->lane_count; i++)
		if (feed(&run->lanes[i], fail) != 0)
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
