#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/format/yaml.h"

#include <string.h>

static const struct yaml_limits limits = {.bytes = 1 << 20, .nodes = 1000, .depth = 4};

static struct yaml_tree *parse_bytes(const char *text, size_t size, struct fail *fail)
{
	return yaml_tree_parse((const uint8_t *)text, size, &limits, "f", fail);
}

static struct yaml_tree *parse(const char *text, struct fail *fail)
{
	return parse_bytes(text, strlen(text), fail);
}

static void reads_every_style(void **state)
{
	(void)state;
	struct fail fail;
	auto_yaml struct yaml_tree *tree = parse("plain: a b\n"
						 "quoted: \"x\\ty\"\n"
						 "block: |\n  one\n  two\n"
						 "empty:\n"
						 "list: [1, '2']\n"
						 "map:\n  k: v\n",
						 &fail);
	assert_non_null(tree);
	const struct yaml_node *root = yaml_tree_root(tree);
	const struct yaml_node *list = yaml_node_get(root, "list");

	assert_int_equal(root->type, YAML_MAPPING);
	assert_int_equal(root->count, 6);
	assert_string_equal(yaml_node_get(root, "plain")->text, "a b");
	assert_int_equal(yaml_node_get(root, "plain")->style, YAML_PLAIN);
	assert_string_equal(yaml_node_get(root, "quoted")->text, "x\ty");
	assert_int_equal(yaml_node_get(root, "quoted")->style, YAML_QUOTED);
	assert_string_equal(yaml_node_get(root, "block")->text, "one\ntwo\n");
	assert_int_equal(yaml_node_get(root, "block")->style, YAML_BLOCK);
	assert_int_equal(yaml_node_get(root, "empty")->size, 0);
	assert_int_equal(list->style, YAML_FLOW);
	assert_int_equal(list->count, 2);
	assert_string_equal(list->first->next->text, "2");
	assert_null(list->first->next->next);
	assert_string_equal(yaml_node_get(yaml_node_get(root, "map"), "k")->text, "v");
	assert_null(yaml_node_get(root, "none"));
	assert_null(yaml_node_get(list, "none"));
	assert_null(yaml_node_get(NULL, "none"));
}

/* What each node was written as, cut out of the text. */
static void knows_the_bytes_of_each_node(void **state)
{
	(void)state;
	const char *texts[] = {
		"# \xe2\x82\xac first\n\xc3\xa9: '\xf0\x9f\x99\x82' # end\nlist:\n  - \xc3\xa9\xc3\xa9\n  - "
		"b\n# after\nflow: [ a ]\n",
		"\xef\xbb\xbf# \xe2\x82\xac first\r\n\xc3\xa9: '\xf0\x9f\x99\x82' # end\r\nlist:\r\n  - "
		"\xc3\xa9\xc3\xa9\r\n  - b\r\n# "
		"after\r\nflow: [ a ]\r\n",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct fail fail;
		auto_yaml struct yaml_tree *tree = parse(texts[i], &fail);
		assert_non_null(tree);
		const struct yaml_node *root = yaml_tree_root(tree);
		const struct yaml_node *smile = yaml_node_get(root, "\xc3\xa9");
		const struct yaml_node *list = yaml_node_get(root, "list");
		const struct yaml_node *flow = yaml_node_get(root, "flow");
		assert_int_equal(smile->end - smile->start, 6);
		assert_memory_equal(texts[i] + smile->start, "'\xf0\x9f\x99\x82'", 6);
		assert_int_equal(smile->line, 2);
		assert_int_equal(smile->column, 4);
		assert_memory_equal(texts[i] + list->start, "- \xc3\xa9", 4);
		assert_memory_equal(texts[i] + list->end - 3, "- b", 3);
		assert_int_equal(list->line, 4);
		assert_memory_equal(texts[i] + flow->start, "[ a ]", 5);
		assert_int_equal(flow->end - flow->start, 5);
		assert_int_equal(root->end, flow->end);
	}
}

static void an_empty_text_has_no_root(void **state)
{
	(void)state;
	const char *texts[] = {"", "\n", "# only a comment\n", "\xef\xbb\xbf"};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct fail fail;
		auto_yaml struct yaml_tree *tree = parse(texts[i], &fail);
		assert_non_null(tree);
		assert_null(yaml_tree_root(tree));
	}
}

#define BYTES(text) text, sizeof(text) - 1

