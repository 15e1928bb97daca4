#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/conf/conf.h"
#include "lib/conf/edit.h"

#include <string.h>

#define ITEMS(...) (const char *const[]){__VA_ARGS__}, .count = COUNT_OF(((const char *const[]){__VA_ARGS__}))
#define SET(which, ...) \
	{ \
		.param = PARAM_##which, .is_set = true, .items = ITEMS(__VA_ARGS__) \
	}
#define EMPTY(which) \
	{ \
		.param = PARAM_##which, .is_set = true \
	}
#define RESET(which) \
	{ \
		.param = PARAM_##which \
	}

static int apply(const char *before, const struct edit *edit, struct buf *out, struct fail *fail)
{
	return edit_apply((const uint8_t *)before, strlen(before), "f", edit, out, fail);
}

static void changes_only_what_was_meant(void **state)
{
	(void)state;
	const struct {
		const char *before;
		struct edit edit;
		const char *after;
	} cases[] = {
		/* one value */
		{"", SET(EMAIL, "a@b"), "Email: a@b\n"},
		{"# c\n", SET(EMAIL, "a@b"), "# c\nEmail: a@b\n"},
		{"# c", SET(EMAIL, "a@b"), "# c\nEmail: a@b\n"},
		{"---\n", SET(EMAIL, "a@b"), "---\nEmail: a@b\n"},
		{"Email: x", SET(WEB_UI, "true"), "Email: x\nWebUI: true\n"},
		{"Email: x # who\n# end\n", SET(WEB_UI, "true"), "Email: x # who\nWebUI: true\n# end\n"},
		{"  Email: x\n", SET(WEB_UI, "true"), "  Email: x\n  WebUI: true\n"},
		{"Email: x\r\n# c\r\n", SET(WEB_UI, "true"), "Email: x\r\nWebUI: true\r\n# c\r\n"},
		{"a: 1\n", SET(EMAIL, "x"), NULL},
		{"# a\nemail:   'x'   # who\nWebUI: on\n", SET(EMAIL, "z"),
		 "# a\nemail:   z   # who\nWebUI: on\n"},
		{"Email: |-\n  x\nWebUI: on\n", SET(EMAIL, "z"), "Email: z\nWebUI: on\n"},
		{"Email:\n  x\nWebUI: on\n", SET(EMAIL, "z"), "Email:\n  z\nWebUI: on\n"},
		{"Email: \"\\u20ac \\\n  x\" # c\n", SET(EMAIL, "z"), "Email: z # c\n"},
		{"\xef\xbb\xbf"
		 "Email: \xe2\x82\xac # \xe2\x82\xac\n",
		 SET(EMAIL, "\xc3\xa9"),
		 "\xef\xbb\xbf"
		 "Email: \xc3\xa9 # \xe2\x82\xac\n"},
		{"? Email\n: x\nWebUI: on\n", SET(EMAIL, "z"), "? Email\n: z\nWebUI: on\n"},
		{"? Email\n: x\nWebUI: on\n", RESET(EMAIL), "WebUI: true\n"},
		{"# c\nEmail: x\n...\n# d\n", SET(WEB_UI, "true"), "# c\nEmail: x\nWebUI: true\n...\n# d\n"},
		/* quotes where they are needed */
		{"", SET(EMAIL, "a: #b"), "Email: 'a: #b'\n"},
		{"", SET(EMAIL, "it's"), "Email: it's\n"},
		{"", SET(EMAIL, "'"), "Email: ''''\n"},
		{"", SET(EMAIL, " x "), "Email: ' x '\n"},
		{"", SET(EMAIL, "yes"), "Email: 'yes'\n"},
		{"", SET(EMAIL, "NULL"), "Email: 'NULL'\n"},
		{"", SET(EMAIL, "007"), "Email: '007'\n"},
		{"", SET(EMAIL, "*x"), "Email: '*x'\n"},
		{"", SET(EMAIL, "!x"), "Email: '!x'\n"},
		{"", SET(EMAIL, "[x"), "Email: '[x'\n"},
		{"", SET(EMAIL, "---"), "Email: '---'\n"},
		{"",
		 SET(EMAIL, "a\xe2\x80\xa8"
			    "b"),
		 "Email: \"a\\Lb\"\n"},
		{"",
		 SET(EMAIL, "a\xef\xbb\xbf"
			    "b"),
		 "Email: \"a\\uFEFFb\"\n"},
		{"", SET(EMAIL, "\xf0\x9f\x99\x82"), "Email: \"\\U0001F642\"\n"},
		{"", SET(FEEDBACK_LEVEL, "9.11"), "FeedbackLevel: '9.11'\n"},
		{"", SET(LOG_MAX_SIZE_MB, "7"), "LogMaxSizeMB: 7\n"},
		/* no value any more */
		{"# a\nEmail: x # who\n# b\nWebUI: on\n", RESET(EMAIL), "# a\n# b\nWebUI: on\n"},
		{"Email: x # who\n", RESET(WEB_UI), "Email: x # who\n"},
		{"Email: x\rWebUI: on\r", RESET(EMAIL), "WebUI: on\r"},
		{"Email: x\n", RESET(EMAIL), ""},
		{"Email: x", RESET(EMAIL), ""},
		{"WebUI: on\nExcludeFilePaths:\n- /a\n# c\n- /b\nEmail: x\n", RESET(EXCLUDE_FILE_PATHS),
		 "WebUI: on\nEmail: x\n"},
		/* lists by indentation */
		{"", SET(EXCLUDE_FILE_PATHS, "/a", "/b"), "ExcludeFilePaths:\n  - /a\n  - /b\n"},
		{"", EMPTY(EXCLUSION_ENCODINGS), "ExclusionEncodings: []\n"},
		{"ExcludeFilePaths:\n- /a # one\n# c\nEmail: x\n", SET(EXCLUDE_FILE_PATHS, "/a", "/b"),
		 "ExcludeFilePaths:\n- /a # one\n- /b\n# c\nEmail: x\n"},
		{"ExcludeFilePaths:\n    -   /a\n    # two\n    - '/b'\n    - /c",
		 SET(EXCLUDE_FILE_PATHS, "/a", "/c", "/d"),
		 "ExcludeFilePaths:\n    -   /a\n    # two\n    - /c\n    - /d\n"},
		{"ExcludeFilePaths: # x\n  # y\n  - /a\nEmail: x\n", EMPTY(EXCLUDE_FILE_PATHS),
		 "ExcludeFilePaths: [] # x\n  # y\nEmail: x\n"},
		{"ExcludeFilePaths: # x\n  # y\n  - /a\nEmail: x\n", SET(EXCLUDE_FILE_PATHS, "/b"),
		 "ExcludeFilePaths: # x\n  # y\n  - /b\nEmail: x\n"},
		{"ExcludeFilePaths:\n- /a\n- /b\n", SET(EXCLUDE_FILE_PATHS, "/b", "/a"),
		 "ExcludeFilePaths:\n- /b\n- /a\n"},
		{"ExcludeFileOnGlob:\n  - >-\n    a\n    b\n  - c\n", SET(EXCLUDE_FILE_ON_GLOB, "c"),
		 "ExcludeFileOnGlob:\n  - c\n"},
		/* lists in brackets */
		{"ExcludeFilePaths: [] # none\nEmail: x\n", SET(EXCLUDE_FILE_PATHS, "/a"),
		 "ExcludeFilePaths: # none\n  - /a\nEmail: x\n"},
		{"ExcludeFilePaths: [/a] # c\n", SET(EXCLUDE_FILE_PATHS, "/a", "/b c"),
		 "ExcludeFilePaths: [/a, /b c] # c\n"},
		{"ExcludeFilePaths: [/a, /b] # c\n", EMPTY(EXCLUDE_FILE_PATHS), "ExcludeFilePaths: [] # c\n"},
		{"ExcludeFileOnGlob: [a]\n", SET(EXCLUDE_FILE_ON_GLOB, "a", "b,c]"),
		 "ExcludeFileOnGlob:\n  - a\n  - b,c]\n"},
		/* a whole mapping in braces is written anew, with what was in it */
		{"# c\n{Email: x, WebUI: on, ExcludeFilePaths: [/a]} # d\n", SET(EMAIL, "z"),
		 "# c\n{Email: z, WebUI: on, ExcludeFilePaths: [/a]} # d\n"},
		{"# c\n{Email: x, ExcludeFilePaths: [/a]}\n", SET(WEB_UI, "true"),
		 "# c\nExcludeFilePaths:\n  - /a\nEmail: x\nWebUI: true\n"},
		{"{Email: x}\n", RESET(EMAIL), "\n"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf struct buf out = BUF_INIT(4096);
		struct fail fail = {0};
		int result = apply(cases[i].before, &cases[i].edit, &out, &fail);
		if (cases[i].after == NULL) {
			assert_int_equal(result, -1);
			continue;
		}
		assert_string_equal(fail.text, "");
		assert_int_equal(result, 0);
		assert_string_equal(buf_text(&out), cases[i].after);
	}
}

static void writes_the_definitions_of_scans(void **state)
{
	(void)state;
	const struct {
		const char *before;
		const char *text;
		const char *after;
	} cases[] = {
		{"", "a\n  b\n\nc\n", "NamedScans:\n  s: |\n    a\n      b\n\n    c\n"},
		{"", "a", "NamedScans:\n  s: |-\n    a\n"},
		{"", "a\n\n", "NamedScans:\n  s: |+\n    a\n\n"},
		{"", "  a\nb\n", "NamedScans:\n  s: |2\n      a\n    b\n"},
		{"NamedScans:\n    s: x\n# c\nEmail: y\n", "a\n",
		 "NamedScans:\n    s: |\n      a\n# c\nEmail: y\n"},
		{"NamedScans: {s: x} # c\n", "a\n", "NamedScans:\n  s: |\n    a\n"},
		{"NamedScans: {} # c\n", "a\n", "NamedScans: # c\n  s: |\n    a\n"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf struct buf out = BUF_INIT(4096);
		struct fail fail = {0};
		const struct edit edit = {.param = PARAM_NAMED_SCANS,
					  .is_set = true,
					  .items = ITEMS("s"),
					  .definitions = &cases[i].text};
		assert_int_equal(apply(cases[i].before, &edit, &out, &fail), 0);
		assert_string_equal(buf_text(&out), cases[i].after);
	}
}

/* Whatever the text: the definition comes back byte for byte, and a scan before and after it is not touched. */
static void every_definition_comes_back(void **state)
{
	(void)state;
	static const char letters[] = " \n\t#-:'\"ax";
	enum { LENGTH = 4 };
	char text[LENGTH + 1] = {0};
	struct fail fail;

	for (unsigned number = 0; number < 10000; number += 7) {
		auto_buf struct buf out = BUF_INIT(4096);
		auto_conf struct conf *conf = conf_new();
		unsigned rest = number;
		for (size_t i = 0; i < LENGTH; i++, rest /= 10)
			text[i] = letters[rest % 10];
		const struct edit edit = {.param = PARAM_NAMED_SCANS,
					  .is_set = true,
					  .items = ITEMS("a", "b"),
					  .definitions = (const char *const[]){"x\n", text}};
		assert_int_equal(apply("NamedScans:\n  a: |\n    x\nEmail: y\n", &edit, &out, &fail), 0);
		assert_int_equal(conf_parse(conf, CONF_LOCAL, out.data, out.size, "f", &fail), 0);
		assert_string_equal(conf_scan(conf, 1), text);
	}
}

/* A text with one byte changed: it is refused, or changed as meant; edit_apply itself compares, the
 * sanitizers watch. */
static void survives_every_changed_byte(void **state)
{
	(void)state;
	static const char text[] = "# c\nEmail: x # who\nExcludeFilePaths: # c\n  - /a # one\n  - '/b'\n"
				   "ExclusionEncodings: [a, b]\n? WebUI\n: on\n# end\n";
	static const char letters[] = "\n\r#-:[{'|?";
	const struct edit edits[] = {SET(EMAIL, "z"), RESET(WEB_UI), SET(EXCLUDE_FILE_PATHS, "/b", "/c"),
				     EMPTY(EXCLUSION_ENCODINGS)};

	for (size_t at = 0; at < sizeof text - 1; at++) {
		for (size_t i = 0; i < sizeof letters - 1 + COUNT_OF(edits); i++) {
			auto_buf struct buf out = BUF_INIT(4096);
			char changed[sizeof text];
			struct fail fail = {0};
			memcpy(changed, text, sizeof text);
			changed[at] = letters[i % (sizeof letters - 1)];
			if (apply(changed, &edits[i % COUNT_OF(edits)], &out, &fail) != 0) {
				assert_true(fail.status == EX_CONFIG || fail.status == EX_SOFTWARE);
				assert_int_equal(out.size, 0);
			}
		}
	}
}

static void refuses_a_wrong_text(void **state)
{
	(void)state;
	const struct edit edit = SET(EMAIL, "x");
	auto_buf struct buf out = BUF_INIT(4096);
	struct fail fail;

	assert_fails(apply("Email: [\n", &edit, &out, &fail), fail, EX_CONFIG,
		     "f:2:1: did not find expected node content while parsing a flow node");
	assert_fails(apply("Emial: x\n", &edit, &out, &fail), fail, EX_CONFIG,
		     "f:1:1: Emial: no such parameter; did you mean Email?");
	assert_int_equal(out.size, 0);
}

static void refuses_to_grow_too_long(void **state)
{
	(void)state;
	const struct edit edit = SET(WEB_UI, "true");
	auto_buf struct buf text = BUF_INIT(CONF_FILE_MAX);
	auto_buf struct buf out = BUF_INIT(CONF_FILE_MAX);
	struct fail fail;

	while (text.size < CONF_FILE_MAX - 1)
		assert_int_equal(buf_add_text(&text, "#"), 0);
	assert_int_equal(buf_add_text(&text, "\n"), 0);
	assert_fails(apply(buf_text(&text), &edit, &out, &fail), fail, EX_DATAERR,
		     "f: would have more than 8388608 bytes");
}

static void knows_when_nothing_changes(void **state)
{
	(void)state;
	auto_conf struct conf *conf = conf_new();
	struct fail fail;
	const struct edit done[] = {SET(WEB_UI, "true"), RESET(EMAIL), SET(EXCLUDE_FILE_PATHS, "/a", "/b")};
	const struct edit undone[] = {RESET(WEB_UI), SET(EMAIL, "root@localhost"),
				      SET(EXCLUDE_FILE_PATHS, "/b", "/a"), EMPTY(EXCLUDE_FILE_PATHS)};
	static const char text[] = "WebUI: on\nExcludeFilePaths: [/a, /b]\n";

	assert_int_equal(conf_parse(conf, CONF_LOCAL, (const uint8_t *)text, strlen(text), "f", &fail), 0);
	for (size_t i = 0; i < COUNT_OF(done); i++)
		assert_true(edit_is_done(conf, &done[i]));
	for (size_t i = 0; i < COUNT_OF(undone); i++)
		assert_false(edit_is_done(conf, &undone[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_only_what_was_meant),
		cmocka_unit_test(writes_the_definitions_of_scans),
		cmocka_unit_test(every_definition_comes_back),
		cmocka_unit_test(survives_every_changed_byte),
		cmocka_unit_test(refuses_a_wrong_text),
		cmocka_unit_test(refuses_to_grow_too_long),
		cmocka_unit_test(knows_when_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
