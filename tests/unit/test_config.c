#include "tests/unit/folder.h"

#include "lib/alert/config.h"
#include "lib/alert/template.h"
#include "lib/base/buf.h"

/* The second example of the article, with its .crt among the CRLs; the first lacks the last two lines. */
static const char article[] =
	"# This configuration sends alert data to stdout and Sophos Central and references both Sophos .crt "
	"and .crl files.\n"
	"send_labs_telemetry: true\n"
	"endpoint_telemetry_enabled: true\n"
	"cloud_meta: auto\n"
	"customer_id: \"########-####-####-####-############\"\n"
	"alert_output:\n"
	"  outputs:\n"
	"  - type: stdout\n"
	"    enabled: true\n"
	"    template: 'Alert triggered: {{ .StrategyName}}'\n"
	"  - type: mcs\n"
	"    enabled: true\n"
	"    url: \"https://mcs2-cloudstation-us-west-2.prod.hydra.sophos.com\"\n"
	"    api_key: \"SLS-########\"\n"
	"mcs_certs: [\"/etc/sophos-certs/sophosca1.crt\",\"/etc/sophos-certs/sophosca2.crt\"]\n"
	"certificate_revocation_list: "
	"[\"/etc/sophos-certs/sophosca1.crl\",\"/etc/sophos-certs/sophosca2.crt\"]\n";

static const char *lookup(const char *name)
{
	if (strcmp(name, "SLS_TOKEN") == 0)
		return "from-environment";
	return strcmp(name, "BLANK") == 0 ? "a b" : NULL;
}

static struct config *parse(const char *text, struct fail *fail)
{
	*fail = (struct fail){0};
	return config_parse((const uint8_t *)text, strlen(text), "r.yaml", lookup, fail);
}

static struct config *must_parse(const char *text)
{
	struct fail fail;
	struct config *config = parse(text, &fail);

	if (config == NULL)
		fail_msg("%s\n%s", text, fail.text);
	return config;
}

static void takes_the_articles_examples(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct config *config = must_parse(article);

	assert_int_equal(config->output_count, 2);
	assert_int_equal(config->outputs[0].type, CONFIG_STDOUT);
	assert_non_null(config->outputs[0].template);
	assert_int_equal(config->outputs[1].type, CONFIG_MCS);
	assert_null(config->outputs[1].template);
	assert_string_equal(config->outputs[1].url,
			    "https://mcs2-cloudstation-us-west-2.prod.hydra.sophos.com/v1/alerts");
	assert_string_equal(config->outputs[1].api_key, "SLS-########");
	assert_string_equal(config_region(config->outputs[1].host), "United States (Oregon)");
	assert_int_equal(config->certificate_count, 2);
	assert_string_equal(config->certificates[1], "/etc/sophos-certs/sophosca2.crt");
	assert_int_equal(config->crl_count, 2);
	assert_string_equal(config->crls[1], "/etc/sophos-certs/sophosca2.crt");
	assert_int_equal(config->warning_count, 0);
	config_free(config);

	config = config_parse((const uint8_t *)article, (size_t)(strstr(article, "mcs_certs") - article),
			      "r.yaml", lookup, &fail);
	assert_non_null(config);
	assert_string_equal(config->certificates[0], "/etc/sophos/sophosca1.crt");
	assert_string_equal(config->crls[1], "/etc/sophos/sophosca2.crl");
	config_free(config);
}

static void takes_a_url_without_a_scheme(void **state)
{
	(void)state;
	const struct {
		const char *given;
		const char *url;
		uint16_t port;
	} cases[] = {
		{"mcs2.stn100yul.ctr.sophos.com", "https://mcs2.stn100yul.ctr.sophos.com/v1/alerts", 443},
		{"MCS.example:8443", "https://mcs.example:8443/v1/alerts", 8443},
		{"https://mcs.example/", "https://mcs.example/v1/alerts", 443},
		{"https://mcs.example/in/", "https://mcs.example/in/", 443},
		{"'[::1]:9000/x'", "https://[::1]:9000/x", 9000},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char text[256];
		(void)snprintf(text, sizeof text, "mcs: {url: %s, token: x}\n", cases[i].given);
		struct config *config = must_parse(text);
		assert_string_equal(config->outputs[0].url, cases[i].url);
		assert_int_equal(config->outputs[0].port, cases[i].port);
		config_free(config);
	}
}

