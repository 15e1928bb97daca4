/* The two halves of an exchange, for http.c, which waits in between, and pool.c, which has several on the
 * way. Only the adapters of libcurl in this folder include this. */
#ifndef SAV_NET_HTTP_EXCHANGE_H
#define SAV_NET_HTTP_EXCHANGE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;
struct fail;
struct http_request;
struct http_response;

/* What the callbacks of one request share. */
struct http_exchange {
	struct buf *body;
	size_t header_size;
	size_t header_max;
	bool headers_ended; /* of the last response */
	const char *excess; /* what went over its limit */
	bool cuts_body;     /* a longer one is an answer all the same */
	bool is_cut;
	char message[CURL_ERROR_SIZE];
	struct curl_slist *headers;
};

/* Sets all options of the request on `curl`, which was reset. *exchange, the request and what it points to
 * stay until http_conclude. Returns 0; or -1 with *fail (EX_SOFTWARE, EX_OSERR). In both cases
 * http_conclude or http_forget follows. */
int http_prepare(CURL *curl, const struct http_request *request, struct http_response *response,
		 struct http_exchange *exchange, struct fail *fail);

/* Takes in how it went, as http_send tells it, and forgets the request. */
int http_conclude(CURL *curl, CURLcode code, const struct http_request *request,
		  struct http_exchange *exchange, struct http_response *response, struct fail *fail);

/* Resets `curl` (connections stay) and frees what http_prepare made. */
void http_forget(CURL *curl, struct http_exchange *exchange);

#endif
