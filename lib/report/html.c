#include "lib/report/html.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/num.h"
#include "lib/report/html_table.h"
#include "lib/report/page.h"
#include "lib/report/quantity.h"
#include "lib/report/show.h"
#include "lib/report/tally.h"
#include "lib/report/view.h"

#include <string.h>

enum { PORTRAIT_WEEKS = 12 }; /* more columns are printed across */

static const char version_key[] = "sophos.product_version";

static void put_part(struct html_table *html, enum page_part part)
{
	size_t size;
	const char *bytes = page_part(part, &size);

	html->failed |= buf_add(html->out, bytes, size);
}

/* What stands beside a closed fact: its most frequent value, or its median. */
static void put_hint(struct html_table *html, const struct view_fact *fact)
{
	char room[SHOW_LABEL];

	html_table_put(html, "<span>");
	if (fact->type == SCHEMA_INTEGER && fact->quantiles[html->last].known[PLAN_QUANTILES / 2]) {
		html->failed |= buf_printf(
			html->out, "median %s",
			quantity_value(fact->key, fact->quantiles[html->last].values[PLAN_QUANTILES / 2],
				       room));
	} else if (fact->line_count > 0 && fact->lines[0].kind == PLAN_VALUE &&
		   view_share(fact, &fact->lines[0], html->last) > 0) {
		html_table_put_escaped(html, show_label(fact, &fact->lines[0], room));
		html->failed |= buf_printf(html->out, " %.1f %%",
					   100 * view_share(fact, &fact->lines[0], html->last));
	}
	html_table_put(html, "</span>");
}

static void put_fold(struct html_table *html, const struct view_fact *fact, bool open)
{
	html->failed |= buf_printf(html->out, "<details%s><summary>", open ? " open" : "");
	html_table_put_escaped(html, fact->key);
	put_hint(html, fact);
	html_table_put(html, "</summary>\n<p class=about>");
	html_table_put_escaped(html, fact->about);
	html_table_put(html, "</p>\n");
	if (fact->type == SCHEMA_INTEGER) {
		html_table_quantiles(html, fact);
		html_table_ranges(html, fact);
	} else {
		html_table_values(html, fact);
	}
	html_table_put(html, "</details>\n");
}

/* All facts of a kind, each to be unfolded; the first is. */
static void put_folds(struct html_table *html, const char *id, const char *title, bool integers)
{
	bool begun = false;

	for (size_t i = 0; i < html->view->fact_count; i++) {
		const struct view_fact *fact = &html->view->facts[i];
		if (fact->type == SCHEMA_BOOLEAN || (fact->type == SCHEMA_INTEGER) != integers ||
		    strcmp(fact->key, version_key) == 0)
			continue;
		if (!begun)
			html->failed |= buf_printf(html->out, "<section id=%s><h2>%s</h2>\n", id, title);
		bool distribution = strcmp(fact->key, "system.distro_id") == 0;
		put_fold(html, fact, distribution || (integers && !begun));
		begun = true;
	}
	if (begun)
		html_table_put(html, "</section>\n");
}

static void put_distributions(struct html_table *html)
{
	put_folds(html, "distributions", "Distributions", false);
}

static void put_numbers(struct html_table *html)
{
	put_folds(html, "numbers", "Numbers", true);
}

static void put_versions(struct html_table *html)
{
	const struct view_fact *version = view_find(html->view, version_key);

	if (version == NULL)
		return;
	html_table_put(html, "<section id=versions><h2>Adoption of versions</h2>\n");
	html_table_values(html, version);
	html_table_put(html, "</section>\n");
}

static void put_figure(struct html_table *html, uint64_t number, const char *told, const char *noun,
		       const char *rest)
{
	html_table_put(html, "<li><b>");
	html_table_put_escaped(html, told);
	html->failed |= buf_printf(html->out, "</b> %s%s%s</li>\n", noun, quantity_ending(number), rest);
}

static uint64_t refused(const struct view_week *week)
{
	uint64_t reports = 0;

	for (size_t i = 0; i < week->result_count; i++)
		if (view_is_refusal(&week->results[i]))
			reports += week->results[i].reports;
	return reports;
}

