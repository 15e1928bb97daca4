#include "lib/conf/param.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/base/text.h"
#include "lib/net/url.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The vocabulary of param.def. */
#define WORDS(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}
#define TEXT .kind = PARAM_KIND_TEXT
#define BOOLEAN .kind = PARAM_KIND_TRUTH, .words = WORDS("true", "false")
#define SWITCH .kind = PARAM_KIND_TRUTH, .words = WORDS("enabled", "disabled")
#define WORD(...) .kind = PARAM_KIND_WORD, .words = WORDS(__VA_ARGS__)
#define NUMBER(least, most) .kind = PARAM_KIND_NUMBER, .min = (least), .max = (most)
#define PATH .kind = PARAM_KIND_PATH
#define HOST .kind = PARAM_KIND_HOST
#define PROXY .kind = PARAM_KIND_PROXY
#define URL .kind = PARAM_KIND_URL
#define SOURCE .kind = PARAM_KIND_SOURCE
#define SCANS .kind = PARAM_KIND_SCAN, .list = true
#define LIST(kind) kind, .list = true
#define NONE .defaults = nothing
#define DEFAULT(value) .defaults = WORDS(value)
#define DEFAULTS(...) .defaults = WORDS(__VA_ARGS__)
#define VISIBLE .hidden = false
#define HIDDEN .hidden = true
#define SECRET .secret = true

static const char *const nothing[] = {NULL};

/* NOLINTBEGIN(bugprone-macro-parentheses): these are initializers, not expressions */
static const struct param_info table[PARAM_COUNT] = {
#define PARAM(enumerator, its_name, kind, fallback, attribute, description) \
	[PARAM_##enumerator] = {.name = #its_name, kind, fallback, attribute, .about = description},
#include "lib/conf/param.def"
#undef PARAM
};
/* NOLINTEND(bugprone-macro-parentheses) */

const struct param_info *param_info(enum param param)
{
	return &table[param];
}

int param_find(const char *name, enum param *param, struct fail *fail)
{
	enum { NEAR = 4, SHOWN = 64 }; /* beyond NEAR edits a suggestion would be a guess */
	enum param nearest = PARAM_COUNT;
	size_t least = NEAR + 1;
	char shown[SHOWN];

	for (enum param i = 0; i < PARAM_COUNT; i++) {
		size_t distance = text_distance(name, table[i].name);
		if (distance == 0) {
			*param = i;
			return 0;
		}
		if (distance < least) {
			least = distance;
			nearest = i;
		}
	}
	(void)text_mask((const uint8_t *)name, strlen(name), shown, sizeof shown);
	if (nearest == PARAM_COUNT) {
		(void)fail_set(fail, EX_USAGE, "%s: no such parameter", shown);
		return fail_hint(fail, "savconfig --all --advanced query lists them");
	}
	return fail_set(fail, EX_USAGE, "%s: no such parameter; did you mean %s?", shown,
			table[nearest].name);
}

int param_describe(enum param param, struct buf *out)
{
	const struct param_info *info = &table[param];

	switch (info->kind) {
	case PARAM_KIND_TRUTH:
	case PARAM_KIND_WORD:
		for (size_t i = 0; info->words[i] != NULL; i++) {
			const char *lead = i == 0 ? "" : info->words[i + 1] == NULL ? " or " : ", ";
			if (buf_add_text(out, lead) != 0 || buf_add_text(out, info->words[i]) != 0)
				return -1;
		}
		return 0;
	case PARAM_KIND_NUMBER:
		return buf_printf(out, "a number from %" PRId64 " to %" PRId64, info->min, info->max);
	case PARAM_KIND_PATH:
		return buf_add_text(out, "an absolute path");
	case PARAM_KIND_HOST:
		return buf_add_text(out, "host or host:port");
	case PARAM_KIND_PROXY:
		return buf_add_text(out, "host[:port] or URL (http, https, socks5, socks5h)");
	case PARAM_KIND_URL:
		return buf_add_text(out, "a URL (https, http, file)");
	case PARAM_KIND_SCAN:
		return buf_add_text(out, "the name of a scan");
	case PARAM_KIND_TEXT:
	case PARAM_KIND_SOURCE:
		break;
	}
	return buf_add_text(out, "text");
}

static const char *check_truth(const struct param_info *info, const char *value)
{
	static const char *const yes[] = {"true", "enabled", "yes", "on", "1"};
	static const char *const no[] = {"false", "disabled", "no", "off", "0"};

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (strcasecmp(value, yes[i]) == 0)
			return info->words[0];
		if (strcasecmp(value, no[i]) == 0)
			return info->words[1];
	}
	return NULL;
}

