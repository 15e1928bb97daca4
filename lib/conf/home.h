/* Where an installation lies: SAV_HOME, or the prefix compiled in. */
#ifndef SAV_CONF_HOME_H
#define SAV_CONF_HOME_H

#include <limits.h>

struct fail;

/* The installation's own files, below its root. */
#define HOME_ETC "etc"
#define HOME_LOCK "etc/.savd.lock" /* held by who changes the local layer */
#define HOME_LOCAL_LAYER "etc/savd.yaml"
#define HOME_POLICY_LAYER "etc/policy.yaml"
#define HOME_PUBLIC_KEY "etc/feedback.pub"
#define HOME_S3_CREDENTIALS "etc/s3.credentials" /* 0600 */
#define HOME_STATE "var/feedback"                /* 0700: what follows lies in it */
#define HOME_WAITING "var/feedback/waiting"      /* sealed reports that wait to be sent again */
#define HOME_ID_KEY "var/feedback/id.key"        /* 32 random bytes, 0600 */
/* The last route that worked, one line: its name (of route_name, or "file"), a blank, "proxy" or "direct". */
#define HOME_ROUTE "var/feedback/route"
/* Epoch seconds (UTC), one line: the drop asked to be left alone until then. There from a refusal with
 * Retry-After to the next success; at most HOME_RETRY_MAX_S ahead of the time it was written. */
#define HOME_RETRY_AT "var/feedback/retry-at"
enum { HOME_RETRY_MAX_S = 8 * 24 * 60 * 60 }; /* the longest time between two reports */

struct home {
	char path[PATH_MAX]; /* absolute, without a slash at the end (but "/") */
};

/* The installation that the environment's SAV_HOME names (`value`, NULL or "" when unset: the compiled-in
 * prefix). Returns 0, or -1 with *fail (EX_CONFIG) when it is not an absolute path that fits. */
int home_init(struct home *home, const char *value, struct fail *fail);

/* The absolute path of `relative` in the installation, in `out` (PATH_MAX bytes). Returns 0, or -1 with
 * *fail. */
int home_path(const struct home *home, const char *relative, char *out, struct fail *fail);

#endif
