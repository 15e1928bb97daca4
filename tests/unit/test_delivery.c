#include "tests/unit/unit.h"

#include "lib/alert/delivery.h"

static const struct delivery_answer nobody = {DELIVERY_NO_ANSWER, 0, -1};
static const struct delivery_answer good = {DELIVERY_ANSWERED, 200, -1};

static struct delivery_answer answered(long status)
{
	return (struct delivery_answer){DELIVERY_ANSWERED, status, -1};
}

static void knows_the_classes(void **state)
{
	(void)state;
	const struct {
		long status;
		enum delivery_class wanted;
	} cases[] = {
		{200, DELIVERY_DONE},   {202, DELIVERY_DONE},  {204, DELIVERY_DONE},   {299, DELIVERY_DONE},
		{408, DELIVERY_RETRY},  {425, DELIVERY_RETRY}, {429, DELIVERY_RETRY},  {500, DELIVERY_RETRY},
		{502, DELIVERY_RETRY},  {503, DELIVERY_RETRY}, {504, DELIVERY_RETRY},  {599, DELIVERY_RETRY},
		{401, DELIVERY_HOLD},   {403, DELIVERY_HOLD},  {404, DELIVERY_HOLD},   {407, DELIVERY_HOLD},
		{301, DELIVERY_HOLD},   {302, DELIVERY_HOLD},  {410, DELIVERY_HOLD},   {100, DELIVERY_HOLD},
		{400, DELIVERY_POISON}, {421, DELIVERY_RETRY}, {413, DELIVERY_POISON}, {415, DELIVERY_POISON},
		{422, DELIVERY_POISON},
	};
	const struct delivery_answer untrusted = {DELIVERY_BARRED, 0, -1};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct delivery_answer answer = answered(cases[i].status);
		assert_int_equal(delivery_classify(&answer), cases[i].wanted);
	}
	assert_int_equal(delivery_classify(&nobody), DELIVERY_RETRY);
	assert_int_equal(delivery_classify(&untrusted), DELIVERY_HOLD);
}

/* The pause is drawn from all of a range that doubles up to a minute. */
static void waits_longer_each_time(void **state)
{
	(void)state;
	struct delivery low = {0};
	struct delivery high = {0};
	int64_t width = DELIVERY_RETRY_FIRST_MS;

	for (int i = 0; i < 12; i++) {
		assert_int_equal(delivery_take(&low, &nobody, 5, 100, 1000, 0), DELIVERY_AGAIN);
		assert_int_equal(delivery_take(&high, &nobody, 5, 100, 1000, UINT32_MAX), DELIVERY_AGAIN);
		assert_int_equal(low.not_before_ms, 1000);
		assert_int_equal(high.not_before_ms, 1000 + width - 1);
		width = width * 2 < DELIVERY_RETRY_MAX_MS ? width * 2 : DELIVERY_RETRY_MAX_MS;
	}
	assert_string_equal(delivery_state(&high), "retrying");
	assert_int_equal(delivery_allows(&high, 3, high.not_before_ms - 1), 0);
	assert_int_equal(delivery_allows(&high, 3, high.not_before_ms), 1); /* one, to see */
	assert_int_equal(delivery_take(&high, &good, 5, 100, 90000, 0), DELIVERY_SETTLE);
	assert_int_equal(delivery_allows(&high, 3, 90000), 3);
	assert_string_equal(delivery_state(&high), "delivering");
	assert_int_equal(delivery_take(&high, &nobody, 5, 100, 0, UINT32_MAX), DELIVERY_AGAIN);
	assert_int_equal(high.not_before_ms, DELIVERY_RETRY_FIRST_MS - 1);
}

/* Nobody is asked twice before he has answered once. */
static void begins_with_one(void **state)
{
	struct delivery delivery = {0};

	(void)state;
	assert_int_equal(delivery_allows(&delivery, 3, 0), 1);
	assert_int_equal(delivery_take(&delivery, &good, 5, 100, 0, 0), DELIVERY_SETTLE);
	assert_int_equal(delivery_allows(&delivery, 3, 0), 3);
}

