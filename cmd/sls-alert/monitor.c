#include "cmd/sls-alert/monitor.h"

#include "cmd/sls-alert/input.h"
#include "cmd/sls-alert/run_state.h"
#include "cmd/sls-alert/world.h"
#include "lib/alert/dead.h"
#include "lib/alert/metrics.h"
#include "lib/alert/output.h"
#include "lib/alert/spool_reader.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"

#include <fcntl.h>

enum { LOOK_MS = 5000, WARN_MS = 60000, METRICS_BYTES_MAX = 1 << 20 };

static void gather(struct run *run, struct metrics *metrics, struct metrics_output *outputs)
{
	struct input_stats input = {0};
	int64_t now_ms = run->world->monotonic_ms();

	*metrics = (struct metrics){.version = SAV_VERSION, .now_ms = world_now_ms(), .outputs = outputs};
	if (run->input != NULL)
		input_get_stats(run->input, &input);
	metrics->read_alerts = input.alerts;
	metrics->read_bytes = input.bytes;
	metrics->rejected = input.rejects;
	metrics->lost_files = input.lost;
	spool_get_stats(run->spool, &metrics->spool);
	for (; metrics->output_count < run->lane_count; metrics->output_count++) {
		const struct lane *lane = &run->lanes[metrics->output_count];
		struct metrics_output *output = &outputs[metrics->output_count];
		output->id = output_id(lane->output);
		output_get_health(lane->output, &output->health);
		spool_reader_get_stats(lane->reader, &output->queue);
		int64_t at_ms = output->health.last_delivery_ms;
		output->last_delivery_ms = at_ms == 0 ? 0 : metrics->now_ms - (now_ms - at_ms);
	}
}

static int write_figures(const struct run *run, const struct metrics *metrics, struct fail *fail)
{
	auto_buf struct buf text = BUF_INIT(METRICS_BYTES_MAX);

	if (metrics_format(metrics, &text) != 0)
		return fail_errno(fail, EX_OSERR, "%s", run->options->metrics);
	return io_put_file(AT_FDCWD, run->options->metrics, IO_REPLACE, 0644, text.data, text.size, fail);
}

/* That they cannot be written is said once, until they can. */
static void tell_figures(struct run *run, const struct metrics *metrics)
{
	struct fail fail;
	bool failed = write_figures(run, metrics, &fail) != 0;

	if (failed && !run->warned.figures)
		cli_warn(run->options->cli, "figures: %s", fail.text);
	else if (!failed && run->warned.figures)
		cli_warn(run->options->cli, "figures: %s: works again", run->options->metrics);
	run->warned.figures = failed;
}

/* What is warned of at one look. */
struct look {
	const struct run *run;
	bool may;  /* warn */
	bool said; /* something */
	bool left; /* something to be looked at again */
};

static void warn(struct look *look, const char *name, const char *text, uint64_t *warned, uint64_t count)
{
	if (count == *warned)
		return;
	if (!look->may) {
		look->left = true;
		return;
	}
	cli_warn(look->run->options->cli, "%s: %s: %llu", name, text, (unsigned long long)(count - *warned));
	*warned = count;
	look->said = true;
}

/* A spool is full for a moment whenever the input is faster than the outputs: what is said was so at two looks. */
static void warn_of_full(struct look *look, struct run_warned *warned, bool is_full)
{
	bool stays = is_full == warned->was_full;

	warned->was_full = is_full;
	if (stays && is_full == warned->full)
		return;
	if (!stays || !look->may) {
		look->left = true;
		return;
	}
	cli_warn(look->run->options->cli, "%s: %s", look->run->options->spool.path,
		 is_full ? "full, so the input waits" : "has room again");
	warned->full = is_full;
	look->said = true;
}

/* What is set aside, lost or stuck is on standard error soon, and what comes next a minute later. */
static void warn_of_losses(struct run *run, const struct metrics *metrics, bool last)
{
	int64_t now_ms = run->world->monotonic_ms();
	struct look look = {.run = run, .may = last || now_ms >= run->warned.next_ms};
	const char *input = run->options->follow != NULL ? run->options->follow : "standard input";

	warn(&look, input, "rejected, see " DEAD_FILE, &run->warned.rejects, metrics->rejected);
	warn(&look, input, "cut short or rotated away, with no copy to read the rest from", &run->warned.lost,
	     metrics->lost_files);
	for (size_t i = 0; i < run->lane_count; i++) {
		const struct metrics_output *output = &metrics->outputs[i];
		warn(&look, output->id, "given up, as the spool was full", &run->lanes[i].warned_dropped,
		     output->queue.dropped);
		warn(&look, output->id, "damaged on the disk", &run->lanes[i].warned_damaged,
		     output->queue.damaged);
	}
	warn_of_full(&look, &run->warned, metrics->spool.waits && !run->spool_failed && run->input != NULL);
	if (look.said)
		run->warned.next_ms = now_ms + WARN_MS;
	run->changed = run->changed || look.left;
}

void monitor_look(struct run *run, bool last)
{
	struct metrics_output outputs[CONFIG_OUTPUTS_MAX];
	struct metrics metrics;
	int64_t now_ms = run->world->monotonic_ms();

	if (!run->changed || (now_ms < run->look_next_ms && !last))
		return;
	run->changed = false;
	run->look_next_ms = now_ms + LOOK_MS;
	gather(run, &metrics, outputs);
	if (run->options->metrics != NULL)
		tell_figures(run, &metrics);
	warn_of_losses(run, &metrics, last);
}

void monitor_tell(const struct run *run)
{
	struct input_stats input = {0};

	if (run->input != NULL)
		input_get_stats(run->input, &input);
	cli_say(run->options->cli, "read %llu alerts, %llu rejected", (unsigned long long)input.alerts,
		(unsigned long long)input.rejects);
	for (size_t i = 0; i < run->lane_count; i++) {
		struct output_health health;
		struct spool_reader_stats stats;
		output_get_health(run->lanes[i].output, &health);
		spool_reader_get_stats(run->lanes[i].reader, &stats);
		cli_say(run->options->cli,
			"%s: %llu delivered, %llu refused, %llu waiting, %llu dropped, %llu damaged",
			output_id(run->lanes[i].output), (unsigned long long)health.delivered,
			(unsigned long long)health.refused, (unsigned long long)stats.queued_records,
			(unsigned long long)stats.dropped, (unsigned long long)stats.damaged);
	}
}
