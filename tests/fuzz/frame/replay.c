/* NAME FILE|FOLDER...: runs the target over each file, and over each file of each folder. Ends with 1, having
 * said why, when there was nothing to run over; a finding ends it on the spot. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/base/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_MAX = 16 << 20 };

static int replay_file(int dir_fd, const char *name)
{
	struct buf bytes = BUF_INIT(INPUT_MAX);
	struct fail fail;

	if (io_read_file(dir_fd, name, &bytes, &fail) != 0) {
		(void)fprintf(stderr, "%s\n", fail.text);
		exit(EXIT_FAILURE);
	}
	uint8_t *copy = fuzz_copy((struct fuzz){bytes.data, bytes.size});
	(void)LLVMFuzzerTestOneInput(copy, bytes.size);
	free(copy);
	buf_fini(&bytes);
	return 1;
}

static int replay_folder(DIR *folder)
{
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			count += replay_file(dirfd(folder), entry->d_name);
	(void)closedir(folder); /* was only read */
	return count;
}

int main(int argc, char **argv)
{
	int count = 0;

	for (int i = 1; i < argc; i++) {
		struct stat status;
		DIR *folder = stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode) ? opendir(argv[i])
										     : NULL;
		count += folder != NULL ? replay_folder(folder) : replay_file(AT_FDCWD, argv[i]);
	}
	(void)printf("%d inputs\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
