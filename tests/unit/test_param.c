#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/conf/param.h"

#include <string.h>

static const char *check(enum param param, const char *value, struct fail *fail)
{
	return param_check(param, value, strlen(value), fail);
}

static void every_row_is_whole(void **state)
{
	(void)state;
	enum { ABOUT_MAX = 72 };

	for (enum param param = 0; param < PARAM_COUNT; param++) {
		const struct param_info *info = param_info(param);
		struct fail fail;
		enum param found;
		assert_int_equal(param_find(info->name, &found, &fail), 0);
		assert_int_equal(found, param);
		assert_true(strlen(info->about) > 0 && strlen(info->about) <= ABOUT_MAX);
		assert_true(info->list || info->defaults[0] == NULL || info->defaults[1] == NULL);
		assert_int_equal(info->words != NULL,
				 info->kind == PARAM_KIND_TRUTH || info->kind == PARAM_KIND_WORD);
		for (size_t i = 0; info->defaults[i] != NULL; i++)
			assert_string_equal(check(param, info->defaults[i], &fail), info->defaults[i]);
	}
}

static void finds_names_and_suggests(void **state)
{
	(void)state;
	struct fail fail;
	enum param param = PARAM_COUNT;

	assert_int_equal(param_find("disablefeedBACK", &param, &fail), 0);
	assert_int_equal(param, PARAM_DISABLE_FEEDBACK);
	assert_fails(param_find("DisableFedback", &param, &fail), fail, EX_USAGE,
		     "DisableFedback: no such parameter; did you mean DisableFeedback?");
	assert_fails(param_find("Nonsense", &param, &fail), fail, EX_USAGE, "Nonsense: no such parameter");
	assert_fails(param_find("\x1b[2J", &param, &fail), fail, EX_USAGE, "\\x1b[2J: no such parameter");
	assert_int_equal(param, PARAM_DISABLE_FEEDBACK);
}

