#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/net/url.h"

#include <stdbool.h>
#include <string.h>

typedef int parser(const char *text, struct url *url, struct fail *fail);

struct good {
	const char *text;
	enum url_scheme scheme;
	const char *host;
	uint16_t port;
	const char *path;
	const char *username;
	const char *password;
};

static void reads(parser *parse, const struct good *good)
{
	struct url url;
	struct fail fail;

	assert_int_equal(parse(good->text, &url, &fail), 0);
	assert_int_equal(url.scheme, good->scheme);
	assert_string_equal(url.host, good->host);
	assert_int_equal(url.port, good->port);
	assert_string_equal(url.path, good->path);
	assert_string_equal(url.username, good->username);
	assert_string_equal(url.password, good->password);
}

struct bad {
	const char *text;
	const char *reason;
};

static void refuses(parser *parse, const struct bad *bad)
{
	struct url url = {.host = "untouched"};
	struct fail fail;

	assert_fails(parse(bad->text, &url, &fail), fail, EX_USAGE, bad->reason);
	assert_string_equal(url.host, "untouched");
}

static void reads_where_reports_go(void **state)
{
	(void)state;
	const struct good cases[] = {
		{"https://drop.example.com", URL_HTTPS, "drop.example.com", 443, "/", "", ""},
		{"https://drop.example.com/", URL_HTTPS, "drop.example.com", 443, "/", "", ""},
		{"HTTPS://Drop.Example.COM:8443/a/b//", URL_HTTPS, "drop.example.com", 8443, "/a/b", "", ""},
		{"http://localhost:80/x%20y", URL_HTTP, "localhost", 80, "/x%20y", "", ""},
		{"https://[2001:DB8::1]/", URL_HTTPS, "[2001:db8::1]", 443, "/", "", ""},
		{"https://[::1]:65535", URL_HTTPS, "[::1]", 65535, "/", "", ""},
		{"file:///var/spool/drop", URL_FILE, "", 0, "/var/spool/drop", "", ""},
		{"file://localhost/a%20b/", URL_FILE, "", 0, "/a b", "", ""},
		{"file:///", URL_FILE, "", 0, "/", "", ""},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		reads(url_parse, &cases[i]);
}

static void refuses_what_no_report_goes_to(void **state)
{
	(void)state;
	const struct bad cases[] = {
		{"", "is empty"},
		{"drop.example.com", "is none of https://, http:// and file://"},
		{"ftp://drop/", "is none of https://, http:// and file://"},
		{"socks5h://drop/", "is none of https://, http:// and file://"},
		{"https:/drop/", "is none of https://, http:// and file://"},
		{"file:/drop", "is none of https://, http:// and file://"},
		{"https://", "has no host"},
		{"https:///path", "has no host"},
		{"https://:443/", "has no host"},
		{"https://drop:/", "has a wrong port"},
		{"https://drop:0/", "has a wrong port"},
		{"https://drop:65536/", "has a wrong port"},
		{"https://drop:443443443/", "has a wrong port"},
		{"https://drop:44x/", "has a wrong port"},
		{"https://dr%6fp/", "has a wrong host"},
		{"https://[::1/", "has a wrong IPv6 address"},
		{"https://[]/", "has a wrong IPv6 address"},
		{"https://[::1]x/", "has a wrong host"},
		{"https://user:word@drop/", "holds credentials"},
		{"https://@drop/", "holds credentials"},
		{"https://drop/?a", "has a query or a fragment"},
		{"https://drop#a", "has a query or a fragment"},
		{"https://drop/a b", "has a character that no URL may have"},
		{"https://drop/a\r\nX: y", "has a character that no URL may have"},
		{"https://dr\xc3\xb6p/", "has a character that no URL may have"},
		{"file://host/path", "names a host; write file:///PATH"},
		{"file://localhost", "has no path"},
		{"file://", "has no path"},
		{"file:///a%0ab", "has a control character"},
		{"file:///a%00b", "has a control character"},
		{"file:///a%2", "has a % without two hexadecimal digits"},
		{"file:///a%zz", "has a % without two hexadecimal digits"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		refuses(url_parse, &cases[i]);
}

static void refuses_what_is_too_long(void **state)
{
	(void)state;
	char text[URL_MAX + 1];
	struct fail fail;
	struct url url;

	memset(text, 'a', sizeof text);
	memcpy(text, "https://", strlen("https://"));
	text[strlen("https://") + URL_HOST_MAX + 1] = '\0';
	assert_fails(url_parse(text, &url, &fail), fail, EX_USAGE, "has a host longer than 253 bytes");
	text[strlen("https://") + URL_HOST_MAX] = '\0';
	assert_int_equal(url_parse(text, &url, &fail), 0);
	memset(text, 'a', sizeof text);
	memcpy(text, "https://h/", strlen("https://h/"));
	text[URL_MAX - 1] = '\0';
	assert_int_equal(url_parse(text, &url, &fail), 0);
	text[URL_MAX - 1] = 'a';
	text[URL_MAX] = '\0';
	assert_fails(url_parse(text, &url, &fail), fail, EX_USAGE, "is longer than 2047 bytes");
}

static void reads_proxies(void **state)
{
	(void)state;
	const struct good cases[] = {
		{"proxy", URL_HTTP, "proxy", 1080, "/", "", ""},
		{"proxy:3128", URL_HTTP, "proxy", 3128, "/", "", ""},
		{"http://proxy:3128/", URL_HTTP, "proxy", 3128, "/", "", ""},
		{"https://proxy", URL_HTTPS, "proxy", 443, "/", "", ""},
		{"socks5://proxy", URL_SOCKS5, "proxy", 1080, "/", "", ""},
		{"socks5h://[::1]:1081", URL_SOCKS5H, "[::1]", 1081, "/", "", ""},
		{"http://me:pa:ss@proxy:1", URL_HTTP, "proxy", 1, "/", "me", "pa:ss"},
		{"http://me@proxy:1", URL_HTTP, "proxy", 1, "/", "me", ""},
		{"me:p%40%2f@proxy:1", URL_HTTP, "proxy", 1, "/", "me", "p@/"},
		{"http://me:p@ss@proxy:1", URL_HTTP, "proxy", 1, "/", "me", "p@ss"},
	};
	const struct bad bad[] = {
		{"ftp://proxy", "is none of http://, https://, socks5:// and socks5h://"},
		{"file:///proxy", "is none of http://, https://, socks5:// and socks5h://"},
		{"http://proxy/path", "has a path"},
		{"http://proxy?query", "has a path"},
		{"http://me:secret@", "has no host"},
		{"http://me:se%0dcret@proxy", "has a control character"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		reads(url_parse_proxy, &cases[i]);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		refuses(url_parse_proxy, &bad[i]);
}

/* What FeedbackHost may be: a host and nothing that would turn the URL round. */
static void reads_hosts(void **state)
{
	(void)state;
	const struct good cases[] = {
		{"drop.example.com", URL_HTTPS, "drop.example.com", 443, "/", "", ""},
		{"Drop:8443", URL_HTTPS, "drop", 8443, "/", "", ""},
		{"[2001:DB8::1]:1", URL_HTTPS, "[2001:db8::1]", 1, "/", "", ""},
	};
	const struct bad bad[] = {
		{"", "has no host"},
		{"drop/path", "has a wrong host"},
		{"drop?query", "has a wrong host"},
		{"drop#fragment", "has a wrong host"},
		{"me@drop", "has a wrong host"},
		{"https://drop", "has a wrong port"},
		{"drop:1:2", "has a wrong port"},
		{"drop\n", "has a wrong host"},
		{"[::1", "has a wrong IPv6 address"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		reads(url_parse_host, &cases[i]);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		refuses(url_parse_host, &bad[i]);
}

static void writes_without_credentials(void **state)
{
	(void)state;
	const struct {
		const char *text;
		const char *name;
		const char *out;
	} cases[] = {
		{"https://drop/", NULL, "https://drop:443/"},
		{"https://drop/", "n", "https://drop:443/n"},
		{"https://drop:1/a/", "n", "https://drop:1/a/n"},
		{"http://me:word@proxy:3128", NULL, "http://proxy:3128/"},
		{"socks5h://[::1]", NULL, "socks5h://[::1]:1080/"},
	};
	struct fail fail;
	struct url url;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf struct buf out = BUF_INIT(URL_MAX);
		assert_int_equal(url_parse(cases[i].text, &url, &fail) == 0 ||
					 url_parse_proxy(cases[i].text, &url, &fail) == 0,
				 1);
		assert_int_equal(url_format(&url, cases[i].name, &out), 0);
		assert_string_equal(buf_text(&out), cases[i].out);
	}
}

/* A URL with some bytes changed, the same ones in every run. */
static void change(char *text, size_t size, uint32_t *seed)
{
	for (int i = 0; i < 3; i++) {
		*seed = *seed * 1664525U +
			1013904223U; /* Source: Numerical Recipes, a generator that is good enough here */
		text[(*seed >> 8) % size] = "/:@[]%.?#a0 \n\x80-"[*seed >> 28];
	}
}

/* Whatever is accepted is understood whole: written and read again it is the same, and has nothing that
 * would end a request's line. */
static void reads_what_it_writes(void **state)
{
	(void)state;
	const char *seeds[] = {"https://drop.example.com:8443/a/b%20c", "https://[2001:db8::1]:443/",
			       "http://h/p", "socks5h://me:pa%40ss@proxy:1080/"};
	uint32_t seed = 1;
	size_t accepted = 0;
	struct fail fail;

	for (size_t i = 0; i < 40000; i++) {
		auto_buf struct buf out = BUF_INIT(URL_MAX);
		char text[64];
		struct url url;
		struct url again;
		memcpy(text, seeds[i % COUNT_OF(seeds)], strlen(seeds[i % COUNT_OF(seeds)]) + 1);
		change(text, strlen(text), &seed);
		bool drop = url_parse(text, &url, &fail) == 0;
		if (!drop && url_parse_proxy(text, &url, &fail) != 0)
			continue;
		accepted++;
		assert_int_equal(url_format(&url, NULL, &out), 0);
		assert_null(strpbrk(buf_text(&out), " \n"));
		assert_int_equal(drop && url.scheme != URL_FILE
					 ? url_parse(buf_text(&out), &again, &fail)
					 : url_parse_proxy(buf_text(&out), &again, &fail),
				 0);
		assert_string_equal(url.host, again.host);
		assert_int_equal(url.port, again.port);
		assert_string_equal(url.path, again.path);
	}
	assert_in_range(accepted, 1000, 39000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_where_reports_go),
		cmocka_unit_test(refuses_what_no_report_goes_to),
		cmocka_unit_test(refuses_what_is_too_long),
		cmocka_unit_test(reads_proxies),
		cmocka_unit_test(reads_hosts),
		cmocka_unit_test(writes_without_credentials),
		cmocka_unit_test(reads_what_it_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
