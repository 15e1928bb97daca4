#include "lib/alert/output_http.h"

#include "lib/alert/config.h"
#include "lib/alert/output_work.h"
#include "lib/alert/pairs.h"
#include "lib/alert/parts.h"
#include "lib/alert/render.h"
#include "lib/base/fail.h"
#include "lib/base/sandbox.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"
#include "lib/net/http.h"
#include "lib/net/pool.h"
#include "lib/net/trust_client.h"
#include "lib/net/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	REQUESTS = 2,       /* at once: while one is answered, the next is on its way */
	HEADER_SIZE = 4200, /* a key of CONFIG_KEY_MAX and its name */
	CONNECT_TIMEOUT_MS = 15 * 1000,
	TOTAL_TIMEOUT_MS = 120 * 1000,
	RESPONSE_HEADERS_MAX = 64 << 10,
	SHOWN_BODY = 100,
	STATUS_PROXY_CREDENTIALS = 407,
};

_Static_assert((int)DELIVERY_POISON_MAX >= (int)REQUESTS, "with DELIVERY_ANOTHER nothing is under way");

/* One request on its way. */
struct sending {
	bool busy;
	struct part part;
	struct render render;
	size_t pair;  /* of certificates, that it began with */
	char key[96]; /* the Idempotency-Key header */
	const char *headers[CONFIG_HEADERS_MAX + 8];
};

struct output_http {
	const struct config_output *own;
	const struct output_world *world;
	struct pool *pool;
	struct pairs pairs; /* mcs */
	struct url proxy;
	bool has_proxy;
	struct trust_client client;
	char authorization[HEADER_SIZE];
	char agent[64];
	struct delivery delivery;
	struct sending sendings[REQUESTS];
	struct parts parts;
	bool probes; /* the next attempt is made with one alert */
};

/* The proxy's url is made from the output's, without its query, which the rules for proxies do not know. */
static int open_proxy(struct output_http *http, struct fail *fail)
{
	char bare[CONFIG_URL_MAX];
	struct url target;
	struct fail ignored;

	(void)snprintf(bare, sizeof bare, "%.*s", (int)strcspn(http->own->url, "?"),
		       http->own->url); /* fits */
	if (url_parse(bare, &target, &ignored) != 0)
		return fail_set(fail, EX_CONFIG, "url: %s", ignored.text);
	int found = http->world->find_proxy(&target, &http->proxy, fail);
	if (found > 0 && http->proxy.scheme == URL_HTTPS && http->pairs.trust != NULL)
		return fail_set(fail, EX_CONFIG,
				"an https proxy cannot be checked with mcs_certs: use http or socks5h");
	http->has_proxy = found > 0;
	return found < 0 ? -1 : 0;
}

static void write_headers(struct output_http *http)
{
	const char *key = http->own->api_key;

	(void)snprintf(http->agent, sizeof http->agent, "User-Agent: sls-alert/%s", http->world->version);
	if (key != NULL)
		(void)snprintf(http->authorization, sizeof http->authorization, "Authorization: Bearer %s",
			       key);
}

struct output_http *output_http_open(const struct config *config, const struct config_output *own,
				     const struct output_world *world, struct fail *fail)
{
	struct output_http *http = calloc(1, sizeof *http);

	if (http == NULL) {
		(void)fail_errno(fail, EX_OSERR, "memory");
		return NULL;
	}
	*http = (struct output_http){.own = own, .world = world};
	for (size_t i = 0; i < REQUESTS; i++)
		http->sendings[i].render = RENDER_INIT;
	write_headers(http);
	http->pool = pool_new(REQUESTS, fail);
	if (http->pool == NULL ||
	    (own->type == CONFIG_MCS && pairs_open(config, world->now, &http->pairs, fail) != 0) ||
	    open_proxy(http, fail) != 0 ||
	    trust_client_load(own->ca_file, own->cert_file, own->key_file, &http->client, fail) != 0) {
		output_http_close(http);
		return NULL;
	}
	return http;
}