static void takes_the_newer_form(void **state)
{
	(void)state;
	struct config *config = must_parse(
		"mcs:\n  url: mcs.example\n  token: ${SLS_TOKEN}\n  enabled: yes\n");

	assert_int_equal(config->output_count, 1);
	assert_string_equal(config->outputs[0].id, "mcs");
	assert_string_equal(config->outputs[0].api_key, "from-environment");
	config_free(config);
	/* A disabled output of the older form is no second one. */
	config = must_parse(
		"alert_output: {outputs: [{type: mcs, enabled: false}]}\nmcs: {url: h, token: t}\n");
	assert_string_equal(config->outputs[1].id, "mcs-2");
	config_free(config);
}

static void takes_every_key(void **state)
{
	(void)state;
	struct config *config = must_parse(
		"alert_output:\n"
		"  template: 'T {{.A}}'\n"
		"  outputs:\n"
		"  - {type: file, name: /var/log/a, max_size: 7, max_backups: 3, id: first}\n"
		"  - {type: file, name: /var/log/b}\n"
		"  - type: syslog\n"
		"    address: tls://[::1]\n"
		"    facility: local4\n"
		"    severity: Notice\n"
		"    tag: sls\n"
		"    ca_file: /ca\n"
		"    cert_file: /cert\n"
		"    key_file: /key\n"
		"  - {type: syslog}\n"
		"  - {type: syslog, address: 'udp://logs.example', enabled: off}\n"
		"  - {type: syslog, address: 'unix:///run/log'}\n"
		"  - type: webhook\n"
		"    url: http://127.0.0.1:8000/hook/?sig=a%20b&u=http://x\n"
		"    headers: {Authorization: 'Basic ${SLS_TOKEN}', X-Tenant: seven}\n"
		"  - {type: mcs, url: h, api_key_file: /key}\n");
	const struct config_output *o = config->outputs;

	assert_int_equal(config->output_count, 8);
	assert_string_equal(o[0].path, "/var/log/a");
	assert_true(o[0].max_size_bytes == 7U << 20);
	assert_int_equal(o[0].max_backups, 3);
	assert_string_equal(o[0].id, "first");
	assert_string_equal(o[1].id, "file-2");
	assert_true(o[1].max_size_bytes == 100U << 20);
	assert_non_null(o[0].template);
	assert_int_equal(o[2].transport, CONFIG_TLS);
	assert_string_equal(o[2].host, "[::1]");
	assert_int_equal(o[2].port, 6514);
	assert_int_equal(o[2].facility, 20);
	assert_int_equal(o[2].severity, 5);
	assert_string_equal(o[2].tag, "sls");
	assert_string_equal(o[2].ca_file, "/ca");
	assert_string_equal(o[2].cert_file, "/cert");
	assert_string_equal(o[2].key_file, "/key");
	assert_int_equal(o[3].transport, CONFIG_UNIX);
	assert_string_equal(o[3].path, "/dev/log");
	assert_string_equal(o[3].tag, "sophoslinuxsensor");
	assert_false(o[4].enabled);
	assert_int_equal(o[4].port, 514);
	assert_string_equal(o[5].path, "/run/log");
	assert_string_equal(o[6].url, "http://127.0.0.1:8000/hook/?sig=a%20b&u=http://x");
	assert_int_equal(o[6].header_count, 2);
	assert_string_equal(o[6].headers[0], "Authorization: Basic from-environment");
	assert_string_equal(o[6].headers[1], "X-Tenant: seven");
	assert_string_equal(o[7].api_key_file, "/key");
	assert_null(o[7].template); /* the general one is not for Sophos Central */
	assert_int_equal(config_count_enabled(config), 7);
	config_free(config);
}

