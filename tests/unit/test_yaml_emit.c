#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/format/yaml_emit.h"

#include <errno.h>
#include <string.h>

static const struct yaml_limits limits = {.bytes = 4096, .nodes = 10, .depth = 2};

static void every_text_comes_back_in_every_style(void **state)
{
	(void)state;
	const char *texts[] = {"",
			       "a",
			       " a",
			       "a ",
			       "a: b",
			       "#",
			       "a #b",
			       "-",
			       "- a",
			       "?",
			       ":",
			       "'",
			       "\"",
			       "\\",
			       "{",
			       "]",
			       ",",
			       "&a",
			       "*a",
			       "!a",
			       "|",
			       ">",
			       "%a",
			       "@a",
			       "`a",
			       "...",
			       "---",
			       "a\nb",
			       "\n",
			       "\n\n",
			       "a\n\n",
			       " a\nb\n",
			       "\ta\n",
			       "a\tb",
			       "~",
			       "null",
			       "\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82",
			       "a\xe2\x80\xa8\xe2\x80\xa9.",
			       "\xef\xbb\xbf",
			       "\xc2\x85",
			       "\xef\xbf\xbe",
			       "\x01\x7f"};
	const enum yaml_style styles[] = {YAML_PLAIN, YAML_QUOTED, YAML_BLOCK};

	for (size_t i = 0; i < COUNT_OF(texts) * COUNT_OF(styles); i++) {
		const char *text = texts[i / COUNT_OF(styles)];
		auto_buf struct buf out = BUF_INIT(4096);
		struct fail fail = {0};
		assert_int_equal(buf_add_text(&out, "  k: "), 0);
		assert_int_equal(yaml_emit_scalar(text, strlen(text), styles[i % COUNT_OF(styles)], 2, &out),
				 0);
		assert_int_equal(buf_add_text(&out, "\n  l: m\n"), 0);
		auto_yaml struct yaml_tree *tree = yaml_tree_parse(out.data, out.size, &limits, "f", &fail);
		assert_string_equal(fail.text, "");
		assert_non_null(tree);
		assert_string_equal(yaml_node_get(yaml_tree_root(tree), "k")->text, text);
	}
}

static void a_full_buffer_stays_as_it_was(void **state)
{
	(void)state;
	auto_buf struct buf out = BUF_INIT(8);

	assert_int_equal(buf_add_text(&out, "k: "), 0);
	assert_int_equal(yaml_emit_scalar("a\nb\nc\n", 6, YAML_BLOCK, 0, &out), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(out.size, 3);
	assert_string_equal(buf_text(&out), "k: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text_comes_back_in_every_style),
		cmocka_unit_test(a_full_buffer_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
