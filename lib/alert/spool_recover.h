/* Opening a spool: what is in the folder, where the last group ends, what a crash cut off. */
#ifndef SAV_ALERT_SPOOL_RECOVER_H
#define SAV_ALERT_SPOOL_RECOVER_H

struct fail;
struct spool;

/* With the folder open and locked, and everything else of *spool made but empty: reads the cursors, lists
 * the segments, finds the end. A last group that is not whole is put into spool->writing with the records
 * of it that are, to be written anew under the same numbers. Returns 0; or -1 with *fail, and nothing on
 * the disk changed. */
int spool_recover_run(struct spool *spool, struct fail *fail);

#endif
