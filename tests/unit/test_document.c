#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/facts/diff.h"
#include "lib/facts/document.h"
#include "lib/facts/explain.h"
#include "lib/format/seal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct value values[FACT_COUNT];

static void fill(const char *text, int64_t integer)
{
	for (size_t i = 0; i < FACT_COUNT; i++) {
		values[i] = (struct value){.known = true, .boolean = false, .integer = integer};
		const char *shown = fact_table[i].type == VALUE_HASH   ? "0123456789abcdef0123456789abcdef"
				    : fact_table[i].type == VALUE_LIST ? "sophos https"
								       : text;
		memcpy(values[i].text, shown, strlen(shown) + 1);
	}
}

static int unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < FACT_COUNT; i++)
		value_unknown(&values[i], "nobody knows");
	return 0;
}

static size_t blob_size(const struct buf *report)
{
	struct seal_key public_key;
	struct seal_key secret;
	auto_buf struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
	struct fail fail;

	assert_int_equal(seal_init(&fail), 0);
	seal_make_pair(&public_key, &secret);
	assert_int_equal(seal_close(&public_key, report->data, report->size, &blob, &fail), 0);
	return blob.size;
}

/* Every text as long as it may be, every number too, and of characters that JSON doubles or sixfolds: the
 * report still fits. */
static void a_report_always_fits(void **state)
{
	(void)state;
	const char fillers[] = {'x', '"', '\\', '\x01'};

	for (size_t i = 0; i < sizeof fillers; i++) {
		char text[VALUE_TEXT_MAX + 1] = "";
		memset(text, fillers[i], VALUE_TEXT_MAX);
		fill(text, 999999999999999999);
		for (int level = 0; level < FACT_LEVELS; level++) {
			auto_buf struct buf out = BUF_INIT(2 * DOCUMENT_SIZE_MAX);
			auto_buf struct buf again = BUF_INIT(2 * DOCUMENT_SIZE_MAX);
			struct fail fail;
			assert_int_equal(document_format((enum fact_level)level, values, false, &out, &fail),
					 0);
			assert_in_range(out.size, 800, DOCUMENT_SIZE_MAX);
			size_t sealed = blob_size(&out);
			assert_true(sealed == 1648 || sealed == 2448);
			assert_int_equal(
				document_format((enum fact_level)level, values, false, &again, &fail), 0);
			assert_string_equal(buf_text(&out), buf_text(&again));
		}
	}
}

static void so_does_one_that_knows_nothing(void **state)
{
	(void)state;
	(void)unknown(NULL);
	for (int level = 0; level < FACT_LEVELS; level++) {
		auto_buf struct buf out = BUF_INIT(2 * DOCUMENT_SIZE_MAX);
		struct fail fail;
		assert_int_equal(document_format((enum fact_level)level, values, false, &out, &fail), 0);
		assert_in_range(out.size, 800, DOCUMENT_SIZE_MAX);
		assert_non_null(strstr(buf_text(&out), "\"os_name\":null"));
		assert_null(strstr(buf_text(&out), "false"));
	}
}