void output_http_close(struct output_http *http)
{
	int error = errno;

	if (http == NULL)
		return;
	pool_free(http->pool);
	pairs_close(&http->pairs);
	for (size_t i = 0; i < REQUESTS; i++)
		render_fini(&http->sendings[i].render);
	trust_client_fini(&http->client);
	explicit_bzero(http->authorization, sizeof http->authorization);
	explicit_bzero(&http->proxy, sizeof http->proxy);
	free(http);
	errno = error;
}

void output_http_suspect(struct output_http *http)
{
	http->delivery.refused = DELIVERY_POISON_MAX;
	http->probes = true;
}

void output_http_wake(struct output_http *http)
{
	pool_wake(http->pool);
}

/* The same key for the same alerts, however often they are sent. */
static void write_key(const struct output_http *http, struct sending *sending)
{
	uint64_t first = sending->part.job->batch.first + sending->part.from;
	int used = snprintf(sending->key, sizeof sending->key, "Idempotency-Key: ");

	for (size_t i = 0; i < SPOOL_ID_BYTES; i++)
		used += snprintf(sending->key + used, sizeof sending->key - (size_t)used, "%02x",
				 http->world->spool_id[i]);
	(void)snprintf(sending->key + used, sizeof sending->key - (size_t)used, "-%llu-%zu",
		       (unsigned long long)first,
		       sending->part.to - sending->part.from); /* all of this fits */
}

static bool brings(const struct config_output *own, const char *name)
{
	for (size_t i = 0; i < own->header_count; i++)
		if (strncasecmp(own->headers[i], name, strlen(name)) == 0)
			return true;
	return false;
}

static size_t list_headers(const struct output_http *http, struct sending *sending)
{
	const struct config_output *own = http->own;
	size_t count = 0;

	sending->headers[count++] = sending->key;
	if (!brings(own, "Content-Type:"))
		sending->headers[count++] = own->template == NULL ? "Content-Type: application/x-ndjson"
								  : "Content-Type: text/plain; charset=utf-8";
	if (!brings(own, "User-Agent:"))
		sending->headers[count++] = http->agent;
	if (own->api_key != NULL && !brings(own, "Authorization:"))
		sending->headers[count++] = http->authorization;
	for (size_t i = 0; i < own->header_count; i++)
		sending->headers[count++] = own->headers[i];
	return count;
}

static int start(struct output_http *http, struct sending *sending, struct fail *fail)
{
	struct http_request request = {
		.method = "POST",
		.url = http->own->url,
		.body = sending->render.bytes,
		.body_size = sending->render.size,
		.ca_name = http->own->ca_file,
		.ca = http->own->ca_file == NULL ? NULL : &http->client.ca,
		.client_certificate = http->own->cert_file == NULL ? NULL : &http->client.certificate,
		.client_key = &http->client.key,
		.trust = http->pairs.trust == NULL ? NULL : pairs_apply,
		.trust_context = &http->pairs,
		.proxy = http->has_proxy ? &http->proxy : NULL,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.total_timeout_ms = TOTAL_TIMEOUT_MS,
		.header_max = RESPONSE_HEADERS_MAX,
		.headers = sending->headers,
	};

	write_key(http, sending);
	request.header_count = list_headers(http, sending);
	return pool_start(http->pool, &request, sending, fail);
}

/* The next part, of a batch taken for it when nothing else is left. Returns false when there is none. */
static bool next_part(struct output_http *http, struct output *output, struct part *part)
{
	struct output_job *job;

	if (http->parts.count == 0 && (job = output_work_next(output)) != NULL)
		parts_push(&http->parts, job, 0, job->batch.count);
	return parts_pop(&http->parts, part);
}

/* Nothing is under way: after the first refusal it is one at a time. */
static void look_further(struct output_http *http, struct output *output)
{
	http->parts.count = 0;
	http->probes = true;
	output_work_return(output);
}

