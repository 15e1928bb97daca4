/* The pairs of pinned certificate and revocation list that are tried in turn: one that does not hold gives way to the
 * next. */
#ifndef SAV_ALERT_PAIRS_H
#define SAV_ALERT_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct config;
struct fail;
struct trust;

/* {0}: none, and nothing here does anything. */
struct pairs {
	const struct config *config; /* borrowed */
	time_t (*now)(void);
	struct trust *trust;
	size_t at;    /* the pair in use */
	size_t tried; /* since the last success */
};

/* Loads the configuration's. Returns 0; or -1 with *fail as trust_load, or when none is usable, and then pairs_close is
 * due, too. */
int pairs_open(const struct config *config, time_t (*now)(void), struct pairs *pairs, struct fail *fail);
void pairs_close(struct pairs *pairs);

/* Loads them again, for the lists may have been replaced on the disk since. What cannot be loaded stays as it was; when no
 * pair is usable any more, the first one's failure says why. */
void pairs_reload(struct pairs *pairs);

/* Goes on to the next usable pair. Returns false when all were tried. */
bool pairs_fail_over(struct pairs *pairs);

/* Has libcurl's SSL_CTX trust the pair in use of the struct pairs `context`: for struct http_request. Returns 0 or -1. */
int pairs_apply(const void *context, void *ssl_ctx);

#endif
