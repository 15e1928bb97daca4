/* Whom an mcs output trusts: only the certificates and revocation lists that are configured, never the
 * system's store, and every certificate of a chain is looked up in a list. Certificates and lists come in
 * pairs; any pair that is whole will do. Files hold PEM (one or several) or DER (one). */
#ifndef SAV_NET_TRUST_H
#define SAV_NET_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct fail;
struct trust; /* opaque, read-only once loaded */

enum {
	TRUST_PAIRS_MAX = 16,
	TRUST_FILE_MAX = 16 << 20, /* bytes; the lists of large CAs have megabytes */
	TRUST_NAME_MAX = 128,
	TRUST_PROBLEM_MAX = 320,
};

struct trust_pair {
	const char *certificate; /* the files, as configured; NULL where the other list is longer */
	const char *crl;
	bool usable;               /* certificates and a list of theirs, all of them valid now */
	char name[TRUST_NAME_MAX]; /* of the first certificate's subject, masked */
	time_t expires_at;         /* the first certificate to expire; 0 when there is none */
	time_t crl_due_at; /* when the first list of this pair's certificates must have been replaced; 0 for none */
	size_t revoked;                  /* entries in the lists of its file */
	char problem[TRUST_PROBLEM_MAX]; /* "file: reason"; "" for a pair without one */
};

/* Reads all files and checks them against `now`. Paths are borrowed. A list counts for whatever
 * certificate issued and signed it, in whichever of the files it is. Returns the trust, however many pairs
 * are usable; NULL with *fail (EX_OSERR) when out of memory. */
struct trust *trust_load(const char *const *certificates, size_t certificate_count, const char *const *crls,
			 size_t crl_count, time_t now, struct fail *fail);
void trust_free(struct trust *trust);

size_t trust_count(const struct trust *trust);
const struct trust_pair *trust_get(const struct trust *trust, size_t pair);

/* The first usable pair from `pair` on, round to it; trust_count when there is none. */
size_t trust_find(const struct trust *trust, size_t pair);

/* Sets *fail (EX_CONFIG) to the first problem when no pair is usable. Returns 0 when one is, else -1. */
int trust_check(const struct trust *trust, struct fail *fail);

/* Makes the SSL_CTX, as libcurl hands it to CURLOPT_SSL_CTX_FUNCTION, trust the pair's certificates and
 * lists and nothing else. Returns 0 or -1. */
int trust_apply(const struct trust *trust, size_t pair, void *ssl_ctx);

#endif
