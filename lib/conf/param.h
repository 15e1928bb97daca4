/* The table of parameters: what each is called, may hold, and holds when nobody says otherwise. The rows
 * are in param.def. */
#ifndef SAV_CONF_PARAM_H
#define SAV_CONF_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct fail;

enum param {
#define PARAM(enumerator, ...) PARAM_##enumerator,
#include "lib/conf/param.def"
#undef PARAM
	PARAM_COUNT
};

enum {
	PARAM_VALUE_MAX = 4096,     /* bytes of a value, or an item of a list */
	PARAM_ITEMS_MAX = 10000,    /* items of a list */
	PARAM_SCAN_MAX = 64 * 1024, /* bytes of a scan's definition */
	PARAM_SCAN_NAME_MAX = 255,  /* bytes of a scan's name */
};

enum param_kind {
	PARAM_KIND_TEXT,   /* UTF-8 without control characters, as all kinds */
	PARAM_KIND_TRUTH,  /* one of two words, see `words`; several spellings are understood */
	PARAM_KIND_WORD,   /* one of `words`, in whatever case */
	PARAM_KIND_NUMBER, /* a decimal integer from `min` to `max` */
	PARAM_KIND_PATH,   /* an absolute path */
	PARAM_KIND_HOST,   /* host or host:port */
	PARAM_KIND_PROXY,  /* the same, or that behind http://, https://, socks5:// or socks5h:// */
	PARAM_KIND_URL,    /* https://..., http://... or file:///... */
	PARAM_KIND_SOURCE, /* text, but without credentials when it is a URL */
	PARAM_KIND_SCAN,   /* the name of a scan that has a definition */
};

struct param_info {
	const char *name;
	enum param_kind kind; /* of the value, or of each item */
	bool list;
	bool hidden;                 /* shown only on demand */
	bool secret;                 /* shown as PARAM_MASK */
	const char *const *words;    /* of TRUTH (the true one first) and WORD; ends with NULL */
	int64_t min, max;            /* of NUMBER */
	const char *const *defaults; /* ends with NULL; no list has at most one */
	const char *about;           /* the description, one line */
};
#define PARAM_MASK "********"

/* The row of a parameter, static. */
const struct param_info *param_info(enum param param);

/* Finds a name, ASCII case ignored. Returns 0 and sets *param, or -1 with *fail (EX_USAGE) that names the
 * nearest one. */
int param_find(const char *name, enum param *param, struct fail *fail);

/* Checks a value (or an item) of `size` bytes against the row. Returns the form it is kept in, a static
 * word or `value` itself; or NULL with *fail (EX_DATAERR, "Name: must be ..."), which never shows the
 * value of a secret. */
const char *param_check(enum param param, const char *value, size_t size, struct fail *fail);

/* Checks the definition of a scan: UTF-8 text without control characters but newline and tab, 1 to
 * PARAM_SCAN_MAX bytes. Returns 0, or -1 with *fail (EX_DATAERR). */
int param_check_scan(const uint8_t *bytes, size_t size, struct fail *fail);

/* Appends what the parameter, or each item of it, may hold: "true or false", "a number from 1 to 43200".
 * Returns 0, or -1 as buf_add. */
int param_describe(enum param param, struct buf *out);

/* Whether a value in its kept form is the true one of a TRUTH. */
bool param_is_true(enum param param, const char *value);

#endif
