#include "cmd/sav-send/plan.h"

#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/conf/conf.h"

#include <stdio.h>
#include <string.h>

enum { CA_MAX = 4 * 1024 * 1024 }; /* bytes; Debian's whole store has 0.2 MiB */

static int find_target(const struct plan_wishes *wishes, const struct conf *conf, struct plan *plan,
		       struct fail *fail)
{
	if (wishes->url == NULL)
		return conf_drop(conf, &plan->target, &plan->custom_host, fail);
	return url_parse(wishes->url, &plan->target, fail) == 0 ? 0 : fail_prefix(fail, "--url");
}

/* The proxy of an update source, whose credentials have parameters of their own. */
static int find_update_proxy(const struct conf *conf, const enum param names[3], struct url *proxy,
			     struct fail *fail)
{
	const char *label = param_info(names[0])->name;
	const char *address = conf_text(conf, names[0]);
	const char *username = conf_text(conf, names[1]);
	const char *password = conf_text(conf, names[2]);

	if (address == NULL)
		return 0;
	if (url_parse_proxy(address, proxy, fail) != 0) {
		fail->status = EX_CONFIG;
		return fail_prefix(fail, "%s", label);
	}
	if (username == NULL)
		return 1;
	int user_size = snprintf(proxy->username, sizeof proxy->username, "%s", username);
	int password_size = snprintf(proxy->password, sizeof proxy->password, "%s",
				     password == NULL ? "" : password);
	if (user_size >= (int)sizeof proxy->username || password_size >= (int)sizeof proxy->password)
		return fail_set(fail, EX_CONFIG, "%s: user name or password longer than %d bytes", label,
				URL_CREDENTIAL_MAX);
	return 1;
}

/* The proxy of a route that has a name: 1 with *proxy, 0 for none, -1 with *fail. */
static int find_proxy(enum route_kind kind, const struct plan_wishes *wishes, const struct conf *conf,
		      const struct url *target, struct url *proxy, struct fail *fail)
{
	static const enum param primary[] = {PARAM_PRIMARY_UPDATE_PROXY_ADDRESS,
					     PARAM_PRIMARY_UPDATE_PROXY_USERNAME,
					     PARAM_PRIMARY_UPDATE_PROXY_PASSWORD};
	static const enum param secondary[] = {PARAM_SECONDARY_UPDATE_PROXY_ADDRESS,
					       PARAM_SECONDARY_UPDATE_PROXY_USERNAME,
					       PARAM_SECONDARY_UPDATE_PROXY_PASSWORD};

	switch (kind) {
	case ROUTE_NOPROXY:
		return proxyenv_find(&wishes->env, target, proxy, fail);
	case ROUTE_PRIMARY:
		return find_update_proxy(conf, primary, proxy, fail);
	case ROUTE_SECONDARY:
		return find_update_proxy(conf, secondary, proxy, fail);
	default:
		return 0;
	}
}

/* A route that has a name. An update proxy that is not set has none, which is wrong only when it was wished for. */
static int add_named(enum route_kind kind, bool wished, const struct plan_wishes *wishes,
		     const struct conf *conf, struct plan *plan, struct fail *fail)
{
	struct url proxy;
	int found = find_proxy(kind, wishes, conf, &plan->target, &proxy, fail);

	if (found < 0)
		return -1;
	if (found == 0 && (kind == ROUTE_PRIMARY || kind == ROUTE_SECONDARY))
		return wished ? fail_set(fail, EX_CONFIG, "--proxy %s: no such proxy is configured",
					 route_name(kind))
			      : 0;
	return route_add(&plan->ways, kind, found == 0 ? NULL : &proxy, fail);
}

static int add_wished(const char *text, const struct plan_wishes *wishes, const struct conf *conf,
		      struct plan *plan, struct fail *fail)
{
	enum route_kind kind;
	struct url proxy;

