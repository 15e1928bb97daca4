/* Where alerts come from: standard input, or a file that is followed. Bytes are read as far as the spool
 * has room for them, cut into alerts, and appended to it; what is no alert goes to the dead-letter file. */
#ifndef SLS_ALERT_INPUT_H
#define SLS_ALERT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct dead;
struct fail;
struct input; /* opaque */
struct spool;

struct input_stats {
	uint64_t bytes;
	uint64_t alerts;
	uint64_t rejects;
	uint64_t lost; /* files cut short or rotated away, with no copy to read the rest from */
};

/* Reads standard input; or follows the file `path` from the spool's last durable place on. Returns NULL
 * with *fail (EX_OSERR, or as follow_open). */
struct input *input_open(const char *path, struct spool *spool, struct fail *fail);
void input_close(struct input *input);

/* What to poll for reading; -1 while there is no use in it: the spool has no room, or the end was reached. */
int input_fd(const struct input *input, const struct spool *spool);

/* Whether there is something to read that no descriptor will tell of. */
bool input_is_ready(const struct input *input, const struct spool *spool);

/* Reads once, if `readable`, and appends what it can. *more: there was as much as was asked for. Returns
 * 0; or -1 with *fail when a letter cannot be kept (call it again after a pause; nothing is lost), or the
 * input cannot be read (standard input has then ended). */
int input_work(struct input *input, bool readable, struct spool *spool, struct dead *dead, time_t now,
	       bool *more, struct fail *fail);

/* Whether all of it has been appended. */
bool input_ended(const struct input *input);

/* Whether standard input could not be read to its end; input_work said why. */
bool input_failed(const struct input *input);

/* Whether something of standard input was read that could not be put anywhere, and will be lost. */
bool input_holds(const struct input *input);

void input_get_stats(const struct input *input, struct input_stats *stats);

#endif
