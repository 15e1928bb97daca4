/* The expected output follows the documentation of Go's text/template and fmt. */
#include "tests/unit/unit.h"

#include "lib/alert/template.h"
#include "lib/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { OUTPUT_MAX = 1 << 16 };

static const char alert_text[] =
	"{\"StrategyName\":\"Alert "
	"Tester\",\"Priority\":3,\"Ratio\":0.25,\"Big\":1234567.0,\"Ten\":10,\"Zero\":0,"
	"\"Negative\":-255,\"Large\":1e21,\"Yes\":true,\"No\":false,\"Nothing\":null,\"Empty\":\"\",\"None\":"
	"[],\"Bare\":{},"
	"\"Quote\":\"a\\\"b\\\\c\\n\\u0001\\u00e9\",\"Euro\":\"\\u20ac5\","
	"\"ProcessInfo\":{\"Program\":{\"Path\":\"/bin/"
	"sh\",\"Arguments\":[\"sh\",\"-c\",\"id\"]},\"PID\":4242,"
	"\"start_time\":1.5},"
	"\"Events\":[{\"Type\":\"exec\",\"N\":1},{\"Type\":\"open\",\"N\":2},{\"Type\":\"exec\",\"N\":3}],"
	"\"Numbers\":[1,2.5,\"x\",null,true,[3]],\"Map\":{\"b\":1,\"a\":null,\"c\":{\"d\":\"e\"}},\"with-"
	"dash\":\"dash\","
	"\"Control\":{\"a\\nb\":1},\"snake_only\":\"found\",\"http_url\":\"u\"}";

struct example {
	const char *source;
	const char *wanted;
};

