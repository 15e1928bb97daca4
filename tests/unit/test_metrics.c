#include "tests/unit/unit.h"

#include "lib/alert/metrics.h"
#include "lib/base/buf.h"

#include <stdio.h>
#include <string.h>

/* The rules promtool checks: help and type before the samples, names of one form, counters end in _total. */
static void has_the_form_of_prometheus(void **state)
{
	(void)state;
	const struct metrics_output outputs[] = {
		{.id = "mcs", .health = {.state = "held", .delivered = 5}, .queue = {.queued_records = 7}},
		{.id = "file-2", .health = {.state = "delivering"}, .last_delivery_ms = 1763758686123},
	};
	const struct metrics metrics = {
		.version = "1.2.3", .outputs = outputs, .output_count = 2, .read_alerts = 12};
	struct buf out = BUF_INIT(1 << 16);
	char type[16] = "";
	char family[80] = "";

	assert_int_equal(metrics_format(&metrics, &out), 0);
	assert_non_null(strstr(buf_text(&out), "\nsls_alert_read_alerts_total 12\n"));
	assert_non_null(strstr(buf_text(&out), "\nsls_alert_queued_alerts{output=\"mcs\"} 7\n"));
	assert_non_null(
		strstr(buf_text(&out), "\nsls_alert_output_state{output=\"mcs\",state=\"held\"} 1\n"));
	assert_non_null(
		strstr(buf_text(&out), "\nsls_alert_output_state{output=\"mcs\",state=\"delivering\"} 0\n"));
	assert_non_null(
		strstr(buf_text(&out),
		       "\nsls_alert_last_delivery_timestamp_seconds{output=\"file-2\"} 1763758686.123\n"));
	for (char *line = (char *)out.data; *line != '\0';) {
		char *end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		if (strncmp(line, "# HELP ", 7) == 0) {
			assert_int_equal(sscanf(line, "# HELP %79s", family), 1);
			assert_int_equal(end[-1], '.');
		} else if (line[0] == '#') {
			char named[80];
			assert_int_equal(sscanf(line, "# TYPE %79s %15s", named, type), 2);
			assert_string_equal(named, family);
			bool total = strlen(named) > 6 && strcmp(named + strlen(named) - 6, "_total") == 0;
			assert_int_equal(total, strcmp(type, "counter") == 0);
		} else {
			assert_int_equal(strncmp(line, family, strlen(family)), 0);
			assert_true(strchr(" {", line[strlen(family)]) != NULL);
		}
		line = end + 1;
	}
	buf_fini(&out);
}

/* Each figure under its own name. */
static void tells_each_figure_of_an_output(void **state)
{
	(void)state;
	const struct metrics_output output = {.id = "o",
					      .health = {.state = "held",
							 .delivered = 1,
							 .bytes = 2,
							 .refused = 3,
							 .attempts = 4,
							 .failures = 5},
					      .queue = {.dropped = 6,
							.damaged = 7,
							.queued_records = 8,
							.queued_bytes = 9,
							.oldest_ms = 10500},
					      .last_delivery_ms = 11500};
	const struct metrics metrics = {.version = "1.2.3", .outputs = &output, .output_count = 1};
	static const char *const lines[] = {"delivered_alerts_total 1",
					    "delivered_bytes_total 2",
					    "refused_alerts_total 3",
					    "attempts_total 4",
					    "failed_attempts_total 5",
					    "dropped_alerts_total 6",
					    "damaged_alerts_total 7",
					    "queued_alerts 8",
					    "queued_bytes 9",
					    "oldest_queued_timestamp_seconds 10.5",
					    "last_delivery_timestamp_seconds 11.5"};
	struct buf out = BUF_INIT(1 << 16);
	char line[128];

	assert_int_equal(metrics_format(&metrics, &out), 0);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		int name = (int)strcspn(lines[i], " ");
		(void)snprintf(line, sizeof line, "\nsls_alert_%.*s{output=\"o\"}%s\n", name, lines[i],
			       lines[i] + name);
		assert_non_null(strstr(buf_text(&out), line));
	}
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_each_figure_of_an_output),
		cmocka_unit_test(has_the_form_of_prometheus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
