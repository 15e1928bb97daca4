#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/conf/conf.h"

#include <string.h>

static int parse(struct conf *conf, enum conf_layer layer, const char *text, struct fail *fail)
{
	return conf_parse(conf, layer, (const uint8_t *)text, strlen(text), "f", fail);
}

static void without_layers_the_defaults_hold(void **state)
{
	(void)state;
	auto_conf struct conf *conf = conf_new();

	assert_false(conf_is_true(conf, PARAM_DISABLE_FEEDBACK));
	assert_string_equal(conf_text(conf, PARAM_EMAIL_SERVER), "localhost:25");
	assert_string_equal(conf_text(conf, PARAM_LIVE_PROTECTION), "enabled");
	assert_null(conf_text(conf, PARAM_FEEDBACK_URL));
	assert_false(conf_is_true(conf, PARAM_PREFER_FANOTIFY));
	assert_int_equal(conf_count(conf, PARAM_EXCLUSION_ENCODINGS), 3);
	assert_string_equal(conf_item(conf, PARAM_EXCLUSION_ENCODINGS, 1), "EUC-JP");
	assert_int_equal(conf_count(conf, PARAM_NAMED_SCANS), 0);
	assert_int_equal(conf_origin(conf, PARAM_EMAIL), CONF_DEFAULT);
	assert_null(conf_management(conf));
}

static void the_policy_lies_over_the_local_layer(void **state)
{
	(void)state;
	auto_conf struct conf *conf = conf_new();
	struct fail fail;

	assert_int_equal(parse(conf, CONF_LOCAL,
			       "email: me@here # mine\nLiveProtection: no\nExcludeFilePaths: [/a, /b]\n"
			       "NamedScans:\n  night: |\n    one\n    two\n",
			       &fail),
			 0);
	assert_int_equal(parse(conf, CONF_POLICY, "ManagementType: cloud\nEmail: they@there\n", &fail), 0);
	assert_string_equal(conf_text(conf, PARAM_EMAIL), "they@there");
	assert_int_equal(conf_origin(conf, PARAM_EMAIL), CONF_POLICY);
	assert_string_equal(conf_text(conf, PARAM_LIVE_PROTECTION), "disabled");
	assert_int_equal(conf_origin(conf, PARAM_LIVE_PROTECTION), CONF_LOCAL);
	assert_int_equal(conf_count(conf, PARAM_EXCLUDE_FILE_PATHS), 2);
	assert_string_equal(conf_item(conf, PARAM_EXCLUDE_FILE_PATHS, 1), "/b");
	assert_string_equal(conf_item(conf, PARAM_NAMED_SCANS, 0), "night");
	assert_string_equal(conf_scan(conf, 0), "one\ntwo\n");
	assert_string_equal(conf_management(conf), "Cloud");
	assert_int_equal(parse(conf, CONF_LOCAL, "", &fail), 0);
	assert_int_equal(conf_count(conf, PARAM_EXCLUDE_FILE_PATHS), 0);
}

static void a_file_of_comments_is_an_empty_layer(void **state)
{
	(void)state;
	const char *texts[] = {"", "# nothing\n", "---\n", "---\n# nothing\n", "{}\n"};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		auto_conf struct conf *conf = conf_new();
		struct fail fail;
		assert_int_equal(parse(conf, CONF_LOCAL, texts[i], &fail), 0);
		assert_int_equal(conf_origin(conf, PARAM_EMAIL), CONF_DEFAULT);
	}
}

