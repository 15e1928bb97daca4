/* The aggregates for other programs: CSV and JSON. */
#ifndef SAV_REPORT_DUMP_H
#define SAV_REPORT_DUMP_H

struct buf;
struct fail;
struct view;

/* Appends RFC 4180 lines "week,fact,kind,value,low,high,machines,customers,share". Kinds: "population" (no
 * fact: all machines of the week), those of plan_kind_names, and "quantile" (value 0.05 to 0.95, low and
 * high the number). A text that a spreadsheet would take for a formula has an apostrophe before it.
 * Returns 0; or -1 with *fail (EX_OSERR). */
int dump_csv(const struct view *view, struct buf *out, struct fail *fail);

/* Appends one JSON document, {"weeks": [...], "facts": [...]}, and a newline. Returns 0; or -1 with *fail
 * (EX_OSERR). */
int dump_json(const struct view *view, struct buf *out, struct fail *fail);

#endif
