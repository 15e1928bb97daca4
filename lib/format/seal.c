#include "lib/format/seal.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"

#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(SEAL_OVERHEAD_BYTES == crypto_box_SEALBYTES, "the size of a sealed box's own bytes");
_Static_assert(SEAL_KEY_BYTES == crypto_box_PUBLICKEYBYTES && SEAL_KEY_BYTES == crypto_box_SECRETKEYBYTES,
	       "the size of a key");

enum { BASE64_SIZE = sodium_base64_ENCODED_LEN(SEAL_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL) };

int seal_init(struct fail *fail)
{
	if (sodium_init() < 0)
		return fail_set(fail, EX_SOFTWARE, "libsodium: cannot be used here");
	return 0;
}

void seal_make_pair(struct seal_key *public_key, struct seal_key *secret)
{
	(void)crypto_box_keypair(public_key->bytes,
				 secret->bytes); /* cannot fail: it ends the process instead */
}

void seal_public_of(const struct seal_key *secret, struct seal_key *public_key)
{
	(void)crypto_scalarmult_base(public_key->bytes, secret->bytes); /* cannot fail for the base point */
}

/* libsodium takes some bytes above 127 for '+' and '/'. */
static bool is_ascii(const uint8_t *bytes, size_t size)
{
	uint8_t high = 0;

	for (size_t i = 0; i < size; i++)
		high |= bytes[i];
	return high < 0x80;
}

int seal_parse_key(const uint8_t *bytes, size_t size, const char *name, struct seal_key *key,
		   struct fail *fail)
{
	uint8_t decoded[SEAL_KEY_BYTES];
	int keys = 0;
	int line = 0;

	for (size_t at = 0; at < size;) {
		const uint8_t *start = bytes + at;
		const uint8_t *newline = memchr(start, '\n', size - at);
		size_t length = newline == NULL ? size - at : (size_t)(newline - start);
		at += length + 1;
		line++;
		while (length > 0 && (start[length - 1] == '\r' || start[length - 1] == ' '))
			length--;
		if (length == 0 || start[0] == '#')
			continue;
		size_t decoded_size = 0;
		if (!is_ascii(start, length) ||
		    sodium_base642bin(decoded, sizeof decoded, (const char *)start, length, NULL,
				      &decoded_size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
		    decoded_size != sizeof decoded) {
			sodium_memzero(decoded, sizeof decoded);
			(void)fail_set(fail, EX_DATAERR, "%s:%d: not the base64 of a %d-byte key", name, line,
				       SEAL_KEY_BYTES);
			return fail_hint(
				fail, "sav-keygen makes NAME.pub, to seal with, and NAME.key, to open with");
		}
		if (++keys > 1) {
			sodium_memzero(decoded, sizeof decoded);
			return fail_set(fail, EX_DATAERR, "%s:%d: a second key in one file", name, line);
		}
	}
	if (keys == 0) {
		(void)fail_set(fail, EX_DATAERR, "%s: holds no key", name);
		return fail_hint(fail, "sav-keygen makes NAME.pub, to seal with, and NAME.key, to open with");
	}
	memcpy(key->bytes, decoded, sizeof decoded);
	sodium_memzero(decoded, sizeof decoded);
	return 0;
}

int seal_format_key(const struct seal_key *key, struct buf *out)
{
	char line[BASE64_SIZE + 1];

	sodium_bin2base64(line, BASE64_SIZE, key->bytes, sizeof key->bytes, sodium_base64_VARIANT_ORIGINAL);
	memcpy(line + BASE64_SIZE - 1, "\n", 2); /* in the place of the terminating NUL */
	int result = buf_add(out, line, BASE64_SIZE);
	sodium_memzero(line, sizeof line);
	return result;
}

/* A secret key of another tool's need not say that it is one; what does not, and is called *.pub, is none. */
static bool has_public_name(const char *path)
{
	size_t size = strlen(path);

	return size >= 4 && strcmp(path + size - 4, ".pub") == 0;
}

static int load(const char *path, bool is_public, struct seal_key *key, struct fail *fail)
{
	const mode_t forbidden = is_public ? 0 : S_IRWXG | S_IRWXO;
	auto_buf_secret struct buf content = BUF_INIT(SEAL_KEY_FILE_MAX);
	struct stat status;
	auto_close int fd = io_open_linked(path, &status, fail);

	if (fd < 0)
		return -1;
	if (io_read_fd(fd, path, &content, fail) != 0)
		return -1;
	bool says_secret = strstr(buf_text(&content), SEAL_SECRET_MARK) != NULL;
	if (!is_public && !says_secret && has_public_name(path)) {
		(void)fail_set(fail, EX_DATAERR, "%s: a public key, where a secret one is wanted", path);
		return fail_hint(fail,
				 "sav-keygen calls the secret one NAME.key, which stays with the receiver");
	}
	if ((status.st_mode & forbidden) != 0) {
		(void)fail_set(fail, EX_NOPERM, "%s: a secret key that others can read (mode %04o)", path,
			       (unsigned)status.st_mode & 07777);
		return fail_hint(fail, "chmod 600 %s; replace the key if somebody may have read it", path);
	}
	if (is_public && says_secret) {
		(void)fail_set(fail, EX_DATAERR, "%s: a secret key, where a public one is wanted", path);
		return fail_hint(fail, "sav-keygen -y %s prints the public one, which goes to the hosts",
				 path);
	}
	return seal_parse_key(content.data, content.size, path, key, fail);
}

int seal_load_public(const char *path, struct seal_key *key, struct fail *fail)
{
	return load(path, true, key, fail);
}

int seal_load_secret(const char *path, struct seal_key *key, struct fail *fail)
{
	return load(path, false, key, fail);
}

int seal_close(const struct seal_key *public_key, const uint8_t *bytes, size_t size, struct buf *out,
	       struct fail *fail)
{
	auto_buf_secret struct buf padded = BUF_INIT(SEAL_INPUT_MAX + SEAL_BLOCK_BYTES);
	size_t padded_size;