static void keeps_retry_after(void **state)
{
	(void)state;
	struct delivery delivery = {0};
	const struct delivery_answer later = {DELIVERY_ANSWERED, 503, 7};
	const struct delivery_answer never = {DELIVERY_ANSWERED, 503, INT64_MAX};

	assert_int_equal(delivery_take(&delivery, &later, 1, 1, 0, 0), DELIVERY_AGAIN);
	assert_int_equal(delivery.not_before_ms, 7000);
	assert_int_equal(delivery_take(&delivery, &later, 1, 1, 0, UINT32_MAX), DELIVERY_AGAIN);
	assert_true(delivery.not_before_ms > 7000 && delivery.not_before_ms < 7000 + DELIVERY_RETRY_FIRST_MS);
	assert_int_equal(delivery_take(&delivery, &never, 1, 1, 0, 0), DELIVERY_AGAIN);
	assert_int_equal(delivery.not_before_ms, DELIVERY_RETRY_AFTER_MAX_S * 1000LL);
	/* The other request was on its way already. */
	assert_int_equal(delivery_take(&delivery, &good, 1, 1, 500, 0), DELIVERY_SETTLE);
	assert_int_equal(delivery_allows(&delivery, 2, 501), 0);
	assert_int_equal(delivery_allows(&delivery, 2, DELIVERY_RETRY_AFTER_MAX_S * 1000LL), 2);
}

static void holds_and_probes_slowly(void **state)
{
	(void)state;
	struct delivery delivery = {0};
	const struct delivery_answer no = answered(401);
	int64_t width = DELIVERY_HOLD_FIRST_MS;

	for (int i = 0; i < 8; i++) {
		assert_int_equal(delivery_take(&delivery, &no, 1, 1, 0, 0),
				 DELIVERY_AGAIN); /* not even one alone is given up */
		assert_int_equal(delivery.not_before_ms, width / 2);
		assert_string_equal(delivery_state(&delivery), "held");
		width = width * 2 < DELIVERY_HOLD_MAX_MS ? width * 2 : DELIVERY_HOLD_MAX_MS;
	}
}

/* How many requests it takes to find `bad` among `count`, and that it is the one found. */
static unsigned hunt(struct delivery *delivery, size_t from, size_t to, size_t bad, size_t *found)
{
	bool inside = bad >= from && bad < to;
	struct delivery_answer answer = answered(inside ? 400 : 200);

	switch (delivery_take(delivery, &answer, to - from, 100 * (to - from), 0, 0)) {
	case DELIVERY_HALVE: {
		size_t middle = from + (to - from) / 2;
		return 1 + hunt(delivery, from, middle, bad, found) + hunt(delivery, middle, to, bad, found);
	}
	case DELIVERY_BURY:
		assert_int_equal(to - from, 1);
		*found = from;
		return 1;
	default:
		assert_false(inside);
		return 1;
	}
}

static void finds_the_one_bad_alert(void **state)
{
	(void)state;
	for (size_t bad = 0; bad < 1000; bad += 111) {
		struct delivery delivery = {0};
		size_t found = SIZE_MAX;
		assert_in_range(hunt(&delivery, 0, 1000, bad, &found), 1, 2 * 10 + 1);
		assert_int_equal(found, bad);
	}
}

/* Once in a while more is tried; what is too large then is learnt again. */
static void forgets_how_much_was_too_large(void **state)
{
	(void)state;
	struct delivery delivery = {0};
	const struct delivery_answer large = answered(413);

	for (int round = 0; round < 2; round++) {
		assert_int_equal(delivery_take(&delivery, &large, 10, 1000, 0, 0), DELIVERY_HALVE);
		for (int i = 1; i < DELIVERY_CALM; i++)
			assert_int_equal(delivery_take(&delivery, &good, 5, 500, 0, 0), DELIVERY_SETTLE);
		assert_int_equal(delivery.limit_bytes, 501);
		assert_int_equal(delivery_take(&delivery, &good, 5, 500, 0, 0), DELIVERY_SETTLE);
		assert_int_equal(delivery.limit_bytes, 1002);
	}
	for (size_t i = 0; i < 8 * sizeof delivery.limit_bytes * (size_t)DELIVERY_CALM; i++)
		assert_int_equal(delivery_take(&delivery, &good, 5, 500, 0, 0), DELIVERY_SETTLE);
	assert_int_equal(delivery.limit_bytes, 0);
}

/* Bad alerts now and then say nothing of how large a batch may be. */
static void doubts_the_size_whatever_is_bad(void **state)
{
	(void)state;
	struct delivery delivery = {0};
	const struct delivery_answer large = answered(413);
	const struct delivery_answer bad = answered(400);

	assert_int_equal(delivery_take(&delivery, &large, 10, 1000, 0, 0), DELIVERY_HALVE);
	for (int i = 0; i < DELIVERY_CALM; i++) {
		assert_int_equal(delivery.limit_bytes, 501);
		assert_int_equal(delivery_take(&delivery, &bad, 1, 100, 0, 0), DELIVERY_BURY);
		assert_int_equal(delivery_take(&delivery, &good, 5, 500, 0, 0), DELIVERY_SETTLE);
	}
	assert_int_equal(delivery.limit_bytes, 1002);
}

