/* A database of aggregates (lib/report db, view), and what is drawn of it (show, dump, html): whatever the file
 * holds, it is refused or drawn, and what is drawn is well-formed. */
#include "tests/fuzz/frame/fuzz.h"

#include "cmd/sav-report/command.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/text.h"
#include "lib/report/db.h"
#include "lib/report/dump.h"
#include "lib/report/html.h"
#include "lib/report/schema.h"
#include "lib/report/show.h"
#include "lib/report/view.h"

#include <string.h>

enum { OUT_MAX = 8 << 20 };

static void draw(const struct view *view)
{
	const struct show_style style = {.width = 80, .lines = 10};
	const struct show_style drawn = {.bars = true, .width = 80, .lines = 10};
	struct buf out = BUF_INIT(OUT_MAX);
	struct fail fail;

	REQUIRE(view->week_count >= 1);
	if (show_format(view, &style, &out, &fail) == 0)
		REQUIRE(text_is_utf8(out.data, out.size) && memchr(buf_text(&out), '\x1b', out.size) == NULL);
	buf_fini(&out);
	if (show_format(view, &drawn, &out, &fail) == 0)
		REQUIRE(text_is_utf8(out.data, out.size));
	buf_fini(&out);
	if (dump_json(view, &out, &fail) == 0)
		REQUIRE(fuzz_is_json(out.data, out.size));
	buf_fini(&out);
	if (dump_csv(view, &out, &fail) == 0)
		REQUIRE(text_is_utf8(out.data, out.size));
	buf_fini(&out);
	if (html_format(view, &out, &fail) == 0)
		REQUIRE(text_is_utf8(out.data, out.size) && strstr(buf_text(&out), "<fuzz>") == NULL);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct db_filter filter = {0};
	struct schema schema;
	struct view view = {0};
	struct fail fail;

	REQUIRE(command_schema(&schema, &fail) == 0);
	struct db *db = db_open(fuzz_put("db", bytes, size), DB_READ, &fail);
	if (db != NULL && db_load_view(db, &schema, &filter, &view, &fail) == 0) {
		draw(&view);
		view_fini(&view);
	}
	db_close(db);
	return 0;
}
