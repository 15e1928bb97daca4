/* What the product's own files and programs say. */
#ifndef SAV_FACTS_SAVLOG_H
#define SAV_FACTS_SAVLOG_H

#include "lib/facts/lines.h"

enum savlog_source {
	SAVLOG_SILENT,
	SAVLOG_PRIMARY,
	SAVLOG_SECONDARY,
	SAVLOG_BACKUP,
};

struct savlog_update {
	bool ended;                /* an update that came to an end is logged */
	bool succeeded;            /* the last one */
	enum savlog_source source; /* of the last success */
};

/* log/savupdate-debug.log, or its end. Source: SUCCESSFULLY_UPDATED_FROM and BAD-PRIMARY-URL are the words
 * that public scripts look for; which source it was is what the success's own line names, else the last
 * line before it that names one. */
void savlog_parse_update(struct span log, struct savlog_update *update);

struct savlog_talpa {
	const char *type; /* "compiled", "custom", "binary-pack", or NULL when the log is silent */
	bool failed;      /* a build that failed is logged */
	int64_t failure;  /* the last one's error code */
};

/* log/talpaselect.log. */
void savlog_parse_talpa(struct span log, struct savlog_talpa *talpa);

/* The value behind "name = value" or "name : value" in the output of `savdstatus --version`. Returns
 * whether it is there. */
bool savlog_status(struct span output, const char *name, struct span *value);

#endif
