/* The evaluation of parsed templates. */
#ifndef SAV_ALERT_TEMPLATE_EVAL_H
#define SAV_ALERT_TEMPLATE_EVAL_H

#include <jansson.h>

struct buf;
struct template;

/* Appends what the template makes of the alert. Returns 0; or -1 with errno EFBIG (over the buffer's
 * limit), ELOOP (over TEMPLATE_STEPS_MAX) or ENOMEM, and a part of it appended. */
int template_eval_nodes(const struct template *template, const json_t *alert, struct buf *out);

#endif
