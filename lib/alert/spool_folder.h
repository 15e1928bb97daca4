/* The spool's folder: made, looked at, locked. */
#ifndef SAV_ALERT_SPOOL_FOLDER_H
#define SAV_ALERT_SPOOL_FOLDER_H

struct fail;

/* Opens the folder, made with mode 0700 when it is missing, and locks it against other processes until *lock_fd is
 * closed. Returns 0 with both descriptors the caller's; or -1 with *fail: EX_NOPERM for a folder that is another user's
 * or that others can look into, EX_TEMPFAIL for one that another process has, EX_CANTCREAT, EX_IOERR. */
int spool_folder_open(const char *path, int *dir_fd, int *lock_fd, struct fail *fail);

#endif
