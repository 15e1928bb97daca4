#include "lib/net/trust.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/base/text.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trust {
	struct trust_pair pairs[TRUST_PAIRS_MAX];
	STACK_OF(X509) * certificates[TRUST_PAIRS_MAX];
	STACK_OF(X509_CRL) * crls[TRUST_PAIRS_MAX];
	size_t count;
};

/* What a file turned out to hold. */
struct content {
	STACK_OF(X509) * certificates;
	STACK_OF(X509_CRL) * crls;
};

__attribute__((format(printf, 2, 3))) static void complain(struct trust_pair *pair, const char *format, ...)
{
	va_list arguments;

	if (pair->problem[0] != '\0')
		return; /* the first is the cause of the others */
	va_start(arguments, format);
	(void)vsnprintf(pair->problem, sizeof pair->problem, format, arguments); /* cut is good enough */
	va_end(arguments);
}

/* All that PEM has, in whatever order; broken blocks end it, so that half a file is not taken for a whole
 * one. */
static bool parse_pem(const struct buf *bytes, struct content *content)
{
	char no_passphrase[] =
		""; /* without one OpenSSL asks the terminal, or takes a line of standard input */
	BIO *bio = BIO_new_mem_buf(bytes->data, (int)bytes->size);
	STACK_OF(X509_INFO) *blocks = bio == NULL ? NULL
						  : PEM_X509_INFO_read_bio(bio, NULL, NULL, no_passphrase);
	bool good = blocks != NULL;

	for (int i = 0; good && i < sk_X509_INFO_num(blocks); i++) {
		X509_INFO *block = sk_X509_INFO_value(blocks, i);
		if (block->x509 != NULL) {
			good = sk_X509_push(content->certificates, block->x509) > 0;
			block->x509 = good ? NULL : block->x509;
		}
		if (good && block->crl != NULL) {
			good = sk_X509_CRL_push(content->crls, block->crl) > 0;
			block->crl = good ? NULL : block->crl;
		}
	}
	sk_X509_INFO_pop_free(blocks, X509_INFO_free);
	BIO_free(bio);
	return good;
}

static bool parse_der(const struct buf *bytes, struct content *content)
{
	const unsigned char *at = bytes->data;
	const unsigned char *end = bytes->data + bytes->size;
	X509 *certificate = d2i_X509(NULL, &at, (long)bytes->size);

	if (certificate != NULL && at == end && sk_X509_push(content->certificates, certificate) > 0)
		return true;
	X509_free(certificate);
	at = bytes->data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)bytes->size);
	if (crl != NULL && at == end && sk_X509_CRL_push(content->crls, crl) > 0)
		return true;
	X509_CRL_free(crl);
	return false;
}

static int load(const char *path, struct content *content, struct fail *fail)
{
	auto_buf struct buf bytes = BUF_INIT(TRUST_FILE_MAX);
	auto_close int fd = io_open_linked(path, NULL, fail);

	if (fd < 0 || io_read_fd(fd, path, &bytes, fail) != 0)
		return -1;
	if (bytes.size == 0)
		return fail_set(fail, EX_CONFIG, "%s: is empty", path);
	bool pem = memmem(bytes.data, bytes.size, "-----BEGIN ", 11) != NULL;
	bool good = pem ? parse_pem(&bytes, content) : parse_der(&bytes, content);
	ERR_clear_error();
	if (!good || (sk_X509_num(content->certificates) == 0 && sk_X509_CRL_num(content->crls) == 0))
		return fail_set(fail, EX_CONFIG,
				"%s: holds neither certificates nor a revocation list that can be read",
				path);
	return 0;
}

/* The time of an ASN.1 time; 0 when it cannot be told. */
static time_t time_of(const ASN1_TIME *time)
{
	struct tm parts;

	return time == NULL || ASN1_TIME_to_tm(time, &parts) != 1 ? 0 : timegm(&parts);
}

static void show_date(time_t time, char out[11])
{
	struct tm parts;

	if (gmtime_r(&time, &parts) == NULL || strftime(out, 11, "%Y-%m-%d", &parts) == 0)
		memcpy(out, "?", 2);
}

static void show_name(const X509_NAME *name, char *out, size_t out_size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	out[0] = '\0';
	if (bio != NULL &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~(unsigned)ASN1_STRFLGS_ESC_MSB) >= 0) {
		long size = BIO_get_mem_data(bio, &text);
		(void)text_mask((const uint8_t *)text, size > 0 ? (size_t)size : 0, out, out_size);
	}
	BIO_free(bio);
}

