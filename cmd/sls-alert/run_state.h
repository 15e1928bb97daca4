/* What the parts of a run share. */
#ifndef SLS_ALERT_RUN_STATE_H
#define SLS_ALERT_RUN_STATE_H

#include "cmd/sls-alert/cage.h"
#include "cmd/sls-alert/run.h"
#include "lib/alert/config.h"
#include "lib/alert/output.h"

enum { RUN_DISK_PAUSE_MS = 1000 }; /* before what the disk refused is tried again */

/* Where in the spool a lane goes. */
enum lane_seek { LANE_STAYS, LANE_SEEKS_OLDEST, LANE_SEEKS_ANY };

struct lane {
	struct output *output;
	struct output_event event; /* being taken in */
	bool waits;                /* the event: for its letter to be kept */
	struct spool_reader *reader;
	bool halted;          /* by the last lanes_halt */
	bool is_ahead;        /* of some that are not settled */
	uint64_t looked_at;   /* so many records ahead */
	enum lane_seek seeks; /* once no batch is out */
	uint64_t warned_dropped;
	uint64_t warned_damaged;
};

/* What standard error has of what is lost or stuck, and of figures. */
struct run_warned {
	uint64_t rejects;
	uint64_t lost;
	bool was_full; /* the spool, at the last look */
	bool full;
	bool figures;    /* cannot be written */
	int64_t next_ms; /* no more of what is lost or stuck before; monotonic */
};

struct run {
	const struct run_options *options;
	struct config **config; /* the caller's */
	struct output_world *world;
	struct spool *spool;
	struct dead *dead;
	struct input *input;
	struct lane lanes[CONFIG_OUTPUTS_MAX];
	size_t lane_count;
	struct cage cage;
	int signal_fd;
	bool reloads;           /* SIGHUP has come */
	bool ends;              /* no more input */
	int64_t deadline_ms;    /* of the end; monotonic */
	int64_t spool_pause_ms; /* no spool_turn before: the disk refused */
	bool spool_failed;      /* and that was said */
	int64_t letters_ms;     /* when dead letters of outputs are tried again; 0: none waits */
	bool letters_failed;    /* and that was said */
	bool starves;           /* something could not be read for the outputs */
	bool changed;           /* since the figures were last looked at */
	int64_t look_next_ms;   /* not before; monotonic */
	struct run_warned warned;
};

#endif
