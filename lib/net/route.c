#include "lib/net/route.h"

#include "lib/base/fail.h"
#include "lib/net/http.h"
#include "lib/net/s3.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *label;
} kinds[] = {
	[ROUTE_NOPROXY] = {"noproxy", "noproxy: proxy (from environment)"},
	[ROUTE_PRIMARY] = {"primary", "primary: proxy (from update configuration)"},
	[ROUTE_SECONDARY] = {"secondary", "secondary: proxy (from update configuration)"},
	[ROUTE_DIRECT] = {"direct", "direct: no proxy"},
	[ROUTE_GIVEN] = {"given", "given: proxy (from command line)"},
};

/* What a whole answer of the drop means. What is not here goes on to the next route and may be tried again
 * later. */
enum meaning {
	LATER = 0,
	STORED,
	STORED_IF_EMPTY,
	REFUSED, /* this blob, for good */
	PAUSED,  /* when it says until when: the drop itself asks for rest, and other ways lead to it too */
};

enum { STATUS_OK = 200, STATUS_CONFLICT = 409 };

static const struct {
	long status;
	enum meaning meaning;
} meanings[] = {
	{STATUS_OK, STORED_IF_EMPTY}, {201, STORED},  {204, STORED}, {401, REFUSED}, {403, REFUSED},
	{STATUS_CONFLICT, STORED},    {413, REFUSED}, {429, PAUSED}, {503, PAUSED},
};

const char *route_name(enum route_kind kind)
{
	return kinds[kind].name;
}

const char *route_label(enum route_kind kind)
{
	return kinds[kind].label;
}

int route_parse(const char *name, enum route_kind *kind)
{
	for (int i = ROUTE_NOPROXY; i < ROUTE_GIVEN; i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			*kind = (enum route_kind)i;
			return 0;
		}
	}
	return -1;
}

static bool same_way(const struct route *route, const struct url *proxy)
{
	if (proxy == NULL || !route->proxied)
		return proxy == NULL && !route->proxied;
	return route->proxy.scheme == proxy->scheme && route->proxy.port == proxy->port &&
	       strcmp(route->proxy.host, proxy->host) == 0 &&
	       strcmp(route->proxy.username, proxy->username) == 0 &&
	       strcmp(route->proxy.password, proxy->password) == 0;
}

int route_add(struct route_plan *plan, enum route_kind kind, const struct url *proxy, struct fail *fail)
{
	for (size_t i = 0; i < plan->count; i++)
		if (same_way(&plan->routes[i], proxy))
			return 0;
	if (plan->count == ROUTE_MAX)
		return fail_set(fail, EX_USAGE, "--proxy: more than %d routes", ROUTE_MAX);
	struct route *route = &plan->routes[plan->count++];
	*route = (struct route){.kind = kind, .proxied = proxy != NULL};
	if (proxy != NULL)
		route->proxy = *proxy;
	return 0;
}

static enum meaning meaning_of(const struct route_plan *plan, const struct http_response *response)
{
	if (response->outcome != HTTP_ANSWERED || (plan->overwrites && response->status == STATUS_CONFLICT))
		return LATER;
	for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
		if (meanings[i].status == response->status)
			return meanings[i].meaning;
	return LATER;
}

bool route_delivered(const struct route_plan *plan, const struct http_response *response)
{
	enum meaning meaning = meaning_of(plan, response);

	return meaning == STORED || (meaning == STORED_IF_EMPTY && response->body.size == 0);
}

enum route_action route_next(const struct route_plan *plan, struct route_state *state,
			     const struct http_response *response, int *status)
{
	if (response != NULL) {
		enum meaning meaning = meaning_of(plan, response);
		if (route_delivered(plan, response))
			return ROUTE_DONE;
		state->tried++;
		if (meaning == REFUSED)
			state->refused++;
		if (meaning == PAUSED && response->retry_after_s >= 0) {
			state->pause_s = response->retry_after_s;
			*status = EX_TEMPFAIL;
			return ROUTE_STOP;
		}
	}
	if (state->tried < plan->count)
		return ROUTE_TRY;
	*status = plan->count > 0 && state->refused == plan->count ? EX_UNAVAILABLE : EX_TEMPFAIL;
	return ROUTE_STOP;
}

void route_reason(const struct http_response *response, char *out, size_t out_size)
{
	char code[64];

	if (response->outcome != HTTP_ANSWERED) {
		(void)snprintf(out, out_size, "%s",
			       response->reason); /* a cut reason is still one, here and below */
		return;
	}
	s3_error_code(&response->body, code, sizeof code);
	if (response->status == STATUS_OK)
		(void)snprintf(out, out_size, "answered %d with a page, as the drop never does", STATUS_OK);
	else if (response->retry_after_s >= 0)
		(void)snprintf(out, out_size, "answered %ld, and to come back in %lld s", response->status,
			       (long long)response->retry_after_s);
	else if (code[0] != '\0')
		(void)snprintf(out, out_size, "answered %ld (%s)", response->status, code);
	else
		(void)snprintf(out, out_size, "answered %ld", response->status);
}
