#include "tests/unit/unit.h"

#include "lib/alert/stream.h"
#include "lib/base/buf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 4 << 20 };

/* Feeds the bytes in pieces of at most `step` (0: all at once) as a reader does, and writes down what
 * comes out: "A{...}" for an alert, "R...|reason" for a reject, one a line. */
static void feed(const void *input, size_t size, size_t step, struct buf *log)
{
	const uint8_t *bytes = input;
	struct stream stream = {0};
	struct stream_piece piece;
	struct buf held = BUF_INIT(LARGE);

	for (size_t at = 0; at < size || at == 0;) {
		size_t more = step == 0 || step > size - at ? size - at : step;
		assert_int_equal(buf_add(&held, bytes + at, more), 0);
		at += more;
		for (enum stream_event event;
		     (event = stream_next(&stream, held.data, held.size, &piece)) != STREAM_MORE;) {
			assert_true(piece.size > 0);
			assert_int_equal(buf_add_text(log, event == STREAM_ALERT ? "A" : "R"), 0);
			assert_int_equal(buf_add(log, held.data + piece.start, piece.size), 0);
			if (event == STREAM_REJECT)
				assert_int_equal(buf_printf(log, "|%s", piece.reason), 0);
			assert_int_equal(buf_add_text(log, "\n"), 0);
		}
		size_t done = stream_drop(&stream);
		memmove(held.data, held.data + done, held.size - done);
		held.size -= done;
		if (size == 0)
			break;
	}
	if (stream_end(&stream, held.data, held.size, &piece)) {
		assert_int_equal(buf_add_text(log, "E"), 0);
		assert_int_equal(buf_add(log, held.data + piece.start, piece.size), 0);
		assert_int_equal(buf_printf(log, "|%s\n", piece.reason), 0);
	}
	buf_fini(&held);
}

static void keeps_its_feet(void **state)
{
	(void)state;
	const struct {
		const char *input;
		const char *wanted;
	} cases[] = {
		{"", ""},
		{" \n\r\n\t", ""},
		{"{}\n", "A{}\n"},
		{"{}", "A{}\n"},
		{"{\"a\":1}\n{\"b\":2}\n", "A{\"a\":1}\nA{\"b\":2}\n"},
		{"{\"a\":1}{\"b\":2} \r\n {\"c\":3}", "A{\"a\":1}\nA{\"b\":2}\nA{\"c\":3}\n"},
		{"{\n \"a\": [1,\n  2]\n}\n{}\n", "A{\n \"a\": [1,\n  2]\n}\nA{}\n"},
		/* No objects. */
		{"hello\n{}\n", "Rhello|not an object\nA{}\n"},
		{"[1]\n\"x\"\n5\nnull\n{}\n",
		 "R[1]|not an object\nR\"x\"|not an object\nR5|not an object\nRnull|not an object\nA{}\n"},
		{"{} junk\n{}\n", "A{}\nRjunk|not an object\nA{}\n"},
		{"\xef\xbb\xbf{}\n{}\n", "R\xef\xbb\xbf{}|not an object\nA{}\n"},
		/* A line that was cut, by a sensor that died: it costs itself, not the next. */
		{"{\"a\":\"b\n{\"c\":1}\n", "R{\"a\":\"b|not JSON\nA{\"c\":1}\n"},
		{"{\"a\":1\n{\"c\":1}\n", "R{\"a\":1|not JSON\nA{\"c\":1}\n"},
		{"{\"a\":\n{\"b\":2}\n{\"c\":3}\n", "R{\"a\":|not JSON\nA{\"b\":2}\nA{\"c\":3}\n"},
		{"{\"a\":[{\"x\":1},\r\n{\"b\":2}\r\n{\"c\":3}\r\n",
		 "R{\"a\":[{\"x\":1},|not JSON\nA{\"b\":2}\nA{\"c\":3}\n"},
		{"{\"a\":1,\n", "E{\"a\":1,|cut off by the end of the input\n"},
		{"{\"a\":\"x", "E{\"a\":\"x|cut off by the end of the input\n"},
		{"oops", "Eoops|not an object\n"},
		{"{\"a\":tru", "E{\"a\":tru|cut off by the end of the input\n"},
		/* A broken object over several lines goes as far as the next line that begins with a brace. */
		{"{\n \"a\": oops,\n \"b\": 1\n}\n{}\n",
		 "R{\n \"a\": oops,|not JSON\nR\"b\": 1|not an object\nR}|not an object\nA{}\n"},
		{"{\n \"a\": {\n  \"b\": 1\n{\n \"c\": 2\n}\n",
		 "R{\n \"a\": {\n  \"b\": 1|not JSON\nA{\n \"c\": 2\n}\n"},
		{"{\"a\":1}}\n{}\n", "A{\"a\":1}\nR}|not an object\nA{}\n"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t step = 0; step < 5; step++) {
			struct buf log = BUF_INIT(LARGE);
			feed(cases[i].input, strlen(cases[i].input), step, &log);
			if (strcmp(buf_text(&log), cases[i].wanted) != 0)
				fail_msg("%s\nin steps of %zu gave\n%s\nnot\n%s", cases[i].input, step,
					 buf_text(&log), cases[i].wanted);
			buf_fini(&log);
		}
	}
}

