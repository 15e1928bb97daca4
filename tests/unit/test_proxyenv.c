#include "tests/unit/unit.h"

#include "lib/net/proxyenv.h"
#include "lib/net/url.h"

#include <string.h>

static void knows_what_no_proxy_covers(void **state)
{
	(void)state;
	const struct {
		const char *list;
		const char *host;
		uint16_t port;
		bool covered;
	} cases[] = {
		{"", "drop.example.com", 443, false},
		{"*", "drop.example.com", 443, true},
		{"other", "drop.example.com", 443, false},
		{"drop.example.com", "drop.example.com", 443, true},
		{"DROP.example.COM", "drop.example.com", 443, true},
		{"example.com", "drop.example.com", 443, true},
		{".example.com", "drop.example.com", 443, true},
		{".example.com", "example.com", 443, true},
		{"example.com.", "drop.example.com", 443, true},
		{"ample.com", "drop.example.com", 443, false},
		{"drop.example.com", "example.com", 443, false},
		{".", "drop", 443, false},
		{"a, b,drop", "drop", 443, true},
		{" a\tdrop ", "drop", 443, true},
		{",,,drop", "drop", 443, true},
		{"drop:443", "drop", 443, true},
		{"drop:8443", "drop", 443, false},
		{"drop:x", "drop", 443, false},
		{".example.com:8443", "drop.example.com", 8443, true},
		{"127.0.0.1", "127.0.0.1", 443, true},
		{"127.0.0.1:443", "127.0.0.1", 443, true},
		{"127.0.0.1:444", "127.0.0.1", 443, false},
		{"127.0.0.0/8", "127.1.2.3", 443, true},
		{"127.0.0.0/8", "128.0.0.1", 443, false},
		{"10.0.0.0/8,192.168.4.0/22", "192.168.7.255", 443, true},
		{"192.168.4.0/22", "192.168.8.0", 443, false},
		{"192.168.4.0/22:443", "192.168.4.1", 443, true},
		{"0.0.0.0/0", "8.8.8.8", 443, true},
		{"127.0.0.1/33", "127.0.0.1", 443, false},
		{"127.0.0.1/x", "127.0.0.1", 443, false},
		{"127.0.0.1/", "127.0.0.1", 443, false},
		{"0.0.1", "127.0.0.1", 443, false}, /* a name's end, not an address's */
		{"127.0.0.0/8", "localhost", 443, false},
		{"::1", "[::1]", 443, true},
		{"[::1]", "[::1]", 443, true},
		{"[::1]:443", "[::1]", 443, true},
		{"[::1]:444", "[::1]", 443, false},
		{"0:0::1", "[::1]", 443, true},
		{"fd00::/8", "[fd12::1]", 443, true},
		{"[fd00::]/8", "[fd12::1]", 443, true},
		{"fd00::/8", "[fe80::1]", 443, false},
		{"127.0.0.0/8", "[::1]", 443, false},
		{"::/0", "127.0.0.1", 443, false},
		{"[", "[::1]", 443, false},
		{"[]", "[::1]", 443, false},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (proxyenv_covers(cases[i].list, cases[i].host, cases[i].port) != cases[i].covered)
			fail_msg("\"%s\" and %s:%u", cases[i].list, cases[i].host, cases[i].port);
}

static void passes_over_an_entry_without_end(void **state)
{
	(void)state;
	char list[4096];

	memset(list, 'a', sizeof list);
	memcpy(list + sizeof list - sizeof ",drop", ",drop", sizeof ",drop");
	assert_true(proxyenv_covers(list, "drop", 443));
	list[sizeof list - sizeof ",drop"] = 'a';
	assert_false(proxyenv_covers(list, "drop", 443));
}

static void picks_by_scheme(void **state)
{
	(void)state;
	const struct {
		struct proxyenv env;
		const char *target;
		const char *host; /* NULL: none */
	} cases[] = {
		{{0}, "https://drop/", NULL},
		{{.https_proxy = "s:1", .http_proxy = "p:1", .all_proxy = "a:1"}, "https://drop/", "s"},
		{{.https_proxy = "s:1", .http_proxy = "p:1", .all_proxy = "a:1"}, "http://drop/", "p"},
		{{.http_proxy = "p:1"}, "https://drop/", NULL},
		{{.all_proxy = "a:1"}, "https://drop/", "a"},
		{{.all_proxy = "a:1", .no_proxy = "drop"}, "https://drop/", NULL},
		{{.all_proxy = "a:1", .no_proxy = "drop:80"}, "https://drop/", "a"},
		{{.all_proxy = "ftp://bad", .no_proxy = "drop"}, "https://drop/", NULL},
	};
	struct fail fail;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct url target;
		struct url proxy;
		assert_int_equal(url_parse(cases[i].target, &target, &fail), 0);
		assert_int_equal(proxyenv_find(&cases[i].env, &target, &proxy, &fail),
				 cases[i].host != NULL ? 1 : 0);
		if (cases[i].host != NULL)
			assert_string_equal(proxy.host, cases[i].host);
	}
}

static void refuses_a_broken_variable_without_showing_it(void **state)
{
	(void)state;
	const struct proxyenv env = {.https_proxy = "ftp://me:secret@proxy", .all_proxy = "http://a:1/path"};
	struct url target = {.scheme = URL_HTTPS, .host = "drop", .port = 443};
	const struct proxyenv all = {.all_proxy = "http://a:1/path"};
	struct url proxy;
	struct fail fail;

	assert_fails(proxyenv_find(&env, &target, &proxy, &fail), fail, EX_CONFIG,
		     "environment: https_proxy: is none of http://, https://, socks5:// and socks5h://");
	assert_fails(proxyenv_find(&all, &target, &proxy, &fail), fail, EX_CONFIG,
		     "environment: all_proxy: has a path");
}

static char *look_up(const char *name)
{
	static char http[] = "never:1";
	static char upper[] = "upper:1";
	static char lower[] = "lower:1";
	static char empty[] = "";

	if (strcmp(name, "HTTP_PROXY") == 0)
		return http;
	if (strcmp(name, "https_proxy") == 0)
		return empty; /* as curl has it: as good as unset */
	if (strcmp(name, "HTTPS_PROXY") == 0 || strcmp(name, "ALL_PROXY") == 0)
		return upper;
	return strcmp(name, "all_proxy") == 0 ? lower : NULL;
}

static void reads_the_variables(void **state)
{
	(void)state;
	struct proxyenv env;

	proxyenv_read(&env, look_up);
	assert_null(env.http_proxy);
	assert_string_equal(env.https_proxy, "upper:1");
	assert_string_equal(env.all_proxy, "lower:1");
	assert_null(env.no_proxy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_variables),
		cmocka_unit_test(knows_what_no_proxy_covers),
		cmocka_unit_test(passes_over_an_entry_without_end),
		cmocka_unit_test(picks_by_scheme),
		cmocka_unit_test(refuses_a_broken_variable_without_showing_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
