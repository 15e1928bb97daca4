/* Which way a report goes next: pure, a function of the plan and of what came of the routes before. */
#ifndef SAV_NET_ROUTE_H
#define SAV_NET_ROUTE_H

#include "lib/net/url.h"

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct http_response;

enum { ROUTE_MAX = 8 };

enum route_kind {
	ROUTE_NOPROXY,   /* no proxy of ours: the environment's, or none */
	ROUTE_PRIMARY,   /* the proxy of the primary update source */
	ROUTE_SECONDARY, /* ... of the secondary one */
	ROUTE_DIRECT,    /* none at all */
	ROUTE_GIVEN,     /* one named on the command line */
};

struct route {
	enum route_kind kind;
	bool proxied;
	struct url proxy; /* when proxied */
};

struct route_plan {
	struct route routes[ROUTE_MAX];
	size_t count;
	bool overwrites; /* S3: a name that is there is no conflict, and 409 means another */
};

/* "noproxy", "primary", "secondary", "direct"; "given". */
const char *route_name(enum route_kind kind);

/* What the log calls it, "noproxy: proxy (from environment)". Source: Sophos article 121214 for the first. */
const char *route_label(enum route_kind kind);

/* The kind of that name, in *kind. Returns 0, or -1 for no such name ("given" is none). */
int route_parse(const char *name, enum route_kind *kind);

/* Adds a route by `proxy` (NULL: by none), unless one before goes the same way with the same credentials.
 * Returns 0, or -1 with *fail (EX_USAGE) when the plan is full. */
int route_add(struct route_plan *plan, enum route_kind kind, const struct url *proxy, struct fail *fail);

/* How far a delivery has come; starts as {0}. */
struct route_state {
	size_t tried;
	size_t refused;  /* routes on which the blob itself was refused */
	int64_t pause_s; /* after ROUTE_STOP: how long the drop asks to be left alone, 0 for nothing said */
};

enum route_action {
	ROUTE_TRY,  /* plan->routes[state->tried] */
	ROUTE_DONE, /* delivered */
	ROUTE_STOP, /* not delivered, and nothing left to try now */
};

/* Takes what came of the route plan->routes[state->tried] (NULL before the first) into *state and says
 * what to do next. For ROUTE_STOP, *status is EX_UNAVAILABLE when every route brought a refusal of the
 * blob (401, 403, 413), else EX_TEMPFAIL. */
enum route_action route_next(const struct route_plan *plan, struct route_state *state,
			     const struct http_response *response, int *status);

/* Whether the drop has the blob now: 201, 204, an empty 200, or 409 (that name is there already: an
 * earlier answer was lost), but for a drop that overwrites. A 200 with a page is somebody in between who
 * answers everything. */
bool route_delivered(const struct route_plan *plan, const struct http_response *response);

/* Why the response is no delivery, in `out`: "answered 403", "answered 403 (AccessDenied)" with S3's own
 * word, "connection refused". */
void route_reason(const struct http_response *response, char *out, size_t out_size);

#endif
