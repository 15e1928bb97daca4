#include "tests/unit/unit.h"

#include "lib/net/http.h"
#include "lib/net/route.h"

#include <string.h>

static struct http_response answer(long status)
{
	return (struct http_response){.outcome = HTTP_ANSWERED, .status = status, .retry_after_s = -1};
}

static struct url proxy(const char *text)
{
	struct url url;
	struct fail fail;

	assert_int_equal(url_parse_proxy(text, &url, &fail), 0);
	return url;
}

static void leaves_equal_routes_out(void **state)
{
	(void)state;
	struct url one = proxy("http://proxy:3128");
	struct url same = proxy("proxy:3128");
	struct url named = proxy("me:word@proxy:3128");
	struct url other = proxy("me:other@proxy:3128");
	struct url secure = proxy("https://proxy:3128");
	struct route_plan plan = {0};
	struct fail fail;

	assert_int_equal(route_add(&plan, ROUTE_NOPROXY, &one, &fail), 0);
	assert_int_equal(route_add(&plan, ROUTE_PRIMARY, &same, &fail), 0);
	assert_int_equal(plan.count, 1);
	assert_int_equal(route_add(&plan, ROUTE_PRIMARY, &named, &fail), 0);
	assert_int_equal(route_add(&plan, ROUTE_SECONDARY, &other, &fail), 0);
	assert_int_equal(route_add(&plan, ROUTE_SECONDARY, &secure, &fail), 0);
	assert_int_equal(route_add(&plan, ROUTE_DIRECT, NULL, &fail), 0);
	assert_int_equal(route_add(&plan, ROUTE_NOPROXY, NULL, &fail), 0);
	assert_int_equal(plan.count, 5);
	assert_int_equal(plan.routes[4].kind, ROUTE_DIRECT);
	assert_false(plan.routes[4].proxied);
}

static void has_a_limit(void **state)
{
	(void)state;
	struct url url = proxy("proxy:1");
	struct route_plan plan = {0};
	struct fail fail;

	for (int i = 0; i < ROUTE_MAX; i++, url.port++)
		assert_int_equal(route_add(&plan, ROUTE_GIVEN, &url, &fail), 0);
	assert_fails(route_add(&plan, ROUTE_GIVEN, &url, &fail), fail, EX_USAGE,
		     "--proxy: more than 8 routes");
}

