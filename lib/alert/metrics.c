#include "lib/alert/metrics.h"

#include "lib/base/buf.h"

#include <stddef.h>
#include <string.h>

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

static int head(struct buf *out, const char *name, const char *type, const char *help)
{
	return buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static int one(struct buf *out, const char *name, const char *type, const char *help, double value)
{
	return head(out, name, type, help) != 0 ? -1 : buf_printf(out, "%s %.15g\n", name, value);
}

/* A figure of every output: a whole number of struct metrics_output, or a time there. */
struct family {
	const char *name;
	const char *type;
	const char *help;
	size_t place;
	bool is_ms; /* shown in seconds */
};
/* NOLINTBEGIN(bugprone-macro-parentheses): initializers, not expressions */
#define NUMBER(member) offsetof(struct metrics_output, member), false
#define TIME(member) offsetof(struct metrics_output, member), true
/* NOLINTEND(bugprone-macro-parentheses) */

static const struct family families[] = {
	{"sls_alert_delivered_alerts_total", "counter", "Alerts delivered since the start.",
	 NUMBER(health.delivered)},
	{"sls_alert_delivered_bytes_total", "counter", "Bytes delivered since the start.",
	 NUMBER(health.bytes)},
	{"sls_alert_refused_alerts_total", "counter",
	 "Alerts that no attempt will deliver since the start; dead.ndjson has them.",
	 NUMBER(health.refused)},
	{"sls_alert_dropped_alerts_total", "counter", "Alerts given up because the spool was full.",
	 NUMBER(queue.dropped)},
	{"sls_alert_damaged_alerts_total", "counter", "Alerts that the disk had damaged.",
	 NUMBER(queue.damaged)},
	{"sls_alert_attempts_total", "counter", "Attempts to deliver since the start.",
	 NUMBER(health.attempts)},
	{"sls_alert_failed_attempts_total", "counter", "Attempts that failed since the start.",
	 NUMBER(health.failures)},
	{"sls_alert_queued_alerts", "gauge", "Alerts that wait in the spool.", NUMBER(queue.queued_records)},
	{"sls_alert_queued_bytes", "gauge", "Their bytes.", NUMBER(queue.queued_bytes)},
	{"sls_alert_oldest_queued_timestamp_seconds", "gauge", "When the oldest of them came; 0 with none.",
	 TIME(queue.oldest_ms)},
	{"sls_alert_last_delivery_timestamp_seconds", "gauge",
	 "When something was last delivered; 0 if nothing was yet.", TIME(last_delivery_ms)},
};

static double value_of(const struct family *family, const struct metrics_output *output)
{
	int64_t value;

	memcpy(&value, (const uint8_t *)output + family->place, sizeof value);
	return family->is_ms ? seconds(value) : (double)(uint64_t)value;
}

static int format_family(const struct family *family, const struct metrics *metrics, struct buf *out)
{
	int result = head(out, family->name, family->type, family->help);

	for (size_t i = 0; i < metrics->output_count && result == 0; i++)
		result = buf_printf(out, "%s{output=\"%s\"} %.15g\n", family->name, metrics->outputs[i].id,
				    value_of(family, &metrics->outputs[i]));
	return result;
}

static int format_states(const struct metrics *metrics, struct buf *out)
{
	static const char name[] = "sls_alert_output_state";
	static const char *const states[] = {"delivering", "retrying", "held"};
	int result = head(out, name, "gauge", "1 for the state that the output is in.");

	for (size_t i = 0; i < metrics->output_count; i++)
		for (size_t j = 0; j < sizeof states / sizeof states[0] && result == 0; j++)
			result = buf_printf(out, "%s{output=\"%s\",state=\"%s\"} %d\n", name,
					    metrics->outputs[i].id, states[j],
					    strcmp(metrics->outputs[i].health.state, states[j]) == 0);
	return result;
}

int metrics_format(const struct metrics *metrics, struct buf *out)
{
	int result = head(out, "sls_alert_info", "gauge", "The version, as a label.");

	result |= buf_printf(out, "sls_alert_info{version=\"%s\"} 1\n", metrics->version);
	result |= one(out, "sls_alert_updated_timestamp_seconds", "gauge", "When these figures last changed.",
		      seconds(metrics->now_ms));
	result |= one(out, "sls_alert_read_alerts_total", "counter", "Alerts read since the start.",
		      (double)metrics->read_alerts);
	result |= one(out, "sls_alert_read_bytes_total", "counter", "Bytes read since the start.",
		      (double)metrics->read_bytes);
	result |= one(out, "sls_alert_rejected_inputs_total", "counter",
		      "Input that was no alert, since the start.", (double)metrics->rejected);
	result |= one(out, "sls_alert_lost_files_total", "counter",
		      "Files cut short or rotated away, with no copy to read the rest from.",
		      (double)metrics->lost_files);
	result |= one(out, "sls_alert_spool_bytes", "gauge", "Disk space of the spool.",
		      (double)metrics->spool.disk_bytes);
	result |= one(out, "sls_alert_spool_limit_bytes", "gauge", "What it may grow to.",
		      (double)metrics->spool.limit_bytes);
	result |= one(out, "sls_alert_spool_waits", "gauge", "1 while there is no room and the input waits.",
		      metrics->spool.waits);
	result |= one(out, "sls_alert_spool_io_errors_total", "counter",
		      "Writes and syncs that failed, since the start.", (double)metrics->spool.io_errors);
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
		result |= format_family(&families[i], metrics, out);
	result |= format_states(metrics, out);
	return result;
}
