/* The credentials of an S3 drop: from the environment, else from a file that only its owner may read. */
#ifndef SAV_SEND_AWS_H
#define SAV_SEND_AWS_H

#include "lib/net/s3.h"

struct fail;
struct home;

/* Environment variables of AWS's tools, NULL when unset. */
struct aws_env {
	const char *key_id; /* AWS_ACCESS_KEY_ID */
	const char *secret; /* AWS_SECRET_ACCESS_KEY */
	const char *token;  /* AWS_SESSION_TOKEN */
	const char *file;   /* AWS_SHARED_CREDENTIALS_FILE */
};

/* From the environment's keys when one of them is set, else from its file, else from HOME_S3_CREDENTIALS.
 * Returns 0; or -1 with *fail: EX_CONFIG for what is missing or broken, EX_NOPERM for a file that others
 * can read. The caller wipes *credentials. */
int aws_load(const struct aws_env *env, const struct home *home, struct s3_credentials *credentials,
	     struct fail *fail);

#endif
