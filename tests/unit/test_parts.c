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

/* A small part is no more likely to be picked than a large one is: what is left beside a bad record is mostly small. */
static void picks_each_record_as_often_as_any(void **state)
{
	(void)state;
	static struct parts parts;
	unsigned picked[100] = {0};
	struct part part;

	assert_false(parts_pick(&parts, 0));
	for (uint32_t i = 0; i < 98 * 3; i++) {
		parts.count = 0;
		parts_push(&parts, job_of(0), 6, 100);
		parts_push(&parts, job_of(1), 0, 1);
		parts_push(&parts, job_of(0), 2, 5);
		assert_true(parts_pick(&parts, i));
		assert_true(parts_pop(&parts, &part));
		assert_int_equal(part.to, part.from + 1);
		picked[part.from]++;
		size_t left = 0;
		while (parts_pop(&parts, &part))
			left += part.to - part.from;
		assert_int_equal(left, 97);
	}
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(picked[i], i == 1 || i == 5 ? 0 : 3);
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

/* All that is left is handed out again. */
static void hand_out(const struct server *server, struct parts *parts)
{
	parts->count = 0;
	for (size_t job = 0; job < JOBS; job++)
		for (size_t from = 0, to; from < RECORDS; from = to) {
			uint8_t fate = server->fate[job][from];
			for (to = from; to < RECORDS && server->fate[job][to] == fate;)
				to++;
			if (fate == UNSENT)
				parts_push(parts, job_of(job), from, to);
		}
}

/* As output_http does, with one or two requests under way. */
static void send_all(struct server *server)
{
	static struct parts parts;
	struct delivery delivery = {.limit_bytes = 0};
	struct part flying[FLIGHTS];
	size_t flights = 0;
	int64_t now_ms = 0;

	hand_out(server, &parts);
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
			hand_out(server, &parts);
			assert_true(parts_pick(&parts, draw()));
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
		cmocka_unit_test(picks_each_record_as_often_as_any),
		cmocka_unit_test(finds_the_good_ones_among_the_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
