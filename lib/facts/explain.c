#include "lib/facts/explain.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/text.h"
#include "lib/facts/document.h"
#include "lib/format/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The value as people write it, in `out`. */
static void show(const struct fact *fact, const struct value *value, char *out, size_t out_size)
{
	if (!value->known)
		(void)snprintf(out, out_size, "unknown"); /* these all fit */
	else if (fact->type == VALUE_INTEGER)
		(void)snprintf(out, out_size, "%" PRId64, value->integer);
	else if (fact->type == VALUE_BOOLEAN)
		(void)snprintf(out, out_size, "%s", value->boolean ? "yes" : "no");
	else if (fact->type == VALUE_LIST && value->text[0] == '\0')
		(void)snprintf(out, out_size, "none");
	else
		(void)snprintf(out, out_size, "%s", value->text);
}

int explain_format(enum fact_level level, const struct value values[FACT_COUNT], struct buf *out,
		   struct fail *fail)
{
	int failed = buf_printf(out, "%-36s %-6s %s\n", "FACT", "SINCE", "VALUE");

	for (size_t i = 0; i < FACT_COUNT; i++) {
		const struct fact *fact = &fact_table[i];
		char shown[VALUE_TEXT_MAX + 1];
		char why[VALUE_WHY_SIZE * 4];
		if (fact->since > level)
			continue;
		show(fact, &values[i], shown, sizeof shown);
		failed |= buf_printf(out, "%-36s %-6s %s\n    %s\n    from %s\n", fact->key,
				     fact_level_name(fact->since), shown, fact->about, fact->source);
		text_mask((const uint8_t *)values[i].why, strlen(values[i].why), why, sizeof why);
		if (!values[i].known)
			failed |= buf_printf(out, "    unknown: %s\n", why);
	}
	return failed == 0 ? 0 : fail_errno(fail, EX_OSERR, "explanation");
}

int explain_json(enum fact_level level, const struct value values[FACT_COUNT], struct buf *out,
		 struct fail *fail)
{
	json_t *all = json_array();
	int failed = 0;

	for (size_t i = 0; i < FACT_COUNT; i++) {
		const struct fact *fact = &fact_table[i];
		char why[VALUE_WHY_SIZE * 4];
		if (fact->since > level)
			continue;
		text_mask((const uint8_t *)values[i].why, strlen(values[i].why), why, sizeof why);
		json_t *reason = values[i].known ? json_null() : json_string(why);
		json_t *one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "fact", fact->key, "type",
					fact_type_name(fact->type), "since", fact_level_name(fact->since),
					"description", fact->about, "source", fact->source, "value",
					document_value(fact, &values[i], VALUE_TEXT_MAX), "why", reason);
		failed |= json_array_append_new(all, one);
	}
	if (failed != 0) {
		json_decref(all);
		all = NULL;
	}
	return encode_add(all, JSON_INDENT(2), out, fail);
}
