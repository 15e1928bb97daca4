/* The sealed report and its keys: libsodium's crypto_box_seal over sodium_pad, and nothing else, so that
 * any libsodium binding opens it. Source: https://doc.libsodium.org/public-key_cryptography/sealed_boxes
 * and /padding. */
#ifndef SAV_FORMAT_SEAL_H
#define SAV_FORMAT_SEAL_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct fail;

enum {
	SEAL_KEY_BYTES = 32,      /* X25519, public or secret */
	SEAL_BLOCK_BYTES = 800,   /* what a report is padded to a multiple of */
	SEAL_OVERHEAD_BYTES = 48, /* ephemeral public key and MAC */
	SEAL_INPUT_MAX = 1 << 20, /* the most that is sealed */
	SEAL_BLOB_MAX = (SEAL_INPUT_MAX / SEAL_BLOCK_BYTES + 1) * SEAL_BLOCK_BYTES + SEAL_OVERHEAD_BYTES,
	SEAL_KEY_FILE_MAX = 4096, /* bytes of a key file with its comments */
};

struct seal_key {
	uint8_t bytes[SEAL_KEY_BYTES];
};

/* Readies libsodium; to be called before any other. Returns 0, or -1 with *fail (EX_SOFTWARE). */
int seal_init(struct fail *fail);

/* A new key pair from the kernel's random numbers. The caller wipes *secret. */
void seal_make_pair(struct seal_key *public_key, struct seal_key *secret);

/* The public key that belongs to `secret`. */
void seal_public_of(const struct seal_key *secret, struct seal_key *public_key);

/* Reads the bytes of a key file: one line of standard base64 of 32 bytes; lines that are empty or begin
 * with '#' are passed over. Returns 0; or -1 with *fail (EX_DATAERR) that names `name` and never shows the
 * content, and *key untouched. */
int seal_parse_key(const uint8_t *bytes, size_t size, const char *name, struct seal_key *key,
		   struct fail *fail);

/* The first line of a secret key's file, a comment: both kinds look alike, and what is sealed for a secret one is lost. */
#define SEAL_SECRET_MARK "# secret key: opens what is sealed with its public one"

/* Appends the key as a line of base64. Returns 0, or -1 with errno as buf_add. */
int seal_format_key(const struct seal_key *key, struct buf *out);

/* Reads the key file at `path`. A secret key that group or others can read is refused (EX_NOPERM), and with EX_DATAERR one
 * that says that it is secret where a public one is wanted, and one called *.pub that does not where a secret one is.
 * Returns 0 or -1 with *fail. */
int seal_load_public(const char *path, struct seal_key *key, struct fail *fail);
int seal_load_secret(const char *path, struct seal_key *key, struct fail *fail);

/* Pads 1..SEAL_INPUT_MAX bytes to the next multiple of SEAL_BLOCK_BYTES and appends the sealed box to `out`.
 * Returns 0; or -1 with *fail (EX_NOINPUT for none, EX_DATAERR for too many, EX_OSERR), `out` unchanged. */
int seal_close(const struct seal_key *public_key, const uint8_t *bytes, size_t size, struct buf *out,
	       struct fail *fail);

/* One of the receiver's keys, with the public half at hand. */
struct seal_pair {
	struct seal_key secret;
	struct seal_key public_key;
};

/* Opens a blob with the first of `count` pairs that fits and appends what was sealed. Returns 0; or -1
 * with *fail (EX_DATAERR), `out` unchanged: cut, changed, for another key, wrongly padded. */
int seal_open(const struct seal_pair *pairs, size_t count, const uint8_t *blob, size_t size, struct buf *out,
	      struct fail *fail);

#endif