static const struct example examples[] = {
	/* Text, fields, nesting. */
	{"", ""},
	{"plain } text {", "plain } text {"},
	{"Alert triggered: {{ .StrategyName}}", "Alert triggered: Alert Tester"},
	{"{{.ProcessInfo.Program.Path}}", "/bin/sh"},
	{"{{.Missing}}", "<no value>"},
	{"{{.Missing.Deeper.Still}}", "<no value>"},
	{"{{.Nothing}}", "<no value>"},
	{"{{.Priority.NotAnObject}}", "<no value>"},
	{"{{$.StrategyName}} {{$.ProcessInfo.PID}}", "Alert Tester 4242"},
	{"{{(index .Events 1).Type}}", "open"},
	{"{{.SnakeOnly}} {{.HTTPUrl}} {{.ProcessInfo.StartTime}}", "found u 1.5"},
	{"{{.strategyName}}", "<no value>"},
	/* How fmt prints what JSON holds. */
	{"{{.Priority}} {{.Ratio}} {{.Yes}} {{.Negative}}", "3 0.25 true -255"},
	{"{{.Big}} {{.Large}}", "1.234567e+06 1e+21"},
	{"{{.ProcessInfo.Program.Arguments}}", "[sh -c id]"},
	{"{{.Numbers}}", "[1 2.5 x <nil> true [3]]"},
	{"{{.Map}}", "map[a:<nil> b:1 c:map[d:e]]"},
	{"{{.None}}{{.Bare}}{{.Empty}}", "[]map[]"},
	/* Literals. */
	{"{{1}} {{-3}} {{0x1F}} {{0b101}} {{0o17}} {{017}} {{1_000}}", "1 -3 31 5 15 15 1000"},
	{"{{1.5}} {{1e3}} {{.5}} {{1e6}} {{1e-5}} {{0.0001}} {{0x1p-2}}",
	 "1.5 1000 0.5 1e+06 1e-05 0.0001 0.25"},
	{"{{123456.0}} {{100000.5}} {{1e20}} {{0.1}} {{-0.5}}", "123456 100000.5 1e+20 0.1 -0.5"},
	{"{{true}} {{false}} {{'a'}} {{'\\n'}} {{'\\''}}", "true false 97 10 39"},
	{"{{\"a\\tb\\\"\\x41\\101\\u00e9\\U0001F600\"}}", "a\tb\"AA\xc3\xa9\xf0\x9f\x98\x80"},
	{"{{`raw \\n \"text\"\n{{`}}", "raw \\n \"text\"\n{{"},
	/* Trim markers and comments. */
	{"a  {{- 1 -}}  b", "a1b"},
	{"a \n\t{{- .Priority}} b", "a3 b"},
	{"a {{.Priority -}} \n b", "a 3b"},
	{"{{1 -}} {{- 2}}", "12"},
	{"{{ -3 }}|{{- -3 -}}|", "-3|-3|"},
	{"a{{/* a comment }} */}}b", "ab"},
	{"a {{- /* trimmed */ -}} b", "ab"},
	{"{{  1\n  }}", "1"},
	/* if. */
	{"{{if .Yes}}y{{else}}n{{end}}{{if .No}}y{{else}}n{{end}}", "yn"},
	{"{{if .Zero}}a{{else if .Empty}}b{{else if .None}}c{{else if .Bare}}d{{else if "
	 ".Nothing}}e{{else}}f{{end}}",
	 "f"},
	{"{{if eq .Priority 3}}three{{end}}", "three"},
	{"{{if .Missing}}there{{end}}.", "."},
	{"{{if $x := .Priority}}{{$x}}{{end}}", "3"},
	{"{{if .No}}{{else if $y := .Ten}}{{$y}}{{end}}", "10"},
	{"{{if and .Yes (gt .Priority 2)}}high{{end}}", "high"},
	/* range. */
	{"{{range .Events}}{{.Type}},{{end}}", "exec,open,exec,"},
	{"{{range $e := .Events}}{{$e.N}}{{.N}} {{end}}", "11 22 33 "},
	{"{{range $i, $e := .Events}}{{$i}}={{$e.Type}};{{end}}", "0=exec;1=open;2=exec;"},
	{"{{range .None}}x{{else}}empty{{end}}", "empty"},
	{"{{range .Missing}}x{{else}}missing{{end}}", "missing"},
	{"{{range .StrategyName}}x{{else}}no list{{end}}", "no list"},
	{"{{range $k, $v := .Map}}{{$k}}:{{$v}} {{end}}", "a:<no value> b:1 c:map[d:e] "},
	{"{{range .Events}}{{$.Priority}}{{end}}", "333"},
	{"{{range .Events}}{{if eq .N 2}}{{break}}{{end}}{{.N}}{{end}}", "1"},
	{"{{range .Events}}{{if eq .N 2}}{{continue}}{{end}}{{.N}}{{end}}", "13"},
	{"{{range .Events}}{{range $.Numbers}}{{break}}{{end}}{{.N}}{{end}}", "123"},
	{"{{range $i, $_ := .Events}}{{if $i}}, {{end}}{{.Type}}{{end}}", "exec, open, exec"},
	/* with. */
	{"{{with .ProcessInfo}}{{.PID}} {{.Program.Path}}{{end}}", "4242 /bin/sh"},
	{"{{with .Missing}}x{{else}}none {{.Priority}}{{end}}", "none 3"},
	{"{{with .Missing}}x{{else with .Ten}}{{.}}{{end}}", "10"},
	{"{{with $p := .ProcessInfo}}{{$p.PID}}{{end}}", "4242"},
	/* Variables. */
	{"{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "12"},
	{"{{$x := 1}}{{if .Yes}}{{$x = 5}}{{end}}{{$x}}", "5"},
	{"{{$x := 1}}{{if .Yes}}{{$x := 5}}{{$x}}{{end}}{{$x}}", "51"},
	{"{{$s := \"\"}}{{range .Events}}{{$s = print $s .Type \" \"}}{{end}}{{$s}}", "exec open exec "},
	{"{{$i := 0}}{{$e := 0}}{{range $i, $e = .Events}}{{end}}{{$i}} {{$e.N}}", "2 3"},
	{"{{$x := 1}}{{$x := print $x 2}}{{$x}}", "1 2"},
	/* Pipelines and parentheses. */
	{"{{.StrategyName | len}}", "12"},
	{"{{.StrategyName | printf \"%s!\"}}", "Alert Tester!"},
	{"{{\"output\" | printf \"%s %q\" \"x\" | len}}", "10"},
	{"{{printf \"%d\" (len (index .Events 0))}}", "2"},
	{"{{(printf \"%s\" \"x\") | printf \"%s%s\" \"y\"}}", "yx"},
	{"{{3 | eq .Priority}}", "true"},
	/* Functions. */
	{"{{len .Events}} {{len .Map}} {{len .Euro}} {{len .Priority}}", "3 3 4 <no value>"},
	{"{{index .Events 0 \"Type\"}} {{index .Map \"c\" \"d\"}} {{index . \"with-dash\"}}", "exec e dash"},
	{"{{index .Events 9}} {{index .Events -1}} {{index .Map \"z\"}}", "<no value> <no value> <no value>"},
	{"{{index \"abc\" 1}} {{index .Priority}}", "98 3"},
	{"{{eq 1 2 3 1}} {{eq .Ten 10.0}} {{ne 1 2}} {{eq .StrategyName \"Alert Tester\"}}",
	 "true true true true"},
	{"{{eq .Missing .Nothing}} {{eq .Missing \"\"}} {{eq .Priority \"3\"}}", "true false false"},
	{"{{lt 1 2}} {{lt 2.5 2}} {{le 2 2}} {{gt \"b\" \"a\"}} {{ge 1 2}} {{lt \"a\" \"ab\"}}",
	 "true false true true false true"},
	{"{{lt .StrategyName 5}} {{gt .Missing 5}} {{ge .StrategyName 5}}", "false false false"},
	{"{{and 1 0 2}} {{or 0 \"\" \"x\"}} {{not 0}} {{and 1 2}} {{or 0 0}}", "0 x true 2 0"},
	{"{{print 1 2 \"a\" \"b\" 3 4 nil}}", "1 2ab3 4 <nil>"},
	{"{{print \"a\" 1}} {{println \"x\" 1}}.", "a1 x 1\n."},
	{"{{json .ProcessInfo}}",
	 "{\"Program\":{\"Path\":\"/bin/"
	 "sh\",\"Arguments\":[\"sh\",\"-c\",\"id\"]},\"PID\":4242,\"start_time\":1.5}"},
	{"{{json .Quote}} {{json .Nothing}} {{json .Big}} {{json .Large}} {{.Numbers | json}}",
	 "\"a\\\"b\\\\c\\n\\u0001\xc3\xa9\" null 1234567 1e+21 [1,2.5,\"x\",null,true,[3]]"},
	/* An alert forges no line and commands no terminal; the template's own text may. */
	{"{{.Quote}} {{printf \"%s\\n\" .Quote}}", "a\"b\\c\\x0a\\x01\xc3\xa9 a\"b\\c\\x0a\\x01\xc3\xa9\n"},
	{"{{range $k, $v := .Control}}{{$k}}{{end}} {{.Control}}", "a\\x0ab map[a\\x0ab:1]"},
	{"{{json \"\\x7f\\u009b\\u202e\\u2028\\u20ac\"}}", "\"\\u007f\\u009b\\u202e\\u2028\xe2\x82\xac\""},
	{"{{println \"a\\tb\"}}", "a\tb\n"},
	{"{{len .Quote}} {{eq .Quote \"a\\\"b\\\\c\\n\\x01\\u00e9\"}}", "9 true"},
	/* printf. */
	{"{{printf \"%s|%d|%v|%q|%t|%%\" .StrategyName .Priority .Ratio .Empty .Yes}}",
	 "Alert Tester|3|0.25|\"\"|true|%"},
	{"{{printf \"%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%b|%c|%U\" 42 42 42 42 42 255 255 255 8 5 65 8364}}",
	 "   42|42   |00042|+42| 42|ff|FF|0xff|10|101|A|U+20AC"},
	{"{{printf \"%x|%06d|%.3d|%8.3d|%+q\" .Negative -42 7 7 'x'}}", "-ff|-00042|007|     007|'x'"},
	{"{{printf \"%f|%.2f|%8.3f|%e|%g|%G|%08.2f|%+.1f\" 1.5 2.345 3.14159 1500.0 1e7 1e-7 -1.5 2.0}}",
	 "1.500000|2.35|   3.142|1.500000e+03|1e+07|1E-07|-0001.50|+2.0"},
	{"{{printf \"%10s|%-10s|%.2s|%q|%x|% x|%#q\" \"abc\" \"abc\" .Euro .Quote \"hi\" \"hi\" \"raw\"}}",
	 "       abc|abc       |\xe2\x82\xac"
	 "5|\"a\\\"b\\\\c\\n\\x01\xc3\xa9\"|6869|68 69|`raw`"},
	{"{{printf \"%3s|%-3s|\" .Euro .Euro}}", " \xe2\x82\xac"
						 "5|\xe2\x82\xac"
						 "5 |"},
	{"{{printf \"%d\" .StrategyName}}", "%!d(string=Alert Tester)"},
	{"{{printf \"%s\" .Priority}} {{printf \"%d\" .Ratio}} {{printf \"%d\" .Yes}}",
	 "%!s(int=3) %!d(float64=0.25) %!d(bool=true)"},
	{"{{printf \"%s %d %v\" .Missing nil .Nothing}}", "%!s(<nil>) %!d(<nil>) <nil>"},
	{"{{printf \"%d %d\" 1}} {{printf \"%d\" 1 2 \"x\"}}", "1 %!d(MISSING) 1%!(EXTRA int=2, string=x)"},
	{"{{printf \"%z\" 1}}", "%!z(int=1)"},
	{"{{printf \"100%\"}}", "100%!(NOVERB)"},
	{"{{printf \"%T %T %T %T %T %T %T\" 1 1.5 \"s\" true .None .Bare nil}}",
	 "int float64 string bool []interface {} map[string]interface {} <nil>"},
	{"{{printf \"%q %s %d\" .ProcessInfo.Program.Arguments .ProcessInfo.Program.Arguments .Numbers}}",
	 "[\"sh\" \"-c\" \"id\"] [sh -c id] [1 %!d(float64=2.5) %!d(string=x) <nil> %!d(bool=true) [3]]"},
	{"{{printf \"[%s]\" print}}", "[]"}, /* a function as it stands takes nothing */
	{"{{printf \"%*d|%-*d|%.*f\" 5 1 4 2 1 3.14159}}", "    1|2   |3.1"},
	{"{{printf \"%*d|%3.0d|%.0d|%E|%#.0E\" -4 1 0 0 1500.0 2.0}}", "1   |   ||1.500000E+03|2.E+00"},
	{"{{printf \"%#v %#v %#v\" \"a\" .None .Map}}",
	 "\"a\" []interface {}{} map[string]interface {}{\"a\":interface {}(nil), \"b\":1, "
	 "\"c\":map[string]interface "
	 "{}{\"d\":\"e\"}}"},
	{"{{printf \"%t|%5t|%v|%6v\" true false true .Ratio}}", "true|false|true|  0.25"},
	{"{{printf \"%05s|%5d\" \"ab\" \"cd\"}}", "000ab|%!d(string=   cd)"},
	{"{{.Priority | printf .Missing}}", "<no value>"},
};

static struct template *must_parse(const char *source)
{
	struct fail fail = {0};
	struct template *template = template_parse(source, strlen(source), &fail);

	if (template == NULL)
		fail_msg("%s: %s", source, fail.text);
	return template;
}

static void renders_as_go_does(void **state)
{
	(void)state;
	struct fail fail = {0};
	json_t *alert = json_loads(alert_text, 0, NULL);

	assert_non_null(alert);
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		struct buf out = BUF_INIT(OUTPUT_MAX);
		struct template *template = must_parse(examples[i].source);
		assert_int_equal(template_render(template, alert, &out, &fail), 0);
		if (strcmp(buf_text(&out), examples[i].wanted) != 0)
			fail_msg("%s\n got %s\n not %s", examples[i].source, buf_text(&out),
				 examples[i].wanted);
		template_free(template);
		buf_fini(&out);
	}
	json_decref(alert);
}

