/* floor URL CA SPOOL [scan] [sync]: the least that any durable forwarder does, on one thread: read
 * standard input by 1 MB, one pass over the JSON for the ends of the alerts (scan), append, fdatasync
 * (sync), post. What sls-alert is measured against. */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 1 << 20, ALERT_MAX = 1 << 20, FILE_MAX = 64 << 20 };

/* Bytes up to the end of the last whole object. */
static size_t scan(const uint8_t *bytes, size_t size)
{
	size_t end = 0;
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < size; i++) {
		uint8_t c = bytes[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && --depth == 0) {
			end = i + 1;
		}
	}
	return end < size && bytes[end] == '\n' ? end + 1 : end;
}

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void keep(int fd, const uint8_t *bytes, size_t size, bool sync)
{
	static off_t at;

	if (at > FILE_MAX)
		at = 0; /* written over again, as a spool that is drained is */
	if (pwrite(fd, bytes, size, at) != (ssize_t)size || (sync && fdatasync(fd) != 0))
		fail("spool");
	at += (off_t)size;
}

static size_t ignore(char *bytes, size_t size, size_t count, void *argument)
{
	(void)bytes;
	(void)argument;
	return size * count;
}

static void post(CURL *curl, const uint8_t *bytes, size_t size)
{
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)bytes);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
	CURLcode code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK || status / 100 != 2) {
		fprintf(stderr, "floor: %s, status %ld\n", curl_easy_strerror(code), status);
		exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	static uint8_t bytes[BATCH + ALERT_MAX];
	bool scans = false;
	bool syncs = false;
	size_t used = 0;

	if (argc < 4)
		return EXIT_FAILURE;
	for (int i = 4; i < argc; i++) {
		scans |= strcmp(argv[i], "scan") == 0;
		syncs |= strcmp(argv[i], "sync") == 0;
	}
	int fd = open(argv[3], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		fail(argv[3]);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/x-ndjson");
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
	curl_easy_setopt(curl, CURLOPT_CAINFO, argv[2]);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	for (;;) {
		ssize_t got = read(STDIN_FILENO, bytes + used, BATCH - used);
		if (got < 0)
			fail("input");
		used += (size_t)got;
		if (got > 0 && used < BATCH)
			continue;
		if (used == 0)
			break;
		size_t whole = scans ? scan(bytes, used) : used;
		if (whole == 0)
			break; /* the rest is no alert */
		if (syncs)
			keep(fd, bytes, whole, true);
		post(curl, bytes, whole);
		memmove(bytes, bytes + whole, used - whole);
		used -= whole;
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	curl_global_cleanup();
	return close(fd) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
