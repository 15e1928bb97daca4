/* Drives a spool for the crash tests, as one that follows a file would: the records are numbered in their text, the place is the number of the
 * last one appended, and after a restart it goes on behind the durable place. It reads them as two outputs, and says on standard
 * output what it knows to be so, a line at a time:
 *
 *	opened PLACE TORN
 *	committed PLACE			every record up to that number is durable
 *	given NAME FIRST LAST		these came, whole and in order, and are about to be settled
 *	settled NAME LAST
 *	synced NAME LAST		and that is on the disk
 *	refused REASON			the disk refused; it goes on trying
 *	full				no room, and nothing left to read for "quick"
 *	lost NAME COUNT			damaged or dropped, at the end
 *
 *	driver run FOLDER LIMIT_MIB SEED COUNT [key]	appends COUNT records
 *	driver check FOLDER LIMIT_MIB SEED 0 [key]	settles nothing
 *	driver drain FOLDER LIMIT_MIB SEED 0 [key]	settles everything
 */
#include "lib/alert/spool.h"
#include "lib/alert/spool_reader.h"
#include "lib/base/fail.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_MAX = 200000, OUTPUTS = 2 };

static const char *const names[OUTPUTS] = {"quick", "slow"};
static struct spool *spool;
static struct spool_reader *readers[OUTPUTS];
static uint64_t settled[OUTPUTS]; /* number of the last one */
static uint64_t dice;
static int64_t now_ms = 1000000;
static struct fail fail;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(line, sizeof line - 1, format, arguments);
	va_end(arguments);
	line[size++] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)size) != size)
		_exit(3);
}

static _Noreturn void wrong(const char *what)
{
	say("wrong %s: %s", what, fail.text);
	_exit(2);
}

static uint32_t roll(uint32_t sides)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
	return (uint32_t)(dice >> 33) % sides;
}

/* What record `number` is: mostly small, now and then big. */
static size_t make_record(uint64_t number, char *out)
{
	size_t size = 30 + (size_t)(number * 7919 % 3000);
	if (number % 997 == 0)
		size = 100 + (size_t)(number * 104729 % (RECORD_MAX - 200));
	size_t used = (size_t)sprintf(out, "{\"n\":%llu,\"pad\":\"", (unsigned long long)number);
	for (; used + 2 < size; used++)
		out[used] = (char)('a' + (number * 31 + used) % 26);
	out[used++] = '"';
	out[used++] = '}';
	return used;
}

/* Checks what came, and tells it as runs of numbers. Returns the last number. */
static uint64_t tell_batch(int output, const struct spool_batch *batch)
{
	static char record[RECORD_MAX];
	size_t start = 0;
	uint64_t first = 0;
	uint64_t last = 0;

	for (size_t i = 0; i < batch->count; start = batch->ends[i], i++) {
		unsigned long long number;
		if (sscanf((const char *)batch->bytes + start, "{\"n\":%20llu,", &number) != 1)
			wrong("record without a number");
		size_t size = make_record(number, record);
		if (batch->ends[i] - start != size + 1 || memcmp(batch->bytes + start, record, size) != 0 ||
		    batch->bytes[start + size] != '\n')
			wrong("record");
		if (number != last + 1 && last != 0) {
			say("given %s %llu %llu", names[output], (unsigned long long)first,
			    (unsigned long long)last);
			first = 0;
		}
		first = first == 0 ? number : first;
		last = number;
	}
	say("given %s %llu %llu", names[output], (unsigned long long)first, (unsigned long long)last);
	return last;
}

static uint64_t get_place(void)
{
	uint8_t bytes[SPOOL_PLACE_MAX];
	uint64_t place = 0;

	if (spool_get_place(spool, bytes) == sizeof place)
		memcpy(&place, bytes, sizeof place);
	return place;
}

static void turn(bool more)
{
	static uint64_t committed;
	static bool is_refused;

	now_ms += 100; /* ten turns to the next try */
	if (spool_turn(spool, now_ms, more, &fail) == 0) {
		is_refused = false;
	} else if (!is_refused) {
		say("refused %s", fail.text);
		is_refused = true;
	}
	uint64_t place = get_place();
	if (place > committed)
		say("committed %llu", (unsigned long long)place);
	committed = place;
	if (!spool_is_busy(spool)) {
		for (int i = 0; i < OUTPUTS; i++)
			say("synced %s %llu", names[i], (unsigned long long)settled[i]);
	}
}

