#include "tests/unit/corpus.h"

#include "lib/format/jsonscan.h"

#include <jansson.h>
#include <stdlib.h>

static int read_line(const char *text, char *line, size_t room, struct fail *fail)
{
	size_t size = strlen(text);

	assert_true(size < room);
	memcpy(line, text, size + 1);
	int result = jsonscan_line((uint8_t *)line, &size, fail);
	line[size] = '\0';
	return result;
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
		{"{\"a\":1", "byte 6: ends too early"},
		{"{\"a\":1 ", "byte 8: ends too early"},
		{"{\"a\":1,", "byte 8: ends too early"},
		{"{\"a\":1,}", "byte 8: a key expected"},
		{"{,}", "byte 2: a key expected"},
		{"{a:1}", "byte 2: a key expected"},
		{"{\"a\" 1}", "byte 6: a colon expected"},
		{"{\"a\":}", "byte 6: a value expected"},
		{"{\"a\":1]", "byte 7: a comma or } expected"},
		{"{\"a\":[1}", "byte 8: a comma or ] expected"},
		{"{\"a\":[1,]}", "byte 9: a value expected"},
		{"{\"a\":01}", "byte 7: a comma or } expected"},
		{"{\"a\":1.}", "byte 8: a digit expected"},
		{"{\"a\":1e}", "byte 8: a digit expected"},
		{"{\"a\":-}", "byte 7: a digit expected"},
		{"{\"a\":nul}", "byte 6: a value expected"},
		{"{\"a\":\"\n\"}", "byte 7: a control character in a string"},
		{"{\"a\":\"\\x\"}", "byte 8: no such escape"},
		{"{\"a\":\"\\u12g4\"}", "byte 11: four hexadecimal digits expected"},
		{"{\"a\":\"\\ud83d\"}", "byte 13: half of a surrogate pair"},
		{"{\"a\":\"\\ude00\"}", "byte 13: half of a surrogate pair"},
		{"{\"a\":\"\\ud83d\\u0041\"}", "byte 19: half of a surrogate pair"},
		{"{\"\xff\":1}", "byte 3: not UTF-8"},
		{"{} {}", "byte 4: something behind the object"},
		{"{}]", "byte 3: something behind the object"},
		{"\xef\xbb\xbf{}", "byte 1: { expected"},
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct fail fail;
		char line[64];
		char message[128];
		(void)snprintf(message, sizeof message, "no JSON object: %s", bad[i].message);
		assert_fails(read_line(bad[i].text, line, sizeof line, &fail), fail, EX_DATAERR, message);
		assert_memory_equal(line, bad[i].text, strlen(bad[i].text));
	}
	for (size_t cut = 0; cut < 3; cut++) { /* a NUL is no blank and no end */
		uint8_t text[] = "{\"a\":\"\0\"}\0";
		const size_t sizes[] = {9, 7, 10};
		size_t size = sizes[cut];
		struct fail fail;
		assert_int_equal(jsonscan_line(text, &size, &fail), -1);
	}
}

static void makes_one_line(void **state)
{
	(void)state;
	const struct {
		const char *text;
		const char *line;
	} cases[] = {
		{"{}", "{}"},
		{"{\"a\": 1}\n\n", "{\"a\": 1}"},
		{" {}\t", " {}"},
		{"\r\n{ }", "{}"},
		{"{\n  \"a b\": \"c \\\" d\\\\\",\r\n\t\"e\": [ 1, 2 ]\n}\n",
		 "{\"a b\":\"c \\\" d\\\\\",\"e\":[1,2]}"},
		{"{\"a\":\r1}", "{\"a\":1}"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char line[64];
		struct fail fail;
		assert_int_equal(read_line(cases[i].text, line, sizeof line, &fail), 0);
		assert_string_equal(line, cases[i].line);
	}
}

static void has_limits(void **state)
{
	(void)state;
	char text[2 * JSONSCAN_NUMBER_MAX];
	char line[sizeof text];
	struct fail fail;

	for (int depth = JSONSCAN_DEPTH_MAX - 1; depth <= JSONSCAN_DEPTH_MAX; depth++) {
		char *at = stpcpy(text, "{\"a\":");
		memset(at, '[', (size_t)depth);
		memset(at + depth, ']', (size_t)depth);
		memcpy(at + 2 * depth, "}", 2);
		assert_int_equal(read_line(text, line, sizeof line, &fail),
				 depth < JSONSCAN_DEPTH_MAX ? 0 : -1);
	}
	assert_string_equal(fail.text, "no JSON object: byte 133: deeper than 128 objects and arrays");
	for (int digits = JSONSCAN_NUMBER_MAX - 1; digits <= JSONSCAN_NUMBER_MAX; digits++) {
		char *at = stpcpy(text, "{\"a\":");
		memset(at, '1', (size_t)digits);
		memcpy(at + digits, "}", 2);
		assert_int_equal(read_line(text, line, sizeof line, &fail),
				 digits < JSONSCAN_NUMBER_MAX ? 0 : -1);
	}
	assert_non_null(strstr(fail.text, "a number of more than 1024 characters"));
}

/* Whether the bytes are one object and nothing else; if not, *wrong is where that shows. */
static bool is_object(const uint8_t *bytes, size_t size, size_t *wrong)
{
	struct jsonscan scan = {0};
	const uint8_t *at = bytes;
	enum jsonscan_result result = jsonscan_object(&scan, &at, bytes + size);

	*wrong = result == JSONSCAN_MORE ? size : (size_t)(at - bytes);
	return result == JSONSCAN_DONE && at == bytes + size;
}

/* Numbers beyond its types and NUL in keys jansson refuses although RFC 8259 allows them. */
static bool is_too_strict(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);

	return code == json_error_numeric_overflow || code == json_error_null_byte_in_key;
}

