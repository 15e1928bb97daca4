/* Alerts through the templates people use (lib/alert render): whatever an alert holds, what is written is one
 * line that may go to a log, or JSON. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/alert/render.h"
#include "lib/alert/spool_reader.h"
#include "lib/alert/stream.h"
#include "lib/alert/template.h"
#include "lib/base/fail.h"

#include <stdlib.h>
#include <string.h>

static const char *const sources[] = {
	"{{.StrategyName}} {{.ProcessInfo.Program.Path}} {{index .Events 0}}",
	"{{range $k, $v := .}}{{$k}}={{$v}};{{end}}",
	"{{printf \"%v %s %d %5.2f %+v %T %x\" . .a .b .c .d .e .a}}",
	"{{printf \"%q %d\" .a (len .)}}",
	"{{json .}}",
};
enum { SOURCES = sizeof sources / sizeof sources[0], JSON = SOURCES - 1 };

static void run(const struct template *template, size_t source, struct fuzz alert)
{
	uint8_t *line = malloc(alert.size + 1);

	memcpy(line, alert.bytes, alert.size);
	uint32_t end = (uint32_t)jsonscan_compact(line, alert.size) + 1;
	line[end - 1] = '\n';
	struct spool_batch batch = {.bytes = line, .size = end, .count = 1, .ends = &end};
	struct render render = RENDER_INIT;
	struct fail fail;

	if (render_slice(template, &batch, 0, 1, RENDER_SLICE_BYTES, &render, &fail) == 0) {
		REQUIRE(render.to == 1 && render.size == render.ends[0]);
		REQUIRE(render.size == 0 ||
			(render.bytes[render.size - 1] == '\n' &&
			 (source == JSON ? fuzz_is_json : fuzz_is_plain)(render.bytes, render.size - 1)));
	} else {
		REQUIRE(fail.status == EX_DATAERR);
	}
	render_fini(&render);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct template *templates[SOURCES];
	struct stream stream = {0};
	struct stream_piece piece;
	struct fail fail;

	for (size_t i = 0; i < SOURCES && templates[i] == NULL; i++) {
		templates[i] = template_parse(sources[i], strlen(sources[i]), &fail);
		REQUIRE(templates[i] != NULL);
	}
	if (stream_next(&stream, bytes, size, &piece) == STREAM_ALERT)
		for (size_t i = 0; i < SOURCES; i++)
			run(templates[i], i, (struct fuzz){bytes + piece.start, piece.size});
	return 0;
}
