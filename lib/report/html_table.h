/* The tables of the page; parts of html.c. */
#ifndef SAV_REPORT_HTML_TABLE_H
#define SAV_REPORT_HTML_TABLE_H

#include <stddef.h>

struct buf;
struct view;
struct view_fact;

/* What is written, and whether that worked. */
struct html_table {
	const struct view *view;
	size_t last; /* the latest week */
	struct buf *out;
	int failed; /* -1 from the first failure on */
};

/* Appends as it is, or escaped: a text from outside, between tags or in a quoted attribute. */
void html_table_put(struct html_table *html, const char *text);
void html_table_put_escaped(struct html_table *html, const char *text);

/* Appends the values of a fact with their shares in all weeks, its quantiles of all weeks, its ranges of
 * the latest (others have other ranges). */
void html_table_values(struct html_table *html, const struct view_fact *fact);
void html_table_quantiles(struct html_table *html, const struct view_fact *fact);
void html_table_ranges(struct html_table *html, const struct view_fact *fact);

/* Appends the section of all facts that are true or false. */
void html_table_features(struct html_table *html);

#endif
