#include "lib/facts/diff.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/facts/document.h"

#include <stdlib.h>

/* "key: old -> new". */
static int add_line(const char *key, const json_t *old, const json_t *new, struct buf *out)
{
	const size_t flags = JSON_ENCODE_ANY | JSON_COMPACT |
			     JSON_ENSURE_ASCII; /* nothing that a terminal obeys */
	char *old_text = old == NULL ? NULL : json_dumps(old, flags);
	char *new_text = json_dumps(new, flags);
	int result = -1;

	if (new_text != NULL && (old == NULL || old_text != NULL))
		result = buf_printf(out, "%s: %s -> %s\n", key, old == NULL ? "(not sent)" : old_text,
				    new_text);
	free(old_text);
	free(new_text);
	return result;
}

static int compare(enum fact_level level, const struct value values[FACT_COUNT], const json_t *report,
		   struct buf *out)
{
	for (size_t i = 0; i < FACT_COUNT; i++) {
		const struct fact *fact = &fact_table[i];
		if (fact->since > level)
			continue;
		const json_t *old = json_object_get(json_object_get(report, fact_areas[fact_area(fact)]),
						    fact_name(fact));
		json_t *new = document_value(fact, &values[i], VALUE_TEXT_MAX);
		int result = new == NULL ? -1 : 0;
		if (result == 0 && !json_equal(old, new))
			result = add_line(fact->key, old, new, out);
		json_decref(new);
		if (result != 0)
			return -1;
	}
	return 0;
}

int diff_format(enum fact_level level, const struct value values[FACT_COUNT], const uint8_t *old,
		size_t old_size, const char *name, struct buf *out, struct fail *fail)
{
	json_error_t error;
	json_t *report = json_loadb((const char *)old, old_size, JSON_REJECT_DUPLICATES, &error);

	if (report == NULL)
		return fail_set(fail, EX_DATAERR, "%s:%d:%d: not JSON", name, error.line, error.column);
	int result = -1;
	if (json_integer_value(json_object_get(report, "schema")) != DOCUMENT_SCHEMA)
		(void)fail_set(fail, EX_DATAERR, "%s: not a report", name);
	else if (compare(level, values, report, out) != 0)
		(void)fail_errno(fail, EX_OSERR, "%s", name);
	else
		result = 0;
	json_decref(report);
	return result;
}
