#include "lib/net/url.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/num.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { PORT_HTTP = 80, PORT_HTTPS = 443, PORT_PROXY = 1080, PORT_MAX = 65535 };

static const struct {
	const char *name;
	enum url_scheme scheme;
	uint16_t port;
	uint16_t proxy_port; /* 0: no scheme of a proxy */
} schemes[] = {
	{"http", URL_HTTP, PORT_HTTP, PORT_PROXY},
	{"https", URL_HTTPS, PORT_HTTPS, PORT_HTTPS},
	{"file", URL_FILE, 0, 0},
	{"socks5", URL_SOCKS5, 0, PORT_PROXY},
	{"socks5h", URL_SOCKS5H, 0, PORT_PROXY},
};
enum { SCHEMES = sizeof schemes / sizeof schemes[0], HTTP_ROW = 0 };

const char *url_scheme_name(enum url_scheme scheme)
{
	for (size_t i = 0; i < SCHEMES; i++)
		if (schemes[i].scheme == scheme)
			return schemes[i].name;
	return "";
}

/* What RFC 3986 lets stand in a URL. Everything else, blanks and control characters before all, would
 * reach the request's first line. */
static int check_characters(const char *text, struct fail *fail)
{
	size_t size = strnlen(text, URL_MAX);

	if (size == 0)
		return fail_set(fail, EX_USAGE, "is empty");
	if (size >= URL_MAX)
		return fail_set(fail, EX_USAGE, "is longer than %d bytes", URL_MAX - 1);
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("-._~:/?#[]@!$&'()*+,;=%", text[i]) == NULL)
			return fail_set(fail, EX_USAGE, "has a character that no URL may have");
	return 0;
}

/* Undoes %XX. A control character, hidden so, is refused. */
static int decode(const char *text, size_t size, char *out, size_t out_size, struct fail *fail)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte == '%') {
			int high = i + 1 < size ? num_hex(text[i + 1]) : -1;
			int low = i + 2 < size ? num_hex(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				return fail_set(fail, EX_USAGE, "has a %% without two hexadecimal digits");
			byte = (unsigned char)(high << 4 | low);
			i += 2;
		}
		if (byte < ' ' || byte == 0x7f)
			return fail_set(fail, EX_USAGE, "has a control character");
		if (used + 1 >= out_size)
			return fail_set(fail, EX_USAGE, "has a part longer than %zu bytes", out_size - 1);
		out[used++] = (char)byte;
	}
	out[used] = '\0';
	return 0;
}

/* "HOST", "HOST:PORT", "[ADDRESS]:PORT" */
static int parse_host(const char *text, size_t size, struct url *url, struct fail *fail)
{
	const char *allowed = text[0] == '[' ? "0123456789abcdefABCDEF:." : "-._";
	size_t host_size = 0;
	int64_t port;

	if (size > 0 && text[0] == '[') {
		while (host_size + 1 < size && strchr(allowed, text[host_size + 1]) != NULL)
			host_size++;
		if (host_size == 0 || host_size + 1 >= size || text[host_size + 1] != ']')
			return fail_set(fail, EX_USAGE, "has a wrong IPv6 address");
		host_size += 2;
	} else {
		while (host_size < size &&
		       (isalnum((unsigned char)text[host_size]) || strchr(allowed, text[host_size]) != NULL))
			host_size++;
	}
	if (host_size == 0)
		return fail_set(fail, EX_USAGE, "has no host");
	if (host_size > URL_HOST_MAX)
		return fail_set(fail, EX_USAGE, "has a host longer than %d bytes", URL_HOST_MAX);
	for (size_t i = 0; i < host_size; i++)
		url->host[i] = (char)tolower((unsigned char)text[i]);
	url->host[host_size] = '\0';
	if (host_size == size)
		return 0;
	char digits[sizeof "65535"];
	size_t digits_size = size - host_size - 1;
	if (text[host_size] != ':')
		return fail_set(fail, EX_USAGE, "has a wrong host");
	if (digits_size >= sizeof digits)
		return fail_set(fail, EX_USAGE, "has a wrong port");
	memcpy(digits, text + host_size + 1, digits_size);
	digits[digits_size] = '\0';
	if (num_parse(digits, 1, PORT_MAX, &port) != 0)
		return fail_set(fail, EX_USAGE, "has a wrong port");
	url->port = (uint16_t)port;
	return 0;
}

static int parse_path(const char *text, size_t size, struct url *url, struct fail *fail)
{
	if (url->scheme == URL_FILE) {
		if (decode(text, size, url->path, sizeof url->path, fail) != 0)
			return -1;
	} else {
		memcpy(url->path, text, size); /* check_characters has measured the whole */
		url->path[size] = '\0';
	}
	size_t used = strlen(url->path);
	while (used > 1 && url->path[used - 1] == '/')
		url->path[--used] = '\0';
	if (used == 0)
		memcpy(url->path, "/", sizeof "/");
	return 0;
}

