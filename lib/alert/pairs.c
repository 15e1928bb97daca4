#include "lib/alert/pairs.h"

#include "lib/alert/config.h"
#include "lib/base/fail.h"
#include "lib/net/trust.h"

static struct trust *load(const struct pairs *pairs, struct fail *fail)
{
	const struct config *config = pairs->config;

	return trust_load((const char *const *)config->certificates, config->certificate_count,
			  (const char *const *)config->crls, config->crl_count, pairs->now(), fail);
}

int pairs_open(const struct config *config, time_t (*now)(void), struct pairs *pairs, struct fail *fail)
{
	*pairs = (struct pairs){.config = config, .now = now};
	pairs->trust = load(pairs, fail);
	if (pairs->trust == NULL || trust_check(pairs->trust, fail) != 0)
		return -1;
	pairs->at = trust_find(pairs->trust, 0);
	return 0;
}

void pairs_close(struct pairs *pairs)
{
	trust_free(pairs->trust);
	pairs->trust = NULL;
}

void pairs_reload(struct pairs *pairs)
{
	struct fail ignored;

	pairs->tried = 0;
	struct trust *fresh = pairs->trust == NULL ? NULL : load(pairs, &ignored);
	if (fresh == NULL)
		return;
	trust_free(pairs->trust);
	pairs->trust = fresh;
	pairs->at = trust_find(fresh, pairs->at < trust_count(fresh) ? pairs->at : 0);
	if (pairs->at == trust_count(fresh))
		pairs->at = 0;
}

bool pairs_fail_over(struct pairs *pairs)
{
	if (pairs->trust == NULL || ++pairs->tried >= trust_count(pairs->trust))
		return false;
	size_t next = trust_find(pairs->trust, (pairs->at + 1) % trust_count(pairs->trust));
	if (next == pairs->at || next == trust_count(pairs->trust))
		return false;
	pairs->at = next;
	return true;
}

int pairs_apply(const void *context, void *ssl_ctx)
{
	const struct pairs *pairs = context;

	return trust_apply(pairs->trust, pairs->at, ssl_ctx);
}