static bool check_certificates(struct trust_pair *pair, STACK_OF(X509) * certificates, time_t now)
{
	char date[11];
	bool good = sk_X509_num(certificates) > 0;

	for (int i = 0; i < sk_X509_num(certificates); i++) {
		X509 *certificate = sk_X509_value(certificates, i);
		time_t begins = time_of(X509_get0_notBefore(certificate));
		time_t ends = time_of(X509_get0_notAfter(certificate));
		if (pair->expires_at == 0 || ends < pair->expires_at)
			pair->expires_at = ends;
		show_date(ends < now ? ends : begins, date);
		if (ends < now)
			complain(pair, "%s: expired on %s", pair->certificate, date);
		else if (begins > now)
			complain(pair, "%s: is not valid before %s", pair->certificate, date);
		else if (X509_check_ca(certificate) == 0)
			complain(pair, "%s: is no CA's certificate", pair->certificate);
		else
			continue;
		good = false;
	}
	if (sk_X509_num(certificates) > 0)
		show_name(X509_get_subject_name(sk_X509_value(certificates, 0)), pair->name,
			  sizeof pair->name);
	return good;
}

static bool load_certificates(struct trust *trust, size_t index, time_t now)
{
	struct trust_pair *pair = &trust->pairs[index];
	struct content content = {trust->certificates[index], sk_X509_CRL_new_null()};
	struct fail fail;
	bool good = false;

	if (pair->certificate == NULL)
		complain(pair, "%s: no certificate is paired with this list", pair->crl);
	else if (content.crls == NULL || load(pair->certificate, &content, &fail) != 0)
		complain(pair, "%s", content.crls == NULL ? "out of memory" : fail.text);
	else if (sk_X509_num(content.certificates) == 0)
		complain(pair, "%s: holds a revocation list where a certificate belongs", pair->certificate);
	else
		good = check_certificates(pair, content.certificates, now);
	sk_X509_CRL_pop_free(content.crls, X509_CRL_free);
	return good;
}

static void load_crls(struct trust *trust, size_t index)
{
	struct trust_pair *pair = &trust->pairs[index];
	struct content content = {sk_X509_new_null(), trust->crls[index]};
	struct fail fail;

	if (pair->crl == NULL)
		complain(pair, "%s: no revocation list is paired with this certificate", pair->certificate);
	else if (content.certificates == NULL || load(pair->crl, &content, &fail) != 0)
		complain(pair, "%s", content.certificates == NULL ? "out of memory" : fail.text);
	else if (sk_X509_CRL_num(content.crls) == 0)
		complain(pair, "%s: holds a certificate where a revocation list belongs", pair->crl);
	for (int i = 0; i < sk_X509_CRL_num(trust->crls[index]); i++) {
		STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(
			sk_X509_CRL_value(trust->crls[index], i));
		pair->revoked += revoked == NULL ? 0 : (size_t)sk_X509_REVOKED_num(revoked);
	}
	sk_X509_pop_free(content.certificates, X509_free);
}

/* Whether the one is of more use than the other: begun, and valid longer; without an end, for ever. */
static bool is_better(const X509_CRL *one, const X509_CRL *other, time_t now)
{
	bool begun = time_of(X509_CRL_get0_lastUpdate(one)) <= now;
	time_t due = time_of(X509_CRL_get0_nextUpdate(one));
	time_t other_due = time_of(X509_CRL_get0_nextUpdate(other));

	if (begun != (time_of(X509_CRL_get0_lastUpdate(other)) <= now))
		return begun;
	return other_due != 0 && (due == 0 || due > other_due);
}

/* A list of the CA's own, signed by it, in any of the files; the best. */
static const X509_CRL *find_crl(const struct trust *trust, X509 *authority, time_t now, bool *forged)
{
	const X509_CRL *best = NULL;

	for (size_t i = 0; i < trust->count; i++) {
		for (int j = 0; j < sk_X509_CRL_num(trust->crls[i]); j++) {
			X509_CRL *crl = sk_X509_CRL_value(trust->crls[i], j);
			if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(authority)) != 0)
				continue;
			bool is_signed = X509_CRL_verify(crl, X509_get0_pubkey(authority)) == 1;
			*forged = *forged || !is_signed;
			if (is_signed && (best == NULL || is_better(crl, best, now)))
				best = crl;
		}
	}
	ERR_clear_error();
	return best;
}

/* Whether each of the pair's certificates has a list that is valid now. A list due to be replaced is as
 * good as none: that is how an attacker would keep a revoked certificate alive. */
static bool check_crls(struct trust *trust, size_t index, time_t now)
{
	struct trust_pair *pair = &trust->pairs[index];
	const char *file = pair->crl == NULL ? pair->certificate : pair->crl;
	char date[11];
	bool good = true;

	for (int i = 0; i < sk_X509_num(trust->certificates[index]); i++) {
		bool forged = false;
		const X509_CRL *crl = find_crl(trust, sk_X509_value(trust->certificates[index], i), now,
					       &forged);
		if (crl == NULL) {
			complain(pair,
				 forged ? "%s: the list of %s is not signed by it"
					: "%s: holds no list of %s",
				 file, pair->name);
			good = false;
			continue;
		}
		time_t begins = time_of(X509_CRL_get0_lastUpdate(crl));
		time_t due = time_of(X509_CRL_get0_nextUpdate(crl));
		if (pair->crl_due_at == 0 || (due != 0 && due < pair->crl_due_at))
			pair->crl_due_at = due;
		show_date(due != 0 && due < now ? due : begins, date);
		if (due != 0 && due < now)
			complain(pair, "%s: expired on %s", file, date);
		else if (begins > now)
			complain(pair, "%s: is not valid before %s", file, date);
		else
			continue;
		good = false;
	}
	return good;
}

