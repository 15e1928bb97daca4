/* Which proxy the environment asks for. Our own reading, because libcurl's knows no ports in no_proxy, and
 * before 7.86 no networks; and so that no library of ours looks into the environment by itself. */
#ifndef SAV_NET_PROXYENV_H
#define SAV_NET_PROXYENV_H

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct url;

/* The variables' values, NULL when unset or empty. */
struct proxyenv {
	const char *http_proxy;
	const char *https_proxy;
	const char *all_proxy;
	const char *no_proxy;
};

/* Reads the variables by `look_up` (getenv): the lower-case name, else the upper-case one; but HTTP_PROXY
 * never, which whoever sends a header to a CGI host can set. The values are borrowed. */
void proxyenv_read(struct proxyenv *env, char *(*look_up)(const char *name));

/* The proxy for `target`: https_proxy or http_proxy by its scheme, else all_proxy, unless no_proxy covers
 * the target. Returns 1 with *proxy set; 0 when there is none; -1 with *fail (EX_CONFIG), that names the
 * variable and never shows its value. Source: curl(1), ENVIRONMENT. */
int proxyenv_find(const struct proxyenv *env, const struct url *target, struct url *proxy, struct fail *fail);

/* Whether the list `no_proxy` (parted by commas or blanks) covers a host: "*" all; a name itself and all
 * names below it, with or without a leading dot; an address; a network in CIDR form, with or without
 * brackets for IPv6. Each may be followed by ":port". */
bool proxyenv_covers(const char *no_proxy, const char *host, uint16_t port);

#endif
