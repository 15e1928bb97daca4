#include "lib/net/pool.h"

#include "lib/base/fail.h"
#include "lib/base/scope.h"
#include "lib/net/http.h"
#include "lib/net/http_exchange.h"
#include "lib/net/tls.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct slot {
	CURL *curl;
	bool busy;
	struct http_request request;
	struct http_response response;
	struct http_exchange exchange;
	void *owner;
};

struct pool {
	CURLM *multi;
	size_t slot_count;
	int wake_fd; /* not curl_multi_wakeup(), which libcurl has since 7.68 */
	struct slot slots[];
};

struct pool *pool_new(size_t slots, struct fail *fail)
{
	struct pool *pool = calloc(1, sizeof *pool + slots * sizeof pool->slots[0]);

	if (pool == NULL) {
		(void)fail_errno(fail, EX_OSERR, "libcurl");
		return NULL;
	}
	if (tls_start(fail) != 0) {
		free(pool);
		return NULL;
	}
	pool->multi = curl_multi_init();
	pool->slot_count = slots;
	pool->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bool good = pool->multi != NULL && pool->wake_fd >= 0;
	for (size_t i = 0; i < slots && good; i++) {
		pool->slots[i].curl = curl_easy_init();
		good = pool->slots[i].curl != NULL;
	}
	/* As many connections are kept as there are requests at once. */
	if (!good || curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)slots) != CURLM_OK) {
		pool_free(pool);
		(void)fail_set(fail, EX_SOFTWARE, "libcurl: cannot start");
		return NULL;
	}
	return pool;
}

static void empty_slot(struct pool *pool, struct slot *slot)
{
	if (slot->busy)
		(void)curl_multi_remove_handle(pool->multi, slot->curl); /* it is there */
	slot->busy = false;
	if (slot->curl != NULL)
		http_forget(slot->curl, &slot->exchange);
	buf_fini(&slot->response.body);
}

void pool_free(struct pool *pool)
{
	int error = errno;

	if (pool == NULL)
		return;
	for (size_t i = 0; i < pool->slot_count; i++) {
		empty_slot(pool, &pool->slots[i]);
		curl_easy_cleanup(pool->slots[i].curl);
	}
	(void)curl_multi_cleanup(pool->multi); /* nothing is left in it */
	scope_close(&pool->wake_fd);
	curl_global_cleanup();
	free(pool);
	errno = error;
}

size_t pool_room(const struct pool *pool)
{
	size_t room = 0;

	for (size_t i = 0; i < pool->slot_count; i++)
		room += !pool->slots[i].busy;
	return room;
}

int pool_start(struct pool *pool, const struct http_request *request, void *owner, struct fail *fail)
{
	struct slot *slot = pool->slots;

	while (slot < pool->slots + pool->slot_count && slot->busy)
		slot++;
	if (slot == pool->slots + pool->slot_count)
		return fail_set(fail, EX_SOFTWARE, "libcurl: no room for a request");
	slot->request = *request;
	slot->owner = owner;
	slot->response = (struct http_response){.body = BUF_INIT(POOL_BODY_MAX)};
	if (http_prepare(slot->curl, &slot->request, &slot->response, &slot->exchange, fail) != 0) {
		empty_slot(pool, slot);
		return -1;
	}
	slot->exchange.cuts_body = true;
	if (curl_easy_setopt(slot->curl, CURLOPT_PRIVATE, slot) != CURLE_OK ||
	    curl_multi_add_handle(pool->multi, slot->curl) != CURLM_OK) {
		empty_slot(pool, slot);
		return fail_set(fail, EX_SOFTWARE, "libcurl: cannot start the request");
	}
	slot->busy = true;
	return 0;
}

static bool has_answer(struct pool *pool)
{
	/* libcurl has no look without taking; but a finished transfer is no longer among the running ones. */
	int running = 0;

	return curl_multi_perform(pool->multi, &running) == CURLM_OK &&
	       (size_t)running < pool->slot_count - pool_room(pool);
}

int pool_wait(struct pool *pool, int64_t timeout_ms, struct fail *fail)
{
	int limit = timeout_ms < 0 || timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
	int ready = 0;
	struct curl_waitfd wake = {.fd = pool->wake_fd, .events = CURL_WAIT_POLLIN};
	eventfd_t count;

	if (has_answer(pool))
		return 0;
	if (curl_multi_wait(pool->multi, &wake, 1, limit, &ready) != CURLM_OK)
		return fail_set(fail, EX_SOFTWARE, "libcurl: cannot wait");
	if ((wake.revents & CURL_WAIT_POLLIN) != 0)
		(void)eventfd_read(pool->wake_fd, &count); /* somebody else may have been faster */
	(void)has_answer(pool); /* moves on what can; the caller asks for answers anyway */
	return 0;
}

bool pool_take(struct pool *pool, void **owner, struct http_response *response)
{
	int left;
	struct fail fail;
	CURLMsg *message = curl_multi_info_read(pool->multi, &left);
	char *private;

	if (message == NULL || message->msg != CURLMSG_DONE)
		return false;
	CURLcode code = message->data.result;
	if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private) != CURLE_OK)
		return false; /* every handle has it */
	struct slot *slot = (struct slot *)(void *)private;
	(void)curl_multi_remove_handle(pool->multi, slot->curl); /* it is there */
	slot->busy = false;
	if (http_conclude(slot->curl, code, &slot->request, &slot->exchange, &slot->response, &fail) != 0) {
		slot->response.outcome = HTTP_BAD_ANSWER;
		slot->response.status = 0;
		slot->response.retry_after_s = -1;
		(void)snprintf(slot->response.reason, sizeof slot->response.reason, "%.*s",
			       (int)sizeof slot->response.reason - 1, fail.text);
	}
	*owner = slot->owner;
	*response = slot->response;
	slot->response.body = BUF_INIT(POOL_BODY_MAX);
	return true;
}

void pool_wake(struct pool *pool)
{
	(void)eventfd_write(pool->wake_fd, 1); /* fails only when it is awake many times over */
}