static void says_what_is_wrong_and_where(void **state)
{
	(void)state;
	const struct {
		const char *text;
		const char *wanted;
		const char *hint;
	} cases[] = {
		{"", "r.yaml: no output is enabled", "alert_output has a list"},
		{"a: b\n", "r.yaml: no output is enabled", "alert_output has a list"},
		{"- a\n", "r.yaml:1:1: the file is a mapping of keys to values", ""},
		{"alert_output: []\n", "r.yaml:1:15: alert_output is a mapping: outputs, template", ""},
		{"alert_output:\n  output: []\n", "r.yaml:2:3: unknown key \"output\"",
		 "did you mean outputs?"},
		{"alert_output: {outputs: {type: stdout}}\n", "r.yaml:1:25: outputs is a list",
		 "each begins with"},
		{"alert_output: {outputs: [stdout]}\n",
		 "r.yaml:1:26: an output is a mapping: its type and what belongs to it", ""},
		{"alert_output: {outputs: [{enabled: true}]}\n", "r.yaml:1:26: this output has no type", ""},
		{"alert_output: {outputs: [{type: stdot}]}\n",
		 "r.yaml:1:33: \"stdot\" is not a type of output", "did you mean stdout?"},
		{"alert_output: {outputs: [{type: kafka}]}\n",
		 "r.yaml:1:33: \"kafka\" is not a type of output",
		 "known are stdout, file, syslog, webhook, mcs"},
		{"alert_output: {outputs: [{type: stdout, enabeld: true}]}\n",
		 "r.yaml:1:41: unknown key \"enabeld\"", "did you mean enabled?"},
		{"alert_output: {outputs: [{type: stdout, url: h}]}\n", "r.yaml:1:41: unknown key \"url\"",
		 "known are type, enabled, template, id"},
		{"alert_output: {outputs: [{type: stdout, enabled: maybe}]}\n",
		 "r.yaml:1:50: \"maybe\" is not true or false", "did you mean false?"},
		{"alert_output: {outputs: [{type: stdout, template: '{{.A'}]}\n",
		 "r.yaml:1:51: template:1:5: the action is never closed by }}", ""},
		{"alert_output: {template: '{{x}}', outputs: [{type: stdout}]}\n",
		 "r.yaml:1:26: template:1:3: no such function: \"x\"", "functions: and or"},
		{"alert_output: {outputs: [{type: stdout, id: a/b}]}\n",
		 "r.yaml:1:45: an id is 1 to 32 letters, digits, '-', '_' or '.'", ""},
		{"alert_output: {outputs: [{type: stdout, id: a}, {type: syslog, id: a}]}\n",
		 "r.yaml:1:49: a second output with the id a", ""},
		{"alert_output: {outputs: [{type: file}]}\n",
		 "r.yaml:1:26: this file output has no name: name: /var/log/...", ""},
		{"alert_output: {outputs: [{type: file, name: a.log}]}\n",
		 "r.yaml:1:45: a file is named from / on", ""},
		{"alert_output: {outputs: [{type: file, name: /a, max_size: 0}]}\n",
		 "r.yaml:1:59: a number from 1 to 1048576 is needed", ""},
		{"alert_output: {outputs: [{type: file, name: /a, max_backups: 1.5}]}\n",
		 "r.yaml:1:62: a number from 0 to 1000 is needed", ""},
		{"alert_output: {outputs: [{type: mcs, api_key: k}]}\n",
		 "r.yaml:1:26: this mcs output has no url", "Sophos Central shows the region"},
		{"alert_output: {outputs: [{type: mcs, url: h}]}\n",
		 "r.yaml:1:26: this mcs output has no api_key", ""},
		{"alert_output:\n  outputs:\n  - type: mcs\n    url: {MCS_URL}\n    api_key: k\n",
		 "r.yaml:4:10: a text is needed, not a mapping", "{...} stands for what you write there"},
		{"alert_output: {outputs: [{type: mcs, url: 'http://h', api_key: k}]}\n",
		 "r.yaml:1:43: http is not for mcs: https is", ""},
		{"alert_output: {outputs: [{type: mcs, url: 'ftp://h', api_key: k}]}\n", NULL, ""},
		{"alert_output: {outputs: [{type: mcs, url: 'https://u:p@h', api_key: k}]}\n", NULL, ""},
		{"alert_output: {outputs: [{type: mcs, url: 'h?q', api_key: k}]}\n", NULL, ""},
		{"alert_output: {outputs: [{type: mcs, url: \"h\\n\", api_key: k}]}\n",
		 "r.yaml:1:43: a control character", ""},
		{"alert_output: {outputs: [{type: webhook, url: 'https://h/?a\"b'}]}\n",
		 "r.yaml:1:47: the url's query has a character that no URL may have", ""},
		{"alert_output: {outputs: [{type: webhook, url: 'file:///x'}]}\n",
		 "r.yaml:1:47: file is not for webhook: https is", ""},
		{"alert_output: {outputs: [{type: mcs, url: h, api_key: 'a b'}]}\n",
		 "r.yaml:1:55: a key has no blanks and no other than ASCII characters", ""},
		{"alert_output: {outputs: [{type: mcs, url: h, api_key: '${BLANK}'}]}\n",
		 "r.yaml:1:55: a key has no blanks and no other than ASCII characters", ""},
		{"alert_output: {outputs: [{type: mcs, url: h, api_key: '${UNSET}'}]}\n",
		 "r.yaml:1:55: the environment has no UNSET", ""},
		{"alert_output: {outputs: [{type: mcs, url: h, api_key: '${UNSET'}]}\n",
		 "r.yaml:1:55: ${ is followed by a name and }", ""},
		{"alert_output: {outputs: [{type: mcs, url: h, api_key: a, api_key_file: /b}]}\n",
		 "r.yaml:1:26: both a key and an api_key_file: one is enough", ""},
		{"alert_output: {outputs: [{type: webhook, url: h, headers: {Host: x}}]}\n",
		 "r.yaml:1:60: no header that can be sent", ""},
		{"alert_output: {outputs: [{type: webhook, url: h, headers: {A: \"x\\r\\nB: y\"}}]}\n",
		 "r.yaml:1:60: no header that can be sent", ""},
		{"alert_output: {outputs: [{type: webhook, url: h, cert_file: /c}]}\n",
		 "r.yaml:1:26: cert_file and key_file go together", ""},
		{"alert_output: {outputs: [{type: syslog, address: 'log.example'}]}\n",
		 "r.yaml:1:50: no address of a syslog service", "/dev/log, unix:///PATH"},
		{"alert_output: {outputs: [{type: syslog, address: 'tcp://h:0'}]}\n",
		 "r.yaml:1:50: the address has a wrong port", ""},
		{"alert_output: {outputs: [{type: syslog, address: 'udp://h/x'}]}\n",
		 "r.yaml:1:50: an address is a scheme, a host and a port, and no more", ""},
		{"alert_output: {outputs: [{type: syslog, facility: nine}]}\n",
		 "r.yaml:1:51: \"nine\" is not a facility", "did you mean"},
		{"alert_output: {outputs: [{type: stdout}]}\nmcs_certs: /a\n",
		 "r.yaml:2:12: a list of files is needed", "[\"/etc/sophos"},
		{"alert_output: {outputs: [{type: stdout}]}\nmcs_certs: []\n",
		 "r.yaml:2:12: a list of files is needed", "[\"/etc/sophos"},
		{"alert_output: {outputs: [{type: mcs, url: h, api_key: k}]}\nmcs: {url: h, token: k}\n",
		 "r.yaml:2:6: mcs is also an output, on line 1: every alert would go there twice", ""},
		{"mcs: {url: h, api_key: k}\n", "r.yaml:1:15: unknown key \"api_key\"",
		 "known are enabled, url, token, api_key_file"},
		{"mcs: {url: h}\n", "r.yaml:1:6: this mcs output has no token", ""},
		{"alert_output: {outputs: [{type: webhook, url: h, headers: x}]}\n",
		 "r.yaml:1:59: headers are a mapping: names with their values", ""},
		{"alert_output: {outputs: [{type: webhook, url: h, headers: {A: [x]}}]}\n",
		 "r.yaml:1:63: a text is needed, not a list", ""},
		{"alert_output: {outputs: [{type: syslog, tag: a b}]}\n",
		 "r.yaml:1:46: a tag has no blanks and no other than ASCII characters", ""},
		{"alert_output: {outputs: [{type: syslog, address: [x]}]}\n",
		 "r.yaml:1:50: a text is needed, not a list", ""},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fail fail;
		struct config *config = parse(cases[i].text, &fail);
		if (config != NULL)
			fail_msg("accepted: %s", cases[i].text);
		assert_int_equal(fail.status, EX_CONFIG);
		if (cases[i].wanted != NULL && strcmp(fail.text, cases[i].wanted) != 0)
			fail_msg("%s got %s\n not %s", cases[i].text, fail.text, cases[i].wanted);
		if (strncmp(fail.hint, cases[i].hint, strlen(cases[i].hint)) != 0 ||
		    (cases[i].hint[0] == '\0') != (fail.hint[0] == '\0'))
			fail_msg("%s hint %s\n not %s", cases[i].text, fail.hint, cases[i].hint);
	}
}

