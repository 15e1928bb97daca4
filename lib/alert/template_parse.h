/* The parser of templates; see template.h for the language. */
#ifndef SAV_ALERT_TEMPLATE_PARSE_H
#define SAV_ALERT_TEMPLATE_PARSE_H

#include <stddef.h>

struct fail;
struct template;

/* Fills the empty *template. Returns 0; or -1 with *fail, and what was made so far in *template. */
int template_parse_source(struct template *template, const char *source, size_t size, struct fail *fail);

#endif
