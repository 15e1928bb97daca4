#include "lib/report/dump.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/format/encode.h"
#include "lib/report/tally.h"
#include "lib/report/view.h"

#include <jansson.h>
#include <string.h>

static const char *const type_names[] = {
	[SCHEMA_STRING] = "string", [SCHEMA_INTEGER] = "integer", [SCHEMA_BOOLEAN] = "boolean",
	[SCHEMA_ARRAY] = "array",   [SCHEMA_HASH] = "hash",
};

/* Source: OWASP, "CSV Injection"; control characters are masked already. */
static bool is_formula(const char *text)
{
	static const char *const starts[] = {"=", "+", "-", "@", "＝", "＋", "－", "＠"};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (strncmp(text, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

/* Quoted always, which RFC 4180 allows. */
static int add_quoted(struct buf *out, const char *text)
{
	int failed = buf_add_text(out, is_formula(text) ? "\"'" : "\"");

	for (; *text != '\0'; text++)
		failed |= buf_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
	return failed | buf_add_text(out, "\"");
}

/* The week, and the fact's key: as it is, unless a database of somebody else has made it up. */
static int begin_line(const struct view *view, const struct view_fact *fact, size_t week, struct buf *out)
{
	bool plain = fact->key[strspn(fact->key, "abcdefghijklmnopqrstuvwxyz0123456789_.")] == '\0';
	int failed = buf_printf(out, "%s,", view->weeks[week].name);

	return failed | (plain ? buf_add_text(out, fact->key) : add_quoted(out, fact->key));
}

static int csv_line(const struct view *view, const struct view_fact *fact, const struct view_line *line,
		    size_t week, struct buf *out)
{
	const struct view_count *count = &line->weeks[week];
	int failed = 0;

	if (count->machines == 0)
		return 0;
	failed |= begin_line(view, fact, week, out);
	failed |= buf_printf(out, ",%s,", plan_kind_names[line->kind]);
	if (line->kind == PLAN_VALUE)
		failed |= add_quoted(out, line->label);
	failed |= line->kind == PLAN_BIN
			  ? buf_printf(out, ",%lld,%lld", (long long)line->low, (long long)line->high)
			  : buf_add_text(out, ",,");
	failed |= buf_printf(out, ",%llu,%llu,", (unsigned long long)count->machines,
			     (unsigned long long)count->customers);
	if (line->kind != PLAN_ABSENT)
		failed |= buf_printf(out, "%.6f", view_share(fact, line, week));
	return failed | buf_add_text(out, "\r\n");
}

static int csv_quantiles(const struct view *view, const struct view_fact *fact, size_t week, struct buf *out)
{
	const struct view_quantiles *quantiles = &fact->quantiles[week];
	int failed = 0;

	for (size_t i = 0; i < PLAN_QUANTILES; i++) {
		if (!quantiles->known[i])
			continue;
		failed |= begin_line(view, fact, week, out);
		failed |= buf_printf(out, ",quantile,%.2f,%lld,%lld,,,\r\n", plan_per_milles[i] / 1000.0,
				     (long long)quantiles->values[i], (long long)quantiles->values[i]);
	}
	return failed;
}

int dump_csv(const struct view *view, struct buf *out, struct fail *fail)
{
	int failed = buf_add_text(out, "week,fact,kind,value,low,high,machines,customers,share\r\n");

	for (size_t week = 0; week < view->week_count; week++) {
		failed |= buf_printf(out, "%s,,population,,,,%llu,%llu,\r\n", view->weeks[week].name,
				     (unsigned long long)view->weeks[week].machines,
				     (unsigned long long)view->weeks[week].customers);
		for (size_t i = 0; i < view->fact_count; i++) {
			const struct view_fact *fact = &view->facts[i];
			for (size_t j = 0; j < fact->line_count; j++)
				failed |= csv_line(view, fact, &fact->lines[j], week, out);
			failed |= csv_quantiles(view, fact, week, out);
		}
	}
	return failed == 0 ? 0 : fail_errno(fail, EX_OSERR, "CSV");
}

static json_t *json_week(const struct view_week *week)
{
	json_t *flags = json_array();
	json_t *reports = json_object();
	int failed = 0;

	for (unsigned i = 0; i < TALLY_FLAGS; i++)
		if ((week->flags & 1U << i) != 0)
			failed |= json_array_append_new(flags, json_string(tally_flag_name(i)));
	for (size_t i = 0; i < week->result_count; i++)
		failed |= json_object_set_new(reports, week->results[i].name,
					      json_integer((json_int_t)week->results[i].reports));
	json_t *made = json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "week", week->name, "machines",
				 (json_int_t)week->machines, "customers", (json_int_t)week->customers,
				 "min_cell", (json_int_t)week->min_cell, "flags", flags, "reports", reports);
	if (failed == 0)
		return made;
	json_decref(made);
	return NULL;
}

static json_t *json_line(const struct view *view, const struct view_fact *fact, const struct view_line *line,
			 size_t week)
{
	json_t *cell = json_pack("{s:s, s:s}", "week", view->weeks[week].name, "kind",
				 plan_kind_names[line->kind]);
	int failed = 0;

	if (line->kind == PLAN_VALUE)
		failed |= json_object_set_new(cell, "value", json_string(line->label));
	if (line->kind == PLAN_BIN) {
		failed |= json_object_set_new(cell, "low", json_integer(line->low));
		failed |= json_object_set_new(cell, "high", json_integer(line->high));
	}
	failed |= json_object_set_new(cell, "machines", json_integer((json_int_t)line->weeks[week].machines));
	failed |= json_object_set_new(cell, "customers",
				      json_integer((json_int_t)line->weeks[week].customers));
	if (line->kind != PLAN_ABSENT)
		failed |= json_object_set_new(cell, "share", json_real(view_share(fact, line, week)));
	if (failed == 0)
		return cell;
	json_decref(cell);
	return NULL;
}

static int add_quantiles(const struct view *view, const struct view_fact *fact, size_t week,
			 json_t *quantiles)
{
	int failed = 0;

	for (size_t i = 0; i < PLAN_QUANTILES; i++)
		if (fact->quantiles[week].known[i])
			failed |= json_array_append_new(
				quantiles, json_pack("{s:s, s:f, s:I}", "week", view->weeks[week].name,
						     "quantile", plan_per_milles[i] / 1000.0, "value",
						     (json_int_t)fact->quantiles[week].values[i]));
	return failed;
}

static json_t *json_fact(const struct view *view, const struct view_fact *fact)
{
	json_t *cells = json_array();
	json_t *quantiles = json_array();
	int failed = 0;

	for (size_t week = 0; week < view->week_count; week++) {
		for (size_t i = 0; i < fact->line_count; i++)
			if (fact->lines[i].weeks[week].machines > 0)
				failed |= json_array_append_new(cells,
								json_line(view, fact, &fact->lines[i], week));
		failed |= add_quantiles(view, fact, week, quantiles);
	}
	json_t *made = json_pack("{s:s, s:s, s:o, s:o}", "fact", fact->key, "type", type_names[fact->type],
				 "cells", cells, "quantiles", quantiles);
	if (failed == 0)
		return made;
	json_decref(made);
	return NULL;
}

int dump_json(const struct view *view, struct buf *out, struct fail *fail)
{
	json_t *weeks = json_array();
	json_t *facts = json_array();
	int failed = 0;

	for (size_t i = 0; i < view->week_count; i++)
		failed |= json_array_append_new(weeks, json_week(&view->weeks[i]));
	for (size_t i = 0; i < view->fact_count; i++)
		failed |= json_array_append_new(facts, json_fact(view, &view->facts[i]));
	json_t *document = json_pack("{s:o, s:o}", "weeks", weeks, "facts", facts);
	if (failed != 0) {
		json_decref(document);
		document = NULL;
	}
	return encode_add(document, JSON_INDENT(2) | JSON_REAL_PRECISION(6), out, fail);
}
