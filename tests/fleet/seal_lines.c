/* seal_lines FILE.pub DIR: seals every line of standard input, as sav-encrypt does one, to a file of DIR
 * with a random name. A process a report would measure the starting of processes. */
#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"
#include "lib/format/seal.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static int write_blob(const char *folder, const struct buf *blob, struct fail *fail)
{
	uint64_t name[2];
	char path[PATH_MAX];

	if (getrandom(name, sizeof name, 0) != (ssize_t)sizeof name)
		return fail_errno(fail, EX_OSERR, "random numbers");
	(void)snprintf(path, sizeof path, "%s/%016llx%016llx", folder, (unsigned long long)name[0],
		       (unsigned long long)name[1]); /* a path that was cut does not open */
	/* Not io_put_file: nobody minds what a power cut leaves of a trial. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(fail, EX_CANTCREAT, "%s", path);
	int written = io_write_all(fd, blob->data, blob->size);
	return close(fd) == 0 && written == 0 ? 0 : fail_errno(fail, EX_IOERR, "%s", path);
}

static int seal_all(const struct seal_key *key, const char *folder, struct fail *fail)
{
	auto_buf struct buf blob = BUF_INIT(SEAL_BLOB_MAX);
	char *line = NULL;
	size_t room = 0;
	ssize_t size;
	int result = 0;

	while (result == 0 && (size = getline(&line, &room, stdin)) > 1) {
		blob.size = 0;
		result = seal_close(key, (const uint8_t *)line, (size_t)size, &blob, fail);
		if (result == 0)
			result = write_blob(folder, &blob, fail);
	}
	free(line);
	return result;
}

int main(int argc, char **argv)
{
	struct fail fail = {0};
	struct seal_key key;

	if (argc != 3)
		return EX_USAGE;
	if (seal_init(&fail) == 0 && seal_load_public(argv[1], &key, &fail) == 0 &&
	    seal_all(&key, argv[2], &fail) == 0)
		return EX_OK;
	(void)fprintf(stderr, "seal_lines: %s\n", fail.text); /* there is nowhere else to complain */
	return fail.status;
}
