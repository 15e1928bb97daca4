#include "cmd/sav-send/deliver.h"

#include "cmd/sav-send/plan.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/log.h"
#include "lib/base/sandbox.h"
#include "lib/conf/home.h"
#include "lib/net/http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 2048,
	HEADER_MAX = 64 * 1024, /* a drop sends hundreds of bytes, a proxy's page of errors a few thousand */
	ANSWER_MAX = 64 * 1024,
	DROP_PERMISSIONS =
		0640, /* a drop folder with the set-group-ID bit hands it to the receiver's group */
};

void deliver_log(bool verbose, const char *format, ...)
{
	auto_buf struct buf line = BUF_INIT(LINE_MAX_BYTES);
	char text[LINE_MAX_BYTES / 2];
	struct timespec now;
	va_list arguments;

	if (!verbose)
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments); /* cut when longer */
	va_end(arguments);
	if (clock_gettime(CLOCK_REALTIME, &now) == 0 && log_format(&now, text, &line) == 0)
		(void)io_write_all(STDERR_FILENO, line.data,
				   line.size); /* there is nowhere else to complain */
}

/* A report that arrived stays delivered, whether or not this works. Without an installation there is nothing to remember for. */
static void remember(const struct deliver_job *job, const struct home *home, const char *name, bool proxied)
{
	char path[PATH_MAX];
	char line[64];
	struct fail fail;

	int size = snprintf(line, sizeof line, "%s %s\n", name, proxied ? "proxy" : "direct");
	if (home_path(home, HOME_STATE, path, &fail) == 0 && access(path, F_OK) != 0)
		return;
	if (home_path(home, HOME_ROUTE, path, &fail) != 0 ||
	    io_put_file(AT_FDCWD, path, IO_REPLACE, 0600, line, (size_t)size, &fail) != 0)
		deliver_log(job->verbose, "route not remembered: %s", fail.text);
}

/* Whether the name that is taken holds this very report: then an earlier try arrived and only its end was lost. */
static bool is_there(const char *path, const struct buf *report)
{
	auto_buf struct buf found = BUF_INIT(report->size);
	struct fail fail;

	return io_read_file(AT_FDCWD, path, &found, &fail) == 0 && found.size == report->size &&
	       memcmp(found.data, report->data, report->size) == 0;
}

static int drop(const struct deliver_job *job, const struct home *home, struct fail *fail)
{
	const char *folder = job->plan->target.path;
	char path[PATH_MAX];

	deliver_log(job->verbose, "trying with file: drop folder (no network)");
	int used = snprintf(path, sizeof path, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, job->name);
	if (used < 0 || (size_t)used >= sizeof path)
		return fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", folder);
	if (io_put_file(AT_FDCWD, path, IO_CREATE, DROP_PERMISSIONS, job->report->data, job->report->size,
			fail) != 0 &&
	    (errno != EEXIST || !is_there(path, job->report)))
		return -1;
	remember(job, home, "file", false);
	return 0;
}

/* From here on answers of strangers are read: nothing may be written but the state, nothing started, and of files only what
 * libcurl, TLS and the resolver need is readable. */
static int enter_sandbox(const struct home *home, struct fail *fail)
{
	static const char *const needed[] = {"/etc", "/usr", "/lib",  "/lib64",
					     "/run", "/dev", "/proc", "/var/lib"};
	struct sandbox sandbox;
	char state[PATH_MAX];
	bool active;

	if (home_path(home, HOME_STATE, state, fail) != 0 ||
	    sandbox_begin(&sandbox, SANDBOX_CONNECT, fail) != 0)
		return -1;
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (sandbox_allow(&sandbox, needed[i], SANDBOX_READ, fail) != 0)
			return -1;
	if (sandbox_allow(&sandbox, state, SANDBOX_READ | SANDBOX_WRITE, fail) != 0)
		return -1;
	return sandbox_enter(&sandbox, &active, fail);
}

/* What each route said, for the one line that a failure without -v leaves. */
static void note_reason(struct buf *reasons, const struct route *route, const char *reason)
{
	(void)buf_printf(reasons, "%s%s: %s", reasons->size > 0 ? "; " : "", route_name(route->kind), reason);
}

static int fail_delivery(const struct deliver_job *job, int status, const struct buf *reasons,
			 struct fail *fail)
{
	const char *what = status == EX_UNAVAILABLE ? "the drop refuses this report" : "no route worked";

	if (job->verbose) /* the log has the reasons above */
		return fail_set(fail, status, "%s", what);
	return fail_set(fail, status, "%s: %s (%s)", job->plan->target.host, what, buf_text(reasons));
}

static int try_routes(const struct deliver_job *job, struct http *http, struct http_request *request,
		      struct http_response *response, const struct route **worked, struct fail *fail)
{
	auto_buf struct buf reasons = BUF_INIT(LINE_MAX_BYTES);
	const struct route_plan *ways = &job->plan->ways;
	struct route_state state = {0};
	enum route_action action;
	int status;

	action = route_next(ways, &state, NULL, &status);
	while (action == ROUTE_TRY) {
		const struct route *route = &ways->routes[state.tried];
		char reason[HTTP_REASON_MAX];
		deliver_log(job->verbose, "trying with %s", route_label(route->kind));
		request->proxy = route->proxied ? &route->proxy : NULL;
		if (http_send(http, request, response, fail) != 0)
			return -1;
		action = route_next(ways, &state, response, &status);
		if (action == ROUTE_DONE) {
			*worked = route;
			return 0;
		}
		route_reason(response, reason, sizeof reason);
		deliver_log(job->verbose, "failed: %s", reason);
		note_reason(&reasons, route, reason);
	}
	return fail_delivery(job, status, &reasons, fail);
}

int deliver_report(const struct deliver_job *job, const struct home *home, struct fail *fail)
{
	const struct plan *plan = job->plan;
	auto_buf struct buf url = BUF_INIT(2 * URL_MAX);
	struct http_response response = {.body = BUF_INIT(ANSWER_MAX)};
	const struct route *route = NULL;

	deliver_log(job->verbose, "Sending feedback");
	if (plan->target.scheme == URL_FILE)
		return drop(job, home, fail);
	if (url_format(&plan->target, job->name, &url) != 0)
		return fail_errno(fail, EX_OSERR, "the drop's URL");
	auto_http struct http *http = http_new(fail);
	if (http == NULL || enter_sandbox(home, fail) != 0)
		return -1;
	struct http_request request = {
		.method = "PUT",
		.url = buf_text(&url),
		.body = job->report->data,
		.body_size = job->report->size,
		.headers = job->headers,
		.header_count = job->header_count,
		.ca_name = plan->ca_name,
		.ca = plan->ca.size > 0 ? &plan->ca : NULL,
		.connect_timeout_ms = job->connect_timeout_ms,
		.total_timeout_ms = job->total_timeout_ms,
		.header_max = HEADER_MAX,
	};
	int result = try_routes(job, http, &request, &response, &route, fail);
	buf_fini(&response.body);
	if (result == 0)
		remember(job, home, route_name(route->kind), route->proxied);
	return result;
}
