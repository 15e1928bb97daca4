/* When a raw report has to go, and where nothing may be removed: the rules of sav-retain, pure. */
#ifndef SAV_REPORT_RETAIN_H
#define SAV_REPORT_RETAIN_H

#include <time.h>

struct fail;

enum retain {
	RETAIN_KEEP,
	RETAIN_REMOVE,
	RETAIN_UNKNOWN, /* dated more than a day ahead: its age is not known */
};

enum { RETAIN_DAYS_MAX = 3650 };

/* What becomes of a file at `now` that may live `days` days (1..RETAIN_DAYS_MAX). Its age counts from the
 * earlier of `modified` and `changed` (its mtime and ctime): whoever stores a file can date its mtime into
 * the future, and copying or restoring it makes its ctime young. All in seconds since 1970, UTC. */
enum retain retain_judge(time_t now, time_t modified, time_t changed, int days);

/* Refuses folders that are no drop for sure: the root, what lies directly in it, in /var or in /home,
 * everything below /etc, /usr and the like, and the home `home` (NULL: none). `path` is absolute and free
 * of links and dots (realpath). Returns 0, or -1 with *fail (EX_USAGE). */
int retain_check_folder(const char *path, const char *home, struct fail *fail);

#endif
