/* The outputs of a run: each has a lane from the spool to it, with a place of its own there. */
#ifndef SLS_ALERT_LANES_H
#define SLS_ALERT_LANES_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct fail;
struct lane;
struct run;

/* Opens the enabled outputs of `config`, at most CONFIG_OUTPUTS_MAX: lanes that have no place in the spool yet. Returns 0;
 * or -1 with *fail, and then none is open. */
int lanes_open(const struct run *run, const struct config *config, struct lane *lanes, size_t *count,
	       struct fail *fail);

/* Puts the lanes in the place of those there, which were halted, and gives them their places. What one of the same id has
 * counted is counted on. Returns 0; or -1
 * with *fail, and those that have one are there. */
int lanes_attach(struct run *run, const struct lane *lanes, size_t count, struct fail *fail);

/* Starts the threads. Returns 0, or -1 with *fail. */
int lanes_start(struct run *run, struct fail *fail);

/* Hands out what has become durable. Returns 0; or -1 with *fail when there is something for a lane that cannot be read
 * now (no memory, no descriptors): it is called again after a pause. */
int lanes_feed(struct run *run, struct fail *fail);

/* Takes in what the outputs have to tell: what is delivered, what never will be. Where a dead letter cannot be kept, the
 * rest of its lane waits with it, and this is called again at run->letters_ms. */
void lanes_take_events(struct run *run);

/* Whether nothing durable waits for any output. */
bool lanes_are_settled(const struct run *run);

/* Ends the outputs' threads, and takes in what they still have to tell, as above. Returns whether all have ended. */
bool lanes_halt(struct run *run);

/* Has all go on after lanes_halt. Returns 0, or -1 with *fail. */
int lanes_resume(struct run *run, struct fail *fail);

/* After lanes_halt: frees the lanes. What a thread that hangs still uses stays until the process is gone. */
void lanes_close(struct run *run);

#endif