static const char *check_word(const struct param_info *info, const char *value)
{
	for (size_t i = 0; info->words[i] != NULL; i++)
		if (strcasecmp(value, info->words[i]) == 0)
			return info->words[i];
	return NULL;
}

/* One rule for what is set and for what is used: sav-send reads the same URLs with the same functions. */
static const char *check_url(int (*parse)(const char *, struct url *, struct fail *), const char *value)
{
	struct url url;
	struct fail ignored; /* the message names what is allowed, not what went wrong first */

	return parse(value, &url, &ignored) == 0 ? value : NULL;
}

/* "user:password@" in a URL or a share's name would be shown where credentials must not be. */
static bool has_credentials(const char *value)
{
	const char *authority = strstr(value, "://");

	if (authority != NULL)
		authority += strlen("://");
	else if (strncmp(value, "//", 2) == 0 || strncmp(value, "\\\\", 2) == 0)
		authority = value + 2;
	else
		return false;
	return memchr(authority, '@', strcspn(authority, "/?#")) != NULL;
}

static const char *check_kind(const struct param_info *info, const char *value)
{
	int64_t number;

	switch (info->kind) {
	case PARAM_KIND_TRUTH:
		return check_truth(info, value);
	case PARAM_KIND_WORD:
		return check_word(info, value);
	case PARAM_KIND_NUMBER:
		return num_parse(value, info->min, info->max, &number) == 0 ? value : NULL;
	case PARAM_KIND_PATH:
		return value[0] == '/' ? value : NULL;
	case PARAM_KIND_HOST:
		return check_url(url_parse_host, value);
	case PARAM_KIND_PROXY:
		return strchr(value, '@') != NULL ? NULL : check_url(url_parse_proxy, value);
	case PARAM_KIND_URL:
		return check_url(url_parse, value);
	case PARAM_KIND_TEXT:
	case PARAM_KIND_SOURCE:
	case PARAM_KIND_SCAN:
		break;
	}
	return value;
}

const char *param_check(enum param param, const char *value, size_t size, struct fail *fail)
{
	const struct param_info *info = &table[param];
	size_t most = info->kind == PARAM_KIND_SCAN ? PARAM_SCAN_NAME_MAX : PARAM_VALUE_MAX;

	if (size == 0)
		(void)fail_set(fail, EX_DATAERR, "%s: must not be empty", info->name);
	else if (size > most)
		(void)fail_set(fail, EX_DATAERR, "%s: must have at most %zu bytes", info->name, most);
	else if (!text_is_utf8((const uint8_t *)value, size))
		(void)fail_set(fail, EX_DATAERR, "%s: must be UTF-8", info->name);
	else if (text_has_control((const uint8_t *)value, size, ""))
		(void)fail_set(fail, EX_DATAERR, "%s: must not hold control characters", info->name);
	else if (info->kind >= PARAM_KIND_HOST && info->kind <= PARAM_KIND_SOURCE && has_credentials(value))
		(void)fail_set(fail, EX_DATAERR, "%s: must not hold credentials", info->name);
	else {
		const char *kept = check_kind(info, value);
		if (kept != NULL)
			return kept;
		struct buf allowed = BUF_INIT(256);
		(void)param_describe(param, &allowed); /* out of memory: a shorter message */
		(void)fail_set(fail, EX_DATAERR, "%s: must be %s", info->name, buf_text(&allowed));
		buf_fini(&allowed);
	}
	return NULL;
}

int param_check_scan(const uint8_t *bytes, size_t size, struct fail *fail)
{
	if (size == 0)
		return fail_set(fail, EX_DATAERR, "holds no definition");
	if (size > PARAM_SCAN_MAX)
		return fail_set(fail, EX_DATAERR, "more than %d bytes", PARAM_SCAN_MAX);
	if (!text_is_utf8(bytes, size))
		return fail_set(fail, EX_DATAERR, "must be UTF-8");
	if (text_has_control(bytes, size, "\n\t"))
		return fail_set(fail, EX_DATAERR, "must not hold control characters");
	return 0;
}

bool param_is_true(enum param param, const char *value)
{
	const struct param_info *info = &table[param];

	return info->kind == PARAM_KIND_TRUTH && value != NULL && strcmp(value, info->words[0]) == 0;
}
