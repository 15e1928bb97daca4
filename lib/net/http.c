#include "lib/net/http.h"

#include "lib/base/fail.h"
#include "lib/base/text.h"
#include "lib/net/http_exchange.h"
#include "lib/net/tls.h"
#include "lib/net/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { STATUS_REDIRECT = 300 };

struct http {
	CURL *curl;
};

struct http *http_new(struct fail *fail)
{
	struct http *http = calloc(1, sizeof *http);

	if (http == NULL) {
		(void)fail_errno(fail, EX_OSERR, "libcurl");
		return NULL;
	}
	if (tls_start(fail) != 0) {
		free(http);
		return NULL;
	}
	http->curl = curl_easy_init();
	if (http->curl == NULL) {
		http_free(http);
		(void)fail_set(fail, EX_SOFTWARE, "libcurl: cannot start");
		return NULL;
	}
	return http;
}

void http_free(struct http *http)
{
	int error = errno;

	if (http != NULL) {
		curl_easy_cleanup(http->curl);
		curl_global_cleanup();
		free(http);
	}
	errno = error;
}

void http_fini(struct http **http)
{
	http_free(*http);
}

bool http_header_is_good(const char *text)
{
	const char *const own[] = {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"};
	size_t name = strcspn(text, ":");

	if (name == 0 || text[name] == '\0')
		return false;
	for (size_t i = 0; i < name; i++) /* a token, RFC 9110, section 5.6.2 */
		if (!isalnum((unsigned char)text[i]) && strchr("!#$%&'*+-.^_`|~", text[i]) == NULL)
			return false;
	for (const char *at = text + name; *at != '\0'; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return false;
	if (text[name + 1 + strspn(text + name + 1, " \t")] == '\0')
		return false; /* to libcurl, no value means to take a header away */
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (strlen(own[i]) == name && strncasecmp(own[i], text, name) == 0)
			return false;
	return true;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
	struct http_exchange *exchange = context;

	if (size * count > exchange->header_max - exchange->header_size) {
		exchange->excess = "headers";
		return 0;
	}
	exchange->header_size += size * count;
	exchange->headers_ended = bytes[0] == '\r' || bytes[0] == '\n';
	return size * count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct http_exchange *exchange = context;

	if (buf_add(exchange->body, bytes, size * count) != 0) {
		exchange->is_cut = exchange->cuts_body;
		exchange->excess = exchange->is_cut ? NULL : "body";
		return 0;
	}
	return size * count;
}

#define SET(option, value) (curl_easy_setopt(curl, (option), (value)) == CURLE_OK)

static bool set_limits(CURL *curl, const struct http_request *request, struct http_exchange *exchange)
{
	return SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms) &&
	       SET(CURLOPT_TIMEOUT_MS, request->total_timeout_ms) &&
#if LIBCURL_VERSION_NUM >= 0x075700
	       SET(CURLOPT_QUICK_EXIT, 1L) && /* waits for no name server that does not answer */
#endif
#if LIBCURL_VERSION_NUM >= 0x074000
	       SET(CURLOPT_HTTP09_ALLOWED, 0L) &&
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
	       SET(CURLOPT_PROTOCOLS_STR, "http,https") &&
#else
	       SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS)) &&
#endif
	       SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(CURLOPT_PATH_AS_IS, 1L) &&
	       SET(CURLOPT_HEADERFUNCTION, take_header) && SET(CURLOPT_HEADERDATA, exchange) &&
	       SET(CURLOPT_WRITEFUNCTION, take_body) && SET(CURLOPT_WRITEDATA, exchange) &&
	       SET(CURLOPT_ERRORBUFFER, exchange->message);
}

static CURLcode apply_trust(CURL *curl, void *ssl_ctx, void *context)
{
	const struct http_request *request = context;

	(void)curl;
	return request->trust(request->trust_context, ssl_ctx) == 0 ? CURLE_OK : CURLE_ABORTED_BY_CALLBACK;
}

/* A store of the caller's own: libcurl's defaults are not even loaded, and no session is taken up again,
 * for that would skip the look into the revocation lists. */
