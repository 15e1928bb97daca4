/* Several HTTP requests on the way at once, over connections that stay open (libcurl's multi interface).
 * No redirects, no second try, no policy. One thread uses a pool; any thread may wake it. */
#ifndef SAV_NET_POOL_H
#define SAV_NET_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct http_request;
struct http_response;
struct pool; /* opaque */

enum { POOL_BODY_MAX = 64 << 10 }; /* bytes of an answer's body that are read; its connection ends there */

/* A pool for at most `slots` requests at a time. Returns NULL with *fail (EX_SOFTWARE, EX_OSERR). */
struct pool *pool_new(size_t slots, struct fail *fail);

/* Breaks off what is on the way. Takes NULL. */
void pool_free(struct pool *pool);

/* How many more requests can be started. */
size_t pool_room(const struct pool *pool);

/* Starts a request; `owner` comes back with its answer. What the request points to stays until then; the
 * struct itself is copied. Returns 0, or -1 with *fail. */
int pool_start(struct pool *pool, const struct http_request *request, void *owner, struct fail *fail);

/* Works until something on the way has moved, if only so far that there is no answer yet, the pool is woken or
 * `timeout_ms` (-1: no limit) is over; without anything on the way it just waits. Returns 0, or -1 with *fail (EX_SOFTWARE). */
int pool_wait(struct pool *pool, int64_t timeout_ms, struct fail *fail);

/* One answer, if there is one: returns true, sets *owner, and fills *response (whose body the caller
 * frees) as http_send does, but with the beginning of a body that is too long; what http_send calls a failure is an answer HTTP_BAD_ANSWER here, with its
 * text as the reason. */
bool pool_take(struct pool *pool, void **owner, struct http_response *response);

/* Ends a pool_wait of another thread, or the next one. */
void pool_wake(struct pool *pool);

#endif
