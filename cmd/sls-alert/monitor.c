#include "cmd/sls-alert/monitor.h"

#include "cmd/sls-alert/input.h"
#include "cmd/sls-alert/run_state.h"
#include "cmd/sls-alert/world.h"
#include "lib/alert/metrics.h"
#include "lib/alert/output.h"
#include "lib/alert/spool_reader.h"
#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"

#include <fcntl.h>

enum { METRICS_MS = 5000, METRICS_BYTES_MAX = 1 << 20 };

void monitor_write(struct run *run, bool last)
{
	struct metrics_output outputs[CONFIG_OUTPUTS_MAX];
	struct metrics metrics = {.version = SAV_VERSION, .now_ms = world_now_ms(), .outputs = outputs};
	struct input_stats input = {0};
	auto_buf struct buf text = BUF_INIT(METRICS_BYTES_MAX);
	int64_t now_ms = run->world->monotonic_ms();
	struct fail fail;

	if (run->options->metrics == NULL || !run->changed || (now_ms < run->metrics_next_ms && !last))
		return;
	run->changed = false;
	run->metrics_next_ms = now_ms + METRICS_MS;
	if (run->input != NULL)
		input_get_stats(run->input, &input);
	metrics.read_alerts = input.alerts;
	metrics.read_bytes = input.bytes;
	metrics.rejected = input.rejects;
	metrics.lost_files = input.lost;
	spool_get_stats(run->spool, &metrics.spool);
	for (; metrics.output_count < run->lane_count; metrics.output_count++) {
		const struct lane *lane = &run->lanes[metrics.output_count];
		struct metrics_output *output = &outputs[metrics.output_count];
		output->id = output_id(lane->output);
		output_get_health(lane->output, &output->health);
		spool_reader_get_stats(lane->reader, &output->queue);
		int64_t at_ms = output->health.last_delivery_ms;
		output->last_delivery_ms = at_ms == 0 ? 0 : metrics.now_ms - (now_ms - at_ms);
	}
	if (metrics_format(&metrics, &text) != 0)
		(void)fail_errno(&fail, EX_OSERR, "%s", run->options->metrics);
	else if (io_put_file(AT_FDCWD, run->options->metrics, IO_REPLACE, 0644, text.data, text.size,
			     &fail) == 0)
		return;
	cli_warn(run->options->cli, "figures: %s", fail.text);
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
