/* The value of one fact, or why there is none. Unknown is never false and never zero. */
#ifndef SAV_FACTS_VALUE_H
#define SAV_FACTS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span;

enum {
	VALUE_TEXT_MAX = 64, /* bytes of a text fact */
	VALUE_WHY_SIZE = 192,
};

enum value_type {
	VALUE_TEXT,
	VALUE_HASH, /* 32 hexadecimal digits in `text` */
	VALUE_INTEGER,
	VALUE_BOOLEAN,
	VALUE_LIST, /* words in `text`, one blank between two */
};

/* The fact's type says which member counts. */
struct value {
	bool known;
	bool boolean;
	int64_t integer;
	char text[VALUE_TEXT_MAX + 1];
	char why[VALUE_WHY_SIZE]; /* while it is not known */
};

/* Text from outside: blanks at the ends go, what is not UTF-8 and what a terminal would obey becomes \xNN,
 * and it is cut to VALUE_TEXT_MAX bytes between two characters. Nothing left: unknown, "`name`: empty". */
void value_set_text(struct value *value, struct span text, const char *name);

/* A text of our own, at most VALUE_TEXT_MAX bytes. */
void value_set_word(struct value *value, const char *word);

void value_set_integer(struct value *value, int64_t integer);
void value_set_boolean(struct value *value, bool boolean);

/* No value, and the reason: "object: why". */
void value_unknown(struct value *value, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Yes from any source is yes; no needs all of them: `why` is not "" when one could not be read. */
void value_set_any(struct value *value, bool yes, const char *why);

#endif