/* As many of each as there is room for, and one more. */
static void has_limits(void **state)
{
	(void)state;
	const struct {
		const char *before;
		const char *item[2]; /* with its number between */
		const char *behind;
		int most;
		const char *wanted; /* NULL: what is more is left out */
	} cases[] = {
		{"alert_output: {outputs: [",
		 {"{type: syslog, id: o", "}, "},
		 "]}",
		 CONFIG_OUTPUTS_MAX,
		 "more than 16 outputs"},
		{"alert_output: {outputs: [{type: webhook, url: h, headers: {",
		 {"X-", ": v, "},
		 "}}]}",
		 CONFIG_HEADERS_MAX,
		 "more than 32 headers"},
		{"mcs: {url: h, token: t}\nmcs_certs: [",
		 {"/c/", ", "},
		 "]",
		 CONFIG_PAIRS_MAX,
		 "more than 16 files"},
		{"mcs: {url: h, token: t}\n", {"mcs_cert", ": x\n"}, "", CONFIG_WARNINGS_MAX, NULL},
	};

	for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
		struct buf text = BUF_INIT(CONFIG_BYTES_MAX);
		struct fail fail;
		bool is_more = i >= COUNT_OF(cases);
		const char *const *item = cases[i % COUNT_OF(cases)].item;
		const char *wanted = cases[i % COUNT_OF(cases)].wanted;
		assert_int_equal(buf_add_text(&text, cases[i % COUNT_OF(cases)].before), 0);
		for (int number = 0; number < cases[i % COUNT_OF(cases)].most + is_more; number++)
			assert_int_equal(buf_printf(&text, "%s%d%s", item[0], number, item[1]), 0);
		assert_int_equal(buf_add_text(&text, cases[i % COUNT_OF(cases)].behind), 0);
		struct config *config = parse(buf_text(&text), &fail);
		assert_int_equal(config == NULL, is_more && wanted != NULL);
		if (config == NULL)
			assert_non_null(strstr(fail.text, wanted));
		config_free(config);
		buf_fini(&text);
	}
}

