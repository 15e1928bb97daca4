/* crowd processes N | connections N | comm: N processes that sleep, or N TCP connections within this
 * process, until it is killed (a line on standard output says when they are there); comm reads the name of
 * every process as plainly as can be, exe the name of what it runs. */
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int processes(int count)
{
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();
		if (pid < 0)
			return EXIT_FAILURE;
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	return puts("ready") < 0 || fflush(stdout) != 0 || pause();
}

/* Connections to a listener of its own, both ends of each kept. */
static int connect_all(int count)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
	    listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
		return -1;
	for (int i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) != 0 ||
		    accept(listener, NULL, NULL) < 0)
			return -1;
	}
	return 0;
}

/* Shared among several processes, so that no limit of descriptors need be raised. */
static int connections(int count)
{
	enum { SHARE = 400 };
	int done[2];

	if (pipe(done) != 0)
		return EXIT_FAILURE;
	for (int left = count; left > 0; left -= SHARE) {
		pid_t pid = fork();
		if (pid < 0)
			return EXIT_FAILURE;
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (connect_all(left < SHARE ? left : SHARE) != 0 || write(done[1], "x", 1) != 1)
				_exit(EXIT_FAILURE);
			for (;;)
				pause();
		}
	}
	close(done[1]);
	for (int left = count; left > 0; left -= SHARE) {
		char byte;
		if (read(done[0], &byte, 1) != 1)
			return EXIT_FAILURE;
	}
	return puts("ready") < 0 || fflush(stdout) != 0 || pause();
}

static int comm(void)
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	long bytes = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		char path[300];
		char name[64];
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
		int fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		bytes += read(fd, name, sizeof name);
		close(fd);
	}
	return bytes == 0;
}

static int exe(void)
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	long bytes = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		char path[300];
		char name[4096];
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/exe", entry->d_name);
		bytes += readlink(path, name, sizeof name);
	}
	return bytes == 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "processes") == 0)
		return processes(atoi(argv[2]));
	if (argc == 3 && strcmp(argv[1], "connections") == 0)
		return connections(atoi(argv[2]));
	if (argc == 2 && strcmp(argv[1], "exe") == 0)
		return exe();
	return argc == 2 && strcmp(argv[1], "comm") == 0 ? comm() : EXIT_FAILURE;
}