static void learns_how_much_is_too_large(void **state)
{
	(void)state;
	struct delivery delivery = {0};
	const struct delivery_answer large = answered(413);

	assert_int_equal(delivery_take(&delivery, &large, 10, 1000, 0, 0), DELIVERY_HALVE);
	assert_int_equal(delivery.limit_bytes, 501);
	assert_int_equal(delivery_take(&delivery, &large, 1, 501, 0, 0), DELIVERY_BURY);
	assert_int_equal(delivery.limit_bytes, 501);
}

/* A server that refuses everything gets a few alerts into the dead-letter file, not all. */
static void does_not_bury_all_for_a_broken_server(void **state)
{
	(void)state;
	struct delivery delivery = {0};
	const struct delivery_answer bad = answered(400);

	for (int i = 0; i < DELIVERY_POISON_MAX; i++)
		assert_int_equal(delivery_take(&delivery, &bad, 1, 1, 0, 0), DELIVERY_BURY);
	assert_int_equal(delivery_take(&delivery, &bad, 1, 1, 0, 0), DELIVERY_ANOTHER);
	assert_string_equal(delivery_state(&delivery), "held");
	assert_int_equal(delivery_take(&delivery, &bad, 8, 8, 0, 0), DELIVERY_HALVE);
	assert_int_equal(delivery_take(&delivery, &bad, 1, 1, 0, 0), DELIVERY_ANOTHER);
	assert_int_equal(delivery_take(&delivery, &good, 1, 1, 0, 0), DELIVERY_SETTLE);
	assert_int_equal(delivery_take(&delivery, &bad, 1, 1, 0, 0), DELIVERY_BURY);
}

/* One that takes an alert behind many it has refused is not broken: it may refuse more then, but not for ever. */
static void believes_a_server_that_takes_some(void **state)
{
	(void)state;
	struct delivery delivery = {0};
	const struct delivery_answer bad = answered(422);
	static const int most[] = {4, 8, 16, 32, 64, 64};

	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
			for (int j = 0; j < most[i]; j++)
				assert_int_equal(delivery_take(&delivery, &bad, 1, 1, 0, 0), DELIVERY_BURY);
			assert_int_equal(delivery_take(&delivery, &bad, 1, 1, 0, 0), DELIVERY_ANOTHER);
			assert_int_equal(delivery_take(&delivery, &good, 1, 1, 0, 0), DELIVERY_SETTLE);
		}
		for (int i = 1; i < DELIVERY_CALM; i++)
			assert_int_equal(delivery_take(&delivery, &good, 1, 1, 0, 0), DELIVERY_SETTLE);
	}
}

/* Every alert is looked at, the newest most, and none is more than any other of the old ones. */
static void looks_everywhere(void **state)
{
	(void)state;
	enum { COUNT = 100, DRAWS = 1 << 20 };
	static unsigned looks[COUNT];

	assert_int_equal(delivery_probe(1, 0), 0);
	assert_int_equal(delivery_probe(1, UINT32_MAX), 0);
	assert_int_equal(delivery_probe(1ULL << 37, 0), (1ULL << 37) - 1);
	assert_in_range(delivery_probe(1ULL << 37, UINT32_MAX >> 1), 0, 1U << 12); /* the oldest, nearly */
	for (uint32_t i = 0; i < DRAWS; i++)
		looks[delivery_probe(COUNT, i << 12 | i >> 8)]++;
	for (size_t i = 0; i < COUNT; i++)
		assert_in_range(looks[i], DRAWS / COUNT / 2, DRAWS);
	for (size_t i = 1; i < COUNT / 4; i++)
		assert_true(looks[i] < looks[COUNT - 1] / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_classes),
		cmocka_unit_test(waits_longer_each_time),
		cmocka_unit_test(begins_with_one),
		cmocka_unit_test(keeps_retry_after),
		cmocka_unit_test(holds_and_probes_slowly),
		cmocka_unit_test(finds_the_one_bad_alert),
		cmocka_unit_test(forgets_how_much_was_too_large),
		cmocka_unit_test(doubts_the_size_whatever_is_bad),
		cmocka_unit_test(learns_how_much_is_too_large),
		cmocka_unit_test(believes_a_server_that_takes_some),
		cmocka_unit_test(does_not_bury_all_for_a_broken_server),
		cmocka_unit_test(looks_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
