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

static void goes_on_with_another_record(void **state)
{
	(void)state;
	static struct parts parts;
	const struct part refused = {job_of(0), 4, 5};
	struct part part;

	parts_put_off(&parts, &refused, 0);
	assert_true(parts_pop(&parts, &part)); /* there is no other */
	assert_int_equal(part.from, 4);
	for (uint32_t i = 0; i < 1000; i++) {
		parts.count = 0;
		parts_push(&parts, job_of(1), 0, 3);
		parts_push(&parts, job_of(0), 5, 8);
		parts_put_off(&parts, &refused, i * 77);
		assert_true(parts_pop(&parts, &part));
		assert_int_equal(part.to, part.from + 1);
		assert_false(part.job == refused.job && part.from == refused.from);
		size_t left = 0;
		while (parts_pop(&parts, &part))
			left += part.to - part.from;
		assert_int_equal(left, 6); /* with the one that was refused */
	}
}

/* A small part is no more likely to be tried than a large one is: what is left beside a bad record is mostly small. */
static void tries_each_record_as_often_as_any(void **state)
{
	(void)state;
	static struct parts parts;
	unsigned tried[RECORDS] = {0};
	struct part part;

	for (uint32_t i = 0; i < 98 * 3; i++) {
		parts.count = 0;
		parts_push(&parts, job_of(0), 6, 100);
		parts_push(&parts, job_of(0), 0, 1);
		parts_push(&parts, job_of(0), 2, 5);
		parts_put_off(&parts, &(struct part){job_of(0), 5, 6}, i);
		assert_true(parts_pop(&parts, &part));
		tried[part.from]++;
	}
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(tried[i], i == 1 || i == 5 ? 0 : 3); /* 1 is done, 5 was refused */
}

static void joins_what_adjoins(void **state)
{
	(void)state;
	static struct parts parts;
	struct part part;

	for (size_t i = 0; i < 100; i++) /* not in their order */
		parts_push(&parts, job_of(0), i * 37 % 100, i * 37 % 100 + 1);
	parts_push(&parts, job_of(1), 100, 101); /* of another job */
	parts_put_off(&parts, &(struct part){job_of(0), 100, 101}, 0);
	assert_in_range(parts.count, 2, 4);
	size_t left = 0;
	while (parts_pop(&parts, &part))
		left += part.to - part.from;
	assert_int_equal(left, 102);
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

/* As output_http does, with one or two requests under way. */
static void send_all(struct server *server)
{
	static struct parts parts;
	struct delivery delivery = {.limit_bytes = 0};
	struct part flying[FLIGHTS];
	size_t flights = 0;
	int64_t now_ms = 0;

	parts.count = 0;
	for (size_t i = 0; i < JOBS; i++)
		parts_push(&parts, job_of(i), 0, RECORDS);
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
			parts_put_off(&parts, &part, draw());
			break;
		case DELIVERY_AGAIN:
			fail();
		}
	}
}

/* However the bad ones lie, and however many they are, each good one at hand arrives, and room for the parts is enough. How
 * long that takes is not asked, nor what is behind the two batches. */
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
		cmocka_unit_test(goes_on_with_another_record),
		cmocka_unit_test(tries_each_record_as_often_as_any),
		cmocka_unit_test(joins_what_adjoins),
		cmocka_unit_test(finds_the_good_ones_among_the_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
