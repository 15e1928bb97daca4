/* Templates of alerts: lexer, parser, literals, evaluation, printf (lib/alert template*, gofmt, value).
 *
 * Input: the template up to a NUL, then the alert; without one, an alert of every kind of value. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/alert/template.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 4096 };

static const char any_alert[] =
	"{\"s\":\"a\\u0000\\u001b\\u00e9\",\"n\":5,\"f\":1.5e300,\"t\":true,\"z\":null,\"l\":[1,\"b\",[]],"
	"\"m\":{\"a\":-1,\"b\":{\"c\":\"\"}},\"strategy_name\":\"x\"}";

static void render(const struct template *template, const json_t *alert, struct buf *out, bool whole)
{
	struct fail fail;

	REQUIRE(buf_add_text(out, "before") == 0);
	if (template_render(template, alert, out, &fail) == 0)
		REQUIRE(out->size <= out->limit && memcmp(out->data, "before", 6) == 0);
	else
		REQUIRE(out->size == 6 && fail.status == EX_DATAERR && !whole);
}

static void run(const struct template *template, struct fuzz text)
{
	json_t *alert = json_loadb((const char *)text.bytes, text.size, JSON_ALLOW_NUL, NULL);
	struct buf once = BUF_INIT(OUT_MAX);
	struct buf again = BUF_INIT(2 * OUT_MAX);

	if (json_is_object(alert)) {
		render(template, alert, &once, false);
		render(template, alert, &again, once.size > 6);
		if (once.size > 6)
			REQUIRE(once.size == again.size && memcmp(once.data, again.data, once.size) == 0);
	}
	json_decref(alert);
	buf_fini(&once);
	buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct fuzz source = fuzz_piece(&in);
	uint8_t *copy = fuzz_copy(source); /* not needed after the parse */
	struct fail fail;
	struct template *template = template_parse((const char *)copy, source.size, &fail);

	free(copy);
	if (template == NULL)
		REQUIRE(fail.status == EX_CONFIG && strncmp(fail.text, "template", 8) == 0);
	else
		run(template,
		    in.size > 0 ? in : (struct fuzz){(const uint8_t *)any_alert, sizeof any_alert - 1});
	template_free(template);
	return 0;
}
