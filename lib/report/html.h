/* The page of `sav-report html`. */
#ifndef SAV_REPORT_HTML_H
#define SAV_REPORT_HTML_H

struct buf;
struct fail;
struct view;

/* Appends one file that needs no other and asks for none: tables, which can be read without script and
 * style, and where there are several weeks charts drawn from them. Every text from outside is escaped.
 * Returns 0; or -1 with *fail (EX_OSERR). */
int html_format(const struct view *view, struct buf *out, struct fail *fail);

#endif
