/* JSON documents, right and wrong, and ways to spoil them. */
#ifndef SAV_TESTS_UNIT_CORPUS_H
#define SAV_TESTS_UNIT_CORPUS_H

#include "tests/unit/unit.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { CORPUS_ROOM = 512 }; /* for a spoilt document */

/* clang-format off */
/* Values for a key, in the manner of the cases that parsers are commonly measured by; ' stands for the quote. */
static const char *const corpus_good[] = {
	"[]", "{}", "0", "-0", "10", "-1", "0.5", "1e9", "1E+9", "1.25e-7", "-0.0e+10", "0e0", "0e1",
	"123456789012345678901234567890", "1e999", "true", "false", "null", "''", "' '", "'a'", "[ ]",
	"[ 1 , 2 ]", "{ }", "[[]]", "[[],[[]],{}]", "[{},{'b':[]}]", "[null,1,'1',{}]",
	"{'b':{'c':[{'d':'e'}]}}", "{'b':1,'b':1}", "{'':0}", "{'b':1,'c':2,'d':[3]}",
	"{ 'b' : 1 , 'c' : [ true ] }", "'\\'\\\\\\/\\b\\f\\n\\r\\t'", "'\\u0041\\u00e9\\u20AC\\uabCD'",
	"'\\uD83D\\ude00'", "'\\udbff\\udfff'", "'x\\ud800\\udc00y'", "'\\u0000'",
	"'\\uFFFF\\ud7ff\\ue000'", "'\\\\u12'", "'\\\\'", "'\\\\\\''", "'\x7f'", "'[{,:}]'", "'/*'",
	"'\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80'", "'\xf0\x90\x80\x80\xf4\x8f\xbf\xbf'",
	"'\xef\xbb\xbf'", "'\xe2\x80\xa8'", "'0123456789abcdef'",
	"'0123456789abcdef\\n0123456789abcdef \xc3\xa9'", "{'0123456789abcde':'0123456789abcd'}", "\n1\n",
	"\t[\r\n1,\n 2 ]",
};

static const char *const corpus_bad[] = {
	"", "01", "-01", "00", "-", "+1", ".5", "-.5", "1.", "1.e1", "1e", "1e+", "1E-", "1ee1", "1.2.3",
	"0x10", "1_000", "1 000", "1a", "0e", "- 1", "--1", "1/2", "\xef\xbc\x91", "NaN", "nan", "Infinity",
	"-Infinity", "True", "nul", "nulll", "truee", "tru", "fals", "a", "undefined", "(1)", "=", "[", "]",
	"[1", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1]]", "[1}", "['a':1]", "[1:2]", "['a'",
	"[a]", "[-]", "[+1]", "[\f]", "[1\v]", "{", "}", "{'b'}", "{'b':}", "{'b' 1}", "{'b',1}", "{b:1}",
	"{1:1}", "{null:1}", "{:1}", "{,}", "{'b':1,}", "{'b':1,,'c':2}", "{,'b':1}", "{'b'::1}", "{'b':1]",
	"{'b':1 'c':2}", "{'b':1}}", "{{}}", "{[]}", "{'b':1:2}", "{'b':1/**/}", "'", "'a", "'a\\", "'\\x'",
	"'\\'", "'\\a'", "'\\0'", "'\\U0041'", "'\\ '", "'\\u'", "'\\u1'", "'\\u12'", "'\\u123'",
	"'\\u12g4'", "'\\u 123'", "'\\u+123'", "'\\u-123'", "'\\u0x12'", "'\\ud800'", "'\\ud800x'",
	"'\\ud800\\n'", "'\\ud800\\'", "'\\ud800\\u'", "'\\ud800\\u0041'", "'\\ud800\\ud800'", "'\\udc00'",
	"'\\udc00\\ud800'", "'\\udfff'", "'\\ud800\\udc0'", "'\\ud800\\udc0g'", "'\\uD800\\\\udc00'",
	"'\n'", "'\t'", "'\x01'", "'\x1f'", "'0123456789abcdef\x1f'", "'0123456789abcde\n'", "'a'b'",
	"'a''b'", "`a`", "'\xff'", "'\x80'", "'\xbf'", "'\xc0\x80'", "'\xc1\xbf'", "'\xc3'", "'\xc3x'",
	"'\xe0\x9f\xbf'", "'\xe2\x82'", "'\xe2\x82x'", "'\xe2('", "'\xed\xa0\x80'", "'\xed\xbf\xbf'",
	"'\xf0\x8f\xbf\xbf'", "'\xf0\x9f\x98'", "'\xf4\x90\x80\x80'", "'\xf5\x80\x80\x80'",
	"'\xf8\x88\x80\x80\x80'", "'\xfe'", "'0123456789abcdef\xff'", "/**/1", "1//", "#", "1,", "1,2",
	"1:2", "\xa0 1", "\xef\xbb\xbf 1", "\xc3\xa9",
};

/* clang-format on */

/* Writes {"a":VALUE}. Returns its size. */
static inline size_t corpus_wrap(const char *value, uint8_t out[CORPUS_ROOM])
{
	int size = snprintf((char *)out, CORPUS_ROOM, "{'a':%s}", value);

	assert_true(size > 0 && size < CORPUS_ROOM);
	for (int i = 0; i < size; i++)
		out[i] = out[i] == '\'' ? '"' : out[i];
	return (size_t)size;
}

static inline uint32_t corpus_draw(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* One of the documents with up to three bytes changed, put in or taken out. */
static inline size_t corpus_spoil(uint32_t *seed, uint8_t out[CORPUS_ROOM])
{
	static const char likely[] = "{}[]\",:\\0123456789-+.eEtfnulrab \n\t\xc3\xa9\x01\xff";
	size_t good = corpus_draw(seed) % (2 * COUNT_OF(corpus_good));
	const char *value = good < COUNT_OF(corpus_good)
				    ? corpus_good[good]
				    : corpus_bad[corpus_draw(seed) % COUNT_OF(corpus_bad)];
	size_t size = corpus_wrap(value, out);

	for (uint32_t edits = corpus_draw(seed) % 4; edits > 0; edits--) {
		size_t at = corpus_draw(seed) % (size + 1);
		uint8_t byte = corpus_draw(seed) % 4 > 0
				       ? (uint8_t)likely[corpus_draw(seed) % (sizeof likely - 1)]
				       : (uint8_t)corpus_draw(seed);
		if (corpus_draw(seed) % 3 == 0 && at < size) {
			memmove(out + at, out + at + 1, --size - at);
		} else if (corpus_draw(seed) % 2 == 0 && at < size) {
			out[at] = byte;
		} else {
			memmove(out + at + 1, out + at, size++ - at);
			out[at] = byte;
		}
	}
	return size;
}

#endif
