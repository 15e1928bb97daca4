/* One HTTP request, one response (libcurl): no redirects, no second try, no policy, nothing from the
 * environment. */
#ifndef SAV_NET_HTTP_H
#define SAV_NET_HTTP_H

#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct http; /* a client; keeps connections open between requests */
struct url;

enum { HTTP_REASON_MAX = 256 };

struct http_request {
	const char *method;  /* "PUT", "POST" */
	const char *url;     /* http or https, without credentials */
	const uint8_t *body; /* may be NULL when body_size is 0 */
	size_t body_size;
	const char *const *headers; /* "Name: value", checked by http_header_is_good */
	size_t header_count;
	const char *ca_name;  /* of the file that `ca` was read from */
	const struct buf *ca; /* PEM certificates, instead of the system's store; NULL: the system's */
	/* Instead of any store: makes libcurl's SSL_CTX trust what it should; 0 or -1. An HTTPS proxy has
	 * to satisfy it, too. NULL: as `ca` says. */
	int (*trust)(const void *context, void *ssl_ctx);
	const void *trust_context;
	const struct buf *client_certificate; /* PEM, shown when the server asks; NULL: none */
	const struct buf *client_key;
	const struct url *proxy; /* with its credentials; NULL: none */
	long connect_timeout_ms; /* names, TCP, proxy and TLS together */
	long total_timeout_ms;
	size_t header_max; /* bytes of all response headers, a proxy's too */
};

enum http_outcome {
	HTTP_ANSWERED,      /* a whole response: see status */
	HTTP_NO_ANSWER,     /* no such name, no connection, cut off, timed out */
	HTTP_PROXY_REFUSED, /* the proxy would not connect us: see proxy_status */
	HTTP_TLS_FAILED,
	HTTP_BAD_ANSWER, /* no HTTP, or more than the limits */
};

struct http_response {
	enum http_outcome outcome;
	long status;                  /* of the last response seen; 0 for none */
	long proxy_status;            /* of the proxy's answer to CONNECT; 0 for none */
	bool issuer_unknown;          /* HTTP_TLS_FAILED: no CA of ours vouches for the server or the proxy */
	int64_t retry_after_s;        /* of Retry-After; -1 without (also with libcurl before 7.66) */
	struct buf body;              /* up to its limit, which the caller sets; the caller's to free */
	char reason[HTTP_REASON_MAX]; /* why there is no good answer, masked; "" for HTTP_ANSWERED */
};

/* Returns NULL with *fail (EX_SOFTWARE) when libcurl cannot start or was built without TLS. Not to be
 * called by two threads at once. */
struct http *http_new(struct fail *fail);
void http_free(struct http *http);

/* Sends and waits. TLS 1.2 at least, certificate and name always verified; credentials go to the proxy
 * alone (Basic or Digest), once it asks. Returns 0 with *response filled, however the exchange went; or -1
 * with *fail when it could not even be tried: EX_CONFIG for a CA file that cannot be used, EX_SOFTWARE
 * else; *response is then unchanged but for its body. */
int http_send(struct http *http, const struct http_request *request, struct http_response *response,
	      struct fail *fail);

/* Whether `text` is "Name: value" as RFC 9110, section 5 has it, and neither ends the header early nor
 * replaces one of the exchange's own (Host, Content-Length, Transfer-Encoding, Connection, Expect). */
bool http_header_is_good(const char *text);

#define auto_http __attribute__((cleanup(http_fini)))
void http_fini(struct http **http);

#endif
