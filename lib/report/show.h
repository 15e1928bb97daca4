/* The tables of `sav-report show`. */
#ifndef SAV_REPORT_SHOW_H
#define SAV_REPORT_SHOW_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct fail;
struct view;
struct view_fact;
struct view_line;

struct show_style {
	bool bars; /* bars, a small curve over the weeks, bold headings: for a terminal; else plain ASCII round the values */
	size_t width; /* columns; 80 at least are used */
	size_t lines; /* of a fact; what is left is told as one number. 0: all */
};

/* Appends the tables. Returns 0; or -1 with *fail (EX_OSERR). */
int show_format(const struct view *view, const struct show_style *style, struct buf *out, struct fail *fail);

/* What a line is called: its value, its range, "(other)", "(unknown)", "(not asked)". `room` is used where
 * the text has to be made. */
enum { SHOW_LABEL = 96 };
const char *show_label(const struct view_fact *fact, const struct view_line *line, char room[SHOW_LABEL]);

/* One sentence on what grows fastest, as "9.11.2 grows fastest: from 12.0 % to 58.3 % of the machines
 * since 2026-W36."; "" when nothing does. */
enum { SHOW_SENTENCE = 512 };
char *show_growth(const struct view *view, const struct view_fact *fact, char out[SHOW_SENTENCE]);

#endif
