#include "cmd/sav-send/deliver.h"

#include "cmd/sav-send/apart.h"
#include "cmd/sav-send/confine.h"
#include "cmd/sav-send/plan.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/conf/home.h"
#include "lib/net/http.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

int deliver_check_on(const struct conf *conf, struct fail *fail)
{
	const char *off = conf_feedback_off(conf, getenv("DO_NOT_TRACK"));

	if (off == NULL)
		return 0;
	(void)fail_set(fail, EX_NOPERM, "feedback is off: %s", off);
	return fail_hint(fail, "it is on after savconfig reset DisableFeedback, "
			       "unless etc/policy.yaml or DO_NOT_TRACK has it off");
}

/* Off means off for what is under way, too: a report that is long in coming is not sent then, and a first route that hangs
 * not followed by a second. */
static int still_on(const struct deliver_job *job, struct fail *fail)
{
	auto_conf struct conf *conf = conf_load(job->home, fail);

	return conf == NULL ? -1 : deliver_check_on(conf, fail);
}

/* Puts a line into the installation's state. Without an installation there is nobody to remember for, and
 * what became of the report stays so whether or not this works. */
static void remember(const struct deliver_job *job, const char *relative, const char *line)
{
	char path[PATH_MAX];
	struct fail fail;

	if (home_path(job->home, HOME_STATE, path, &fail) == 0 && access(path, F_OK) != 0)
		return;
	if (home_path(job->home, relative, path, &fail) != 0 ||
	    io_put_file(AT_FDCWD, path, IO_REPLACE, 0600, line, strlen(line), &fail) != 0)
		deliver_log(job->verbose, "not remembered: %s", fail.text);
}

static void remember_success(const struct deliver_job *job, const char *route, bool proxied)
{
	char line[64];
	char path[PATH_MAX];
	struct fail fail;

	(void)snprintf(line, sizeof line, "%s %s\n", route, proxied ? "proxy" : "direct"); /* short names */
	remember(job, HOME_ROUTE, line);
	if (home_path(job->home, HOME_RETRY_AT, path, &fail) == 0 && unlink(path) != 0 && errno != ENOENT &&
	    errno != ENOTDIR)
		deliver_log(job->verbose, "not remembered: %s: %s", path, strerror(errno));
}

/* For the wrapper, which decides when the next try is. */
static void remember_pause(const struct deliver_job *job, int64_t pause_s)
{
	int64_t due_at = (int64_t)time(NULL) + (pause_s < HOME_RETRY_MAX_S ? pause_s : HOME_RETRY_MAX_S);
	char line[64];

	(void)snprintf(line, sizeof line, "%lld\n", (long long)due_at); /* a number fits */
	remember(job, HOME_RETRY_AT, line);
}

/* Whether the name that is taken holds this very report: then an earlier try arrived and only its end was
 * lost. */
static bool is_there(const char *path, const struct buf *report)
{
	auto_buf struct buf found = BUF_INIT(report->size);
	struct fail fail;

	return io_read_file(AT_FDCWD, path, &found, &fail) == 0 && found.size == report->size &&
	       memcmp(found.data, report->data, report->size) == 0;
}

static int stay_home(const struct deliver_job *job, const char *folder, struct fail *fail)
{
	bool active;

	if (confine_writer(job->home, folder, &active, fail) != 0)
		return -1;
	cli_warn_unconfined(job->cli, active, job->verbose);
	return 0;
}

