/* URLs of drops and proxies (lib/net url), and which proxy the environment asks for (proxyenv): what is accepted
 * means the same once written and read again, and no message shows a password.
 *
 * Input: '0' a drop, '1' a proxy, '2' the environment's http_proxy, no_proxy and a target, parted by NUL. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/net/proxyenv.h"
#include "lib/net/url.h"

#include <stdlib.h>
#include <string.h>

static void look(const struct url *url)
{
	REQUIRE(fuzz_is_plain(url->host, strlen(url->host)) && strpbrk(url->host, " /@?#\\") == NULL);
	REQUIRE((url->scheme == URL_FILE) == (url->host[0] == '\0'));
	REQUIRE((url->scheme == URL_FILE) == (url->port == 0));
	REQUIRE(url->path[0] == '/' || url->path[0] == '\0');
}

static void drop(struct fuzz in)
{
	char *text = fuzz_text(in);
	struct buf out = BUF_INIT(8 * URL_MAX);
	struct url url;
	struct url again;
	struct fail fail;

	if (url_parse(text, &url, &fail) == 0) {
		look(&url);
		REQUIRE(url.username[0] == '\0' && url.password[0] == '\0');
		REQUIRE(url_format(&url, NULL, &out) == 0);
		if (url.scheme == URL_FILE) /* its path is decoded */
			REQUIRE(memcmp(out.data, "file:///", 8) == 0);
		else if (url_parse(buf_text(&out), &again, &fail) == 0)
			REQUIRE(again.scheme == url.scheme && strcmp(again.host, url.host) == 0 &&
				again.port == url.port && strcmp(again.path, url.path) == 0);
		else
			REQUIRE(out.size >= URL_MAX); /* escapes and the port make it longer */
		buf_fini(&out);
		REQUIRE(url.scheme == URL_FILE || url_format_host(&url, &out) == 0);
	} else {
		REQUIRE(fail.status == EX_USAGE);
	}
	buf_fini(&out);
	free(text);
}

static void proxy(struct fuzz in)
{
	char *text = fuzz_text(in);
	struct buf out = BUF_INIT(8 * URL_MAX);
	struct url url;
	struct url again;
	struct fail fail;

	if (url_parse_proxy(text, &url, &fail) == 0) {
		look(&url);
		REQUIRE(url.scheme != URL_FILE && url.scheme != URL_NONE);
		REQUIRE(url_format(&url, NULL, &out) == 0);
		REQUIRE(strchr(buf_text(&out), '@') == NULL);
		REQUIRE(url_parse_proxy(buf_text(&out), &again, &fail) == 0 && again.scheme == url.scheme &&
			again.port == url.port && strcmp(again.host, url.host) == 0 &&
			again.username[0] == '\0' && again.password[0] == '\0');
	}
	buf_fini(&out);
	free(text);
}

static void environment(struct fuzz in)
{
	char *http_proxy = fuzz_text(fuzz_piece(&in));
	char *no_proxy = fuzz_text(fuzz_piece(&in));
	char *target_text = fuzz_text(in);
	struct proxyenv env = {.http_proxy = http_proxy, .no_proxy = no_proxy};
	struct url target;
	struct url found;
	struct fail fail;

	(void)proxyenv_covers(no_proxy, "[2001:db8::1]", 443);
	(void)proxyenv_covers(no_proxy, "192.0.2.1", 443);
	if (url_parse(target_text, &target, &fail) == 0 && target.scheme != URL_FILE) {
		int result = proxyenv_find(&env, &target, &found, &fail);
		if (result == 1)
			look(&found);
		if (result == -1)
			REQUIRE(fail.status == EX_CONFIG);
		REQUIRE(result != 1 || !proxyenv_covers(no_proxy, target.host, target.port));
	}
	free(http_proxy);
	free(no_proxy);
	free(target_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};

	switch (fuzz_choice(&in, 3)) {
	case 0:
		drop(in);
		break;
	case 1:
		proxy(in);
		break;
	default:
		environment(in);
	}
	return 0;
}
