#include "lib/report/show.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/report/quantity.h"
#include "lib/report/tally.h"
#include "lib/report/view.h"

#include <stdio.h>

enum {
	WIDTH_LEAST = 80,
	LABEL_LEAST = 12,
	LABEL_MOST = 40,
	BAR_MOST = 40,
	CURVE_MOST = 26,
	NUMBERS_WIDTH = 41,
	EIGHTHS = 8
};

/* What is written to, how, and whether that worked. */
struct page {
	const struct view *view;
	const struct show_style *style;
	struct buf *out;
	int failed; /* -1 from the first failure on */
	size_t label_width;
	size_t bar_width;
	size_t curve_width; /* weeks */
};

static void put(struct page *page, const char *text)
{
	page->failed |= buf_add_text(page->out, text);
}

static size_t columns(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* The text in `width` columns, cut or filled. */
static void put_cell(struct page *page, const char *text, size_t width)
{
	size_t wide = columns(text);
	size_t bytes = 0;

	for (size_t shown = 0; text[bytes] != '\0'; bytes++)
		if (((unsigned char)text[bytes] & 0xc0) != 0x80 && ++shown > width - (wide > width ? 1 : 0))
			break;
	page->failed |= buf_add(page->out, text, bytes);
	if (wide > width)
		put(page, page->style->bars ? "…" : "~");
	for (size_t i = wide; i < width; i++)
		put(page, " ");
}

static void heading(struct page *page, const char *key, const char *about)
{
	const char *bold = page->style->bars ? "\033[1m" : "";
	const char *normal = page->style->bars ? "\033[0m" : "";

	page->failed |= buf_printf(page->out, "\n%s%s%s%s%s\n", bold, key, normal,
				   about[0] != '\0' ? "  " : "", about);
}

const char *show_label(const struct view_fact *fact, const struct view_line *line, char room[SHOW_LABEL])
{
	switch (line->kind) {
	case PLAN_BIN:
		return quantity_range(fact->key, line->low, line->high, room);
	case PLAN_OTHER:
		return "(other)";
	case PLAN_UNKNOWN:
		return "(unknown)";
	case PLAN_ABSENT:
		return "(not asked)";
	case PLAN_VALUE:
	case PLAN_KINDS:
		break;
	}
	return line->label[0] != '\0' ? line->label : "(none)";
}

char *show_growth(const struct view *view, const struct view_fact *fact, char out[SHOW_SENTENCE])
{
	const struct view_line *line = view_fastest(view, fact);
	char room[SHOW_LABEL];

	out[0] = '\0';
	if (line == NULL)
		return out;
	size_t first = view_first_week(view, fact);
	(void)snprintf(out, SHOW_SENTENCE,
		       "%.300s grows fastest: from %s%.1f %% to %.1f %% of the machines since %s.",
		       show_label(fact, line, room), view_is_hidden(fact, line, first) ? "at most " : "",
		       100 * view_share_most(fact, line, first),
		       100 * view_share(fact, line, view->week_count - 1),
		       view->weeks[first].name); /* fits */
	return out;
}

static void put_bar(struct page *page, double share)
{
	static const char *const parts[EIGHTHS] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	size_t eighths = (size_t)(share * (double)(page->bar_width * EIGHTHS) + 0.5);
	size_t drawn = eighths / EIGHTHS + (eighths % EIGHTHS != 0 ? 1 : 0);

	for (size_t i = 0; i < eighths / EIGHTHS; i++)
		put(page, "█");
	put(page, parts[eighths % EIGHTHS]);
	for (size_t i = drawn; i < page->bar_width; i++)
		put(page, " ");
}

/* A mark a week, as high as the share. */
static void put_curve(struct page *page, const struct view_fact *fact, const struct view_line *line)
{
	static const char *const heights[EIGHTHS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	size_t weeks = page->view->week_count;

	for (size_t i = weeks - page->curve_width; i < weeks; i++) {
		double share = view_share(fact, line, i);
		size_t height = share < 0 ? 0 : (size_t)(share * EIGHTHS);
		put(page, share <= 0 ? " " : heights[height < EIGHTHS ? height : EIGHTHS - 1]);
	}
}

static void put_change(struct page *page, const struct view_fact *fact, const struct view_line *line)
{
	double change;
	char text[32] = "";

	if (view_change(page->view, fact, line, &change))
		(void)snprintf(text, sizeof text, "%+.1f", 100 * change); /* fits */
	page->failed |= buf_printf(page->out, "%8s", text);
}

static void put_line(struct page *page, const struct view_fact *fact, const char *label,
		     const struct view_line *line)
{
	size_t last = page->view->week_count - 1;
	double share = view_share(fact, line, last);
	const struct view_count *count = &line->weeks[last];
	char share_text[32] = "";
	char customers[QUANTITY_TEXT];

	if (count->customers > 0)
		(void)snprintf(customers, sizeof customers, "%llu",
			       (unsigned long long)count->customers); /* fits */
	else
		(void)quantity_told(0, page->view->weeks[last].min_cell, customers);
	put(page, "  ");
	put_cell(page, label, page->label_width);
	if (share >= 0)
		(void)snprintf(share_text, sizeof share_text, "%.1f %%", 100 * share); /* fits */
	page->failed |= buf_printf(page->out, "%12llu%11s%10s", (unsigned long long)count->machines,
				   customers, line->kind == PLAN_ABSENT ? "" : share_text);
	if (line->kind == PLAN_ABSENT || line->kind == PLAN_BIN) {
		put(page, line->kind == PLAN_BIN ? "        " : "");
	} else {
		put_change(page, fact, line);
	}
	if (page->style->bars && line->kind != PLAN_ABSENT && share >= 0) {
		put(page, "  ");
		put_bar(page, share);
		if (line->kind != PLAN_BIN && page->view->week_count > 1) {
			put(page, "  ");
			put_curve(page, fact, line);
		}
	}
	put(page, "\n");
}

static void put_columns(struct page *page, const char *what)
{
	put(page, "  ");
	put_cell(page, what, page->label_width);
	put(page, "    MACHINES  CUSTOMERS     SHARE  CHANGE\n");
}

static void put_quantiles(struct page *page, const struct view_fact *fact)
{
	const struct view_quantiles *quantiles = &fact->quantiles[page->view->week_count - 1];
	static const char *const names[PLAN_QUANTILES] = {"5 %", "25 %", "median", "75 %", "95 %"};
	char room[QUANTITY_TEXT];
	const char *lead = "  ";

	for (size_t i = 0; i < PLAN_QUANTILES; i++) {
		if (!quantiles->known[i])
			continue;
		page->failed |= buf_printf(page->out, "%s%s %s", lead, names[i],
					   quantity_value(fact->key, quantiles->values[i], room));
		lead = ", ";
	}
	if (lead[0] == ',')
		put(page, "\n");
}

/* A fact with its values, or its ranges of the last week. */
static void put_fact(struct page *page, const struct view_fact *fact)
{
	size_t last = page->view->week_count - 1;
	size_t shown = 0;
	size_t left = 0;
	uint64_t left_machines = 0;
	char room[SHOW_LABEL];

	heading(page, fact->key, fact->about);
	put_quantiles(page, fact);
	put_columns(page, fact->type == SCHEMA_INTEGER ? "RANGE" : "VALUE");
	for (size_t i = 0; i < fact->line_count; i++) {
		const struct view_line *line = &fact->lines[i];
		if (line->weeks[last].machines == 0)
			continue;
		if (line->kind == PLAN_VALUE && page->style->lines > 0 && shown++ >= page->style->lines) {
			left++;
			left_machines += line->weeks[last].machines;
			continue;
		}
		put_line(page, fact, show_label(fact, line, room), line);
	}
	if (left > 0)
		page->failed |= buf_printf(page->out,
					   "  and %zu more value%s on %llu machine%s: see --fact %s\n", left,
					   quantity_ending(left), (unsigned long long)left_machines,
					   quantity_ending(left_machines), fact->key);
}

/* The facts that are true or false, one line each. */
static void put_features(struct page *page)
{
	bool begun = false;

	for (size_t i = 0; i < page->view->fact_count; i++) {
		const struct view_fact *fact = &page->view->facts[i];
		const struct view_line *line = view_true(fact);
		if (fact->type != SCHEMA_BOOLEAN || line == NULL ||
		    line->weeks[page->view->week_count - 1].machines == 0)
			continue;
		if (!begun) {
			heading(page, "Features", "machines where this is true");
			put_columns(page, "FACT");
		}
		begun = true;
		put_line(page, fact, fact->key, line);
	}
}

static void put_summary(struct page *page)
{
	const struct view_week *last = &page->view->weeks[page->view->week_count - 1];
	const struct view_fact *version = view_find(page->view, "sophos.product_version");
	char sentence[SHOW_SENTENCE];
	char machines[QUANTITY_TEXT];
	char customers[QUANTITY_TEXT];

	page->failed |= buf_printf(
		page->out, "%s: %s machine%s of %s customer%s; %zu week%s from %s\n", last->name,
		quantity_told(last->machines, last->min_cell, machines), quantity_ending(last->machines),
		quantity_told(last->customers, last->min_cell, customers), quantity_ending(last->customers),
		page->view->week_count, quantity_ending(page->view->week_count), page->view->weeks[0].name);
	if (version != NULL && show_growth(page->view, version, sentence)[0] != '\0')
		page->failed |= buf_printf(page->out, "%s\n", sentence);
	for (unsigned i = 0; i < TALLY_FLAGS; i++)
		if ((last->flags & 1U << i) != 0)
			page->failed |= buf_printf(page->out, "Note: %s\n", tally_flag_text(i));
	for (size_t i = 0; i < last->result_count; i++)
		if (view_is_refusal(&last->results[i]))
			page->failed |= buf_printf(page->out, "Refused: %llu report%s: %s\n",
						   (unsigned long long)last->results[i].reports,
						   quantity_ending(last->results[i].reports),
						   last->results[i].name);
}

static void lay_out(struct page *page)
{
	size_t width = page->style->width < WIDTH_LEAST ? WIDTH_LEAST : page->style->width;
	size_t widest = LABEL_LEAST;
	char room[SHOW_LABEL];

	for (size_t i = 0; i < page->view->fact_count; i++) {
		const struct view_fact *fact = &page->view->facts[i];
		if (fact->type == SCHEMA_BOOLEAN && columns(fact->key) > widest)
			widest = columns(fact->key);
		for (size_t j = 0; j < fact->line_count; j++)
			if (columns(show_label(fact, &fact->lines[j], room)) > widest)
				widest = columns(show_label(fact, &fact->lines[j], room));
	}
	page->label_width = widest < LABEL_MOST ? widest : LABEL_MOST;
	page->curve_width = page->view->week_count < CURVE_MOST ? page->view->week_count : CURVE_MOST;
	size_t used = 2 + page->label_width + NUMBERS_WIDTH + 2 + 2 + page->curve_width;
	page->bar_width = used >= width ? 1 : width - used < BAR_MOST ? width - used : BAR_MOST;
}

int show_format(const struct view *view, const struct show_style *style, struct buf *out, struct fail *fail)
{
	struct page page = {.view = view, .style = style, .out = out};

	lay_out(&page);
	put_summary(&page);
	for (size_t i = 0; i < view->fact_count; i++)
		if (view->facts[i].type != SCHEMA_BOOLEAN)
			put_fact(&page, &view->facts[i]);
	put_features(&page);
	return page.failed == 0 ? 0 : fail_errno(fail, EX_OSERR, "tables");
}