static bool settle(int output, size_t max_bytes, size_t max_count)
{
	struct spool_batch batch;
	int result = spool_reader_next(readers[output], max_bytes, max_count, &batch, &fail);

	if (result < 0)
		wrong("next");
	if (result == 0)
		return false;
	uint64_t last = tell_batch(output, &batch);
	if (spool_reader_done(readers[output], &batch, 0, batch.count, &fail) != 0)
		wrong("done");
	settled[output] = last;
	say("settled %s %llu", names[output], (unsigned long long)last);
	spool_reader_release(readers[output], &batch);
	return true;
}

static void wait_for_disk(void)
{
	struct pollfd event = {.fd = spool_fd(spool), .events = POLLIN};

	(void)poll(&event, 1, 10);
}

static void run(uint64_t count)
{
	static char record[RECORD_MAX];
	struct spool_stats stats;

	uint64_t number = get_place() + 1;
	uint64_t end = number + count;
	bool is_full = false;
	while (number < end) {
		uint32_t burst = roll(3) == 0 ? 1 : roll(400);
		bool stored = true;
		for (; burst > 0 && number < end && stored; burst--) {
			size_t size = make_record(number, record);
			stored = spool_append(spool, record, size) == SPOOL_STORED;
			if (stored) {
				spool_set_place(spool, &number, sizeof number);
				number++;
			}
		}
		turn(roll(2) == 0);
		bool got = roll(4) != 0 && settle(0, 1 << (10 + roll(11)), 1 + roll(3000));
		if (roll(8) == 0)
			got |= settle(1, 1 << (10 + roll(11)), 1 + roll(300));
		if (stored || got)
			continue;
		spool_get_stats(spool, &stats);
		if (stats.waits && !is_full && !settle(0, 1 << 20, 9999)) {
			say("full");
			is_full = true;
		}
		wait_for_disk();
	}
}

/* Until nothing is left to write, and with `take` to settle. */
static void finish(bool take)
{
	bool got = true;

	while (got || spool_is_busy(spool)) {
		got = false;
		for (int i = 0; i < OUTPUTS && take; i++)
			got |= settle(i, 1 << 20, 99999);
		turn(false);
		if (!got && spool_is_busy(spool))
			wait_for_disk();
	}
}

static void check(void)
{
	struct spool_batch batch;

	for (int i = 0; i < OUTPUTS; i++) {
		while (spool_reader_next(readers[i], 1 << 20, 99999, &batch, &fail) == 1) {
			(void)tell_batch(i, &batch);
			spool_reader_release(readers[i], &batch);
		}
	}
}

int main(int argc, char **argv)
{
	static const uint8_t key[SPOOL_KEY_BYTES] = "only for this test";
	struct spool_stats stats;

	if (argc < 6)
		return EX_USAGE;
	struct spool_options options = {.path = argv[2], .limit_bytes = strtoull(argv[3], NULL, 10) << 20};
	for (int i = 6; i < argc; i++) {
		if (strcmp(argv[i], "key") == 0)
			options.key = key;
	}
	dice = strtoull(argv[4], NULL, 10);
	spool = spool_open(&options, &fail);
	if (spool == NULL) {
		say("refused %s", fail.text);
		return fail.status;
	}
	for (int i = 0; i < OUTPUTS; i++) {
		readers[i] = spool_reader_open(spool, names[i], &fail);
		if (readers[i] == NULL) {
			say("refused %s", fail.text);
			return fail.status;
		}
	}
	spool_get_stats(spool, &stats);
	say("opened %llu %llu", (unsigned long long)get_place(), (unsigned long long)stats.torn_records);
	if (strcmp(argv[1], "run") == 0) {
		run(strtoull(argv[5], NULL, 10));
		finish(false);
	} else if (strcmp(argv[1], "drain") == 0) {
		finish(true);
	} else {
		check();
	}
	for (int i = 0; i < OUTPUTS; i++) {
		struct spool_reader_stats reader;
		spool_reader_get_stats(readers[i], &reader);
		say("lost %s %llu", names[i], (unsigned long long)(reader.damaged + reader.dropped));
	}
	spool_close(spool);
	return EX_OK;
}
