/* Where a report goes and by which ways: from the command line, the configuration and the environment. */
#ifndef SAV_SEND_PLAN_H
#define SAV_SEND_PLAN_H

#include "lib/base/buf.h"
#include "lib/net/proxyenv.h"
#include "lib/net/route.h"
#include "lib/net/url.h"

struct cli_list;
struct conf;
struct fail;

/* What the command line and the environment say; NULL and empty where they say nothing. */
struct plan_wishes {
	const char *url;
	const char *ca_path;
	const struct cli_list *proxies;
	struct proxyenv env;
};

struct plan {
	struct url target;
	const char
		*custom_host; /* FeedbackHost, when that is where it goes; borrowed from the configuration */
	struct route_plan ways; /* empty for a drop folder */
	struct buf ca;          /* PEM; empty: the system's store */
	const char *ca_name;
};

/* Makes *plan (the caller's to plan_fini, also after a failure). Returns 0; or -1 with *fail: EX_USAGE for the command line, EX_CONFIG for
 * the configuration or the environment, the statuses of reading for the certificates. */
int plan_make(const struct plan_wishes *wishes, const struct conf *conf, struct plan *plan,
	      struct fail *fail);
void plan_fini(struct plan *plan);

#define auto_plan __attribute__((cleanup(plan_fini)))

#endif
