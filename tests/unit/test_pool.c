#include "tests/unit/loopback.h"

#include "lib/net/http.h"
#include "lib/net/pool.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* A server of one thread that answers connection by connection, each request as the test tells it to. */
enum { CONNECTIONS_MAX = 8, PATIENCE_MS = 5000 };
static int listener;
static uint16_t port;

static int open_server(void **state)
{
	(void)state;
	listener = loopback_bind(SOCK_STREAM, &port);
	return listen(listener, CONNECTIONS_MAX);
}

static int close_server(void **state)
{
	(void)state;
	return close(listener);
}

static bool is_ready(int fd, int timeout_ms)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, timeout_ms) == 1;
}

static struct http_request request_to(char url[64], const char *path)
{
	(void)snprintf(url, 64, "http://127.0.0.1:%u%s", (unsigned)port, path);
	return (struct http_request){.method = "POST",
				     .url = url,
				     .body = (const uint8_t *)"body",
				     .body_size = 4,
				     .connect_timeout_ms = PATIENCE_MS,
				     .total_timeout_ms = PATIENCE_MS,
				     .header_max = 4096};
}

static struct pool *new_pool(size_t slots)
{
	struct fail fail;
	struct pool *pool = pool_new(slots, &fail);

	assert_non_null(pool);
	return pool;
}