static bool set_trust(CURL *curl, const struct http_request *request)
{
	if (request->trust == NULL)
		return true;
	return SET(CURLOPT_CAINFO, (char *)NULL) && SET(CURLOPT_CAPATH, (char *)NULL) &&
#if LIBCURL_VERSION_NUM >= 0x075700
	       SET(CURLOPT_CA_CACHE_TIMEOUT, 0L) &&
#endif
	       SET(CURLOPT_SSL_SESSIONID_CACHE, 0L) && SET(CURLOPT_SSL_CTX_FUNCTION, apply_trust) &&
	       SET(CURLOPT_SSL_CTX_DATA, request);
}

/* "" and not NULL: with NULL libcurl would ask the environment. */
static bool set_proxy(CURL *curl, const struct http_request *request)
{
	auto_buf struct buf address = BUF_INIT(URL_MAX);
	const struct url *proxy = request->proxy;

	if (!SET(CURLOPT_NOPROXY, ""))
		return false;
	if (proxy == NULL)
		return SET(CURLOPT_PROXY, "");
	if (url_format(proxy, NULL, &address) != 0 || !SET(CURLOPT_PROXY, buf_text(&address)))
		return false;
	if (proxy->scheme == URL_HTTPS && !tls_set_peer(curl, TLS_PROXY, request->ca, request->ca_name))
		return false;
	if (proxy->username[0] == '\0')
		return true;
	return SET(CURLOPT_PROXYUSERNAME, proxy->username) && SET(CURLOPT_PROXYPASSWORD, proxy->password) &&
	       SET(CURLOPT_PROXYAUTH, (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST)) &&
	       SET(CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_BASIC);
}

static bool set_content(CURL *curl, const struct http_request *request, struct curl_slist *headers)
{
	return SET(CURLOPT_URL, request->url) && SET(CURLOPT_HTTPHEADER, headers) &&
	       SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) && /* not for the proxy's eyes */
	       SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size) &&
	       SET(CURLOPT_POSTFIELDS, request->body == NULL ? "" : (const char *)request->body) &&
	       SET(CURLOPT_CUSTOMREQUEST, request->method);
}

/* Without Expect, because to wait a second for leave to send a few kilobytes is a loss; and without the
 * Content-Type of a form, which libcurl would add when there is none among the request's own. */
static int list_headers(const struct http_request *request, struct curl_slist **list)
{
	const char *const without[] = {"Expect:", "Content-Type:"};
	enum { WITHOUT = sizeof without / sizeof without[0] };
	bool typed = false;

	for (size_t i = 0; i < request->header_count; i++)
		if (strncasecmp(request->headers[i], without[1], strlen(without[1])) == 0)
			typed = true;
	for (size_t i = 0; i < WITHOUT + request->header_count; i++) {
		if (i == 1 && typed)
			continue;
		struct curl_slist *longer = curl_slist_append(
			*list, i < WITHOUT ? without[i] : request->headers[i - WITHOUT]);
		if (longer == NULL)
			return -1;
		*list = longer;
	}
	return 0;
}

static enum http_outcome outcome_of(CURLcode code, long proxy_status)
{
	switch ((int)code) {
	case CURLE_OK:
		return HTTP_ANSWERED;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return proxy_status >= STATUS_REDIRECT ? HTTP_PROXY_REFUSED : HTTP_NO_ANSWER;
#if LIBCURL_VERSION_NUM >= 0x074900
	case CURLE_PROXY:
		return HTTP_PROXY_REFUSED;
#endif
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
		return HTTP_TLS_FAILED;
	default:
		return HTTP_BAD_ANSWER;
	}
}

/* Some words of libcurl's, which come from outside in part, or our own where its are vague. */
static void explain(CURLcode code, const struct http_exchange *exchange, struct http_response *response)
{
	const char *text = exchange->message[0] != '\0' ? exchange->message : curl_easy_strerror(code);
	char words[64] = "";

	if (exchange->excess != NULL) {
		(void)snprintf(words, sizeof words, "response %s over the limit", exchange->excess);
	} else if (code == CURLE_BAD_FUNCTION_ARGUMENT) { /* what it says of a proxy's zero bytes */
		(void)snprintf(words, sizeof words, "the answer is no HTTP");
	} else if (response->outcome == HTTP_PROXY_REFUSED && response->proxy_status != 0) {
		(void)snprintf(words, sizeof words, "proxy answered %ld", response->proxy_status);
	} else if (response->outcome == HTTP_ANSWERED) {
		text = "";
	}
	if (words[0] != '\0')
		text = words;
	text_mask((const uint8_t *)text, strlen(text), response->reason, sizeof response->reason);
}

