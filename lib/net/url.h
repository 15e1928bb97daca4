/* The URLs of this suite, strictly: what is not understood whole is refused, never guessed at. */
#ifndef SAV_NET_URL_H
#define SAV_NET_URL_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct fail;

enum {
	URL_MAX = 2048, /* bytes of a whole URL */
	URL_HOST_MAX = 253,
	URL_CREDENTIAL_MAX = 255, /* Source: RFC 1929, which is the narrowest of the proxies' */
};

enum url_scheme {
	URL_NONE,
	URL_HTTP,
	URL_HTTPS,
	URL_FILE,
	URL_SOCKS5,  /* names are resolved here */
	URL_SOCKS5H, /* names are resolved by the proxy */
};

struct url {
	enum url_scheme scheme;
	char host[URL_HOST_MAX + 1]; /* lower case; an IPv6 address in brackets; "" for a file */
	uint16_t port;               /* the scheme's own when none was given; 0 for a file */
	char path[URL_MAX]; /* begins with "/" and does not end with one but in "/"; a file's is decoded */
	char username[URL_CREDENTIAL_MAX + 1]; /* of a proxy, decoded; "" for none */
	char password[URL_CREDENTIAL_MAX + 1];
};

/* Reads where reports go: http://HOST[:PORT][/PATH], https://..., file:///PATH. No credentials, no query,
 * no fragment. Returns 0; or -1 with *fail (EX_USAGE, "reason" without the URL, which may hold a password)
 * and *url untouched. */
int url_parse(const char *text, struct url *url, struct fail *fail);

/* Reads HOST[:PORT]: the drop https://HOST[:PORT]/. Returns as url_parse. */
int url_parse_host(const char *text, struct url *url, struct fail *fail);

/* Reads a proxy's address: [SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/], with http, https, socks5 or
 * socks5h; http without a scheme. The port defaults to 443 for https, 1080 else. Source: curl(1), --proxy.
 * Returns as url_parse. */
int url_parse_proxy(const char *text, struct url *url, struct fail *fail);

/* "https" and so on. */
const char *url_scheme_name(enum url_scheme scheme);

/* Appends the URL without credentials, with `name` (NULL for none) behind its path. Returns 0, or -1 with
 * errno as buf_add. */
int url_format(const struct url *url, const char *name, struct buf *out);

/* Appends "HOST", or "HOST:PORT" when the port is not the scheme's own, as a Host header has it. Returns
 * as url_format. */
int url_format_host(const struct url *url, struct buf *out);

#endif