/* Lets the pool work until the server has a connection. */
static int accept_from(struct pool *pool)
{
	struct fail fail;

	for (int waited_ms = 0; !is_ready(listener, 0); waited_ms += 10) {
		assert_true(waited_ms < PATIENCE_MS);
		assert_int_equal(pool_wait(pool, 10, &fail), 0);
	}
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

/* Reads one request, its four bytes of body included. */
static void read_request(struct pool *pool, int fd, char out[1024])
{
	size_t size = 0;
	struct fail fail;

	out[0] = '\0';
	while (strstr(out, "\r\n\r\nbody") == NULL) {
		assert_int_equal(pool_wait(pool, 1, &fail), 0);
		if (!is_ready(fd, 1))
			continue;
		ssize_t got = read(fd, out + size, 1023 - size);
		assert_true(got > 0);
		size += (size_t)got;
		out[size] = '\0';
	}
}

static void answer(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* The next answer, and its owner. */
static void *take(struct pool *pool, struct http_response *response)
{
	struct fail fail;
	void *owner = NULL;

	for (int i = 0; i < PATIENCE_MS; i++) {
		if (pool_take(pool, &owner, response))
			return owner;
		assert_int_equal(pool_wait(pool, 1, &fail), 0);
	}
	fail_msg("no answer");
	return NULL;
}

static void answers_come_as_they_are_ready(void **state)
{
	struct pool *pool = new_pool(2);
	struct http_response response;
	struct fail fail;
	char urls[2][64];
	char text[1024];
	int fds[2];
	int owners[2];

	(void)state;
	assert_int_equal(pool_room(pool), 2);
	for (int i = 0; i < 2; i++) {
		struct http_request request = request_to(urls[i], i == 0 ? "/first" : "/second");
		assert_int_equal(pool_start(pool, &request, &owners[i], &fail), 0);
		fds[i] = accept_from(pool);
		read_request(pool, fds[i], text);
		assert_non_null(strstr(text, i == 0 ? "POST /first " : "POST /second "));
	}
	assert_int_equal(pool_room(pool), 0);
	struct http_request third = request_to(text, "/third");
	assert_fails(pool_start(pool, &third, NULL, &fail), fail, EX_SOFTWARE,
		     "libcurl: no room for a request");
	answer(fds[1], "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes");
	assert_ptr_equal(take(pool, &response), &owners[1]);
	assert_int_equal(response.outcome, HTTP_ANSWERED);
	assert_int_equal(response.status, 200);
	assert_string_equal(buf_text(&response.body), "yes");
	buf_fini(&response.body);
	assert_int_equal(pool_room(pool), 1);
	answer(fds[0], "HTTP/1.1 503 Later\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
	assert_ptr_equal(take(pool, &response), &owners[0]);
	assert_int_equal(response.status, 503);
	assert_int_equal(response.retry_after_s, 7);
	buf_fini(&response.body);
	assert_int_equal(pool_room(pool), 2);
	assert_false(pool_take(pool, (void *[]){NULL}, &response));
	pool_free(pool);
	for (int i = 0; i < 2; i++)
		assert_int_equal(close(fds[i]), 0);
}

static void keeps_the_connection(void **state)
{
	struct pool *pool = new_pool(2);
	struct http_response response;
	struct fail fail;
	char url[64];
	char text[1024];
	int fd = -1;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct http_request request = request_to(url, "/");
		assert_int_equal(pool_start(pool, &request, NULL, &fail), 0);
		if (fd < 0)
			fd = accept_from(pool);
		read_request(pool, fd, text);
		answer(fd, "HTTP/1.1 204 No Content\r\n\r\n");
		(void)take(pool, &response);
		assert_int_equal(response.status, 204);
		buf_fini(&response.body);
	}
	assert_false(is_ready(listener, 0));
	pool_free(pool);
	assert_int_equal(close(fd), 0);
}

static void what_is_no_answer_is_told(void **state)
{
	static const struct {
		const char *said;
		enum http_outcome outcome;
	} cases[] = {
		{"", HTTP_NO_ANSWER},
		{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", HTTP_NO_ANSWER},
		{"HTTP/1.1 200 OK\r\nX: ", HTTP_NO_ANSWER},
		{"220 mail ready\r\n", HTTP_BAD_ANSWER},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct pool *pool = new_pool(1);
		struct http_response response;
		struct fail fail;
		char url[64];
		char text[1024];
		struct http_request request = request_to(url, "/");
		assert_int_equal(pool_start(pool, &request, &response, &fail), 0);
		int fd = accept_from(pool);
		read_request(pool, fd, text);
		answer(fd, cases[i].said);
		assert_int_equal(close(fd), 0);
		assert_ptr_equal(take(pool, &response), &response);
		assert_int_equal(response.outcome, cases[i].outcome);
		assert_true(response.reason[0] != '\0');
		buf_fini(&response.body);
		pool_free(pool);
	}
}

static void an_endless_answer_is_cut(void **state)
{
	struct pool *pool = new_pool(1);
	struct http_response response;
	struct fail fail;
	char url[64];
	char text[1024];
	char *much = calloc(1, POOL_BODY_MAX);
	struct http_request request = request_to(url, "/");

	(void)state;
	assert_non_null(much);
	assert_int_equal(pool_start(pool, &request, NULL, &fail), 0);
	int fd = accept_from(pool);
	read_request(pool, fd, text);
	answer(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
	for (int i = 0; i < 2; i++)
		for (size_t sent = 0; sent < POOL_BODY_MAX;) {
			ssize_t put = send(fd, much, POOL_BODY_MAX - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
			sent += put > 0 ? (size_t)put : 0;
			if (put < 0)
				assert_int_equal(pool_wait(pool, 1, &fail), 0);
			if (pool_take(pool, (void *[]){NULL}, &response))
				goto done;
		}
	(void)take(pool, &response);
done:
	assert_int_equal(response.outcome, HTTP_ANSWERED);
	assert_int_equal(response.status, 200);
	assert_string_equal(response.reason, "");
	buf_fini(&response.body);
	pool_free(pool);
	free(much);
	assert_int_equal(close(fd), 0);
}

static void ends_what_is_on_its_way(void **state)
{
	struct pool *pool = new_pool(2);
	struct fail fail;
	char url[64];
	struct http_request request = request_to(url, "/");

	(void)state;
	assert_int_equal(pool_start(pool, &request, NULL, &fail), 0);
	int fd = accept_from(pool);
	pool_free(pool);
	char byte[1024];
	while (read(fd, byte, sizeof byte) > 0)
		;
	assert_int_equal(close(fd), 0);
	pool_free(NULL);
}

static int64_t clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *wake(void *pool)
{
	pool_wake(pool);
	return NULL;
}

static void waits_until_it_is_woken(void **state)
{
	struct pool *pool = new_pool(1);
	struct fail fail;
	pthread_t thread;
	int64_t began_ms = clock_ms();

	(void)state;
	pool_wake(pool); /* before the wait: it counts */
	assert_int_equal(pool_wait(pool, -1, &fail), 0);
	assert_int_equal(pthread_create(&thread, NULL, wake, pool), 0);
	assert_int_equal(pool_wait(pool, -1, &fail), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	began_ms = clock_ms();
	assert_int_equal(pool_wait(pool, 30, &fail), 0);
	assert_true(clock_ms() - began_ms >= 29);
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_as_they_are_ready), cmocka_unit_test(keeps_the_connection),
		cmocka_unit_test(what_is_no_answer_is_told),      cmocka_unit_test(an_endless_answer_is_cut),
		cmocka_unit_test(ends_what_is_on_its_way),        cmocka_unit_test(waits_until_it_is_woken),
	};

	return cmocka_run_group_tests(tests, open_server, close_server);
}
