#include "lib/report/html_table.h"

#include "lib/base/buf.h"
#include "lib/report/quantity.h"
#include "lib/report/show.h"
#include "lib/report/view.h"

#include <string.h>

enum { LINES_MAX = 30 }; /* values of a fact; the rest is told as one line */

void html_table_put(struct html_table *html, const char *text)
{
	html->failed |= buf_add_text(html->out, text);
}

void html_table_put_escaped(struct html_table *html, const char *text)
{
	while (*text != '\0') {
		size_t plain = strcspn(text, "&<>\"'");
		html->failed |= buf_add(html->out, text, plain);
		text += plain;
		if (*text != '\0')
			html->failed |= buf_printf(html->out, "&#%d;", *text++);
	}
}

static void put_share(struct html_table *html, const char *class, double share)
{
	if (share <= 0)
		html->failed |= buf_printf(html->out, "<td class=%s>\xe2\x80\x93</td>",
					   class); /* none, or hidden */
	else
		html->failed |= buf_printf(html->out, "<td class=%s style=\"--s:%.4f\" data-v=%.2f>%.1f</td>",
					   class, share, 100 * share, 100 * share);
}

static void put_change(struct html_table *html, const struct view_fact *fact, const struct view_line *line)
{
	double change;

	if (!view_change(html->view, fact, line, &change)) {
		html_table_put(html, "<td></td>");
		return;
	}
	change *= 100;
	const char *class = change >= 0.5 ? "up" : change <= -0.5 ? "down" : "same";
	const char *arrow = change >= 0.5 ? "\xe2\x96\xb2 " : change <= -0.5 ? "\xe2\x96\xbc " : "";
	html->failed |= buf_printf(html->out, "<td class=%s>%s%+.1f</td>", class, arrow, change);
}

static void put_counts(struct html_table *html, const struct view_line *line)
{
	char machines[QUANTITY_TEXT];
	char customers[QUANTITY_TEXT];

	uint64_t min_cell = html->view->weeks[html->last].min_cell;
	const struct view_count *count = &line->weeks[html->last];

	html_table_put(html, "<td>");
	html_table_put_escaped(html, quantity_told(count->machines, min_cell, machines));
	html_table_put(html, "</td><td>");
	html_table_put_escaped(html, quantity_told(count->customers, min_cell, customers));
	html_table_put(html, "</td>");
}

/* The share now; and where there are several weeks the change, and the share in each. */
static void put_shares(struct html_table *html, const struct view_fact *fact, const struct view_line *line)
{
	put_share(html, "bar", view_share(fact, line, html->last));
	if (html->last > 0)
		put_change(html, fact, line);
	for (size_t week = 0; html->last > 0 && week < html->view->week_count; week++)
		put_share(html, "week", view_share(fact, line, week));
	html_table_put(html, "</tr>\n");
}

static void put_line(struct html_table *html, const struct view_fact *fact, const struct view_line *line,
		     bool grows)
{
	char room[SHOW_LABEL];
	bool value = line->kind == PLAN_VALUE || line->kind == PLAN_OTHER;

	html->failed |= buf_printf(html->out, "<tr%s%s%s><th scope=row>", value ? " data-line" : "",
				   grows ? " data-grows" : "", line->kind == PLAN_VALUE ? "" : " class=rest");
	html_table_put_escaped(html, show_label(fact, line, room));
	html_table_put(html, "</th>");
	put_counts(html, line);
	if (line->kind == PLAN_ABSENT) {
		html_table_put(html, "</tr>\n");
		return;
	}
	put_shares(html, fact, line);
}

static void begin_table(struct html_table *html, const char *of, const char *what, bool chart)
{
	html->failed |= buf_printf(html->out, "<div class=scroll tabindex=0 role=region aria-label=\"");
	html_table_put_escaped(html, of);
	html->failed |= buf_printf(
		html->out, "\"><table%s><caption>Share of the machines, %%: ", chart ? " data-chart" : "");
	html_table_put_escaped(html, of);
	html->failed |= buf_printf(
		html->out,
		".</caption>\n<thead><tr><th scope=col>%s<th scope=col>Machines<th scope=col>Customers"
		"<th scope=col>Share%s",
		what, html->last > 0 ? "<th scope=col>Change" : "");
	for (size_t week = 0; html->last > 0 && week < html->view->week_count; week++)
		html->failed |= buf_printf(html->out, "<th scope=col data-week=%s>%.4s<br>%s",
					   html->view->weeks[week].name, html->view->weeks[week].name,
					   html->view->weeks[week].name + 5);
	html_table_put(html, "</tr></thead>\n<tbody>\n");
}

