/* Secret-key encryption of records in groups, and keyed checks: libsodium's XChaCha20-Poly1305 and
 * BLAKE2b. Source:
 * https://doc.libsodium.org/secret-key_cryptography/aead/chacha20-poly1305/xchacha20-poly1305_construction. */
#ifndef SAV_FORMAT_CIPHER_H
#define SAV_FORMAT_CIPHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

enum {
	CIPHER_KEY_BYTES = 32,
	CIPHER_NONCE_BYTES =
		16, /* random, one a group; the record's index is the other 8 bytes of XChaCha20's 24 */
	CIPHER_TAG_BYTES = 16,
	CIPHER_ID_BYTES = 8,
};

/* What is made of one key: a key for each purpose, and an identifier that tells nothing of it. */
struct cipher {
	uint8_t encrypt[CIPHER_KEY_BYTES];
	uint8_t check[CIPHER_KEY_BYTES];
	uint8_t id[CIPHER_ID_BYTES];
};

/* Derives *cipher from the CIPHER_KEY_BYTES of `key` (BLAKE2b with the purpose as message). Returns 0, or
 * -1 with *fail (EX_SOFTWARE). The caller wipes *cipher with cipher_wipe. */
int cipher_init(struct cipher *cipher, const uint8_t *key, struct fail *fail);
void cipher_wipe(struct cipher *cipher);

/* CIPHER_NONCE_BYTES of random numbers. */
void cipher_make_nonce(uint8_t *nonce);

/* Encrypts `size` bytes to `out` (the same size, may be `bytes`) and sets the CIPHER_TAG_BYTES of `tag`. A
 * pair of nonce and index must never be used for two messages. */
void cipher_seal(const struct cipher *cipher, const uint8_t *nonce, uint64_t index, const uint8_t *bytes,
		 size_t size, uint8_t *out, uint8_t *tag);

/* The way back. Returns 0; or -1 when the tag does not fit (nothing of use in `out` then). */
int cipher_open(const struct cipher *cipher, const uint8_t *nonce, uint64_t index, const uint8_t *bytes,
		size_t size, const uint8_t *tag, uint8_t *out);

/* A keyed check of two byte runs joined: makes the CIPHER_TAG_BYTES of `tag`; tells whether `tag` is the
 * one that belongs to them. */
void cipher_make_check(const struct cipher *cipher, const uint8_t *a, size_t a_size, const uint8_t *b,
		       size_t b_size, uint8_t *tag);
bool cipher_check_is_good(const struct cipher *cipher, const uint8_t *a, size_t a_size, const uint8_t *b,
			  size_t b_size, const uint8_t *tag);

#endif
