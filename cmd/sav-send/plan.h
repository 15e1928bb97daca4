/* Where a report goes and by which ways: from the command line, the configuration and the environment. */
#ifndef SAV_SEND_PLAN_H
#define SAV_SEND_PLAN_H

#include "cmd/sav-send/aws.h"
#include "lib/base/buf.h"
#include "lib/net/proxyenv.h"
#include "lib/net/route.h"
#include "lib/net/s3.h"
#include "lib/net/url.h"

struct cli_list;
struct conf;
struct fail;
struct home;

/* What the command line and the environment say; NULL and empty where they say nothing. */
struct plan_wishes {
	const char *url;
	const char *ca_path;
	const struct cli_list *proxies;
	const char *s3_region;
	struct proxyenv env;
	struct aws_env aws;
};

struct plan {
	struct url target;
	const char
		*custom_host; /* FeedbackHost, when that is where it goes; borrowed from the configuration */
	struct route_plan ways; /* empty for a drop folder */
	struct buf ca;          /* PEM; empty: the system's store */
	const char *ca_name;
	const char *s3_region; /* NULL: no S3 */
	struct s3_credentials s3;
};

/* Makes *plan (the caller's to plan_fini, also after a failure). Returns 0; or -1 with *fail: EX_USAGE for
 * the command line, EX_CONFIG for the configuration or the environment, the statuses of reading for the
 * certificates. */
int plan_make(const struct plan_wishes *wishes, const struct home *home, const struct conf *conf,
	      struct plan *plan, struct fail *fail);
void plan_fini(struct plan *plan);

#define auto_plan __attribute__((cleanup(plan_fini)))

#endif