/* Whether the stream takes the bytes for one alert and nothing else. */
static bool is_one_alert(const uint8_t *bytes, size_t size)
{
	struct stream stream = {0};
	struct stream_piece piece;

	if (stream_next(&stream, bytes, size, &piece) != STREAM_ALERT)
		return false;
	return stream_next(&stream, bytes, size, &piece) == STREAM_MORE &&
	       !stream_end(&stream, bytes, size, &piece);
}

/* What jansson refuses although RFC 8259 allows it: halves of surrogate pairs, numbers beyond its types,
 * NUL in keys. */
static bool is_too_strict(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);

	return code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
	       strstr(error->text, "invalid Unicode '\\u") != NULL;
}

static void compare(const uint8_t *bytes, size_t size)
{
	json_error_t error;
	json_t *json = json_loadb((const char *)bytes, size, JSON_ALLOW_NUL, &error);
	/* It lets a NUL stand between tokens. */
	bool wanted = json != NULL && json_is_object(json) && memchr(bytes, '\0', size) == NULL;
	bool got = is_one_alert(bytes, size);

	if (got != wanted && !(got && json == NULL && is_too_strict(&error)))
		fail_msg("%.*s\nwe say %d, jansson %s", (int)size, (const char *)bytes, got,
			 json == NULL ? error.text : "yes");
	json_decref(json);
}

static const char *const documents[] = {
	"{}",
	" { } ",
	"{\"a\":1}",
	"{\"a\":-0.0e+10,\"b\":1E5,\"c\":0,\"d\":-1,\"e\":12.5e-3}",
	"{\"a\":01}",
	"{\"a\":-}",
	"{\"a\":1.}",
	"{\"a\":.5}",
	"{\"a\":+1}",
	"{\"a\":1e}",
	"{\"a\":1e+}",
	"{\"a\":0x10}",
	"{\"a\":NaN}",
	"{\"a\":true,\"b\":false,\"c\":null}",
	"{\"a\":True}",
	"{\"a\":nul}",
	"{\"a\":truee}",
	"{\"a\":[1,2,[],[[]],{},{\"b\":[]}]}",
	"{\"a\":[1,]}",
	"{\"a\":[,1]}",
	"{\"a\":[1 2]}",
	"{\"a\":1,}",
	"{,\"a\":1}",
	"{\"a\" 1}",
	"{\"a\"}",
	"{a:1}",
	"{'a':1}",
	"{1:2}",
	"{\"a\":1]",
	"{\"a\":[1}}",
	"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00\"}",
	"{\"a\":\"\\x\"}",
	"{\"a\":\"\\u12g4\"}",
	"{\"a\":\"tab\there\"}",
	"{\"a\":\"nul\\u0000\"}",
	"{\"\\u0000\":1}",
	"{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
	"{\"a\":\"\xc3\"}",
	"{\"a\":\"\xed\xa0\x80\"}",
	"{\"a\":\"\xf4\x90\x80\x80\"}",
	"{\"a\":\"\xc0\x80\"}",
	"{\"a\":\"0123456789abcdef\\n0123456789abcdef\x7f 0123456789abcde\xc3\xa9\"}",
	"{\"a\":1} x",
	"[]",
	"{\"a\":1}/**/",
	"{\"a\":99999999999999999999,\"b\":1e999}",
	"{\f}",
	"{\"a\":{\"b\":{\"c\":[{\"d\":\"e\"}]}},\"a\":2}",
	"{\"StrategyName\":\"Alert Tester\",\"ProcessInfo\":{\"PID\":42},\"Ratio\":0.5}",
};

static void agrees_with_jansson(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(documents); i++)
		compare((const uint8_t *)documents[i], strlen(documents[i]));
}

