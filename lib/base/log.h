/* The product's log line: "2014-08-19 09:59:22.724819: Sending feedback". */
#ifndef SAV_BASE_LOG_H
#define SAV_BASE_LOG_H

#include <time.h>

struct buf;

/* Appends one line (with newline) for the UTC time `now`, shown in the process's local time with six digits of
 * the second; control characters in `text` are masked. Returns 0, or -1 with errno as buf_add.
 * Source: Sophos article 121214, "What information is shown in the logs?". */
int log_format(const struct timespec *now, const char *text, struct buf *out);

#endif
