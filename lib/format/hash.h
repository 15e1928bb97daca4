/* The two hashes of a report, by libsodium: a fast one with a key that only the host has, and one too slow
 * to guess from. Source: https://doc.libsodium.org/hashing/generic_hashing (BLAKE2b), /password_hashing
 * (Argon2id). */
#ifndef SAV_FORMAT_HASH_H
#define SAV_FORMAT_HASH_H

#include <stddef.h>
#include <stdint.h>

struct fail;

enum {
	HASH_KEY_BYTES = 32,
	HASH_SALT_BYTES = 16,
	HASH_TEXT_SIZE = 33, /* 32 hexadecimal digits and a NUL */
};

/* A key from the kernel's random numbers. Returns 0, or -1 with *fail. */
int hash_make_key(uint8_t key[HASH_KEY_BYTES], struct fail *fail);

/* BLAKE2b-128 of the bytes under the key, as text. Returns 0, or -1 with *fail (EX_SOFTWARE). */
int hash_keyed(const uint8_t key[HASH_KEY_BYTES], const void *bytes, size_t size, char out[HASH_TEXT_SIZE],
	       struct fail *fail);

/* Argon2id of the bytes with libsodium's interactive limits (64 MiB, about 0.1 s): 16 bytes, as text.
 * Returns 0, or -1 with *fail (EX_OSERR). */
int hash_slow(const uint8_t salt[HASH_SALT_BYTES], const void *bytes, size_t size, char out[HASH_TEXT_SIZE],
	      struct fail *fail);

#endif
