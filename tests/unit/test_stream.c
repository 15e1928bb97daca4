#include "tests/unit/corpus.h"

#include "lib/alert/stream.h"
#include "lib/base/buf.h"

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
		{"{\"a\":\"b\n{\"c\":1}\n", "R{\"a\":\"b|a control character in a string\nA{\"c\":1}\n"},
		{"{\"a\":1\n{\"c\":1}\n", "R{\"a\":1|a comma or } expected\nA{\"c\":1}\n"},
		{"{\"a\":\n{\"b\":2}\n{\"c\":3}\n",
		 "R{\"a\":|a comma or } expected\nA{\"b\":2}\nA{\"c\":3}\n"},
		{"{\"a\":[{\"x\":1},\r\n{\"b\":2}\r\n{\"c\":3}\r\n",
		 "R{\"a\":[{\"x\":1},|a comma or ] expected\nA{\"b\":2}\nA{\"c\":3}\n"},
		{"{\"a\":1,\n", "E{\"a\":1,|cut off by the end of the input\n"},
		{"{\"a\":\"x", "E{\"a\":\"x|cut off by the end of the input\n"},
		{"oops", "Eoops|not an object\n"},
		{"{\"a\":tru", "E{\"a\":tru|cut off by the end of the input\n"},
		/* A broken object over several lines goes as far as the next line that begins with a brace. */
		{"{\n \"a\": oops,\n \"b\": 1\n}\n{}\n",
		 "R{\n \"a\": oops,|a value expected\nR\"b\": 1|not an object\nR}|not an object\nA{}\n"},
		{"{\n \"a\": {\n  \"b\": 1\n{\n \"c\": 2\n}\n",
		 "R{\n \"a\": {\n  \"b\": 1|a comma or } expected\nA{\n \"c\": 2\n}\n"},
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

/* However the bytes arrive, the same comes out. */
static void does_not_care_how_bytes_arrive(void **state)
{
	(void)state;
	uint32_t seed = 4711;

	for (int i = 0; i < 3000; i++) {
		struct buf input = BUF_INIT(LARGE);
		struct buf whole = BUF_INIT(LARGE);
		struct buf pieces = BUF_INIT(LARGE);
		for (uint32_t parts = 1 + corpus_draw(&seed) % 8; parts > 0; parts--) {
			uint8_t document[CORPUS_ROOM];
			size_t size = corpus_spoil(&seed, document);
			assert_int_equal(buf_add(&input, document, size), 0);
			if (corpus_draw(&seed) % 4 > 0)
				assert_int_equal(buf_add_text(&input, "\n"), 0);
		}
		feed(input.data, input.size, 0, &whole);
		feed(input.data, input.size, 1 + corpus_draw(&seed) % 9, &pieces);
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
	for (int deep = JSONSCAN_DEPTH_MAX; deep <= JSONSCAN_DEPTH_MAX + 1; deep++) {
		input.size = 0;
		assert_int_equal(buf_add_text(&input, "{\"a\":"), 0);
		for (int i = 1; i < deep; i++)
			assert_int_equal(buf_add_text(&input, "["), 0);
		for (int i = 1; i < deep; i++)
			assert_int_equal(buf_add_text(&input, "]"), 0);
		assert_int_equal(buf_add_text(&input, "}\n"), 0);
		log.size = 0;
		feed(input.data, input.size, 0, &log);
		assert_int_equal(log.data[0], deep == JSONSCAN_DEPTH_MAX ? 'A' : 'R');
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

static void tells_of_line_breaks(void **state)
{
	(void)state;
	uint8_t alert[] = "{\r\n\"a\": \"b\\n\"\n}";
	struct stream stream = {0};
	struct stream_piece piece;

	assert_int_equal(stream_next(&stream, alert, sizeof alert - 1, &piece), STREAM_ALERT);
	assert_true(piece.lines);
	assert_false(stream_end(&stream, alert, sizeof alert - 1, &piece));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_feet),       cmocka_unit_test(does_not_care_how_bytes_arrive),
		cmocka_unit_test(has_limits),           cmocka_unit_test(forgets_a_line_without_end),
		cmocka_unit_test(tells_of_line_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