/* Source: openssl/x509_vfy.h; 18 to 21 are a certificate signed by itself, alone or above others, and an issuer that is not
 * found here, or of the server's own alone; 2 is one above that. */
static bool is_unknown_issuer(CURL *curl, CURLINFO info)
{
	enum { ISSUER = 2, SELF_SIGNED = 18, LEAF = 21 };
	long result = 0;

	return curl_easy_getinfo(curl, info, &result) == CURLE_OK &&
	       (result == ISSUER || (result >= SELF_SIGNED && result <= LEAF));
}

static int take_result(CURL *curl, CURLcode code, const struct http_request *request,
		       struct http_exchange *exchange, struct http_response *response, struct fail *fail)
{
	long status = 0;
	long proxy_status = 0;
	curl_off_t wait_s = 0;

	if (code == CURLE_SSL_CACERT_BADFILE)
		return fail_set(fail, EX_CONFIG, "%s: holds no usable certificate",
				request->ca != NULL ? request->ca_name : "the system's certificates");
	if (code == CURLE_FAILED_INIT || code == CURLE_URL_MALFORMAT || code == CURLE_NOT_BUILT_IN)
		return fail_set(fail, EX_SOFTWARE, "libcurl: %s", curl_easy_strerror(code));
	if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
	    curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &proxy_status) != CURLE_OK)
		return fail_set(fail, EX_SOFTWARE, "libcurl: does not tell the status");
#if LIBCURL_VERSION_NUM >= 0x074200
	if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait_s) != CURLE_OK)
		return fail_set(fail, EX_SOFTWARE, "libcurl: does not tell Retry-After");
#endif
	if (code == CURLE_WRITE_ERROR && exchange->is_cut)
		code = CURLE_OK;
	/* To libcurl, a connection that ends among the headers ends them. */
	if (code == CURLE_OK && !exchange->headers_ended)
		code = CURLE_PARTIAL_FILE;
	if (code == CURLE_OUT_OF_MEMORY) /* what it says of a line longer than its own limit */
		exchange->excess = "headers";
	response->outcome = outcome_of(code, proxy_status);
	response->issuer_unknown = response->outcome == HTTP_TLS_FAILED &&
				   (is_unknown_issuer(curl, CURLINFO_SSL_VERIFYRESULT) ||
				    is_unknown_issuer(curl, CURLINFO_PROXY_SSL_VERIFYRESULT));
	response->status = status;
	response->proxy_status = proxy_status;
	response->retry_after_s = wait_s > 0 ? wait_s : -1;
	explain(code, exchange, response);
	return 0;
}

int http_prepare(CURL *curl, const struct http_request *request, struct http_response *response,
		 struct http_exchange *exchange, struct fail *fail)
{
	*exchange = (struct http_exchange){.body = &response->body, .header_max = request->header_max};
	buf_fini(&response->body);
	if (list_headers(request, &exchange->headers) != 0)
		return fail_set(fail, EX_OSERR, "libcurl: out of memory");
	if (!set_limits(curl, request, exchange) ||
	    !tls_set_peer(curl, TLS_SERVER, request->ca, request->ca_name) || !set_trust(curl, request) ||
	    !tls_set_client(curl, request->client_certificate, request->client_key) ||
	    !set_proxy(curl, request) || !set_content(curl, request, exchange->headers))
		return fail_set(fail, EX_SOFTWARE, "libcurl: cannot set up the request");
	return 0;
}

int http_conclude(CURL *curl, CURLcode code, const struct http_request *request,
		  struct http_exchange *exchange, struct http_response *response, struct fail *fail)
{
	int result = take_result(curl, code, request, exchange, response, fail);

	http_forget(curl, exchange);
	return result;
}

void http_forget(CURL *curl, struct http_exchange *exchange)
{
	curl_easy_reset(curl); /* keeps the connections; forgets what will be gone */
	curl_slist_free_all(exchange->headers);
	exchange->headers = NULL;
}

int http_send(struct http *http, const struct http_request *request, struct http_response *response,
	      struct fail *fail)
{
	struct http_exchange exchange;

	if (http_prepare(http->curl, request, response, &exchange, fail) != 0) {
		http_forget(http->curl, &exchange);
		return -1;
	}
	return http_conclude(http->curl, curl_easy_perform(http->curl), request, &exchange, response, fail);
}
