/* Outputs that POST batches: mcs and webhook. The thread's loop over net/pool. */
#ifndef SAV_ALERT_OUTPUT_HTTP_H
#define SAV_ALERT_OUTPUT_HTTP_H

#include <stdbool.h>

struct config;
struct config_output;
struct fail;
struct output;
struct output_http; /* opaque */
struct output_world;

/* Loads certificates, works out the proxy. Returns NULL with *fail: for mcs also when no pair of
 * certificate and list is usable. */
struct output_http *output_http_open(const struct config *config, const struct config_output *own,
				     const struct output_world *world, struct fail *fail);
void output_http_close(struct output_http *http);

/* Delivers until the output is to end; the next call goes on there. *confined: whether this thread has given up its rights
 * to write, which it does first. */
void output_http_run(struct output_http *http, struct output *output, bool *confined);

/* Before the first output_http_run: the server is one that has refused one alert after another. */
void output_http_suspect(struct output_http *http);

/* Ends the loop's wait, from another thread. */
void output_http_wake(struct output_http *http);

#endif
