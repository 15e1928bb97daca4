/* The PEM files that one service is reached with: whom to trust instead of the system's store, and the certificate
 * and key to show when it asks. */
#ifndef SAV_NET_TRUST_CLIENT_H
#define SAV_NET_TRUST_CLIENT_H

#include "lib/base/buf.h"

struct fail;

enum { TRUST_CLIENT_FILE_MAX = 1 << 20 };

struct trust_client {
	struct buf ca; /* each of size 0 without its file */
	struct buf certificate;
	struct buf key;
};

/* Reads the files, each of which may be NULL, and makes sure that they can be used: certificates in the first, a
 * certificate and its own key in the others, and no passphrase, which nobody would be there to type. Returns 0 and
 * fills *client, which the caller frees; or -1 with *fail: EX_CONFIG, EX_NOPERM for a key that others can read, or as
 * reading fails. */
int trust_client_load(const char *ca_file, const char *cert_file, const char *key_file,
		      struct trust_client *client, struct fail *fail);

/* Wipes and frees. All zero is fine. */
void trust_client_fini(struct trust_client *client);

#endif