static void warns_of_a_slip_at_the_top(void **state)
{
	(void)state;
	struct config *config = must_parse("mcs_cert: [/a]\ncloud_meta: auto\nmcs: {url: h, token: t}\n");

	assert_int_equal(config->warning_count, 1);
	assert_string_equal(config->warnings[0],
			    "r.yaml:1:1: \"mcs_cert\" is not looked at: did you mean mcs_certs?");
	config_free(config);
}

static void refuses_hostile_yaml(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct buf text = BUF_INIT(4 << 20);

	assert_null(parse("a: &x [1]\nalert_output: *x\n", &fail));
	assert_int_equal(fail.status, EX_CONFIG);
	assert_null(parse("alert_output: {outputs: []}\nalert_output: {}\n", &fail));
	assert_int_equal(fail.status, EX_CONFIG);
	assert_null(parse("alert_output: \xff\n", &fail));
	assert_int_equal(fail.status, EX_CONFIG);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_add_text(&text, "[["), 0);
	assert_null(config_parse(text.data, text.size, "r.yaml", lookup, &fail));
	assert_int_equal(fail.status, EX_CONFIG);
	buf_fini(&text);
	static uint8_t large[CONFIG_BYTES_MAX + 1];
	memset(large, '#', sizeof large);
	assert_null(config_parse(large, sizeof large, "r.yaml", lookup, &fail));
	assert_int_equal(fail.status, EX_CONFIG);
}

