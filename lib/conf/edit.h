/* One change of a layer's file: bytes in, bytes out. What a person wrote stays as it is: comments, order,
 * spelling. */
#ifndef SAV_CONF_EDIT_H
#define SAV_CONF_EDIT_H

#include "lib/conf/param.h"

struct buf;
struct conf;
struct fail;

/* What a parameter shall be afterwards. */
struct edit {
	enum param param;
	bool is_set;                    /* false: not mentioned any more */
	const char *const *items;       /* as param_check gave them; one for a parameter that is no list */
	const char *const *definitions; /* of NamedScans, beside the names; else NULL */
	size_t count;
};

/* Whether the local layer of *conf already says so. */
bool edit_is_done(const struct conf *conf, const struct edit *edit);

/* Appends to `out` the text of a local layer's file with that change made in it. The result is read again
 * and compared before it is handed out: this parameter is what was asked for, every other one what it was.
 * Returns 0; or -1 with *fail: EX_CONFIG "name:line:column: ..." when the text was wrong before,
 * EX_DATAERR when it would grow too long, EX_OSERR, EX_SOFTWARE. */
int edit_apply(const uint8_t *bytes, size_t size, const char *name, const struct edit *edit, struct buf *out,
	       struct fail *fail);

#endif
