#include "cmd/sav-send/aws.h"

#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/base/scope.h"
#include "lib/conf/home.h"

#include <stddef.h>

static int load_file(const char *path, struct s3_credentials *credentials, struct fail *fail)
{
	auto_buf_secret struct buf text = BUF_INIT(S3_FILE_MAX);
	struct stat status;

	auto_close int fd = io_open_linked(path, &status, fail);
	if (fd < 0) {
		if (fail->status != EX_NOPERM)
			fail->status = EX_CONFIG;
		return fail_hint(fail, "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
	}
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		(void)fail_set(fail, EX_NOPERM, "%s: others can read it (mode %04o)", path,
			       (unsigned)(status.st_mode & 07777));
		return fail_hint(fail, "chmod 600 %s", path);
	}
	if (io_read_fd(fd, path, &text, fail) != 0) {
		fail->status = EX_CONFIG;
		return -1;
	}
	if (text.size == 0)
		return fail_set(fail, EX_CONFIG, "%s: is empty", path);
	return s3_parse_credentials(text.data, text.size, path, credentials, fail);
}

int aws_load(const struct aws_env *env, const struct home *home, struct s3_credentials *credentials,
	     struct fail *fail)
{
	char path[PATH_MAX];

	if (env->key_id != NULL || env->secret != NULL) {
		if (env->key_id == NULL || env->secret == NULL)
			return fail_set(
				fail, EX_CONFIG,
				"environment: only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
		return s3_set_credentials(env->key_id, env->secret, env->token, "environment", credentials,
					  fail);
	}
	if (env->file != NULL)
		return load_file(env->file, credentials, fail);
	return home_path(home, HOME_S3_CREDENTIALS, path, fail) != 0 ? -1
								     : load_file(path, credentials, fail);
}