static const struct example refusals[] = {
	{"{{", "template:1:3: the action is never closed by }}"},
	{"{{.A", "template:1:5: the action is never closed by }}"},
	{"{{.A}", "template:1:5: unexpected '}' behind a name"},
	{"a {{.A}}{{if}}x{{end}}", "template:1:13: if needs a value"},
	{"{{if .A}}x", "template:1:3: this if has no {{end}}"},
	{"{{if .A}}x{{else}}y{{else}}z{{end}}", "template:1:22: a second \"else\""},
	{"{{end}}", "template:1:3: outside of a block: \"end\""},
	{"{{else}}", "template:1:3: outside of a block: \"else\""},
	{"{{range .A}}{{else if .B}}{{end}}", "template:1:20: unexpected \"if\""},
	{"{{$x}}", "template:1:3: undefined variable \"$x\""},
	{"{{if .A}}{{$y := 1}}{{end}}{{$y}}", "template:1:30: undefined variable \"$y\""},
	{"{{if .A}}{{$y := 1}}{{else}}{{$y}}{{end}}", "template:1:31: undefined variable \"$y\""},
	{"{{$x := $x}}", "template:1:9: undefined variable \"$x\""},
	{"{{foo .A}}", "template:1:3: no such function: \"foo\""},
	{"{{template \"x\"}}", "template:1:3: not part of the language of alerts: \"template\""},
	{"{{define \"x\"}}{{end}}", "template:1:3: not part of the language of alerts: \"define\""},
	{"{{.A .B}}", "template:1:3: arguments behind what is no function"},
	{"{{.A | .B}}", "template:1:8: only a function can stand behind |"},
	{"{{.A | 5}}", "template:1:8: only a function can stand behind |"},
	{"{{nil}}", "template:1:3: nil is no command"},
	{"{{}}", "template:1:3: the action needs a value"},
	{"{{/* open}}", "template:1:1: unclosed comment"},
	{"{{/* x */ }}", "template:1:10: a comment is followed by its closing }} at once"},
	{"{{\"open}}", "template:1:3: this \" is never closed"},
	{"{{`open}}", "template:1:3: this ` is never closed"},
	{"{{\"\\q\"}}", "template:1:3: wrong escape in the string \"\\q\""},
	{"{{\"\\x4\"}}", "template:1:3: wrong escape in the string \"\\x4\""},
	{"{{\"\\400\"}}", "template:1:3: wrong escape in the string \"\\400\""},
	{"{{\"\\ud800\"}}", "template:1:3: wrong escape in the string \"\\ud800\""},
	{"{{'ab'}}", "template:1:3: no single character: \"'ab'\""},
	{"{{''}}", "template:1:3: no single character: \"''\""},
	{"{{1x}}", "template:1:3: no number, or one too large: \"1x\""},
	{"{{0x}}", "template:1:3: no number, or one too large: \"0x\""},
	{"{{08}}", "template:1:3: no number, or one too large: \"08\""},
	{"{{1__0}}", "template:1:3: no number, or one too large: \"1__0\""},
	{"{{99999999999999999999}}", "template:1:3: no number, or one too large: \"99999999999999999999\""},
	{"{{-9223372036854775809}}", "template:1:3: no number, or one too large: \"-9223372036854775809\""},
	{"{{1i}}", "template:1:3: no number, or one too large: \"1i\""},
	{"{{1e999}}", "template:1:3: no number, or one too large: \"1e999\""},
	{"{{(.A}}", "template:1:3: this ( is never closed"},
	{"{{.A)}}", "template:1:5: unexpected \")\""},
	{"{{not}}", "template:1:3: not needs 1 argument, not 0"},
	{"{{not 1 2}}", "template:1:3: not takes 1 argument, not 2"},
	{"{{eq 1}}", "template:1:3: eq needs at least 2 arguments, not 1"},
	{"{{lt 1 2 3}}", "template:1:3: lt takes 2 arguments, not 3"},
	{"{{index}}", "template:1:3: index needs at least 1 argument, not 0"},
	{"{{printf}}", "template:1:3: printf needs at least 1 argument, not 0"},
	{"{{printf 5}}", "template:1:3: printf needs a format first, which is a string"},
	{"{{printf \"%[1]d\" 1}}", "template:1:3: printf's argument indexes (%[1]d) are not supported"},
	{"{{break}}", "template:1:3: outside of a range: \"break\""},
	{"{{range .A}}{{else}}{{break}}{{end}}", "template:1:23: outside of a range: \"break\""},
	{"{{.A\"x\"}}", "template:1:5: unexpected '\"' behind a name"},
	{"{{.A.}}", "template:1:5: unexpected \".\""},
	{"{{.A..B}}", "template:1:5: unexpected \".\""},
	{"{{\"x\".A}}", "template:1:6: unexpected \".A\""},
	{"{{.A |}}", "template:1:7: a command is missing before \"}}\""},
	{"{{| .A}}", "template:1:3: the action needs a value"},
	{"{{$x := }}", "template:1:9: the action needs a value"},
	{"{{$x, $y := .A}}", "template:1:5: only range takes two variables: unexpected \",\""},
	{"{{range $x, $y, $z := .A}}{{end}}",
	 "template:1:15: only range takes two variables: unexpected \",\""},
	{"{{range $x, .A}}{{end}}", "template:1:13: range needs a second variable, not \".A\""},
	{"{{$undefined = 1}}", "template:1:3: undefined variable \"$undefined\""},
	{"{{($x := 1)}}", "template:1:3: a variable cannot be set in parentheses"},
	{"{{if .A}}{{end}}{{end}}", "template:1:19: outside of a block: \"end\""},
	{"{{.A % 2}}", "template:1:6: unexpected character '%'"},
	{"{{.A-}}", "template:1:5: unexpected '-' behind a name"},
	{"{{eq .A not}}", "template:1:3: not needs 1 argument, not 0"},
	{"{{true.x}}", "template:1:7: unexpected \".x\""},
	{"{{if .A}}x{{end .B}}", "template:1:17: unexpected \".B\""},
	{"line one\n  \xc3\xa9{{.A }", "template:2:9: unexpected character '}'"},
};