static void put_head(struct html_table *html)
{
	const struct view_week *week = &html->view->weeks[html->last];
	const struct view_fact *version = view_find(html->view, version_key);
	char sentence[SHOW_SENTENCE] = "";
	char room[QUANTITY_TEXT];

	html->failed |= buf_printf(html->out,
				   "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
				   "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
				   "style-src 'unsafe-inline'; "
				   "script-src 'unsafe-inline'\">\n<meta name=viewport "
				   "content=\"width=device-width, initial-scale=1\">\n"
				   "<title>Feedback reports, %s</title>\n<style>\n",
				   week->name);
	put_part(html, PAGE_STYLE);
	html->failed |= buf_printf(html->out,
				   "</style>\n</head>\n<body%s>\n<a class=skip href=#main>To the "
				   "tables</a>\n<header>\n<h1>Feedback reports, %s%s%s</h1>\n<p class=lead>",
				   html->view->week_count > PORTRAIT_WEEKS ? " class=wide" : "",
				   html->last > 0 ? html->view->weeks[0].name : "",
				   html->last > 0 ? " to " : "", week->name);
	if (version != NULL && show_growth(html->view, version, sentence)[0] != '\0')
		html_table_put_escaped(html, sentence);
	else
		html_table_put(html, version == NULL || version->line_count == 0
					     ? "Too few machines to tell anything of them."
				     : html->view->week_count == 1
					     ? "One week: no version can have grown yet."
					     : "No version grows.");
	html_table_put(html, "</p>\n<ul class=figures>\n");
	put_figure(html, week->machines, quantity_told(week->machines, week->min_cell, room), "machine", "");
	put_figure(html, week->customers, quantity_told(week->customers, week->min_cell, room), "customer",
		   "");
	put_figure(html, html->view->week_count, num_group(html->view->week_count, room), "week", "");
	if (refused(week) > 0)
		put_figure(html, refused(week), num_group(refused(week), room), "report", " refused");
	html_table_put(html, "</ul>\n");
	for (unsigned i = 0; i < TALLY_FLAGS; i++)
		if ((week->flags & 1U << i) != 0)
			html->failed |= buf_printf(html->out, "<p class=warning>Note: %s.</p>\n",
						   tally_flag_text(i));
	html_table_put(html, "</header>\n");
}

static void put_weeks(struct html_table *html)
{
	char room[QUANTITY_TEXT];

	html_table_put(html,
		       "<section id=weeks><h2>Weeks</h2>\n<div class=scroll tabindex=0 role=region "
		       "aria-label=Weeks><table><thead><tr><th "
		       "scope=col>Week<th scope=col>Machines<th scope=col>Customers<th scope=col>Refused<th "
		       "scope=col>Fewest shown<th scope=col>In full<th "
		       "scope=col>Notes</tr></thead>\n<tbody>\n");
	for (size_t i = html->view->week_count; i-- > 0;) {
		const struct view_week *week = &html->view->weeks[i];
		html->failed |= buf_printf(html->out, "<tr><th scope=row>%s</th><td>", week->name);
		html_table_put_escaped(html, quantity_told(week->machines, week->min_cell, room));
		html_table_put(html, "</td><td>");
		html_table_put_escaped(html, quantity_told(week->customers, week->min_cell, room));
		html->failed |= buf_printf(html->out, "</td><td>%s</td>", num_group(refused(week), room));
		html->failed |= buf_printf(html->out, "<td>%s</td>",
					   num_group(plan_least(week->min_cell), room));
		html->failed |= buf_printf(html->out, "<td>%s</td><td>", num_group(week->min_cell, room));
		for (unsigned j = 0; j < TALLY_FLAGS; j++)
			if ((week->flags & 1U << j) != 0)
				html->failed |= buf_printf(html->out, "%s ", tally_flag_name(j));
		html_table_put(html, "</td></tr>\n");
	}
	html_table_put(html, "</tbody></table></div></section>\n");
}

static void put_foot(struct html_table *html)
{
	size_t chart;

	html_table_put(
		html,
		"</main>\n<footer><p>A machine counts once a week, with its latest report of 8 days. All "
		"numbers are rounded down to what \"in full\" says of the week, and what is less than its "
		"fewest shown is not told: so no difference of them tells of a few machines. "
		"What is left of all machines is (other); a dash is a value in it, or one that no machine "
		"has. "
		"(unknown): the machine could not "
		"tell. (not asked): its reports do not have the fact yet. Change is in percentage points "
		"since the first week, and none where the value is in (other) there or in the "
		"last.</p></footer>\n");
	(void)page_part(PAGE_CHART, &chart);
	if (chart > 0) {
		html_table_put(html, "<script>\n");
		put_part(html, PAGE_CHART);
		html_table_put(html, "\n</script>\n<script>\n");
		put_part(html, PAGE_SCRIPT);
		html_table_put(html, "</script>\n");
	}
	html_table_put(html, "</body>\n</html>\n");
}

/* The sections, and before them links to those that there are. */
static void put_sections(struct html_table *html)
{
	static const struct {
		const char *id;
		const char *name;
		void (*put)(struct html_table *html);
	} sections[] = {
		{"versions", "Versions", put_versions},
		{"features", "Features", html_table_features},
		{"distributions", "Distributions", put_distributions},
		{"numbers", "Numbers", put_numbers},
		{"weeks", "Weeks", put_weeks},
	};
	auto_buf struct buf written = BUF_INIT(html->out->limit);
	struct html_table behind = *html;

	behind.out = &written;
	html_table_put(html, "<nav aria-label=Sections>");
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		size_t before = written.size;
		sections[i].put(&behind);
		if (written.size > before)
			html->failed |= buf_printf(html->out, "<a href=#%s>%s</a> ", sections[i].id,
						   sections[i].name);
	}
	html_table_put(html, "</nav>\n<main id=main>\n");
	html->failed |= behind.failed;
	html->failed |= buf_add(html->out, written.data, written.size);
}

int html_format(const struct view *view, struct buf *out, struct fail *fail)
{
	struct html_table html = {.view = view, .last = view->week_count - 1, .out = out};

	put_head(&html);
	put_sections(&html);
	put_foot(&html);
	return html.failed == 0 ? 0 : fail_errno(fail, EX_OSERR, "page");
}