static void knows_the_names(void **state)
{
	(void)state;
	enum route_kind kind = ROUTE_GIVEN;

	assert_int_equal(route_parse("given", &kind), -1);
	assert_int_equal(route_parse("", &kind), -1);
	assert_int_equal(kind, ROUTE_GIVEN);
	for (int i = ROUTE_NOPROXY; i < ROUTE_GIVEN; i++) {
		assert_int_equal(route_parse(route_name((enum route_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_string_equal(route_label(ROUTE_NOPROXY), "noproxy: proxy (from environment)");
	assert_string_equal(route_label(ROUTE_DIRECT), "direct: no proxy");
}

/* Every status there is: only four words of the drop mean that it has the report. */
static void knows_a_delivery(void **state)
{
	(void)state;
	struct route_plan plan = {0};

	for (long status = 0; status < 1000; status++) {
		struct http_response response = answer(status);
		assert_int_equal(route_delivered(&plan, &response),
				 status == 200 || status == 201 || status == 204 || status == 409);
		response.outcome = HTTP_NO_ANSWER; /* cut off behind the status */
		assert_false(route_delivered(&plan, &response));
	}
	struct http_response page = answer(200);
	page.body.size = 1;
	assert_false(route_delivered(&plan, &page));
	page.status = 201;
	assert_true(route_delivered(&plan, &page));
	struct http_response conflict = answer(409);
	plan.overwrites = true;
	assert_false(route_delivered(&plan, &conflict));
}

static const struct {
	enum http_outcome outcome;
	long status;
	int64_t retry_after_s;
	enum route_action action; /* with a second route left */
	int end;                  /* when the second route brings the same */
} table[] = {
	{HTTP_ANSWERED, 201, -1, ROUTE_DONE, 0},
	{HTTP_ANSWERED, 204, -1, ROUTE_DONE, 0},
	{HTTP_ANSWERED, 200, -1, ROUTE_DONE, 0},
	{HTTP_ANSWERED, 409, -1, ROUTE_DONE, 0},
	{HTTP_ANSWERED, 202, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_ANSWERED, 302, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_ANSWERED, 400, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_ANSWERED, 401, -1, ROUTE_TRY, EX_UNAVAILABLE},
	{HTTP_ANSWERED, 403, -1, ROUTE_TRY, EX_UNAVAILABLE},
	{HTTP_ANSWERED, 404, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_ANSWERED, 407, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_ANSWERED, 413, -1, ROUTE_TRY, EX_UNAVAILABLE},
	{HTTP_ANSWERED, 429, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_ANSWERED, 429, 60, ROUTE_STOP, EX_TEMPFAIL},
	{HTTP_ANSWERED, 500, 60, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_ANSWERED, 503, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_ANSWERED, 503, 60, ROUTE_STOP, EX_TEMPFAIL},
	{HTTP_NO_ANSWER, 0, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_NO_ANSWER, 403, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_PROXY_REFUSED, 0, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_TLS_FAILED, 0, -1, ROUTE_TRY, EX_TEMPFAIL},
	{HTTP_BAD_ANSWER, 201, -1, ROUTE_TRY, EX_TEMPFAIL},
};

static void says_what_comes_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct route_plan plan = {.count = 2};
		struct route_state progress = {0};
		struct http_response response = {.outcome = table[i].outcome,
						 .status = table[i].status,
						 .retry_after_s = table[i].retry_after_s};
		int status = -1;
		assert_int_equal(route_next(&plan, &progress, NULL, &status), ROUTE_TRY);
		assert_int_equal(progress.tried, 0);
		assert_int_equal(route_next(&plan, &progress, &response, &status), table[i].action);
		if (table[i].action == ROUTE_DONE)
			continue;
		if (table[i].action == ROUTE_TRY)
			assert_int_equal(route_next(&plan, &progress, &response, &status), ROUTE_STOP);
		assert_int_equal(status, table[i].end);
		assert_int_equal(progress.pause_s, table[i].action == ROUTE_STOP ? 60 : 0);
	}
}

static void one_dead_route_leaves_hope(void **state)
{
	(void)state;
	struct route_plan plan = {.count = 2};
	struct route_state progress = {0};
	struct http_response refused = answer(403);
	struct http_response dead = {.outcome = HTTP_NO_ANSWER, .retry_after_s = -1};
	int status = -1;

	assert_int_equal(route_next(&plan, &progress, &refused, &status), ROUTE_TRY);
	assert_int_equal(route_next(&plan, &progress, &dead, &status), ROUTE_STOP);
	assert_int_equal(status, EX_TEMPFAIL);
}

static void without_a_route_nothing_is_tried(void **state)
{
	(void)state;
	struct route_plan plan = {0};
	struct route_state progress = {0};
	int status = -1;

	assert_int_equal(route_next(&plan, &progress, NULL, &status), ROUTE_STOP);
	assert_int_equal(status, EX_TEMPFAIL);
}

static void says_why(void **state)
{
	(void)state;
	struct http_response response = answer(403);
	char out[64];

	route_reason(&response, out, sizeof out);
	assert_string_equal(out, "answered 403");
	response = answer(200);
	route_reason(&response, out, sizeof out);
	assert_string_equal(out, "answered 200 with a page, as the drop never does");
	response = answer(503);
	response.retry_after_s = 90;
	route_reason(&response, out, sizeof out);
	assert_string_equal(out, "answered 503, and to come back in 90 s");
	response = answer(403);
	response.body = BUF_INIT(100);
	assert_int_equal(buf_add_text(&response.body, "<Error><Code>AccessDenied</Code></Error>"), 0);
	route_reason(&response, out, sizeof out);
	assert_string_equal(out, "answered 403 (AccessDenied)");
	buf_fini(&response.body);
	response = (struct http_response){.outcome = HTTP_TLS_FAILED, .reason = "no trust"};
	route_reason(&response, out, sizeof out);
	assert_string_equal(out, "no trust");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_equal_routes_out),
		cmocka_unit_test(has_a_limit),
		cmocka_unit_test(knows_the_names),
		cmocka_unit_test(knows_a_delivery),
		cmocka_unit_test(says_what_comes_next),
		cmocka_unit_test(one_dead_route_leaves_hope),
		cmocka_unit_test(without_a_route_nothing_is_tried),
		cmocka_unit_test(says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