static void refuses_with_line_and_column(void **state)
{
	(void)state;
	const struct {
		const char *text;
		size_t size;
		const char *message;
	} cases[] = {
		{BYTES("a: 1\nb: &x 2\n"), "f:2:4: an anchor (&name) is not allowed here"},
		{BYTES("a: &x [1]\n"), "f:1:4: an anchor (&name) is not allowed here"},
		{BYTES("a: *x\n"), "f:1:4: an alias (*name) is not allowed here"},
		{BYTES("a: !!int 1\n"), "f:1:4: a tag (!name) is not allowed here"},
		{BYTES("a: !x {b: 1}\n"), "f:1:4: a tag (!name) is not allowed here"},
		{BYTES("a: 1\n---\nb: 2\n"), "f:2:1: a second document in one file"},
		{BYTES("a: 1\nb: 2\na: 3\n"), "f:3:1: a: given twice, first on line 1"},
		{BYTES("{a: 1, \"a\": 2}"), "f:1:8: a: given twice, first on line 1"},
		{BYTES("? [a]\n: 1\n"), "f:1:3: a key must be a plain word or text"},
		{BYTES("a: \"x\\0y\"\n"), "f:1:4: a NUL character"},
		{BYTES("a: 1\nb: \0\n"), "f:2:4: a control character is not allowed here"},
		{BYTES("a: \x1b[2J\n"), "f:1:4: a control character is not allowed here"},
		{BYTES("a: \xc2\x9b\n"), "f:1:4: a control character is not allowed here"},
		{BYTES("a: \xff\n"), "f:1:4: not UTF-8"},
		{BYTES("a: \xed\xa0\x80\n"), "f:1:4: not UTF-8"},
		{BYTES("\xff\xfe"
		       "a\0"),
		 "f:1:1: not UTF-8"},
		{BYTES("a: \xef\xbb\xbf\n"), "f:1:4: a byte order mark or no character at all"},
		{BYTES("[[[[[1]]]]]"), "f:1:5: nested more than 4 deep"},
		{BYTES("a:\n  b: 1\n c: 2\n"),
		 "f:3:2: did not find expected key while parsing a block mapping"},
		{BYTES("a: [1, 2\n"),
		 "f:2:1: did not find expected ',' or ']' while parsing a flow sequence"},
		{BYTES("a: 'x\n"), "f:2:1: found unexpected end of stream while scanning a quoted scalar"},
		{BYTES("a:\t1\n\tb: 2\n"), "f:2:1: found a tab character that violate"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct fail fail = {0};
		assert_null(parse_bytes(cases[i].text, cases[i].size, &fail));
		fail.text[strlen(cases[i].message)] = '\0'; /* libyaml 0.2.5 mended its grammar there */
		assert_string_equal(fail.text, cases[i].message);
		assert_int_equal(fail.status, EX_CONFIG);
	}
	struct fail fail = {0};
	assert_null(parse_bytes("a:\n\tb: 2\n", 9, &fail));
	assert_string_equal(fail.hint, "a tab stands there: YAML indents with blanks alone");
	fail = (struct fail){0};
	assert_null(parse_bytes("a: 'x\n", 6, &fail));
	assert_string_equal(fail.hint, "");
}

/* Texts made to cost much: each is refused, or read, in no time. A slow one shows as a test that hangs. */
static void hostile_texts_cost_little(void **state)
{
	(void)state;
	const struct {
		const char *unit;
		const char *message; /* NULL: is read */
	} cases[] = {
		{"[", "f:1:5: nested more than 4 deep"},
		{"{", "f:1:2: a key must be a plain word or text"},
		{"- ", "f:1:9: nested more than 4 deep"},
		{"? ", "f:1:3: a key must be a plain word or text"},
		{"[a,", "f:1:13: nested more than 4 deep"},
		{"a\n", NULL},
		{"#", NULL},
		{"- a\n", "f:1000:3: more than 1000 values"},
		{"- \n", "f:1000:2: more than 1000 values"},
		{"a: b\n", "f:500:4: more than 1000 values"},
		{"\"", NULL},
		{"&",
		 "f:1:2: did not find expected alphabetic or numeric character while scanning an anchor"},
		{"%", "f:1:2: could not find expected directive name while scanning a directive"},
		{"x", NULL},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf struct buf text = BUF_INIT(1 << 20);
		struct fail fail = {0};
		while (text.size + strlen(cases[i].unit) <= text.limit)
			assert_int_equal(buf_add_text(&text, cases[i].unit), 0);
		auto_yaml struct yaml_tree *tree = yaml_tree_parse(text.data, text.size, &limits, "f", &fail);
		if (cases[i].message != NULL) {
			assert_null(tree);
			assert_string_equal(fail.text, cases[i].message);
		}
	}
}

static void refuses_a_text_over_the_limit(void **state)
{
	(void)state;
	const struct yaml_limits small = {.bytes = 3, .nodes = 10, .depth = 1};
	struct fail fail = {0};

	assert_null(yaml_tree_parse((const uint8_t *)"a: 1", 4, &small, "f", &fail));
	assert_string_equal(fail.text, "f: more than 3 bytes");
}

/* A cut anywhere is an error or a shorter text, never a crash; the sanitizers watch. */
static void survives_every_cut_and_every_changed_byte(void **state)
{
	(void)state;
	const char text[] =
		"# c\na: [1, {b: \"\\u20ac\\n\"}]\n? k\n: |2-\n   x\n\nl:\n- 'it''s'\n- >\n  f\n  g\n...\n";
	char copy[sizeof text];

	for (size_t cut = 0; cut < sizeof text; cut++) {
		for (unsigned change = 0; change < 256; change += cut == 0 ? 256 : 5) {
			struct fail fail;
			memcpy(copy, text, sizeof text);
			if (cut > 0)
				copy[cut - 1] = (char)change;
			yaml_tree_free(parse_bytes(copy, cut == 0 ? 0 : sizeof text - 1, &fail));
		}
		struct fail fail;
		yaml_tree_free(parse_bytes(text, cut, &fail));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_style),
		cmocka_unit_test(knows_the_bytes_of_each_node),
		cmocka_unit_test(an_empty_text_has_no_root),
		cmocka_unit_test(refuses_with_line_and_column),
		cmocka_unit_test(hostile_texts_cost_little),
		cmocka_unit_test(refuses_a_text_over_the_limit),
		cmocka_unit_test(survives_every_cut_and_every_changed_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