static void says_where_a_template_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		struct fail fail = {0};
		struct template *template = template_parse(refusals[i].source, strlen(refusals[i].source),
							   &fail);
		if (template != NULL)
			fail_msg("%s was accepted", refusals[i].source);
		if (fail.status != EX_CONFIG || strcmp(fail.text, refusals[i].wanted) != 0)
			fail_msg("%s\n got %s\n not %s", refusals[i].source, fail.text, refusals[i].wanted);
	}
}

static void says_what_is_allowed(void **state)
{
	(void)state;
	struct fail fail = {0};

	assert_null(template_parse("{{upper .A}}", 12, &fail));
	assert_string_equal(fail.hint,
			    "functions: and or not eq ne lt le gt ge index len print println printf json; "
			    "blocks: if else range with break continue end");
	assert_null(template_parse("a\0b", 3, &fail));
	assert_string_equal(fail.text, "template: not UTF-8 text");
	assert_null(template_parse("\xff", 1, &fail));
	assert_string_equal(fail.text, "template: not UTF-8 text");
}

/* A source of `count` times `open`, then `inner`, then `count` times `close`. */
static char *nest(const char *open, const char *inner, const char *close, int count)
{
	struct buf source = BUF_INIT(OUTPUT_MAX);

	for (int i = 0; i < count; i++)
		assert_int_equal(buf_add_text(&source, open), 0);
	assert_int_equal(buf_add_text(&source, inner), 0);
	for (int i = 0; i < count; i++)
		assert_int_equal(buf_add_text(&source, close), 0);
	return (char *)source.data;
}

