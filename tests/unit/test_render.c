#include "tests/unit/unit.h"

#include "lib/alert/render.h"
#include "lib/alert/spool_reader.h"
#include "lib/alert/template.h"

#include <string.h>

static const char lines[] =
	"{\"n\":1}\n{\"n\":22}\n{\"n\":99999999999999999999}\n{\"\\u0000\":1}\n{\"n\":5}\n";

/* A batch of those lines. */
static struct spool_batch make_batch(uint32_t *ends)
{
	struct spool_batch batch = {.bytes = (const uint8_t *)lines, .size = sizeof lines - 1, .ends = ends};

	for (size_t i = 0; i < batch.size; i++)
		if (lines[i] == '\n')
			ends[batch.count++] = (uint32_t)i + 1;
	return batch;
}

static struct template *make_template(const char *source)
{
	struct fail fail = {0};
	struct template *template = template_parse(source, strlen(source), &fail);

	assert_non_null(template);
	return template;
}

static void points_into_the_batch(void **state)
{
	(void)state;
	uint32_t ends[8];
	const struct spool_batch batch = make_batch(ends);
	struct render render = RENDER_INIT;
	struct fail fail = {0};

	assert_int_equal(render_slice(NULL, &batch, 0, batch.count, 1 << 20, &render, &fail), 0);
	assert_ptr_equal(render.bytes, batch.bytes);
	assert_int_equal(render.size, batch.size);
	assert_int_equal(render.to, 5);
	assert_int_equal(render_slice(NULL, &batch, 1, 4, 20, &render, &fail), 0);
	assert_ptr_equal(render.bytes, batch.bytes + 8);
	assert_int_equal(render.from, 1);
	assert_int_equal(render.to, 2); /* the next would not fit */
	assert_int_equal(render.ends[0], 9);
	assert_int_equal(render_slice(NULL, &batch, 2, 5, 1, &render, &fail), 0);
	assert_int_equal(render.to, 3); /* at least one */
	render_fini(&render);
}

static void applies_a_template(void **state)
{
	(void)state;
	uint32_t ends[8];
	const struct spool_batch batch = make_batch(ends);
	struct render render = RENDER_INIT;
	struct fail fail = {0};
	struct template *template = make_template("n={{.n}}");

	assert_int_equal(render_slice(template, &batch, 0, batch.count, 1 << 20, &render, &fail), 0);
	/* An integer too large for jansson is a float; the alert behind it cannot be read at all, and is
	 * left for the next slice. */
	assert_int_equal(render.to, 3);
	assert_int_equal(render.size, strlen("n=1\nn=22\nn=1e+20\n"));
	assert_memory_equal(render.bytes, "n=1\nn=22\nn=1e+20\n", render.size);
	assert_int_equal(render.ends[1], 9);
	assert_int_equal(render_slice(template, &batch, 3, batch.count, 1 << 20, &render, &fail), -1);
	assert_int_equal(fail.status, EX_DATAERR);
	assert_non_null(strstr(fail.text, "template: cannot read the alert"));
	assert_int_equal(render_slice(template, &batch, 4, batch.count, 1 << 20, &render, &fail), 0);
	assert_memory_equal(render.bytes, "n=5\n", 4);
	assert_int_equal(render_slice(template, &batch, 0, batch.count, 1, &render, &fail), 0);
	assert_int_equal(render.to, 1);
	template_free(template);
	template = make_template("{{if gt .n 10}}{{.n}}\n{{end}}");
	assert_int_equal(render_slice(template, &batch, 0, 2, 1 << 20, &render, &fail), 0);
	assert_int_equal(render.to, 2);
	assert_int_equal(render.ends[0],
			 0); /* nothing made of the first, no newline added twice to the second */
	assert_int_equal(render.size, 3);
	template_free(template);
	render_fini(&render);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_into_the_batch),
		cmocka_unit_test(applies_a_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
