/* Carries a report to where the plan says, telling the log of every step. */
#ifndef SAV_SEND_DELIVER_H
#define SAV_SEND_DELIVER_H

#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct conf;
struct fail;
struct home;
struct plan;

struct deliver_job {
	const struct cli *cli;   /* whose warnings are written */
	const struct home *home; /* whose state remembers */
	struct plan *plan;       /* its credentials of S3 are wiped once they have signed */
	const char *name;        /* what the report is called at the drop */
	const struct buf *report;
	const char *const *headers;
	size_t header_count;
	long connect_timeout_ms;
	long total_timeout_ms;
	bool verbose;
};

/* Writes the product's log line to standard error when `verbose`. */
void deliver_log(bool verbose, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns 0 when feedback is on; or -1 with *fail (EX_NOPERM), which says what has it off. */
int deliver_check_on(const struct conf *conf, struct fail *fail);

/* Delivers, and remembers in the installation's state which route it was. It begins, and over the network goes on,
 * only while the settings, read again and again, have feedback on. Returns 0; or -1 with *fail: as deliver_check_on and conf_load,
 * EX_TEMPFAIL when no route worked, EX_UNAVAILABLE when each brought a refusal, EX_CONFIG for useless
 * certificates, and for a drop folder those of io_put_file. */
int deliver_report(const struct deliver_job *job, struct fail *fail);

#endif
