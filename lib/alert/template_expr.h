/* The inner part of the parser of templates: what stands between the braces. */
#ifndef SAV_ALERT_TEMPLATE_EXPR_H
#define SAV_ALERT_TEMPLATE_EXPR_H

#include "lib/alert/template.h"
#include "lib/alert/template_lex.h"

struct template_pipe;

struct template_variable {
	const char *name; /* in the source, with its dollar */
	size_t size;
};

struct template_parser {
	struct template *template;
	struct template_lex lex;                                    /* looks one token ahead */
	struct template_variable variables[TEMPLATE_VARIABLES_MAX]; /* the index is the slot; 0 is $ */
	int variable_count;
	int depth;
	int loops; /* ranges round this place */
};

/* Parses a pipeline from the present token on, up to what cannot be part of it; `owner` names in messages
 * whose it is ("range" may set two variables). Returns 0; or -1 with *fail. */
int template_expr_parse(struct template_parser *parser, const char *owner, struct template_pipe **out,
			struct fail *fail);

/* `size` zeroed bytes that live as long as the template; NULL with *fail when out of memory. */
void *template_expr_make(struct template_parser *parser, size_t size, struct fail *fail);

/* A copy of the bytes, terminated, that lives as long; NULL with *fail. */
char *template_expr_keep(struct template_parser *parser, const void *bytes, size_t size, struct fail *fail);

/* Counts one more block or parenthesis round this place. Returns 0, or -1 with *fail when there are too
 * many. */
int template_expr_enter(struct template_parser *parser, struct fail *fail);

/* Fails with "what <the present token>" at its place. Returns -1. */
int template_expr_wrong(const struct template_parser *parser, struct fail *fail, const char *what);

extern const char template_expr_hint[]; /* which functions and blocks there are */

#endif
