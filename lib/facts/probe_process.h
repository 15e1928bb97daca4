/* Facts that the process table tells. */
#ifndef SAV_FACTS_PROBE_PROCESS_H
#define SAV_FACTS_PROBE_PROCESS_H

#include <stdbool.h>

struct fact;
struct survey;
struct value;

/* Whether one of the fact's programs runs. */
void probe_process_running(struct survey *survey, const struct fact *fact, struct value *value);

/* Whether one of `programs` runs; when none is seen, but some processes could not be, `why` (HOST_WHY_SIZE
 * bytes) is set. */
bool probe_process_any(struct survey *survey, const char *programs, char *why);

#endif
