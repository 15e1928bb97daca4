/* Outputs that write: stdout, file, syslog. The thread's loop, and what their drivers have in common. */
#ifndef SAV_ALERT_OUTPUT_LOCAL_H
#define SAV_ALERT_OUTPUT_LOCAL_H

#include "lib/alert/delivery.h"
#include "lib/alert/render.h"

struct config_output;
struct output;
struct output_local; /* opaque */
struct output_world;

/* How a write ended. */
struct output_written {
	size_t to;   /* records up to this one (of the whole batch) are written for good */
	bool poison; /* record `to` cannot be written, ever; the next ones may */
	enum delivery_outcome
		outcome; /* of the first record that was not: NO_ANSWER to try again soon, BARRED to hold */
	char reason[256];
};

/* A driver: `open` and `close` are called by the output's owner, the others by its thread, which they may hold up. */
struct output_driver {
	void *(*open)(const struct config_output *own, const struct output_world *world, struct fail *fail);
	/* Writes the slice. Returns 0 when all of it is written, else -1 with *written. */
	int (*write)(void *driver, const struct render *slice, int64_t written_ms,
		     struct output_written *written);
	void (*reopen)(void *driver);
	void (*close)(void *driver);
};

extern const struct output_driver output_stdout_driver;
extern const struct output_driver output_file_driver;
extern const struct output_driver output_syslog_driver;

struct output_local *output_local_open(const struct config_output *own, const struct output_world *world,
				       struct fail *fail);
void output_local_close(struct output_local *local);

/* Delivers until the output is to end; the next call goes on there. */
void output_local_run(struct output_local *local, struct output *output);

#endif