	if (size == 0)
		return fail_set(fail, EX_NOINPUT, "nothing to seal");
	if (size > SEAL_INPUT_MAX)
		return fail_set(fail, EX_DATAERR, "more than %d bytes to seal", SEAL_INPUT_MAX);
	if (buf_reserve(&padded, size + SEAL_BLOCK_BYTES) != 0 || buf_add(&padded, bytes, size) != 0 ||
	    sodium_pad(&padded_size, padded.data, size, SEAL_BLOCK_BYTES, padded.capacity) != 0 ||
	    buf_reserve(out, padded_size + SEAL_OVERHEAD_BYTES) != 0)
		return fail_errno(fail, EX_OSERR, "sealing");
	/* A low-order public key would yield a box that anyone opens; libsodium refuses it. */
	if (crypto_box_seal(out->data + out->size, padded.data, padded_size, public_key->bytes) != 0)
		return fail_set(fail, EX_DATAERR, "the public key is not usable");
	out->size += padded_size + SEAL_OVERHEAD_BYTES;
	out->data[out->size] = '\0';
	return 0;
}

/* What sodium_unpad does, without its constant time: the box is authentic here and its length known to
 * everybody who saw it, so there is nothing to hide, and 800 constant steps cost as much as a twentieth of
 * opening the box. */
static int unpad(const uint8_t *padded, size_t padded_size, size_t *size)
{
	size_t at = padded_size;

	while (at > padded_size - SEAL_BLOCK_BYTES && padded[at - 1] == 0)
		at--;
	if (at == padded_size - SEAL_BLOCK_BYTES || padded[at - 1] != 0x80)
		return -1;
	*size = at - 1;
	return 0;
}

int seal_open(const struct seal_pair *pairs, size_t count, const uint8_t *blob, size_t size, struct buf *out,
	      struct fail *fail)
{
	if (size < SEAL_OVERHEAD_BYTES + SEAL_BLOCK_BYTES || size > SEAL_BLOB_MAX ||
	    (size - SEAL_OVERHEAD_BYTES) % SEAL_BLOCK_BYTES != 0)
		return fail_set(fail, EX_DATAERR,
				"%zu bytes: not the size of a sealed report, cut or not one at all", size);
	size_t padded_size = size - SEAL_OVERHEAD_BYTES;
	if (buf_reserve(out, padded_size) != 0)
		return fail_errno(fail, EX_OSERR, "opening");
	uint8_t *plain = out->data + out->size;
	for (size_t i = 0; i < count; i++) {
		size_t plain_size;
		if (crypto_box_seal_open(plain, blob, size, pairs[i].public_key.bytes,
					 pairs[i].secret.bytes) != 0)
			continue;
		if (unpad(plain, padded_size, &plain_size) != 0) {
			sodium_memzero(plain, padded_size);
			return fail_set(fail, EX_DATAERR, "opens, but is not padded as a report is");
		}
		sodium_memzero(plain + plain_size, padded_size - plain_size);
		out->size += plain_size;
		return 0;
	}
	(void)fail_set(fail, EX_DATAERR, "does not open: changed on the way, or sealed for another key");
	return fail_hint(fail,
			 "sav-keygen -y KEY prints the public key that it goes with: is that the hosts'?");
}