static bool make_stacks(struct trust *trust)
{
	for (size_t i = 0; i < trust->count; i++) {
		trust->certificates[i] = sk_X509_new_null();
		trust->crls[i] = sk_X509_CRL_new_null();
		if (trust->certificates[i] == NULL || trust->crls[i] == NULL)
			return false;
	}
	return true;
}

struct trust *trust_load(const char *const *certificates, size_t certificate_count, const char *const *crls,
			 size_t crl_count, time_t now, struct fail *fail)
{
	struct trust *trust = calloc(1, sizeof *trust);
	bool certified[TRUST_PAIRS_MAX] = {false};

	if (trust != NULL) {
		trust->count = certificate_count > crl_count ? certificate_count : crl_count;
		trust->count = trust->count > TRUST_PAIRS_MAX ? TRUST_PAIRS_MAX : trust->count;
	}
	if (trust == NULL || !make_stacks(trust)) {
		trust_free(trust);
		(void)fail_set(fail, EX_OSERR, "certificates: out of memory");
		return NULL;
	}
	for (size_t i = 0; i < trust->count; i++) {
		trust->pairs[i].certificate = i < certificate_count ? certificates[i] : NULL;
		trust->pairs[i].crl = i < crl_count ? crls[i] : NULL;
		certified[i] = load_certificates(trust, i, now);
		load_crls(trust, i);
	}
	for (size_t i = 0; i < trust->count; i++)
		trust->pairs[i].usable = check_crls(trust, i, now) && certified[i];
	return trust;
}

void trust_free(struct trust *trust)
{
	if (trust == NULL)
		return;
	for (size_t i = 0; i < trust->count; i++) {
		sk_X509_pop_free(trust->certificates[i], X509_free);
		sk_X509_CRL_pop_free(trust->crls[i], X509_CRL_free);
	}
	free(trust);
}

size_t trust_count(const struct trust *trust)
{
	return trust->count;
}

const struct trust_pair *trust_get(const struct trust *trust, size_t pair)
{
	return &trust->pairs[pair];
}

size_t trust_find(const struct trust *trust, size_t pair)
{
	for (size_t i = 0; i < trust->count; i++)
		if (trust->pairs[(pair + i) % trust->count].usable)
			return (pair + i) % trust->count;
	return trust->count;
}

int trust_check(const struct trust *trust, struct fail *fail)
{
	if (trust_find(trust, 0) < trust->count)
		return 0;
	(void)fail_set(fail, EX_CONFIG, "%s",
		       trust->count == 0 ? "mcs_certs: none" : trust->pairs[0].problem);
	return fail_hint(fail, "mcs needs one certificate with its valid revocation list: mcs_certs, "
			       "certificate_revocation_list");
}

/* Whether it is in the name of one of the certificates and signed by none of them: another CA has that name. */
static bool is_of_namesake(STACK_OF(X509) * certificates, X509_CRL *crl)
{
	bool is_named = false;

	for (int i = 0; i < sk_X509_num(certificates); i++) {
		X509 *certificate = sk_X509_value(certificates, i);
		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(certificate)) != 0)
			continue;
		if (X509_CRL_verify(crl, X509_get0_pubkey(certificate)) == 1)
			return false;
		is_named = true;
	}
	return is_named;
}

int trust_apply(const struct trust *trust, size_t pair, void *ssl_ctx)
{
	X509_STORE *store = X509_STORE_new();
	bool good = store != NULL &&
		    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
							X509_V_FLAG_TRUSTED_FIRST) == 1;

	for (int i = 0; good && i < sk_X509_num(trust->certificates[pair]); i++)
		good = X509_STORE_add_cert(store, sk_X509_value(trust->certificates[pair], i)) == 1;
	/* The lists of all files: one of another CA does no harm, since it has to be signed by the issuer
	 * it is looked up for; but of those in one name OpenSSL picks the newest before it looks who signed it. */
	for (size_t i = 0; i < trust->count; i++) {
		for (int j = 0; good && j < sk_X509_CRL_num(trust->crls[i]); j++) {
			X509_CRL *crl = sk_X509_CRL_value(trust->crls[i], j);
			good = is_of_namesake(trust->certificates[pair], crl) ||
			       X509_STORE_add_crl(store, crl) == 1;
		}
	}
	ERR_clear_error();
	if (!good) {
		X509_STORE_free(store);
		return -1;
	}
	SSL_CTX_set_cert_store(ssl_ctx, store); /* takes ownership, and lets go of the system's */
	return 0;
}