	if (route_parse(text, &kind) == 0)
		return add_named(kind, true, wishes, conf, plan, fail);
	if (strpbrk(text, ":.") == NULL) {
		(void)fail_set(fail, EX_USAGE, "--proxy: no such route");
		return fail_hint(fail, "noproxy, primary, secondary, direct, or a proxy's HOST:PORT or URL");
	}
	if (url_parse_proxy(text, &proxy, fail) != 0)
		return fail_prefix(fail, "--proxy");
	if (proxy.username[0] != '\0' || strchr(text, '@') != NULL) {
		(void)fail_set(fail, EX_USAGE,
			       "--proxy: holds credentials, which everyone on this host can read there");
		return fail_hint(
			fail, "PrimaryUpdateProxyUsername and ...Password, or the environment's https_proxy");
	}
	return route_add(&plan->ways, ROUTE_GIVEN, &proxy, fail);
}

static int load_ca(const struct plan_wishes *wishes, const struct conf *conf, struct plan *plan,
		   struct fail *fail)
{
	const char *configured = conf_text(conf, PARAM_FEEDBACK_CA_FILE);
	const char *path = wishes->ca_path != NULL ? wishes->ca_path : configured;
	static const char encrypted[] = "Proc-Type:"; /* RFC 1421, section 4.6.1.1 */

	if (path == NULL)
		return 0;
	auto_close int fd = io_open_linked(path, NULL, fail);
	if (fd >= 0 && io_read_fd(fd, path, &plan->ca, fail) == 0) {
		plan->ca_name = path;
		if (plan->ca.size == 0)
			(void)fail_set(fail, EX_NOINPUT, "%s: is empty", path);
		/* OpenSSL would ask the terminal, or standard input, and wait for ever. */
		else if (memmem(plan->ca.data, plan->ca.size, encrypted, strlen(encrypted)) != NULL)
			(void)fail_set(fail, EX_NOINPUT, "%s: holds something under a passphrase", path);
		else
			return 0;
	}
	if (wishes->ca_path == NULL)
		fail->status = EX_CONFIG;
	return fail_prefix(fail, wishes->ca_path != NULL ? "--cacert" : "FeedbackCAFile");
}

/* A configured region is that of the configured destination. */
static int plan_s3(const struct plan_wishes *wishes, const struct home *home, const struct conf *conf,
		   struct plan *plan, struct fail *fail)
{
	bool wished = wishes->s3_region != NULL;
	const char *configured = wishes->url == NULL ? conf_text(conf, PARAM_FEEDBACK_S3_REGION) : NULL;
	const char *region = wished ? wishes->s3_region : configured;
	const char *from = wished ? "--s3" : "FeedbackS3Region";
	int status = wished ? EX_USAGE : EX_CONFIG;

	if (region == NULL)
		return 0;
	if (!s3_region_is_good(region))
		return fail_set(fail, status, "%s: not a region, such as eu-central-1", from);
	if (plan->target.scheme == URL_FILE)
		return fail_set(fail, status, "%s: a folder takes no signature", from);
	plan->s3_region = region;
	plan->ways.overwrites = true;
	return aws_load(&wishes->aws, home, &plan->s3, fail);
}

int plan_make(const struct plan_wishes *wishes, const struct home *home, const struct conf *conf,
	      struct plan *plan, struct fail *fail)
{
	static const enum route_kind order[] = {ROUTE_NOPROXY, ROUTE_PRIMARY, ROUTE_SECONDARY, ROUTE_DIRECT};

	*plan = (struct plan){.ca = BUF_INIT(CA_MAX)};
	if (find_target(wishes, conf, plan, fail) != 0)
		return -1;
	for (size_t i = 0; i < wishes->proxies->count; i++)
		if (add_wished(wishes->proxies->items[i], wishes, conf, plan, fail) != 0)
			return -1;
	if (plan_s3(wishes, home, conf, plan, fail) != 0)
		return -1;
	if (plan->target.scheme == URL_FILE) {
		plan->ways.count = 0; /* checked all the same */
		return 0;
	}
	for (size_t i = 0; wishes->proxies->count == 0 && i < sizeof order / sizeof order[0]; i++)
		if (add_named(order[i], false, wishes, conf, plan, fail) != 0)
			return -1;
	return load_ca(wishes, conf, plan, fail);
}

void plan_fini(struct plan *plan)
{
	buf_fini(&plan->ca);
	explicit_bzero(plan, sizeof *plan); /* the proxies' passwords, the secret of S3 */
}