void html_table_values(struct html_table *html, const struct view_fact *fact)
{
	const struct view_line *grows = view_fastest(html->view, fact);
	size_t shown = 0;
	size_t left = 0;
	uint64_t machines = 0;

	begin_table(html, fact->key, "Value", true);
	for (size_t i = 0; i < fact->line_count; i++) {
		if (fact->lines[i].kind == PLAN_VALUE && shown++ >= LINES_MAX) {
			left++;
			machines += fact->lines[i].weeks[html->last].machines;
			continue;
		}
		put_line(html, fact, &fact->lines[i], &fact->lines[i] == grows);
	}
	html_table_put(html, "</tbody></table></div>\n");
	if (left > 0)
		html->failed |= buf_printf(
			html->out, "<p class=note>And %zu more value%s, on %llu machine%s.</p>\n", left,
			quantity_ending(left), (unsigned long long)machines, quantity_ending(machines));
}

void html_table_quantiles(struct html_table *html, const struct view_fact *fact)
{
	char room[QUANTITY_TEXT];

	html->failed |= buf_printf(
		html->out,
		"<div class=scroll tabindex=0 role=region aria-label=\"%s: "
		"quantiles\"><table><caption>Quantiles: so many "
		"machines have at most this.</caption>\n<thead><tr><th scope=col>Week<th scope=col>5 %%<th "
		"scope=col>25 "
		"%%<th scope=col>Median<th scope=col>75 %%<th scope=col>95 %%</tr></thead>\n<tbody>\n",
		fact->key);
	for (size_t week = html->view->week_count; week-- > 0;) {
		const struct view_quantiles *quantiles = &fact->quantiles[week];
		html->failed |= buf_printf(html->out, "<tr><th scope=row>%s</th>",
					   html->view->weeks[week].name);
		for (size_t i = 0; i < PLAN_QUANTILES; i++)
			html->failed |= buf_printf(
				html->out, "<td>%s</td>",
				quantiles->known[i] ? quantity_value(fact->key, quantiles->values[i], room)
						    : "\xe2\x80\x93");
		html_table_put(html, "</tr>\n");
	}
	html_table_put(html, "</tbody></table></div>\n");
}

void html_table_ranges(struct html_table *html, const struct view_fact *fact)
{
	char room[SHOW_LABEL];

	html->failed |= buf_printf(html->out,
				   "<div class=scroll tabindex=0 role=region aria-label=\"%s: "
				   "ranges\"><table><caption>Ranges in "
				   "%s.</caption>\n<thead><tr><th scope=col>Range<th scope=col>Machines<th "
				   "scope=col>Customers<th "
				   "scope=col>Share, %%</tr></thead>\n<tbody>\n",
				   fact->key, html->view->weeks[html->last].name);
	for (size_t i = 0; i < fact->line_count; i++) {
		const struct view_line *line = &fact->lines[i];
		if (line->weeks[html->last].machines == 0)
			continue;
		html->failed |= buf_printf(html->out, "<tr%s><th scope=row>%s</th>",
					   line->kind == PLAN_BIN ? "" : " class=rest",
					   show_label(fact, line, room));
		put_counts(html, line);
		if (line->kind != PLAN_ABSENT)
			put_share(html, "bar", view_share(fact, line, html->last));
		html_table_put(html, "</tr>\n");
	}
	html_table_put(html, "</tbody></table></div>\n");
}

static void put_feature(struct html_table *html, const struct view_fact *fact, const struct view_line *line)
{
	html_table_put(html, "<tr><th scope=row>");
	html_table_put_escaped(html, fact->key);
	html_table_put(html, "<small>");
	html_table_put_escaped(html, fact->about);
	html_table_put(html, "</small></th>");
	put_counts(html, line);
	put_shares(html, fact, line);
}

void html_table_features(struct html_table *html)
{
	bool begun = false;

	for (size_t i = 0; i < html->view->fact_count; i++) {
		const struct view_fact *fact = &html->view->facts[i];
		const struct view_line *line = view_true(fact);
		if (fact->type != SCHEMA_BOOLEAN || line == NULL)
			continue;
		if (!begun) {
			html_table_put(html, "<section id=features><h2>Features</h2>\n");
			begin_table(html, "features", "Fact", false);
		}
		begun = true;
		put_feature(html, fact, line);
	}
	if (begun)
		html_table_put(html, "</tbody></table></div></section>\n");
}
