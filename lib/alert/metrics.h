/* Figures for monitors, in Prometheus's text format. Source:
 * https://prometheus.io/docs/instrumenting/exposition_formats/. */
#ifndef SAV_ALERT_METRICS_H
#define SAV_ALERT_METRICS_H

#include "lib/alert/output.h"
#include "lib/alert/spool.h"

struct buf;

struct metrics_output {
	const char *id;
	struct output_health health;
	struct spool_reader_stats queue;
	int64_t last_delivery_ms; /* UTC; 0: none yet */
};

struct metrics {
	const char *version;
	int64_t now_ms; /* UTC */
	uint64_t read_alerts;
	uint64_t read_bytes;
	uint64_t rejected;
	uint64_t lost_files;
	struct spool_stats spool;
	const struct metrics_output *outputs;
	size_t output_count;
};

/* Appends them all. Returns 0, or -1 with errno as buf_add. */
int metrics_format(const struct metrics *metrics, struct buf *out);

#endif