static void keeps_values_in_the_parameters_own_form(void **state)
{
	(void)state;
	const struct {
		enum param param;
		const char *given;
		const char *kept;
	} cases[] = {
		{PARAM_DISABLE_FEEDBACK, "Yes", "true"},
		{PARAM_DISABLE_FEEDBACK, "ENABLED", "true"},
		{PARAM_DISABLE_FEEDBACK, "0", "false"},
		{PARAM_DISABLE_FEEDBACK, "off", "false"},
		{PARAM_LIVE_PROTECTION, "true", "enabled"},
		{PARAM_LIVE_PROTECTION, "No", "disabled"},
		{PARAM_SCAN_ARCHIVES, "Mixed", "mixed"},
		{PARAM_UPDATE_POLICY, "preview", "Preview"},
		{PARAM_LOG_MAX_SIZE_MB, "1", "1"},
		{PARAM_FILE_CACHE_SIZE_BYTES, "1099511627776", "1099511627776"},
		{PARAM_FEEDBACK_HOST, "localhost:8083", "localhost:8083"},
		{PARAM_FEEDBACK_HOST, "[::1]:8083", "[::1]:8083"},
		{PARAM_PRIMARY_UPDATE_PROXY_ADDRESS, "proxy.example:3128", "proxy.example:3128"},
		{PARAM_PRIMARY_UPDATE_PROXY_ADDRESS, "proxy.example", "proxy.example"},
		{PARAM_PRIMARY_UPDATE_PROXY_ADDRESS, "http://proxy.example:3128/",
		 "http://proxy.example:3128/"},
		{PARAM_PRIMARY_UPDATE_PROXY_ADDRESS, "socks5h://[fe80::1]:1080", "socks5h://[fe80::1]:1080"},
		{PARAM_FEEDBACK_URL, "https://drop.example/in/", "https://drop.example/in/"},
		{PARAM_FEEDBACK_URL, "file:///var/drop%20box", "file:///var/drop%20box"},
		{PARAM_EXCLUDE_FILE_PATHS, "/srv/\xc3\xa9 x/", "/srv/\xc3\xa9 x/"},
		{PARAM_PRIMARY_UPDATE_SOURCE_PATH, "sophos:", "sophos:"},
		{PARAM_NAMED_SCANS, "every night", "every night"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fail fail;
		const char *kept = check(cases[i].param, cases[i].given, &fail);
		assert_non_null(kept);
		assert_string_equal(kept, cases[i].kept);
	}
}

static void refuses_and_says_what_is_allowed(void **state)
{
	(void)state;
	const struct {
		enum param param;
		const char *given;
		const char *message;
	} cases[] = {
		{PARAM_DISABLE_FEEDBACK, "maybe", "DisableFeedback: must be true or false"},
		{PARAM_DISABLE_FEEDBACK, " true", "DisableFeedback: must be true or false"},
		{PARAM_DISABLE_FEEDBACK, "", "DisableFeedback: must not be empty"},
		{PARAM_LIVE_PROTECTION, "2", "LiveProtection: must be enabled or disabled"},
		{PARAM_SCAN_ARCHIVES, "true", "ScanArchives: must be mixed, enabled or disabled"},
		{PARAM_LOG_MAX_SIZE_MB, "0", "LogMaxSizeMB: must be a number from 1 to 1000000"},
		{PARAM_LOG_MAX_SIZE_MB, "1e3", "LogMaxSizeMB: must be a number from 1 to 1000000"},
		{PARAM_LOG_MAX_SIZE_MB, "99999999999999999999",
		 "LogMaxSizeMB: must be a number from 1 to 1000000"},
		{PARAM_EXCLUDE_FILE_PATHS, "tmp", "ExcludeFilePaths: must be an absolute path"},
		{PARAM_FEEDBACK_HOST, "a b", "FeedbackHost: must be host or host:port"},
		{PARAM_FEEDBACK_HOST, "a:0", "FeedbackHost: must be host or host:port"},
		{PARAM_FEEDBACK_HOST, "a:70000", "FeedbackHost: must be host or host:port"},
		{PARAM_FEEDBACK_HOST, "a/b", "FeedbackHost: must be host or host:port"},
		{PARAM_FEEDBACK_HOST, "[]", "FeedbackHost: must be host or host:port"},
		{PARAM_FEEDBACK_URL, "ftp://a/", "FeedbackURL: must be a URL (https, http, file)"},
		{PARAM_FEEDBACK_URL, "https:///x", "FeedbackURL: must be a URL (https, http, file)"},
		{PARAM_FEEDBACK_URL, "https://a/?q", "FeedbackURL: must be a URL (https, http, file)"},
		{PARAM_FEEDBACK_URL, "file:///a%00b", "FeedbackURL: must be a URL (https, http, file)"},
		{PARAM_FEEDBACK_URL, "https://\xc3\xa4.de/",
		 "FeedbackURL: must be a URL (https, http, file)"},
		{PARAM_FEEDBACK_HOST, "a_b;c", "FeedbackHost: must be host or host:port"},
		{PARAM_PRIMARY_UPDATE_SOURCE_PATH, "//u:secret@srv/share",
		 "PrimaryUpdateSourcePath: must not hold credentials"},
		{PARAM_FEEDBACK_URL, "https://u:secret@a/", "FeedbackURL: must not hold credentials"},
		{PARAM_PRIMARY_UPDATE_SOURCE_PATH, "http://u:secret@a/",
		 "PrimaryUpdateSourcePath: must not hold credentials"},
		{PARAM_PRIMARY_UPDATE_PROXY_ADDRESS, "http://u:secret@a:1",
		 "PrimaryUpdateProxyAddress: must not hold credentials"},
		{PARAM_PRIMARY_UPDATE_PROXY_ADDRESS, "http://a:1/x",
		 "PrimaryUpdateProxyAddress: must be host[:port] or URL (http, https, socks5, socks5h)"},
		{PARAM_PRIMARY_UPDATE_PASSWORD, "secret\n",
		 "PrimaryUpdatePassword: must not hold control characters"},
		{PARAM_EMAIL, "a\xc2\x85", "Email: must not hold control characters"},
		{PARAM_EMAIL, "\xff", "Email: must be UTF-8"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fail fail = {0};
		assert_null(check(cases[i].param, cases[i].given, &fail));
		assert_string_equal(fail.text, cases[i].message);
		assert_int_equal(fail.status, EX_DATAERR);
	}
}

static void knows_how_long_a_value_may_be(void **state)
{
	(void)state;
	char value[PARAM_VALUE_MAX + 2] = {0};
	uint8_t scan[PARAM_SCAN_MAX + 1];
	struct fail fail;

	memset(value, 'x', PARAM_VALUE_MAX);
	assert_ptr_equal(check(PARAM_EMAIL, value, &fail), value);
	value[PARAM_VALUE_MAX] = 'x';
	assert_null(check(PARAM_EMAIL, value, &fail));
	assert_string_equal(fail.text, "Email: must have at most 4096 bytes");
	memset(scan, '\n', sizeof scan);
	assert_int_equal(param_check_scan(scan, PARAM_SCAN_MAX, &fail), 0);
	assert_fails(param_check_scan(scan, sizeof scan, &fail), fail, EX_DATAERR, "more than 65536 bytes");
	assert_fails(param_check_scan(scan, 0, &fail), fail, EX_DATAERR, "holds no definition");
	assert_fails(param_check_scan((const uint8_t *)"a\r\n", 3, &fail), fail, EX_DATAERR,
		     "must not hold control characters");
}

static void a_scan_is_text(void **state)
{
	(void)state;
	struct fail fail = {0};

	assert_int_equal(param_check_scan((const uint8_t *)"one\n\ttwo\n", 9, &fail), 0);
	assert_fails(param_check_scan((const uint8_t *)"\xff", 1, &fail), fail, EX_DATAERR, "must be UTF-8");
	assert_fails(param_check_scan((const uint8_t *)"\x1b", 1, &fail), fail, EX_DATAERR,
		     "must not hold control characters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole),
		cmocka_unit_test(finds_names_and_suggests),
		cmocka_unit_test(keeps_values_in_the_parameters_own_form),
		cmocka_unit_test(refuses_and_says_what_is_allowed),
		cmocka_unit_test(knows_how_long_a_value_may_be),
		cmocka_unit_test(a_scan_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
