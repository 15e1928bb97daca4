#include "tests/unit/loopback.h"

#include "lib/net/http.h"
#include "lib/net/url.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void knows_a_good_header(void **state)
{
	(void)state;
	const char *good[] = {"X-Id: 7", "X-Id:7", "x_y.z: a b\tc", "Authorization: Bearer x", "Hostname: a"};
	const char *bad[] = {"",
			     "X-Id",
			     ":",
			     ": a",
			     "X Id: 7",
			     "X-Id:",
			     "X-Id:  ",
			     "X-Id;",
			     "X-Id: a\r",
			     "X-Id: a\nY: b",
			     "X-Id: \x7f",
			     "Host: other",
			     "content-length: 0",
			     "Expect: x",
			     "Transfer-Encoding: chunked",
			     "X\xc3\xa9: a",
			     "connection: close"};

	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(http_header_is_good(good[i]));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(http_header_is_good(bad[i]));
}

static struct http_request request_to(const char *url)
{
	return (struct http_request){.method = "PUT",
				     .url = url,
				     .connect_timeout_ms = 2000,
				     .total_timeout_ms = 2000,
				     .header_max = 4096};
}

static void tells_why_nobody_answered(void **state)
{
	(void)state;
	struct http_response response = {.body = BUF_INIT(16)};
	struct fail fail;
	char url[64];
	uint16_t port;
	int fd = loopback_bind(SOCK_STREAM, &port);
	auto_http struct http *http = http_new(&fail);

	assert_non_null(http);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)port);
	struct http_request request = request_to(url);
	assert_int_equal(http_send(http, &request, &response, &fail), 0);
	assert_int_equal(response.outcome, HTTP_NO_ANSWER);
	assert_int_equal(response.status, 0);
	assert_int_equal(response.retry_after_s, -1);
	assert_non_null(strstr(response.reason, "127.0.0.1"));
	assert_int_equal(close(fd), 0);
}

static void opens_nothing_but_http(void **state)
{
	(void)state;
	const char *urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"};
	struct fail fail;
	auto_http struct http *http = http_new(&fail);

	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct http_response response = {.body = BUF_INIT(16)};
		struct http_request request = request_to(urls[i]);
		assert_int_equal(http_send(http, &request, &response, &fail), 0);
		assert_int_equal(response.outcome, HTTP_BAD_ANSWER);
		assert_non_null(strstr(response.reason, "not supported"));
		assert_int_equal(response.body.size, 0);
	}
}

static void refuses_useless_certificates(void **state)
{
	(void)state;
	uint8_t text[] = "no certificate\n";
	const struct buf ca = {.data = text, .size = sizeof text - 1};
	struct http_response response = {.body = BUF_INIT(16)};
	struct http_request request = request_to("https://127.0.0.1:1/");
	uint16_t port;
	int fd = loopback_bind(SOCK_STREAM, &port);
	char url[64];
	struct fail fail;
	auto_http struct http *http = http_new(&fail);

	assert_int_equal(listen(fd, 1), 0);
	(void)snprintf(url, sizeof url, "https://127.0.0.1:%u/", (unsigned)port);
	request.url = url;
	request.ca = &ca;
	request.ca_name = "ca.pem";
	assert_fails(http_send(http, &request, &response, &fail), fail, EX_CONFIG,
		     "ca.pem: holds no usable certificate");
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_a_good_header),
		cmocka_unit_test(tells_why_nobody_answered),
		cmocka_unit_test(opens_nothing_but_http),
		cmocka_unit_test(refuses_useless_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