static void characters_stay_whole(void **state)
{
	(void)state;
	char text[VALUE_TEXT_MAX + 1] = "";
	auto_buf struct buf out = BUF_INIT(2 * DOCUMENT_SIZE_MAX);
	struct fail fail;

	for (size_t i = 0; i + 3 <= 63; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	fill(text, 999999999999999999);
	assert_int_equal(document_format(FACT_9_11, values, false, &out, &fail), 0);
	json_t *tree = json_loadb(buf_text(&out), out.size, 0, NULL);
	assert_non_null(tree);
	size_t size = strlen(json_string_value(json_object_get(json_object_get(tree, "system"), "cpu_type")));
	assert_true(size % 3 == 0 && size > 0);
	json_decref(tree);
}

static void the_table_is_in_order(void **state)
{
	(void)state;
	enum fact_level level = FACT_9_8_3;

	for (size_t i = 0; i < FACT_COUNT; i++) {
		assert_true(fact_area(&fact_table[i]) >= 0);
		assert_non_null(fact_table[i].probe);
		assert_true(strlen(fact_table[i].about) > 0 && strlen(fact_table[i].source) > 0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(fact_table[i].key, fact_table[j].key);
		if (i > 0) {
			assert_true(fact_area(&fact_table[i - 1]) <= fact_area(&fact_table[i]));
		}
	}
	assert_int_equal(fact_parse_level("9.8", &level), -1);
	assert_int_equal(fact_parse_level("", &level), -1);
	assert_int_equal(level, FACT_9_8_3);
	for (int i = 0; i < FACT_LEVELS; i++) {
		assert_int_equal(fact_parse_level(fact_level_name((enum fact_level)i), &level), 0);
		assert_int_equal(level, i);
	}
}

static void explains_without_control_characters(void **state)
{
	(void)state;
	auto_buf struct buf table = BUF_INIT(EXPLAIN_SIZE_MAX);
	auto_buf struct buf array = BUF_INIT(EXPLAIN_SIZE_MAX);
	struct fail fail;

	(void)unknown(NULL);
	value_unknown(&values[0], "/x: \x1b[31m");
	assert_int_equal(explain_format(FACT_9_7, values, &table, &fail), 0);
	assert_null(strchr(buf_text(&table), '\x1b'));
	assert_non_null(strstr(buf_text(&table), "unknown: /x: \\x1b[31m\n"));
	assert_null(strstr(buf_text(&table), "cpu_type")); /* came with 9.8.3 */
	assert_int_equal(explain_json(FACT_9_11, values, &array, &fail), 0);
	json_t *tree = json_loadb(buf_text(&array), array.size, 0, NULL);
	assert_int_equal(json_array_size(tree), FACT_COUNT);
	json_decref(tree);
	array.size = 0;
	assert_int_equal(explain_json(FACT_9_7, values, &array, &fail), 0);
	assert_null(strstr(buf_text(&array), "cpu_type"));
}

static void compares_with_an_older_report(void **state)
{
	(void)state;
	const char *bad[] = {
		"",        "[]", "{}", "{\"schema\":2}", "{\"schema\":1}x", "{\"schema\":1,\"schema\":1}",
		"nonsense"};
	const char *old = "{\"schema\":1,\"system\":{\"os_name\":\"BSD\",\"cpu_cores\":5},\"server\":7}";
	struct fail fail;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		auto_buf struct buf out = BUF_INIT(EXPLAIN_SIZE_MAX);
		assert_int_equal(diff_format(FACT_9_7, values, (const uint8_t *)bad[i], strlen(bad[i]), "old",
					     &out, &fail),
				 -1);
		assert_int_equal(fail.status, EX_DATAERR);
		assert_int_equal(out.size, 0);
	}
	fill("Linux", 5);
	auto_buf struct buf out = BUF_INIT(EXPLAIN_SIZE_MAX);
	assert_int_equal(
		diff_format(FACT_9_8_3, values, (const uint8_t *)old, strlen(old), "old", &out, &fail), 0);
	assert_non_null(strstr(buf_text(&out), "system.os_name: \"BSD\" -> \"Linux\"\n"));
	assert_non_null(strstr(buf_text(&out), "server.x_running: (not sent) -> false\n"));
	assert_null(strstr(buf_text(&out), "cpu_cores"));
}

/* Wherever the buffer ends, within a name, too. */
static void what_does_not_fit_is_an_error(void **state)
{
	(void)state;
	auto_buf struct buf whole = BUF_INIT(2 * DOCUMENT_SIZE_MAX);
	struct fail fail = {0};

	fill("Linux", 5);
	assert_int_equal(document_format(FACT_9_7, values, false, &whole, &fail), 0);
	for (size_t limit = 0; limit < whole.size; limit++) {
		auto_buf struct buf out = BUF_INIT(limit);
		assert_fails(document_format(FACT_9_7, values, false, &out, &fail), fail, EX_SOFTWARE,
			     "JSON: File too large");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_always_fits),
		cmocka_unit_test(so_does_one_that_knows_nothing),
		cmocka_unit_test(characters_stay_whole),
		cmocka_unit_test(the_table_is_in_order),
		cmocka_unit_test(explains_without_control_characters),
		cmocka_unit_test(compares_with_an_older_report),
		cmocka_unit_test(what_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
