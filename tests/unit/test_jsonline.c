#include "tests/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/format/jsonline.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static int check(const char *text, struct fail *fail)
{
	return jsonline_check((const uint8_t *)text, strlen(text), fail);
}

static void takes_objects(void **state)
{
	(void)state;
	const char *good[] = {
		"{}",
		" \t\r\n{ } \n",
		"{\"a\":1}",
		"{\"a\":{},\"b\":[],\"c\":[[],{}]}",
		"{\"a\":[1,-0,0.5,1e9,1E+9,1.25e-7,-12]}",
		"{\"a\":[true,false,null,\"\"]}",
		"{ \"a\" : [ 1 , 2 ] , \"b\" : { \"c\" : 3 } }",
		"{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\":\"\\ud83d\\ude00\"}",
		"{\"caf\xc3\xa9\":\"\xf0\x9f\x98\x80\"}",
		"{\"a\":1,\"a\":2}",
	};
	struct fail fail;

	for (size_t i = 0; i < COUNT_OF(good); i++)
		if (check(good[i], &fail) != 0)
			fail_msg("%s: %s", good[i], fail.text);
}

static void says_what_is_wrong_and_where(void **state)
{
	(void)state;
	const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{"", "byte 1: ends too early"},
		{"[1]", "byte 1: { expected"},
		{"1", "byte 1: { expected"},
		{"\"a\"", "byte 1: { expected"},
		{"{", "byte 2: ends too early"},
		{"{\"a\"", "byte 5: ends too early"},
		{"{\"a\":", "byte 6: ends too early"},
		{"{\"a\":1", "byte 7: ends too early"},
		{"{\"a\":1,", "byte 8: ends too early"},
		{"{\"a\":1,}", "byte 8: a key expected"},
		{"{,}", "byte 2: a key expected"},
		{"{a:1}", "byte 2: a key expected"},
		{"{\"a\" 1}", "byte 6: a colon expected"},
		{"{\"a\":}", "byte 6: a digit expected"},
		{"{\"a\":1]", "byte 7: a comma or } expected"},
		{"{\"a\":[1}", "byte 8: a comma or ] expected"},
		{"{\"a\":[1,]}", "byte 9: a digit expected"},
		{"{\"a\":[,1]}", "byte 7: a digit expected"},
		{"{\"a\":01}", "byte 7: a comma or } expected"},
		{"{\"a\":+1}", "byte 6: a digit expected"},
		{"{\"a\":1.}", "byte 8: a digit expected"},
		{"{\"a\":.5}", "byte 6: a digit expected"},
		{"{\"a\":1e}", "byte 8: a digit expected"},
		{"{\"a\":-}", "byte 7: a digit expected"},
		{"{\"a\":NaN}", "byte 6: a digit expected"},
		{"{\"a\":nul}", "byte 6: a value expected"},
		{"{\"a\":tru", "byte 6: a value expected"},
		{"{\"a\":\"\n\"}", "byte 7: a control character in a string"},
		{"{\"a\":\"\\x\"}", "byte 8: no such escape"},
		{"{\"a\":\"\\u12g4\"}", "byte 11: four hexadecimal digits expected"},
		{"{\"a\":\"\\ud83d\"}", "byte 13: half of a surrogate pair"},
		{"{\"a\":\"\\ude00\"}", "byte 13: half of a surrogate pair"},
		{"{\"a\":\"\\ud83d\\u0041\"}", "byte 19: half of a surrogate pair"},
		{"{} {}", "byte 4: something behind the object"},
		{"{}]", "byte 3: something behind the object"},
		{"\xef\xbb\xbf{}", "byte 1: { expected"},
		{"{\"\xff\":1}", "not UTF-8"},
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct fail fail;
		char message[128];
		(void)snprintf(message, sizeof message, "no JSON object: %s", bad[i].message);
		assert_fails(check(bad[i].text, &fail), fail, EX_DATAERR, message);
	}
	struct fail fail;
	assert_int_equal(jsonline_check((const uint8_t *)"{\"a\":\"\0\"}", 9, &fail), -1);
	assert_int_equal(jsonline_check((const uint8_t *)"{}\0", 3, &fail), -1);
}

static void limits_the_depth(void **state)
{
	(void)state;
	char text[3 * JSONLINE_DEPTH_MAX + 16];
	struct fail fail;

	for (int depth = JSONLINE_DEPTH_MAX - 1; depth <= JSONLINE_DEPTH_MAX; depth++) {
		char *at = stpcpy(text, "{\"a\":");
		memset(at, '[', (size_t)depth);
		memset(at + depth, ']', (size_t)depth);
		memcpy(at + 2 * depth, "}", 2);
		assert_int_equal(check(text, &fail), depth < JSONLINE_DEPTH_MAX ? 0 : -1);
	}
	assert_string_equal(fail.text, "no JSON object: byte 69: nested too deep");
}

/* Whatever one changed byte makes of a report, jansson and we agree. */
static void agrees_with_jansson(void **state)
{
	(void)state;
	static const char report[] =
		"{\"schema\":1,\"level\":\"9.11\",\"a\":{\"b\":[true,null,-1.5e3],"
		"\"c\":\"caf\xc3\xa9 \\\"\\u00e9\\ud83d\\ude00\\\\\"},\"d\":{},\"e\":[]}";
	static const char bytes[] = "{}[]:,\"\\ \n\t01-+.eEu/tfnadDcC8\x01\x7f\x80\xc3\xa9\xff";

	for (size_t at = 0; at < sizeof report - 1; at++) {
		for (size_t i = 0; i < sizeof bytes - 1; i++) {
			char text[sizeof report];
			struct fail fail;
			memcpy(text, report, sizeof report);
			text[at] = bytes[i];
			json_t *tree = json_loadb(text, sizeof report - 1, JSON_ALLOW_NUL, NULL);
			int wanted = json_is_object(tree) ? 0 : -1;
			json_decref(tree);
			if (check(text, &fail) != wanted)
				fail_msg("%s: jansson says %d", text, wanted);
		}
		struct fail fail;
		assert_int_equal(jsonline_check((const uint8_t *)report, at, &fail), -1);
	}
}

static void makes_one_line(void **state)
{
	(void)state;
	const struct {
		const char *text;
		const char *line;
	} cases[] = {
		{"{}", "{}\n"},
		{"{\"a\": 1}\n\n", "{\"a\": 1}\n"},
		{" {}", " {}\n"},
		{"{\n  \"a b\": \"c \\\" d\\\\\",\r\n\t\"e\": [ 1, 2 ]\n}\n",
		 "{\"a b\":\"c \\\" d\\\\\",\"e\":[1,2]}\n"},
		{"{\"a\":\r1}", "{\"a\":1}\n"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf struct buf out = BUF_INIT(1024);
		assert_int_equal(jsonline_add((const uint8_t *)cases[i].text, strlen(cases[i].text), &out),
				 0);
		assert_string_equal(buf_text(&out), cases[i].line);
	}
	auto_buf struct buf small = BUF_INIT(2);
	assert_int_equal(jsonline_add((const uint8_t *)"{}", 2, &small), -1);
	assert_int_equal(small.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_objects),    cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(limits_the_depth), cmocka_unit_test(agrees_with_jansson),
		cmocka_unit_test(makes_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