/* Takes in an attempt that did not work and is nobody's answer. */
static void stumble(struct output_http *http, struct output *output, enum delivery_outcome outcome,
		    const char *reason)
{
	const struct delivery_answer answer = {.outcome = outcome, .retry_after_s = -1};

	(void)delivery_take(&http->delivery, &answer, 1, 1, http->world->monotonic_ms(),
			    http->world->random());
	output_work_attempt(output, &http->delivery, reason);
}

static size_t batch_limit(const struct output_http *http)
{
	size_t limit = http->delivery.limit_bytes;

	return limit == 0 || limit > RENDER_SLICE_BYTES ? RENDER_SLICE_BYTES : limit;
}

/* Prepares and starts the part, or what fits of it; what cannot be sent is settled or put back. */
static void send_part(struct output_http *http, struct output *output, struct sending *sending,
		      struct part part)
{
	struct fail fail;
	size_t end = http->probes ? part.from + 1 : part.to;

	if (render_slice(http->own->template, &part.job->batch, part.from, end, batch_limit(http),
			 &sending->render, &fail) != 0) {
		bool unfit = fail.status == EX_DATAERR;
		parts_push(&http->parts, part.job, part.from + (unfit ? 1 : 0), part.to);
		if (unfit)
			output_work_refused(output, part.job, part.from, 0, fail.text);
		else
			stumble(http, output, DELIVERY_NO_ANSWER, fail.text);
		return;
	}
	parts_push(&http->parts, part.job, sending->render.to, part.to);
	sending->part = (struct part){part.job, part.from, sending->render.to};
	if (sending->render.size == 0) {
		output_work_delivered(output, part.job, part.from, sending->render.to, 0);
		return;
	}
	http->probes = false;
	sending->pair = http->pairs.at;
	sending->busy = start(http, sending, &fail) == 0;
	if (!sending->busy) {
		parts_push(&http->parts, part.job, sending->part.from, sending->part.to);
		stumble(http, output, DELIVERY_BARRED, fail.text);
	}
}

/* A sending that may be started now; NULL: none. */
static struct sending *find_idle(struct output_http *http)
{
	unsigned allowed = delivery_allows(&http->delivery, REQUESTS, http->world->monotonic_ms());
	struct sending *idle = NULL;
	unsigned busy = 0;

	for (size_t i = 0; i < REQUESTS; i++) {
		busy += http->sendings[i].busy;
		if (!http->sendings[i].busy)
			idle = &http->sendings[i];
	}
	return busy < allowed ? idle : NULL;
}

/* What reads a server's answers opens no file for writing and starts nothing, whatever the rest of the process may. */
static int give_up_rights(struct fail *fail)
{
	struct sandbox sandbox;
	bool active; /* the process has told what this kernel lacks */

	if (sandbox_begin(&sandbox, SANDBOX_CONNECT, fail) != 0)
		return -1;
	if (sandbox_allow(&sandbox, "/", SANDBOX_READ, fail) != 0) {
		scope_close(&sandbox.ruleset_fd); /* this is tried again */
		return -1;
	}
	return sandbox_enter(&sandbox, &active, fail);
}

/* Whether that is done for this thread. A failure is tried again like one to deliver. */
static bool confine(struct output_http *http, struct output *output, bool *confined)
{
	struct fail fail;

	if (*confined)
		return true;
	if (delivery_allows(&http->delivery, 1, http->world->monotonic_ms()) == 0)
		return false;
	*confined = give_up_rights(&fail) == 0;
	if (!*confined)
		stumble(http, output, DELIVERY_BARRED, fail.text);
	return *confined;
}

/* A part of which nothing is sent makes room for the next. */
static void fill(struct output_http *http, struct output *output)
{
	struct sending *idle;
	struct part part;

	while (!output_work_ends(output) && (idle = find_idle(http)) != NULL &&
	       next_part(http, output, &part))
		send_part(http, output, idle, part);
}

