#include "lib/alert/template.h"

#include "lib/alert/template_eval.h"
#include "lib/alert/template_parse.h"
#include "lib/alert/template_tree.h"
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct template *template_parse(const char *source, size_t size, struct fail *fail)
{
	struct template *template = NULL;

	if (size > TEMPLATE_SOURCE_MAX)
		(void)fail_set(fail, EX_CONFIG, "template: more than %d bytes", TEMPLATE_SOURCE_MAX);
	else if (!text_is_utf8((const uint8_t *)source, size) ||
		 (size > 0 && memchr(source, '\0', size) != NULL))
		(void)fail_set(fail, EX_CONFIG, "template: not UTF-8 text");
	else if ((template = calloc(1, sizeof *template)) == NULL)
		(void)fail_errno(fail, EX_OSERR, "template");
	if (template != NULL && template_parse_source(template, source, size, fail) != 0) {
		template_free(template);
		return NULL;
	}
	return template;
}

void template_free(struct template *template)
{
	int error = errno;

	while (template != NULL && template->blocks != NULL) {
		struct template_block *block = template->blocks;
		template->blocks = block->next;
		free(block);
	}
	free(template);
	errno = error;
}

int template_render(const struct template *template, const json_t *alert, struct buf *out, struct fail *fail)
{
	size_t before = out->size;

	if (template_eval_nodes(template, alert, out) == 0)
		return 0;
	int error = errno;
	out->size = before;
	if (out->data != NULL)
		out->data[before] = '\0';
	if (error == EFBIG)
		return fail_set(fail, EX_DATAERR, "template: makes more than %zu bytes of this alert",
				out->limit);
	if (error == ELOOP)
		return fail_set(fail, EX_DATAERR, "template: takes more than %d steps with this alert",
				TEMPLATE_STEPS_MAX);
	errno = error;
	return fail_errno(fail, EX_OSERR, "template");
}
