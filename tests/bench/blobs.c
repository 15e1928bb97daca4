/* blobs make FOLDER COUNT KEY REPORT: seals COUNT reports into FOLDER, under random names; KEY is the public key in base64, REPORT
 *     a file of JSON whose every run of 32 zeros becomes random hex digits.
 * blobs limit COUNT THREADS: opens COUNT sealed reports in each thread with crypto_box_seal_open, from memory and to memory: what
 *     no program can beat with this library. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_MAX = 2400, BLOCK = 800, ID_BYTES = 16, NAME_BYTES = 16, DIFFERENT = 64, PLAIN = 2400 };

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void random_hex(char *out, size_t bytes)
{
	uint8_t random[32];
	char hex[2 * sizeof random + 1];

	randombytes_buf(random, bytes);
	(void)sodium_bin2hex(hex, sizeof hex, random, bytes);
	memcpy(out, hex, 2 * bytes);
}

static void make(const char *folder, long count, const char *key, const char *path)
{
	static const char zeros[] = "00000000000000000000000000000000";
	uint8_t public_key[crypto_box_PUBLICKEYBYTES];
	char report[REPORT_MAX + BLOCK];
	size_t key_size;
	FILE *file = fopen(path, "r");

	if (file == NULL || chdir(folder) != 0)
		die(folder);
	size_t size = fread(report, 1, REPORT_MAX, file);
	(void)fclose(file);
	report[size] = '\0';
	if (sodium_base642bin(public_key, sizeof public_key, key, strlen(key), "\n", &key_size, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    key_size != sizeof public_key)
		die("key");
	for (long i = 0; i < count; i++) {
		char plain[REPORT_MAX + BLOCK];
		uint8_t sealed[REPORT_MAX + BLOCK + crypto_box_SEALBYTES];
		char name[2 * NAME_BYTES + 1] = "";
		size_t padded;
		memcpy(plain, report, size + 1);
		for (char *at = plain; (at = strstr(at, zeros)) != NULL;)
			random_hex(at, ID_BYTES);
		if (sodium_pad(&padded, (uint8_t *)plain, size, BLOCK, sizeof plain) != 0 ||
		    crypto_box_seal(sealed, (uint8_t *)plain, padded, public_key) != 0)
			die("sealing");
		random_hex(name, NAME_BYTES);
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
		if (fd < 0 || write(fd, sealed, padded + crypto_box_SEALBYTES) < 0 || close(fd) != 0)
			die(name);
	}
}

struct limit {
	uint8_t public_key[crypto_box_PUBLICKEYBYTES];
	uint8_t secret[crypto_box_SECRETKEYBYTES];
	uint8_t sealed[DIFFERENT][PLAIN + crypto_box_SEALBYTES];
	long count;
};

static void *open_them(void *argument)
{
	const struct limit *limit = argument;
	uint8_t plain[PLAIN];

	for (long i = 0; i < limit->count; i++)
		if (crypto_box_seal_open(plain, limit->sealed[i % DIFFERENT], sizeof limit->sealed[0],
					 limit->public_key, limit->secret) != 0)
			die("opening");
	return NULL;
}

static void measure(long count, long threads)
{
	static struct limit limit;
	pthread_t ids[64];

	limit.count = count;
	(void)crypto_box_keypair(limit.public_key, limit.secret);
	for (size_t i = 0; i < DIFFERENT; i++) {
		uint8_t plain[PLAIN];
		randombytes_buf(plain, sizeof plain);
		if (crypto_box_seal(limit.sealed[i], plain, sizeof plain, limit.public_key) != 0)
			die("sealing");
	}
	for (long i = 0; i < threads && i < 64; i++)
		if (pthread_create(&ids[i], NULL, open_them, &limit) != 0)
			die("thread");
	for (long i = 0; i < threads && i < 64; i++)
		(void)pthread_join(ids[i], NULL);
}

int main(int argc, char **argv)
{
	if (sodium_init() < 0)
		die("libsodium");
	if (argc == 6 && strcmp(argv[1], "make") == 0)
		make(argv[2], atol(argv[3]), argv[4], argv[5]);
	else if (argc == 4 && strcmp(argv[1], "limit") == 0)
		measure(atol(argv[2]), atol(argv[3]));
	else
		return 64;
	return 0;
}