static void describe(const struct http_response *response, char *out, size_t out_size)
{
	char body[2 * SHOWN_BODY];
	size_t line = strcspn(buf_text(&response->body), "\r\n");

	out[0] = '\0';
	if (response->outcome != HTTP_ANSWERED) {
		(void)snprintf(out, out_size, "%s", response->reason);
	} else if (response->status < 200 || response->status >= 300) {
		(void)text_mask(response->body.data,
				line < SHOWN_BODY ? line : text_cut(response->body.data, line, SHOWN_BODY),
				body, sizeof body);
		(void)snprintf(out, out_size, "the server answered %ld%s%s", response->status,
			       body[0] == '\0' ? "" : ": ", body);
	}
}

static struct delivery_answer answer_of(const struct http_response *response)
{
	struct delivery_answer answer = {DELIVERY_NO_ANSWER, response->status, response->retry_after_s};

	if (response->outcome == HTTP_ANSWERED) {
		answer.outcome = DELIVERY_ANSWERED;
	} else if (response->outcome == HTTP_TLS_FAILED) {
		answer.outcome = DELIVERY_BARRED;
	} else if (response->outcome == HTTP_PROXY_REFUSED &&
		   response->proxy_status == STATUS_PROXY_CREDENTIALS) {
		answer.outcome = DELIVERY_ANSWERED;
		answer.status = STATUS_PROXY_CREDENTIALS;
	}
	return answer;
}

static void settle(struct output_http *http, struct output *output, struct sending *sending,
		   const struct delivery_answer *answer, const char *reason)
{
	const struct part *part = &sending->part;
	size_t middle = part->from + (part->to - part->from) / 2;
	size_t size = sending->render.size;

	switch (delivery_take(&http->delivery, answer, part->to - part->from, size,
			      http->world->monotonic_ms(), http->world->random())) {
	case DELIVERY_SETTLE:
		output_work_delivered(output, part->job, part->from, part->to, size);
		break;
	case DELIVERY_AGAIN:
		parts_push(&http->parts, part->job, part->from, part->to);
		break;
	case DELIVERY_ANOTHER:
		look_further(http, output);
		break;
	case DELIVERY_HALVE:
		parts_push(&http->parts, part->job, middle, part->to);
		parts_push(&http->parts, part->job, part->from, middle);
		break;
	case DELIVERY_BURY:
		output_work_refused(output, part->job, part->from, answer->status, reason);
		break;
	}
	output_work_attempt(output, &http->delivery, reason);
}

static void take_answer(struct output_http *http, struct output *output, struct sending *sending,
			const struct http_response *response)
{
	struct delivery_answer answer = answer_of(response);
	char reason[OUTPUT_REASON_MAX];

	sending->busy = false;
	describe(response, reason, sizeof reason);
	if (answer.outcome == DELIVERY_ANSWERED)
		http->pairs.tried = 0;
	if (answer.outcome == DELIVERY_BARRED &&
	    (sending->pair != http->pairs.at || pairs_fail_over(&http->pairs))) {
		parts_push(&http->parts, sending->part.job, sending->part.from, sending->part.to);
		return; /* at once, with the next pair */
	}
	if (answer.outcome == DELIVERY_BARRED)
		pairs_reload(&http->pairs);
	settle(http, output, sending, &answer, reason);
}

static void reopen(struct output_http *http)
{
	pairs_reload(&http->pairs);
	http->delivery.not_before_ms = http->delivery.promised_ms = 0;
}

void output_http_run(struct output_http *http, struct output *output, bool *confined)
{
	while (!output_work_ends(output)) {
		void *owner;
		struct http_response response;
		struct fail fail;
		if (output_work_reopens(output))
			reopen(http);
		/* What is over by now is over for what looks at the clock next. */
		int64_t now_ms = http->world->monotonic_ms();
		if (confine(http, output, confined))
			fill(http, output);
		int64_t wait_ms = http->delivery.not_before_ms - now_ms;
		if (pool_wait(http->pool, wait_ms > 0 ? wait_ms : -1, &fail) != 0)
			stumble(http, output, DELIVERY_NO_ANSWER, fail.text);
		while (pool_take(http->pool, &owner, &response)) {
			take_answer(http, output, owner, &response);
			buf_fini(&response.body);
		}
	}
}
