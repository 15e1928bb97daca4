/* What is still to be sent, and what becomes of it at servers of all kinds. */
#include "tests/unit/unit.h"

#include "lib/alert/delivery.h"
#include "lib/alert/parts.h"

#include <stdlib.h>
#include <string.h>

enum {
	RECORDS = OUTPUT_RECORDS_MAX,
	JOBS = OUTPUT_BATCHES_MAX,
	ATTEMPTS = 2000000,
	FLIGHTS = 2,
	UNSENT = 0,
	SENT,
	BURIED
};

/* Any two addresses will do: nobody looks there. */
static char places[JOBS];
static struct output_job *job_of(size_t index)
{
	return (struct output_job *)(void *)&places[index];
}

/* Source: Steele, Lea, Flood: "Fast splittable pseudorandom number generators" (splitmix64). */
static uint64_t seed;
static uint32_t draw(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)(z >> 32);
}

static void takes_the_last_first(void **state)
{
	(void)state;
	static struct parts parts;
	struct part part;

	parts_push(&parts, job_of(0), 1, 2);
	parts_push(&parts, job_of(1), 5, 9);
	parts_push(&parts, job_of(1), 9, 9);
	assert_true(parts_pop(&parts, &part));
	assert_ptr_equal(part.job, job_of(1));
	assert_int_equal(part.from, 5);
	assert_int_equal(part.to, 9);
	assert_true(parts_pop(&parts, &part));
	assert_ptr_equal(part.job, job_of(0));
	assert_false(parts_pop(&parts, &part));
}

struct server {
	uint8_t fate[JOBS][RECORDS]; /* what became of each */
	bool bad[JOBS][RECORDS];
	size_t good;  /* that have not arrived */
	size_t slice; /* records in one request */
};

static void settle(struct server *server, const struct part *part, uint8_t fate)
{
	size_t job = (size_t)((char *)(void *)part->job - places);

	for (size_t i = part->from; i < part->to; i++) {
		assert_int_equal(server->fate[job][i], UNSENT);
		server->fate[job][i] = fate;
		server->good -= fate == SENT;
	}
}

static bool refuses(const struct server *server, const struct part *part)
{
	size_t job = (size_t)((char *)(void *)part->job - places);

	return memchr(server->bad[job] + part->from, true, part->to - part->from) != NULL;
}

/* Whether the record is left; they are counted through all jobs. */
static bool is_left(const struct server *server, size_t index)
{
	return server->fate[index / RECORDS][index % RECORDS] == UNSENT;
}

static void hand_out(const struct server *server, size_t from, size_t end, struct parts *parts)
{
	while (from < end) {
		size_t to = from + 1;
		while (to < end && to % RECORDS != 0 && is_left(server, to) == is_left(server, from))
			to++;
		if (is_left(server, from))
			parts_push(parts, job_of(from / RECORDS), from % RECORDS, from % RECORDS + to - from);
		from = to;
	}
}

/* All that is left is handed out again, one alert of it first. */
static void look_elsewhere(const struct server *server, struct parts *parts)
{
	size_t at = (size_t)delivery_probe((uint64_t)JOBS * RECORDS, draw());

	while (!is_left(server, at))
		at = (at + 1) % ((size_t)JOBS * RECORDS);
	parts->count = 0;
	hand_out(server, 0, at, parts);
	hand_out(server, at + 1, (size_t)JOBS * RECORDS, parts);
	hand_out(server, at, at + 1, parts);
}

/* As output_http does, with one or two requests under way. */
static void send_all(struct server *server)
{
	static struct parts parts;
	struct delivery delivery = {.limit_bytes = 0};
	struct part flying[FLIGHTS];
	size_t flights = 0;
	int64_t now_ms = 0;

	hand_out(server, 0, (size_t)JOBS * RECORDS, &parts);
	for (size_t i = 0; server->good > 0 && i < ATTEMPTS; i++) {
		if (delivery.not_before_ms > now_ms)
			now_ms = delivery.not_before_ms;
		unsigned allowed = delivery_allows(&delivery, FLIGHTS, now_ms);
		struct part next;
		while (flights < allowed && parts_pop(&parts, &next)) {
			size_t count = next.to - next.from;
			size_t sent = count > server->slice ? server->slice : count;
			parts_push(&parts, next.job, next.from + sent, next.to);
			next.to = next.from + sent;
			flying[flights++] = next;
		}
		size_t landed = draw() % flights;
		const struct part part = flying[landed];
		flying[landed] = flying[--flights];
		const struct delivery_answer answer = {DELIVERY_ANSWERED, refuses(server, &part) ? 422 : 200,
						       -1};
		size_t middle = part.from + (part.to - part.from) / 2;
		switch (delivery_take(&delivery, &answer, part.to - part.from, 1, now_ms, draw())) {
		case DELIVERY_SETTLE:
			settle(server, &part, SENT);
			break;
		case DELIVERY_BURY:
			settle(server, &part, BURIED);
			break;
		case DELIVERY_HALVE:
			parts_push(&parts, part.job, middle, part.to);
			parts_push(&parts, part.job, part.from, middle);
			break;
		case DELIVERY_ANOTHER:
			assert_int_equal(flights, 0);
			look_elsewhere(server, &parts);
			break;
		case DELIVERY_AGAIN:
			fail();
		}
	}
}

/* However the bad ones lie, and however many they are, each good one at hand arrives, and room for the parts is enough. */
static void finds_the_good_ones_among_the_bad(void **state)
{
	(void)state;
	static const struct {
		size_t run;   /* so many bad ones, one behind the other */
		size_t good;  /* then so many good ones */
		size_t slice; /* records in one request */
	} kinds[] = {{6, 100, 8192}, {499, 1, 8192},  {4, 1, 8192},  {5, 1, 8192},
		     {5, 5, 7},      {1000, 100, 3},  {99, 1, 5000}, {9, 3, 2},
		     {50, 2, 1},     {8191, 1, 8192}, {20, 20, 4096}};
	static struct server server;

	for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
		memset(&server, 0, sizeof server);
		server.slice = kinds[kind].slice;
		seed = kind;
		for (size_t job = 0; job < JOBS; job++)
			for (size_t i = 0; i < RECORDS; i++) {
				server.bad[job][i] = i % (kinds[kind].run + kinds[kind].good) <
						     kinds[kind].run;
				server.good += !server.bad[job][i];
			}
		send_all(&server);
		assert_int_equal(server.good, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_last_first),
		cmocka_unit_test(finds_the_good_ones_among_the_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