static void reads_a_key_file(void **state)
{
	(void)state;
	const struct {
		const char *text;
		mode_t mode;
		int status; /* 0: good */
	} cases[] = {
		{"SLS-file-key\n", 0600, 0}, {"SLS-file-key\r\n", 0640, 0}, {"SLS-file-key", 0604, EX_NOPERM},
		{"", 0600, EX_CONFIG},       {"\n", 0600, EX_CONFIG},       {"two\nlines\n", 0600, EX_CONFIG},
		{"a b\n", 0600, EX_CONFIG},
	};
	char path[FOLDER_PATH];
	char text[FOLDER_PATH + 64];
	char begin[FOLDER_PATH + 64];

	(void)snprintf(path, sizeof path, "%s", folder_path("key"));
	(void)snprintf(text, sizeof text, "mcs: {url: h,\n  api_key_file: '%s'}\n", path);
	(void)snprintf(begin, sizeof begin, "r.yaml:2:17: api_key_file: %s: ", path);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fail fail = {0};
		struct config *config = must_parse(text);
		folder_put("key", cases[i].text);
		assert_int_equal(chmod(path, cases[i].mode), 0);
		assert_int_equal(config_load_keys(config, "r.yaml", &fail), cases[i].status == 0 ? 0 : -1);
		assert_int_equal(fail.status, cases[i].status);
		if (cases[i].status == 0)
			assert_string_equal(config->outputs[0].api_key, "SLS-file-key");
		else
			assert_ptr_equal(strstr(fail.text, begin), fail.text);
		config_free(config);
		assert_int_equal(unlink(path), 0);
	}
	struct fail fail = {0};
	struct config *config = must_parse(text);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(config_load_keys(config, "r.yaml", &fail), -1); /* and does not wait */
	assert_int_equal(fail.status, EX_NOINPUT);
	config_free(config);
	assert_null(config_load(path, lookup, &fail));
	assert_int_equal(fail.status, EX_NOINPUT);
	assert_int_equal(unlink(path), 0);
	folder_put("key", text); /* a configuration that names itself: its key would have blanks */
	assert_null(config_load(path, lookup, &fail));
	assert_int_equal(fail.status, EX_CONFIG);
}

static void follows_a_symbolic_link(void **state)
{
	(void)state;
	struct fail fail = {0};

	folder_put("file", article);
	assert_int_equal(symlink("file", folder_path("link")), 0);
	struct config *config = config_load(folder_path("link"), lookup, &fail);
	assert_non_null(config);
	config_free(config);
}

static void measures_a_url_with_its_scheme(void **state)
{
	(void)state;
	char text[CONFIG_URL_MAX + 128];
	struct fail fail;

	(void)snprintf(text, sizeof text, "alert_output: {outputs: [{type: webhook, url: 'h/?%0*d'}]}\n",
		       CONFIG_URL_MAX - 8, 0);
	assert_null(parse(text, &fail));
	assert_string_equal(fail.text, "r.yaml:1:47: longer than 2047 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_articles_examples),
		cmocka_unit_test(takes_a_url_without_a_scheme),
		cmocka_unit_test(takes_the_newer_form),
		cmocka_unit_test(takes_every_key),
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(measures_a_url_with_its_scheme),
		cmocka_unit_test(warns_of_a_slip_at_the_top),
		cmocka_unit_test(refuses_hostile_yaml),
		cmocka_unit_test_setup_teardown(reads_a_key_file, folder_make, folder_remove),
		cmocka_unit_test_setup_teardown(follows_a_symbolic_link, folder_make, folder_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
