/* One output at work: a thread of its own takes batches and delivers them by its type's means, so that a
 * slow or dead output holds back no other. All calls here come from one thread, which owns the spool: it
 * submits batches and takes events. */
#ifndef SAV_ALERT_OUTPUT_H
#define SAV_ALERT_OUTPUT_H

#include "lib/alert/spool.h"
#include "lib/alert/spool_reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct config;
struct config_output;
struct fail;
struct output; /* opaque */
struct url;

enum {
	OUTPUT_BATCHES_MAX = 2,    /* submitted and not freed yet */
	OUTPUT_RECORDS_MAX = 8192, /* of a batch */
	OUTPUT_REASON_MAX = 320,
};

/* What lib/ does not ask for itself. The functions are called from any thread. */
struct output_world {
	int64_t (*monotonic_ms)(void);
	time_t (*now)(void);
	uint32_t (*random)(void);
	const char *hostname; /* for syslog */
	const char *version;  /* for User-Agent */
	long pid;
	int event_fd;                     /* an eventfd that is written to when any output has events */
	uint8_t spool_id[SPOOL_ID_BYTES]; /* for Idempotency-Key */
	/* Which proxy leads to a url: as proxyenv_find. */
	int (*find_proxy)(const struct url *target, struct url *proxy, struct fail *fail);
};

enum output_event_kind {
	OUTPUT_DELIVERED, /* records from..to-1 of the batch have arrived */
	OUTPUT_REFUSED, /* record `from` never will: `status` and `reason` say why; it belongs into the dead-letter file */
	OUTPUT_FREED, /* nothing of the batch is left, nor looked at any more; the last event of a batch, or else: */
	OUTPUT_RETURNED, /* nothing of it is looked at any more, but some is left: others are wanted first */
	OUTPUT_CHANGED,  /* the state is another: `state` and, unless it is good again, `reason` */
};

struct output_event {
	enum output_event_kind kind;
	const struct spool_batch *batch; /* valid until its last event was taken and another submitted */
	size_t from, to;
	long status;                    /* HTTP; 0 without */
	const char *state;              /* "delivering", "retrying", "held" */
	char reason[OUTPUT_REASON_MAX]; /* masked */
};

/* For monitors. */
struct output_health {
	const char *state;
	char reason[OUTPUT_REASON_MAX]; /* of the last failure; "" when the last attempt was good */
	int64_t last_delivery_ms;       /* monotonic; 0: none yet */
	uint64_t delivered;             /* records */
	uint64_t refused;               /* by output_count_refused */
	uint64_t bytes;
	uint64_t attempts;
	uint64_t failures;
	bool suspect; /* refuses one alert after another */
};

/* Opens what has to be open (before a sandbox is entered): files, certificates. Starts no thread.
 * Everything given is borrowed and stays. Returns NULL with *fail: EX_CONFIG, EX_CANTCREAT, EX_NOINPUT,
 * EX_NOPERM. */
struct output *output_open(const struct config *config, const struct config_output *own,
			   const struct output_world *world, struct fail *fail);

/* Starts the thread. Returns 0, or -1 with *fail (EX_OSERR). */
int output_start(struct output *output, struct fail *fail);

/* How many batches it would take now. */
size_t output_room(const struct output *output);

/* Hands a batch over, of OUTPUT_RECORDS_MAX records at most; its memory stays until its last event. There has to be room. */
void output_submit(struct output *output, const struct spool_batch *batch);

/* The next event, in the order they happened. Returns false when there is none. */
bool output_take(struct output *output, struct output_event *event);

/* Has the event_fd say that there are events. */
void output_tell(const struct output_world *world);

/* Files are opened again, certificates and lists read again: for SIGHUP. What waits is tried at once. */
void output_reopen(struct output *output);

void output_get_health(struct output *output, struct output_health *health);

/* Counts one that will never arrive: once that is surely kept, for until then it may have to be sent again. */
void output_count_refused(struct output *output);

/* Counts on from what an output that this one takes the place of had counted, before output_start. Of its state a suspicion
 * is taken over: this one may bury no more alerts before it has delivered one. */
void output_count_on(struct output *output, const struct output_health *former);

const char *output_id(const struct output *output);

/* Tells the thread to end and waits for that, at most `patience_ms`. Returns whether it has: one that
 * hangs (in a file on a dead network disk) is left alone, and what it uses has to stay. The events up to
 * here can be taken afterwards. */
bool output_halt(struct output *output, int64_t patience_ms);

/* Goes on after an output_halt, whatever that returned, as if it had not been called. Returns 0, or -1 with *fail
 * (EX_OSERR). */
int output_resume(struct output *output, struct fail *fail);

/* After output_halt and the last event: a batch that was not freed, not delivered or not surely. Returns
 * false when there is no more. */
bool output_reclaim(struct output *output, struct spool_batch *batch);

/* Frees an output that was halted or never started. Takes NULL. */
void output_free(struct output *output);

#endif
