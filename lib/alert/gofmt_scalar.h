/* One value without parts, printed by one verb of Go's fmt: what gofmt calls for each leaf. */
#ifndef SAV_ALERT_GOFMT_SCALAR_H
#define SAV_ALERT_GOFMT_SCALAR_H

#include "lib/alert/value.h"

struct buf;

/* Go's own maximum of widths and precisions. Source: fmt's tooLarge. */
enum { GOFMT_WIDTH_MAX = 1000000, GOFMT_UNSET = -1, GOFMT_FLOAT_SIZE = 32 };

struct gofmt_verb {
	bool plus;
	bool minus;
	bool sharp;
	bool space;
	bool zero;
	bool go_syntax; /* %#v */
	int width;      /* in characters; GOFMT_UNSET for none */
	int precision;  /* as width */
	char name[5];   /* the verb's character, UTF-8 */
};

/* Appends the value; a verb that does not fit it becomes "%!d(string=abc)". Of lists and maps only the
 * type is printed. Returns 0, or -1 with errno of buf_add. */
int gofmt_scalar_print(const struct gofmt_verb *verb, const struct value *value, struct buf *out);

/* Formats a float with the fewest digits that read back the same: as %v does (an exponent below 1e-4 and
 * from 1e+06 on), or with `json` as encoding/json does (below 1e-6 and from 1e21 on). Not for infinities,
 * which JSON has not. */
void gofmt_scalar_float(double real, bool json, char out[GOFMT_FLOAT_SIZE]);

#endif