static int drop(const struct deliver_job *job, struct fail *fail)
{
	const char *folder = job->plan->target.path;
	char path[PATH_MAX];

	if (stay_home(job, folder, fail) != 0)
		return -1;
	deliver_log(job->verbose, "trying with file: drop folder (no network)");
	int used = snprintf(path, sizeof path, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, job->name);
	if (used < 0 || (size_t)used >= sizeof path)
		return fail_set(fail, EX_CANTCREAT, "%.64s...: name too long", folder);
	if (io_put_file(AT_FDCWD, path, IO_CREATE, DROP_PERMISSIONS, job->report->data, job->report->size,
			fail) != 0 &&
	    (errno != EEXIST || !is_there(path, job->report)))
		return -1;
	remember_success(job, "file", false);
	return 0;
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

/* What the process that speaks to the network tells the other. */
struct outcome {
	int result;
	struct fail fail;
	size_t route; /* that worked */
	int64_t pause_s;
};

static int try_routes(const struct deliver_job *job, struct http *http, struct http_request *request,
		      struct http_response *response, struct outcome *outcome)
{
	auto_buf struct buf reasons = BUF_INIT(LINE_MAX_BYTES);
	const struct route_plan *ways = &job->plan->ways;
	struct route_state state = {0};
	enum route_action action;
	bool issuer_unknown = false;
	int status;

	action = route_next(ways, &state, NULL, &status);
	while (action == ROUTE_TRY) {
		const struct route *route = &ways->routes[state.tried];
		char reason[HTTP_REASON_MAX];
		outcome->route = state.tried;
		deliver_log(job->verbose, "trying with %s", route_label(route->kind));
		request->proxy = route->proxied ? &route->proxy : NULL;
		if (http_send(http, request, response, &outcome->fail) != 0)
			return -1;
		action = route_next(ways, &state, response, &status);
		if (action == ROUTE_DONE)
			return 0;
		issuer_unknown = issuer_unknown || response->issuer_unknown;
		route_reason(response, reason, sizeof reason);
		deliver_log(job->verbose, "failed: %s", reason);
		note_reason(&reasons, route, reason);
	}
	outcome->pause_s = state.pause_s;
	(void)fail_delivery(job, status, &reasons, &outcome->fail);
	if (issuer_unknown)
		(void)fail_hint(&outcome->fail, "--cacert FILE or FeedbackCAFile names the CA of the drop");
	return -1;
}

struct routed {
	const struct deliver_job *job;
	struct http *http;
	struct http_request request;
};

/* In the process that hears strangers. */
static void speak(void *context, void *into)
{
	struct routed *routed = context;
	struct outcome *outcome = into;
	struct http_response response = {.body = BUF_INIT(ANSWER_MAX)};

	/* A connection that breaks under a write is a reason to try the next route; older libcurls write TLS by write(2),
	 * and with CURLOPT_NOSIGNAL leave the signal to us. It may always be ignored. */
	(void)signal(SIGPIPE, SIG_IGN);
	outcome->result = confine_network(routed->request.ca_name, &outcome->fail);
	if (outcome->result == 0)
		outcome->result = try_routes(routed->job, routed->http, &routed->request, &response, outcome);
	buf_fini(&response.body);
}

static int stay_apart(void *context, struct fail *fail)
{
	const struct routed *routed = context;

	return stay_home(routed->job, NULL, fail);
}

static int stay_on(void *context, struct fail *fail)
{
	const struct routed *routed = context;

	return still_on(routed->job, fail);
}

/* What strangers answer is parsed where nothing can be written; what is remembered of it is written where nobody can
 * be spoken to. */
static int send_routed(const struct deliver_job *job, const char *url, const char *const *headers,
		       size_t header_count, struct fail *fail)
{
	const struct plan *plan = job->plan;
	struct outcome outcome = {.result = -1};

	auto_http struct http *http = http_new(fail);
	if (http == NULL)
		return -1;
	struct routed routed = {
		.job = job,
		.http = http,
		.request = {.method = "PUT",
			    .url = url,
			    .body = job->report->data,
			    .body_size = job->report->size,
			    .headers = headers,
			    .header_count = header_count,
			    .ca_name = plan->ca_name,
			    .ca = plan->ca.size > 0 ? &plan->ca : NULL,
			    .connect_timeout_ms = job->connect_timeout_ms,
			    .total_timeout_ms = job->total_timeout_ms,
			    .header_max = HEADER_MAX},
	};
	if (apart_run(speak, stay_apart, stay_on, &routed, &outcome, sizeof outcome, fail) != 0)
		return -1;
	if (outcome.pause_s > 0)
		remember_pause(job, outcome.pause_s);
	if (outcome.result == 0 && outcome.route < plan->ways.count) {
		const struct route *route = &plan->ways.routes[outcome.route];
		remember_success(job, route_name(route->kind), route->proxied);
		return 0;
	}
	*fail = outcome.fail;
	fail->text[sizeof fail->text - 1] = '\0'; /* it said so itself, but who knows who it is by now */
	fail->hint[sizeof fail->hint - 1] = '\0';
	return -1;
}

/* The headers given, and those of the signature, which covers them all. */
static int send_signed(const struct deliver_job *job, struct fail *fail)
{
	const char *headers[S3_HEADERS_MAX + 4];
	struct s3_request request = {.method = "PUT",
				     .target = &job->plan->target,
				     .name = job->name,
				     .headers = job->headers,
				     .header_count = job->header_count,
				     .body = job->report->data,
				     .body_size = job->report->size};
	auto_buf struct buf url = BUF_INIT(2 * S3_LINE_MAX);
	struct url host = job->plan->target;
	struct s3_signature signature;
	size_t count = 0;
	int result = -1;

	if (s3_sign(&request, job->plan->s3_region, &job->plan->s3, time(NULL), &signature, fail) != 0)
		return -1;
	explicit_bzero(&job->plan->s3,
		       sizeof job->plan->s3); /* the process that hears strangers never has it */
	for (size_t i = 0; i < job->header_count; i++)
		headers[count++] = job->headers[i];
	headers[count++] = buf_text(&signature.date);
	headers[count++] = buf_text(&signature.digest);
	headers[count++] = buf_text(&signature.authorization);
	if (signature.token.size > 0)
		headers[count++] = buf_text(&signature.token);
	memcpy(host.path, "/", sizeof "/");
	if (url_format(&host, buf_text(&signature.path) + 1, &url) != 0)
		(void)fail_errno(fail, EX_OSERR, "the drop's URL");
	else
		result = send_routed(job, buf_text(&url), headers, count, fail);
	s3_fini(&signature);
	return result;
}

static int send_plain(const struct deliver_job *job, struct fail *fail)
{
	auto_buf struct buf url = BUF_INIT(2 * URL_MAX);

	if (url_format(&job->plan->target, job->name, &url) != 0)
		return fail_errno(fail, EX_OSERR, "the drop's URL");
	return send_routed(job, buf_text(&url), job->headers, job->header_count, fail);
}

int deliver_report(const struct deliver_job *job, struct fail *fail)
{
	if (still_on(job, fail) != 0)
		return -1;
	deliver_log(job->verbose, "Sending feedback");
	if (job->plan->target.scheme == URL_FILE)
		return drop(job, fail);
	if (job->plan->s3_region != NULL)
		return send_signed(job, fail);
	return send_plain(job, fail);
}