static void compare(const uint8_t *bytes, size_t size)
{
	json_error_t error;
	json_t *json = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL, &error);
	/* It lets blanks and a NUL stand behind the object, and a NUL between tokens. */
	bool wanted = json_is_object(json) && memchr(bytes, '\0', size) == NULL && bytes[size - 1] == '}';
	size_t wrong;
	bool got = is_object(bytes, size, &wrong);

	if (got != wanted && !(got && json == NULL && is_too_strict(&error)))
		fail_msg("%.*s\nwe say %d, jansson %s", (int)size, (const char *)bytes, got,
			 json == NULL ? error.text : "yes");
	json_decref(json);
}

/* In two pieces, of which the first has nothing readable behind it: the same comes out at the same byte. */
static void compare_pieces(const uint8_t *bytes, size_t size)
{
	size_t wrong;
	bool wanted = is_object(bytes, size, &wrong);

	for (size_t cut = 0; cut <= size; cut++) {
		struct jsonscan scan = {0};
		uint8_t *piece = malloc(cut + 1);
		assert_non_null(piece);
		memcpy(piece + 1, bytes, cut); /* on no even address */
		const uint8_t *at = piece + 1;
		enum jsonscan_result result = jsonscan_object(&scan, &at, piece + 1 + cut);
		size_t seen = (size_t)(at - piece) - 1;
		free(piece);
		if (result == JSONSCAN_MORE && cut < size) {
			at = bytes + seen;
			result = jsonscan_object(&scan, &at, bytes + size);
			seen = (size_t)(at - bytes);
		}
		if (result == JSONSCAN_MORE)
			seen = size;
		if ((result == JSONSCAN_DONE && seen == size) != wanted || seen != wrong)
			fail_msg("%.*s\ncut after %zu: %d at %zu, not %d at %zu", (int)size,
				 (const char *)bytes, cut, result, seen, wanted, wrong);
	}
}

static void knows_right_from_wrong(void **state)
{
	(void)state;
	uint8_t text[CORPUS_ROOM];
	size_t wrong;

	for (size_t i = 0; i < COUNT_OF(corpus_good) + COUNT_OF(corpus_bad); i++) {
		bool good = i < COUNT_OF(corpus_good);
		const char *value = good ? corpus_good[i] : corpus_bad[i - COUNT_OF(corpus_good)];
		size_t size = corpus_wrap(value, text);
		if (is_object(text, size, &wrong) != good)
			fail_msg("%s is %s", value, good ? "refused" : "taken");
		compare(text, size);
		compare_pieces(text, size);
	}
}

static void agrees_with_jansson_on_mutations(void **state)
{
	(void)state;
	uint32_t seed = 20261121;
	uint8_t text[CORPUS_ROOM];

	for (int i = 0; i < 200000; i++) {
		size_t size = corpus_spoil(&seed, text);
		compare(text, size);
		if (i % 16 == 0)
			compare_pieces(text, size);
	}
}

/* The value of "a", by ways that share nothing. */
static void decodes_as_jansson_does(void **state)
{
	(void)state;
	uint8_t text[CORPUS_ROOM];

	for (size_t i = 0; i < COUNT_OF(corpus_good); i++) {
		size_t size = corpus_wrap(corpus_good[i], text);
		const uint8_t *at = text + strlen("{\"a\":\"");
		uint8_t out[CORPUS_ROOM];
		bool escaped;
		if (corpus_good[i][0] != '\'')
			continue;
		json_t *json = json_loadb((const char *)text, size, JSON_ALLOW_NUL, NULL);
		const json_t *value = json_object_get(json, "a");
		const uint8_t *start = at;
		assert_int_equal(jsonscan_string(&at, text + size, &escaped), JSONSCAN_DONE);
		assert_ptr_equal(at, text + size - 1);
		size_t read = (size_t)(at - start) - 1;
		assert_true(escaped == (memchr(start, '\\', read) != NULL));
		assert_int_equal(jsonscan_decode(start, read, out), json_string_length(value));
		assert_memory_equal(out, json_string_value(value), json_string_length(value));
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_wrong_and_where),
		cmocka_unit_test(makes_one_line),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(knows_right_from_wrong),
		cmocka_unit_test(agrees_with_jansson_on_mutations),
		cmocka_unit_test(decodes_as_jansson_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