static void has_limits(void **state)
{
	(void)state;
	struct fail fail = {0};
	static char large[TEMPLATE_SOURCE_MAX + 1];
	char *source = nest("{{if 1}}", "x", "{{end}}", TEMPLATE_DEPTH_MAX);

	template_free(must_parse(source));
	free(source);
	source = nest("{{if 1}}", "x", "{{end}}", TEMPLATE_DEPTH_MAX + 1);
	assert_null(template_parse(source, strlen(source), &fail));
	assert_string_equal(fail.text, "template:1:259: more than 32 blocks and parentheses in one another");
	free(source);
	memset(large, 'x', sizeof large);
	assert_null(template_parse(large, sizeof large, &fail));
	assert_string_equal(fail.text, "template: more than 65536 bytes");
	source = nest("{{$x := 1}}", "", "", TEMPLATE_VARIABLES_MAX - 1);
	template_free(must_parse(source));
	free(source);
	source = nest("{{$x := 1}}", "", "", TEMPLATE_VARIABLES_MAX);
	assert_null(template_parse(source, strlen(source), &fail));
	assert_string_equal(fail.text, "template:1:344: more than 31 variables");
	free(source);
	source = nest("1 ", "}}", "", TEMPLATE_ARGUMENTS_MAX + 1);
	struct buf call = BUF_INIT(OUTPUT_MAX);
	assert_int_equal(buf_printf(&call, "{{print %s", source), 0);
	assert_null(template_parse(buf_text(&call), call.size, &fail));
	assert_string_equal(fail.text, "template:1:3: more than 16 arguments");
	buf_fini(&call);
	free(source);
}

