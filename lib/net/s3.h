/* AWS Signature Version 4 for one S3 request whose body is at hand. Our own, because libcurl's (7.75 and
 * later) takes the time of the clock, so that no published example could be checked, and was wrong about
 * S3 in several releases. Source: Amazon S3 API Reference, "Authenticating Requests: Using the
 * Authorization Header (AWS Signature Version 4)". */
#ifndef SAV_NET_S3_H
#define SAV_NET_S3_H

#include "lib/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct fail;
struct url;

enum {
	S3_KEY_MAX = 128,        /* bytes of an access key's identifier, or of its secret */
	S3_TOKEN_MAX = 4096,     /* of a session token */
	S3_FILE_MAX = 64 * 1024, /* of a credentials file */
	S3_HEADERS_MAX = 32,     /* of the request, without those made here */
	S3_LINE_MAX = 8 * 1024,  /* of one made here */
	S3_REGION_MAX = 64,
};

struct s3_credentials {
	char key_id[S3_KEY_MAX + 1];
	char secret[S3_KEY_MAX + 1];
	char token[S3_TOKEN_MAX + 1]; /* "" for none */
};

/* Reads a credentials file as AWS's tools have it: aws_access_key_id, aws_secret_access_key and perhaps
 * aws_session_token, at the beginning or below [default]; other sections, other keys, empty lines and
 * those with '#' or ';' are passed over. Returns 0; or -1 with *fail (EX_CONFIG) that names `name` and the
 * line, never what is on it, and *credentials untouched. The caller wipes *credentials. */
int s3_parse_credentials(const uint8_t *bytes, size_t size, const char *name,
			 struct s3_credentials *credentials, struct fail *fail);

/* The same from three values, `token` NULL for none. `name` says where they are from. */
int s3_set_credentials(const char *key_id, const char *secret, const char *token, const char *name,
		       struct s3_credentials *credentials, struct fail *fail);

/* Whether `region` can be one: lower-case letters, digits and "-". */
bool s3_region_is_good(const char *region);

/* The request as it will be sent. */
struct s3_request {
	const char *method;
	const struct url *target;
	const char *name;           /* behind the target's path; NULL: nothing */
	const char *const *headers; /* "Name: value" each; all are signed; no name twice */
	size_t header_count;
	const uint8_t *body;
	size_t body_size;
};

/* What to send: the path, encoded the one way that every server reads alike ("+" is a blank to some), and
 * headers to add, one "Name: value" each, without newline. */
struct s3_signature {
	struct buf path;
	struct buf date;
	struct buf digest; /* of the body */
	struct buf token;  /* empty without a session token */
	struct buf authorization;
};

/* Signs for `now`. Returns 0 with *signature, the caller's to s3_fini; or -1 with *fail (EX_USAGE for
 * headers that cannot be signed, EX_OSERR) and nothing to free. */
int s3_sign(const struct s3_request *request, const char *region, const struct s3_credentials *credentials,
	    time_t now, struct s3_signature *signature, struct fail *fail);
void s3_fini(struct s3_signature *signature);

/* The code of an S3 error page, "AccessDenied", in `code`; "" when the page holds none. */
void s3_error_code(const struct buf *page, char *code, size_t code_size);

#endif
