/* What the adapters of libcurl share: its start, and whom TLS believes. Only files of this folder include this. */
#ifndef SAV_NET_TLS_H
#define SAV_NET_TLS_H

#include <curl/curl.h>
#include <stdbool.h>

struct buf;
struct fail;

/* Starts libcurl, which has to have TLS; curl_global_cleanup follows. Not to be called by two threads at once.
 * Returns 0, or -1 with *fail (EX_SOFTWARE). */
int tls_start(struct fail *fail);

/* A proxy's TLS has options of its own, which not every libcurl has. */
enum tls_peer { TLS_SERVER, TLS_PROXY };

/* Asks for TLS 1.2 at least and a certificate of that name, by `ca` (PEM; NULL: the system's store) and nobody
 * else. `ca_name` is the file it was read from, for a libcurl before 7.77, which takes no bytes; NULL: there is
 * none, and such a libcurl fails. Returns whether all of it could be set; *curl copies the bytes. */
bool tls_set_peer(CURL *curl, enum tls_peer peer, const struct buf *ca, const char *ca_name);

/* Shows the certificate (PEM; NULL: none) to a server that asks. Returns and copies as above. */
bool tls_set_client(CURL *curl, const struct buf *certificate, const struct buf *key);

#endif