static void an_alert_cannot_make_it_run_away(void **state)
{
	(void)state;
	struct fail fail = {0};
	struct buf out = BUF_INIT(1000);
	json_t *list = json_array();

	for (int i = 0; i < 200; i++)
		assert_int_equal(json_array_append_new(list, json_integer(i)), 0);
	json_t *alert = json_pack("{s:o}", "a", list);
	assert_int_equal(buf_add_text(&out, "before"), 0);
	struct template *template = must_parse("{{range .a}}{{range $.a}}{{range $.a}}{{end}}{{end}}{{end}}");
	assert_fails(template_render(template, alert, &out, &fail), fail, EX_DATAERR,
		     "template: takes more than 1000000 steps with this alert");
	template_free(template);
	template = must_parse("{{range .a}}{{range $.a}}.{{end}}{{end}}");
	assert_fails(template_render(template, alert, &out, &fail), fail, EX_DATAERR,
		     "template: makes more than 1000 bytes of this alert");
	template_free(template);
	template = must_parse("{{range .a}}{{$x := json $.a}}{{end}}"); /* what functions make counts, too */
	assert_fails(template_render(template, alert, &out, &fail), fail, EX_DATAERR,
		     "template: makes more than 1000 bytes of this alert");
	template_free(template);
	template = must_parse("{{printf \"%999999d\" 1}}");
	assert_fails(template_render(template, alert, &out, &fail), fail, EX_DATAERR,
		     "template: makes more than 1000 bytes of this alert");
	template_free(template);
	assert_string_equal(buf_text(&out), "before");
	buf_fini(&out);
	json_decref(alert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renders_as_go_does),
		cmocka_unit_test(says_where_a_template_is_wrong),
		cmocka_unit_test(says_what_is_allowed),
		cmocka_unit_test(has_limits),
		cmocka_unit_test(an_alert_cannot_make_it_run_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