static void refuses_with_line_and_column(void **state)
{
	(void)state;
	const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{"Email: a\nDisableFedback: true\n",
		 "f:2:1: DisableFedback: no such parameter; did you mean DisableFeedback?"},
		{"ManagementType: SEC\n", "f:1:1: ManagementType: no such parameter"},
		{"DisableFeedback: perhaps\n", "f:1:18: DisableFeedback: must be true or false"},
		{"DisableFeedback:\n", "f:1:17: DisableFeedback: no value"},
		{"DisableFeedback: [true]\n", "f:1:18: DisableFeedback: must be one value"},
		{"Email: a\nemail: b\n", "f:2:1: Email: given twice"},
		{"Email: a\nEmail: b\n", "f:2:1: Email: given twice, first on line 1"},
		{"ExcludeFilePaths: /a\n", "f:1:19: ExcludeFilePaths: must be a list"},
		{"ExcludeFilePaths:\n- /a\n- b\n", "f:3:3: ExcludeFilePaths: must be an absolute path"},
		{"NamedScans: [a]\n", "f:1:13: NamedScans: must be a mapping of names to definitions"},
		{"NamedScans: {a: }\n", "f:1:17: holds no definition"},
		{"NamedScans: {a: [b]}\n", "f:1:17: a scan's definition must be a text"},
		{"- Email\n", "f:1:1: must be lines of \"Name: value\""},
		{"just words\n", "f:1:1: must be lines of \"Name: value\""},
		{"PrimaryUpdatePassword: \"hush\\x07\"\n",
		 "f:1:24: PrimaryUpdatePassword: must not hold control characters"},
	};
	auto_conf struct conf *conf = conf_new();
	struct fail fail = {0};

	assert_int_equal(parse(conf, CONF_LOCAL, "Email: first\n", &fail), 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_fails(parse(conf, CONF_LOCAL, cases[i].text, &fail), fail, EX_CONFIG,
			     cases[i].message);
		assert_string_equal(conf_text(conf, PARAM_EMAIL), "first");
	}
	assert_fails(parse(conf, CONF_POLICY, "ManagementType: Home\n", &fail), fail, EX_CONFIG,
		     "f:1:17: ManagementType: must be SEC or Cloud");
	assert_fails(parse(conf, CONF_POLICY, "ManagementType: SEC\nmanagementtype: Cloud\n", &fail), fail,
		     EX_CONFIG, "f:2:1: ManagementType: given twice");
}

static void says_why_feedback_is_off(void **state)
{
	(void)state;
	auto_conf struct conf *conf = conf_new();
	struct fail fail;

	assert_null(conf_feedback_off(conf, NULL));
	assert_null(conf_feedback_off(conf, ""));
	assert_null(conf_feedback_off(conf, "0"));
	assert_string_equal(conf_feedback_off(conf, "1"), "DO_NOT_TRACK is set");
	assert_string_equal(conf_feedback_off(conf, "00"), "DO_NOT_TRACK is set");
	assert_int_equal(parse(conf, CONF_LOCAL, "DisableFeedback: on\n", &fail), 0);
	assert_string_equal(conf_feedback_off(conf, NULL), "DisableFeedback is true");
	assert_int_equal(parse(conf, CONF_POLICY, "DisableFeedback: false\n", &fail), 0);
	assert_null(conf_feedback_off(conf, NULL));
	assert_int_equal(parse(conf, CONF_POLICY, "DisableFeedback: 1\n", &fail), 0);
	assert_string_equal(conf_feedback_off(conf, NULL), "DisableFeedback is true (policy)");
}

static void a_list_has_a_limit(void **state)
{
	(void)state;
	auto_conf struct conf *conf = conf_new();
	struct buf text = BUF_INIT(CONF_FILE_MAX);
	struct fail fail;

	assert_int_equal(buf_add_text(&text, "ExcludeFilePaths:\n"), 0);
	for (int i = 0; i < PARAM_ITEMS_MAX; i++)
		assert_int_equal(buf_add_text(&text, "- /\n"), 0);
	assert_int_equal(parse(conf, CONF_LOCAL, buf_text(&text), &fail), 0);
	assert_int_equal(conf_count(conf, PARAM_EXCLUDE_FILE_PATHS), PARAM_ITEMS_MAX);
	assert_int_equal(buf_add_text(&text, "- /\n"), 0);
	assert_fails(parse(conf, CONF_LOCAL, buf_text(&text), &fail), fail, EX_CONFIG,
		     "f:2:1: ExcludeFilePaths: more than 10000 items");
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_layers_the_defaults_hold),
		cmocka_unit_test(the_policy_lies_over_the_local_layer),
		cmocka_unit_test(a_file_of_comments_is_an_empty_layer),
		cmocka_unit_test(refuses_with_line_and_column),
		cmocka_unit_test(says_why_feedback_is_off),
		cmocka_unit_test(a_list_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