/* The row of the scheme that `text` begins with, and what follows "://"; SCHEMES when it is none of ours. */
static size_t find_scheme(const char *text, const char **rest)
{
	for (size_t i = 0; i < SCHEMES; i++) {
		size_t size = strlen(schemes[i].name);
		if (strncasecmp(text, schemes[i].name, size) == 0 && strncmp(text + size, "://", 3) == 0) {
			*rest = text + size + 3;
			return i;
		}
	}
	return SCHEMES;
}

int url_parse(const char *text, struct url *url, struct fail *fail)
{
	struct url parsed = {0};
	const char *rest;

	if (check_characters(text, fail) != 0)
		return -1;
	size_t row = find_scheme(text, &rest);
	if (row == SCHEMES || (schemes[row].port == 0 && schemes[row].scheme != URL_FILE))
		return fail_set(fail, EX_USAGE, "is none of https://, http:// and file://");
	parsed.scheme = schemes[row].scheme;
	parsed.port = schemes[row].port;
	size_t authority = strcspn(rest, "/?#");
	if (memchr(rest, '@', authority) != NULL) {
		(void)fail_set(fail, EX_USAGE, "holds credentials");
		return fail_hint(fail, "the drop takes reports from anyone; S3 has --s3");
	}
	if (strpbrk(rest, "?#") != NULL)
		return fail_set(fail, EX_USAGE, "has a query or a fragment");
	if (parsed.scheme == URL_FILE) {
		if (authority > 0 &&
		    (authority != strlen("localhost") || strncasecmp(rest, "localhost", authority) != 0))
			return fail_set(fail, EX_USAGE, "names a host; write file:///PATH");
		if (rest[authority] == '\0')
			return fail_set(fail, EX_USAGE, "has no path");
	} else if (parse_host(rest, authority, &parsed, fail) != 0) {
		return -1;
	}
	if (parse_path(rest + authority, strlen(rest + authority), &parsed, fail) != 0)
		return -1;
	*url = parsed;
	return 0;
}

int url_parse_host(const char *text, struct url *url, struct fail *fail)
{
	struct url parsed = {.scheme = URL_HTTPS, .port = PORT_HTTPS, .path = "/"};

	if (parse_host(text, strlen(text), &parsed, fail) != 0)
		return -1;
	*url = parsed;
	return 0;
}

/* "USER", "USER:PASSWORD" */
static int parse_credentials(const char *text, size_t size, struct url *url, struct fail *fail)
{
	const char *colon = memchr(text, ':', size);
	size_t user_size = colon == NULL ? size : (size_t)(colon - text);

	if (decode(text, user_size, url->username, sizeof url->username, fail) != 0)
		return -1;
	return colon == NULL
		       ? 0
		       : decode(colon + 1, size - user_size - 1, url->password, sizeof url->password, fail);
}

int url_parse_proxy(const char *text, struct url *url, struct fail *fail)
{
	struct url parsed = {.path = "/"};
	const char *rest = text;

	if (check_characters(text, fail) != 0)
		return -1;
	size_t row = strstr(text, "://") == NULL ? HTTP_ROW : find_scheme(text, &rest);
	if (row == SCHEMES || schemes[row].proxy_port == 0)
		return fail_set(fail, EX_USAGE, "is none of http://, https://, socks5:// and socks5h://");
	parsed.scheme = schemes[row].scheme;
	parsed.port = schemes[row].proxy_port;
	size_t authority = strcspn(rest, "/?#");
	if (strcmp(rest + authority, "") != 0 && strcmp(rest + authority, "/") != 0)
		return fail_set(fail, EX_USAGE, "has a path");
	const char *at = memrchr(rest, '@', authority);
	if (at != NULL) {
		size_t size = (size_t)(at - rest);
		if (parse_credentials(rest, size, &parsed, fail) != 0)
			return -1;
		rest = at + 1;
		authority -= size + 1;
	}
	if (parse_host(rest, authority, &parsed, fail) != 0)
		return -1;
	*url = parsed;
	return 0;
}

int url_format(const struct url *url, const char *name, struct buf *out)
{
	bool root = strcmp(url->path, "/") == 0;

	if (url->scheme == URL_FILE ? buf_add_text(out, "file://") != 0
				    : buf_printf(out, "%s://%s:%u", url_scheme_name(url->scheme), url->host,
						 (unsigned)url->port) != 0)
		return -1;
	if (name == NULL)
		return buf_add_text(out, url->path);
	return buf_printf(out, "%s/%s", root ? "" : url->path, name);
}

int url_format_host(const struct url *url, struct buf *out)
{
	uint16_t own = url->scheme == URL_HTTPS ? PORT_HTTPS : PORT_HTTP;

	if (url->port == own)
		return buf_add_text(out, url->host);
	return buf_printf(out, "%s:%u", url->host, (unsigned)url->port);
}
