/* What to do after an attempt to deliver: pure, a function of the state, the answer and the time.
 *
 *   done    what was sent has arrived
 *   retry   nobody answered, or not now: again after a pause drawn from a growing range (full jitter), or when Retry-After says
 *   hold    it will not work until somebody changes something, and the alerts are not to blame: keep all, probe slowly
 *   poison  this batch is refused as it is: halve it until the one bad alert is alone; that one goes to the dead-letter file
 *
 * A server that refuses alert after alert, each by itself, is what is wrong, not they: then it is hold, too. Whether that is
 * so shows when it gets others. */
#ifndef SAV_ALERT_DELIVERY_H
#define SAV_ALERT_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DELIVERY_RETRY_FIRST_MS = 500, /* the widest first pause; doubles with every failure */
	DELIVERY_RETRY_MAX_MS = 60 * 1000,
	DELIVERY_HOLD_FIRST_MS = 5 * 1000,
	DELIVERY_HOLD_MAX_MS = 60 * 1000,
	DELIVERY_RETRY_AFTER_MAX_S = 3600, /* a longer Retry-After is not believed */
	DELIVERY_POISON_MAX = 4,  /* alerts refused one after another before it is the server's fault */
	DELIVERY_CLEARED_MAX = 4, /* doublings of that */
	DELIVERY_CALM =
		256, /* batches that arrive, none refused or none too large, before what that taught is doubted */
};

enum delivery_class { DELIVERY_DONE, DELIVERY_RETRY, DELIVERY_HOLD, DELIVERY_POISON };

/* How an attempt ended, whatever it was made with. */
enum delivery_outcome {
	DELIVERY_ANSWERED,  /* `status` says the rest */
	DELIVERY_NO_ANSWER, /* no connection, cut off, timed out, no sense */
	DELIVERY_BARRED,    /* by TLS (certificate, name, CRL), or by what only a person can mend */
};

struct delivery_answer {
	enum delivery_outcome outcome;
	long status;           /* of HTTP */
	int64_t retry_after_s; /* -1 without */
};

struct delivery {
	unsigned failures;     /* retries and holds since the last success */
	unsigned refused;      /* alerts refused by themselves since the last success */
	unsigned cleared;      /* how often it was not the server's fault: each doubles DELIVERY_POISON_MAX */
	unsigned calm;         /* batches that have arrived since one was refused */
	unsigned fitting;      /* batches that have arrived since one was too large */
	int64_t not_before_ms; /* nothing is sent before; 0: at once */
	int64_t promised_ms;   /* the latest Retry-After, which no success of another request shortens */
	enum delivery_class last;
	size_t limit_bytes; /* of a batch, learnt from 413; 0: none */
	bool is_proven;     /* something has arrived, ever */
};

enum delivery_step {
	DELIVERY_SETTLE,  /* the batch is done */
	DELIVERY_AGAIN,   /* the same batch, not before not_before_ms; nothing else in between */
	DELIVERY_ANOTHER, /* one alert, see delivery_probe, not before not_before_ms */
	DELIVERY_HALVE,   /* the two halves of the batch, at once */
	DELIVERY_BURY,    /* the one alert goes to the dead-letter file */
};

/* The class of an answer. Source: RFC 9110, section 15, and RFC 6585. */
enum delivery_class delivery_classify(const struct delivery_answer *answer);

/* Takes in the answer to a batch of `count` alerts and `size` bytes. `now_ms` is any clock that does not
 * jump; `random` is uniform. Returns what to do with the batch and changes the state. */
enum delivery_step delivery_take(struct delivery *delivery, const struct delivery_answer *answer,
				 size_t count, size_t size, int64_t now_ms, uint32_t random);

/* How many of several attempts may be out at once: 1 while none has succeeded yet or the last one failed,
 * else `most`; 0 before not_before_ms. */
unsigned delivery_allows(const struct delivery *delivery, unsigned most, int64_t now_ms);

/* Which of `count` alerts (at least one), the oldest being 0, shows whether it was they or the server: one look goes to any of
 * them, another to the newest or to those a few, many or very many behind it, as `random` (uniform) says. What comes after a
 * run of bad ones is found soon, and nothing is never looked at. */
uint64_t delivery_probe(uint64_t count, uint32_t random);

/* Whether the server has refused so many that it may be at fault: what it refuses next is not buried. */
bool delivery_suspects(const struct delivery *delivery);

/* "delivering", "retrying", "held" */
const char *delivery_state(const struct delivery *delivery);

#endif
