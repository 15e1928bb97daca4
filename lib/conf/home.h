/* Where an installation lies: SAV_HOME, or the prefix compiled in. */
#ifndef SAV_CONF_HOME_H
#define SAV_CONF_HOME_H

#include <limits.h>

struct fail;

/* The installation's own files, below its root. */
#define HOME_LOCAL_LAYER "etc/savd.yaml"
#define HOME_POLICY_LAYER "etc/policy.yaml"
#define HOME_PUBLIC_KEY "etc/feedback.pub"
#define HOME_LOG "log/feedback.log"
#define HOME_STATE "var/feedback"         /* 0700: what follows lies in it */
#define HOME_ID_KEY "var/feedback/id.key" /* 32 random bytes, 0600 */
#define HOME_ROUTE \
	"var/feedback/route" /* the last route that worked, one line: its name, a blank, "proxy" or "direct" */

struct home {
	char path[PATH_MAX]; /* absolute, without a slash at the end (but "/") */
};

/* The installation that the environment's SAV_HOME names (`value`, NULL or "" when unset: the compiled-in prefix).
 * Returns 0, or -1 with *fail (EX_CONFIG) when it is not an absolute path that fits. */
int home_init(struct home *home, const char *value, struct fail *fail);

/* The absolute path of `relative` in the installation, in `out` (PATH_MAX bytes). Returns 0, or -1 with *fail. */
int home_path(const struct home *home, const char *relative, char *out, struct fail *fail);

#endif
