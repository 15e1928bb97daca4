#include "lib/net/trust_client.h"

#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static int load(const char *path, struct buf *out, struct stat *status, struct fail *fail)
{
	if (path == NULL)
		return 0;
	auto_close int fd = io_open_linked(path, status, fail);
	return fd < 0 ? -1 : io_read_fd(fd, path, out, fail);
}

/* In the place of OpenSSL's own, which asks the terminal. */
static int no_passphrase(char *out, int size, int writes, void *asked)
{
	(void)out;
	(void)size;
	(void)writes;
	*(bool *)asked = true;
	return -1;
}

/* The first certificate; NULL: none. */
static X509 *parse_certificate(const struct buf *bytes)
{
	bool asked = false;
	BIO *bio = BIO_new_mem_buf(bytes->data, (int)bytes->size);
	X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, no_passphrase, &asked);

	BIO_free(bio);
	ERR_clear_error();
	return certificate;
}

static EVP_PKEY *parse_key(const struct buf *bytes, bool *asked)
{
	BIO *bio = BIO_new_mem_buf(bytes->data, (int)bytes->size);
	EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, asked);

	BIO_free(bio);
	ERR_clear_error();
	return key;
}

static int check_certificate(const struct buf *bytes, const char *path, struct fail *fail)
{
	static const char encrypted[] = "Proc-Type:"; /* RFC 1421, section 4.6.1.1 */

	if (path == NULL)
		return 0;
	X509 *certificate = parse_certificate(bytes);
	if (certificate == NULL)
		return fail_set(fail, EX_CONFIG, "%s: holds no certificate in PEM", path);
	X509_free(certificate);
	/* libcurl reads those behind the first, and OpenSSL would ask the terminal, or standard input. */
	if (memmem(bytes->data, bytes->size, encrypted, strlen(encrypted)) != NULL)
		return fail_set(fail, EX_CONFIG, "%s: holds something under a passphrase", path);
	return 0;
}

static int check_pair(const struct trust_client *client, const char *cert_file, const char *key_file,
		      struct fail *fail)
{
	bool asked = false;
	X509 *certificate = parse_certificate(&client->certificate); /* was checked */
	EVP_PKEY *key = parse_key(&client->key, &asked);
	int result = 0;

	if (key == NULL && asked) {
		(void)fail_set(fail, EX_CONFIG, "%s: is under a passphrase", key_file);
		result = fail_hint(
			fail,
			"openssl pkey -in KEY -out NEW takes it away; keep NEW readable for its user alone");
	} else if (key == NULL) {
		result = fail_set(fail, EX_CONFIG, "%s: holds no private key in PEM", key_file);
	} else if (certificate == NULL || X509_check_private_key(certificate, key) != 1) {
		result = fail_set(fail, EX_CONFIG, "%s: not the key of %s", key_file, cert_file);
	}
	ERR_clear_error();
	EVP_PKEY_free(key);
	X509_free(certificate);
	return result;
}

int trust_client_load(const char *ca_file, const char *cert_file, const char *key_file,
		      struct trust_client *client, struct fail *fail)
{
	struct trust_client got = {BUF_INIT(TRUST_CLIENT_FILE_MAX), BUF_INIT(TRUST_CLIENT_FILE_MAX),
				   BUF_INIT(TRUST_CLIENT_FILE_MAX)};
	struct stat status = {0};

	if (load(ca_file, &got.ca, NULL, fail) != 0 || check_certificate(&got.ca, ca_file, fail) != 0 ||
	    load(cert_file, &got.certificate, NULL, fail) != 0 ||
	    check_certificate(&got.certificate, cert_file, fail) != 0 ||
	    load(key_file, &got.key, &status, fail) != 0)
		goto done;
	if ((status.st_mode & 007) != 0) {
		(void)fail_set(fail, EX_NOPERM, "%s: others can read it (mode %04o)", key_file,
			       status.st_mode & 07777);
		(void)fail_hint(fail, "chmod o= %s", key_file);
		goto done;
	}
	if (key_file != NULL && check_pair(&got, cert_file, key_file, fail) != 0)
		goto done;
	*client = got;
	return 0;
done:
	trust_client_fini(&got);
	return -1;
}

void trust_client_fini(struct trust_client *client)
{
	buf_fini(&client->ca);
	buf_fini(&client->certificate);
	buf_wipe(&client->key);
}