static uint32_t draw(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* A document with a few bytes changed, put in or taken out. */
static size_t mutate(uint32_t *seed, uint8_t *out)
{
	static const char likely[] = "{}[]\",:\\0123456789-+.eEtfnulrab \n\t\xc3\xa9\x01\xff";
	const char *document = documents[draw(seed) % COUNT_OF(documents)];
	size_t size = strlen(document);

	memcpy(out, document, size);
	for (uint32_t edits = draw(seed) % 4; edits > 0; edits--) {
		size_t at = draw(seed) % (size + 1);
		uint8_t byte = draw(seed) % 4 > 0 ? (uint8_t)likely[draw(seed) % (sizeof likely - 1)]
						  : (uint8_t)draw(seed);
		if (draw(seed) % 3 == 0 && at < size) {
			memmove(out + at, out + at + 1, --size - at);
		} else if (draw(seed) % 2 == 0 && at < size) {
			out[at] = byte;
		} else {
			memmove(out + at + 1, out + at, size++ - at);
			out[at] = byte;
		}
	}
	return size;
}

static void agrees_with_jansson_on_mutations(void **state)
{
	(void)state;
	uint32_t seed = 20261121;
	uint8_t document[512];

	for (int i = 0; i < 200000; i++) {
		size_t size = mutate(&seed, document);
		compare(document, size);
	}
}

/* However the bytes arrive, the same comes out. */
static void does_not_care_how_bytes_arrive(void **state)
{
	(void)state;
	uint32_t seed = 4711;

	for (int i = 0; i < 3000; i++) {
		struct buf input = BUF_INIT(LARGE);
		struct buf whole = BUF_INIT(LARGE);
		struct buf pieces = BUF_INIT(LARGE);
		for (uint32_t parts = 1 + draw(&seed) % 8; parts > 0; parts--) {
			uint8_t document[512];
			size_t size = mutate(&seed, document);
			assert_int_equal(buf_add(&input, document, size), 0);
			if (draw(&seed) % 4 > 0)
				assert_int_equal(buf_add_text(&input, "\n"), 0);
		}
		feed(input.data, input.size, 0, &whole);
		feed(input.data, input.size, 1 + draw(&seed) % 9, &pieces);
		if (strcmp(buf_text(&whole), buf_text(&pieces)) != 0)
			fail_msg("%s\ngave\n%s\nin pieces\n%s", buf_text(&input), buf_text(&whole),
				 buf_text(&pieces));
		buf_fini(&input);
		buf_fini(&whole);
		buf_fini(&pieces);
	}
}

static void has_limits(void **state)
{
	(void)state;
	struct buf input = BUF_INIT(LARGE);
	struct buf log = BUF_INIT(LARGE);

	/* As deep as allowed, the outer object included. */
	for (int deep = STREAM_DEPTH_MAX; deep <= STREAM_DEPTH_MAX + 1; deep++) {
		input.size = 0;
		assert_int_equal(buf_add_text(&input, "{\"a\":"), 0);
		for (int i = 1; i < deep; i++)
			assert_int_equal(buf_add_text(&input, "["), 0);
		for (int i = 1; i < deep; i++)
			assert_int_equal(buf_add_text(&input, "]"), 0);
		assert_int_equal(buf_add_text(&input, "}\n"), 0);
		log.size = 0;
		feed(input.data, input.size, 0, &log);
		assert_int_equal(log.data[0], deep == STREAM_DEPTH_MAX ? 'A' : 'R');
	}
	assert_non_null(strstr(buf_text(&log), "|deeper than 128 objects and arrays"));
	/* As long as allowed, and one byte more. */
	for (size_t more = 0; more < 2; more++) {
		input.size = 0;
		assert_int_equal(buf_add_text(&input, "{\"a\":\""), 0);
		while (input.size < STREAM_ALERT_MAX + more - 2)
			assert_int_equal(buf_add_text(&input, "x"), 0);
		assert_int_equal(buf_add_text(&input, "\"}\n{}\n"), 0);
		for (size_t step = 0; step <= 65536; step += 65536) {
			log.size = 0;
			feed(input.data, input.size, step, &log);
			assert_int_equal(log.data[0], more == 0 ? 'A' : 'R');
			assert_string_equal(buf_text(&log) + log.size - 4, "A{}\n");
		}
	}
	assert_non_null(strstr(buf_text(&log), "|longer than 1 MiB"));
	buf_fini(&input);
	buf_fini(&log);
}

/* A line without end is passed over without being kept. */
static void forgets_a_line_without_end(void **state)
{
	(void)state;
	static uint8_t held[STREAM_ALERT_MAX + 65536];
	struct stream stream = {0};
	struct stream_piece piece;
	size_t used = 0;
	int rejects = 0;

	memcpy(held, "{\"a\":\"", 6);
	for (int i = 0; i < 200; i++) {
		memset(held + used + (i == 0 ? 6 : 0), 'x', 65536 - (i == 0 ? 6 : 0));
		used += 65536;
		if (i == 199)
			memcpy(held + used - 4, "\n{}\n", 4);
		for (enum stream_event event;
		     (event = stream_next(&stream, held, used, &piece)) != STREAM_MORE;)
			rejects += event == STREAM_REJECT ? 1 : 100;
		size_t done = stream_drop(&stream);
		memmove(held, held + done, used - done);
		used -= done;
		assert_true(used <= STREAM_ALERT_MAX);
	}
	assert_int_equal(rejects, 101);
}

static void flattens(void **state)
{
	(void)state;
	uint8_t alert[] = "{\r\n\"a\": \"b\\n\"\n}";
	struct stream stream = {0};
	struct stream_piece piece;

	assert_int_equal(stream_next(&stream, alert, sizeof alert - 1, &piece), STREAM_ALERT);
	assert_true(piece.lines);
	stream_flatten(alert + piece.start, piece.size);
	assert_string_equal((char *)alert, "{  \"a\": \"b\\n\" }");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_feet),
		cmocka_unit_test(agrees_with_jansson),
		cmocka_unit_test(agrees_with_jansson_on_mutations),
		cmocka_unit_test(does_not_care_how_bytes_arrive),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(forgets_a_line_without_end),
		cmocka_unit_test(flattens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
