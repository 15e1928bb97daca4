/* The tokens of a template. */
#ifndef SAV_ALERT_TEMPLATE_LEX_H
#define SAV_ALERT_TEMPLATE_LEX_H

#include <stdbool.h>
#include <stddef.h>

struct fail;

enum template_token {
	TOKEN_END,
	TOKEN_TEXT,
	TOKEN_OPEN,     /* {{ */
	TOKEN_CLOSE,    /* }} */
	TOKEN_WORD,     /* a keyword or function */
	TOKEN_DOT,      /* . */
	TOKEN_FIELD,    /* .Name, with the dot */
	TOKEN_VARIABLE, /* $ or $name, with the dollar */
	TOKEN_NUMBER,
	TOKEN_RUNE,   /* 'c', with its quotes */
	TOKEN_STRING, /* "..." or `...`, with its quotes */
	TOKEN_PIPE,
	TOKEN_COMMA,
	TOKEN_LEFT,
	TOKEN_RIGHT,
	TOKEN_DECLARE, /* := */
	TOKEN_ASSIGN,  /* = */
};

struct template_lex {
	const char *source;
	size_t size;
	size_t at;
	bool inside;  /* an action */
	bool trimmed; /* the last action ended in -}} */
	/* The present token. */
	enum template_token token;
	size_t start;
	size_t length;
	bool spaced; /* something blank is before it */
};

/* Goes to the next token. Returns 0, or -1 with *fail. */
int template_lex_next(struct template_lex *lex, struct fail *fail);

/* Whether the present token is this word. */
bool template_lex_is(const struct template_lex *lex, const char *word);

/* What the present token is called in a message, in `out`. */
const char *template_lex_name(const struct template_lex *lex, char *out, size_t out_size);

/* Fails with "template:line:column: reason" for the byte `at`. Returns -1. */
int template_lex_fail(const struct template_lex *lex, size_t at, struct fail *fail, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
