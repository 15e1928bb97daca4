/* What readers of a spool are given and told, in long rows of random calls, next to a model that keeps every record by
 * itself: what comes is not settled and not out already, a restart knows the longest runs and gives all the others
 * again, what is dropped is counted, and the figures are exact. SAV_TEST_MODEL_ROWS=COUNT tries more rows. */
#include "tests/unit/spool.h"

enum { STEPS = 250, BATCHES = 4, RECORDS = 1 << 16, OUTPUTS = 2, ROWS = 2 };

struct side {
	struct spool_reader *reader; /* NULL: away */
	struct spool_batch batches[BATCHES];
	bool is_settled[RECORDS];
	uint64_t begins; /* what is before was settled, or dropped */
	uint64_t next;   /* to hand out */
	uint64_t dropped;
};

static struct side sides[OUTPUTS];
static struct spool *spool;
static uint32_t sizes[RECORDS]; /* with the newline */
static uint64_t end, dice;
static enum spool_policy policy;

static uint32_t roll(uint64_t faces)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
	return (uint32_t)((dice >> 33) % faces);
}

static void pass(struct side *side, uint64_t number)
{
	for (; side->begins < number || (side->begins < end && side->is_settled[side->begins]);
	     side->begins++)
		side->dropped += !side->is_settled[side->begins];
	side->next = side->next < side->begins ? side->begins : side->next;
}

static void append_some(bool is_big)
{
	static char record[RECORDS];
	size_t size = is_big ? 30000 : 30 + roll(300);

	for (int count = 1 + (int)roll(50); count > 0 && end < RECORDS; count--, end++) {
		sizes[end] = (uint32_t)make_record(record, end, size) + 1;
		while (spool_append(spool, record, sizes[end] - 1) == SPOOL_WAIT) {
			sync_spool(spool);
			if (spool_stats_of(spool).waits)
				return;
		}
	}
}

static void take(struct side *side, struct spool_batch *batch)
{
	size_t max_count = 1 + roll(60);
	size_t start = 0;
	char text[32];

	while (side->next < end && side->is_settled[side->next])
		side->next++;
	assert_int_equal(spool_reader_next(side->reader, 1 + roll(100000), max_count, batch, &fail),
			 side->next < end);
	assert_true(batch->count <= max_count && (batch->count > 0) == (side->next < end));
	for (size_t i = 0; i < batch->count; start = batch->ends[i++], side->next++) {
		assert_int_equal(batch->first + i, side->next);
		assert_false(side->is_settled[side->next]);
		assert_int_equal(batch->ends[i] - start, sizes[side->next]);
		assert_memory_equal(batch->bytes + start, text, make_record(text, side->next, 0) - 2);
	}
}

/* Some of it settled, or none. */
static void give_back(struct side *side, struct spool_batch *batch)
{
	size_t from = roll(batch->count + 1);
	size_t to = from + roll(batch->count - from + 1);

	assert_int_equal(spool_reader_done(side->reader, batch, from, to, &fail), 0);
	for (size_t i = from; i < to; i++)
		side->is_settled[batch->first + i] = true;
	spool_reader_release(side->reader, batch);
	pass(side, 0);
}

static void seek(struct side *side)
{
	for (int i = 0; i < BATCHES; i++)
		give_back(side, &side->batches[i]);
	uint64_t ahead = roll(3) == 0 ? 0 : roll(spool_reader_reach(side->reader) + 1);
	spool_reader_seek(side->reader, ahead);
	for (side->next = side->begins; ahead > 0; side->next++)
		ahead -= !side->is_settled[side->next];
}

/* All but the longest runs is forgotten; of two as long the first is kept, until a longer one comes. */
static void leave(struct side *side)
{
	uint64_t runs[SPOOL_CURSOR_SPANS + 1][2]; /* first, length */
	size_t count = 0;

	if (side->reader == NULL)
		return;
	for (int i = 0; i < BATCHES; i++)
		give_back(side, &side->batches[i]);
	for (uint64_t number = side->begins; number < end; number++) {
		uint64_t first = number;
		for (; number < end && side->is_settled[number]; number++)
			side->is_settled[number] = false;
		if (number == first)
			continue;
		size_t shortest = 0;
		for (size_t i = 1; i < count; i++)
			shortest = runs[i][1] < runs[shortest][1] ? i : shortest;
		if (count == SPOOL_CURSOR_SPANS && number - first <= runs[shortest][1])
			continue;
		if (count == SPOOL_CURSOR_SPANS)
			memmove(runs[shortest], runs[shortest + 1], (--count - shortest) * sizeof *runs);
		runs[count][0] = first;
		runs[count++][1] = number - first;
	}
	while (count-- > 0)
		memset(side->is_settled + runs[count][0], true, (size_t)runs[count][1]);
	spool_reader_close(side->reader);
	side->reader = NULL;
}

static void check_figures(struct side *side)
{
	struct spool_reader_stats stats = stats_of(side->reader);
	uint64_t records = 0;
	uint64_t bytes = 0;

	for (uint64_t number = side->begins; number < end; number++) {
		records += !side->is_settled[number];
		bytes += side->is_settled[number] ? 0 : sizes[number];
	}
	assert_int_equal(stats.queued_records, records);
	assert_int_equal(stats.queued_bytes, bytes);
	assert_int_equal(stats.dropped, side->dropped);
	assert_int_equal(stats.damaged, 0);
	assert_int_equal(spool_reader_reach(side->reader), records);
}

static void step(bool is_big)
{
	uint32_t which = roll(OUTPUTS);
	uint32_t what = roll(32);
	struct side *side = &sides[which];

	if (what < 3)
		append_some(is_big);
	if (what == 3)
		leave(side);
	for (int i = 0; what == 4 && i < OUTPUTS; i++)
		leave(&sides[i]);
	if (what == 4) {
		spool_close(spool);
		spool = open_with(SPOOL_LIMIT_MIN, policy, NULL);
		assert_non_null(spool);
	}
	sync_spool(spool);
	for (int i = 0; i < OUTPUTS; i++)
		if (sides[i].reader != NULL)
			pass(&sides[i], spool_stats_of(spool).first);
	if (what < 4)
		return;
	if (side->reader == NULL) {
		side->reader = open_reader(spool, which == 0 ? "a" : "b");
		pass(side, spool_stats_of(spool).first);
		side->next = side->begins;
	}
	struct spool_batch *batch = &side->batches[roll(BATCHES)];
	if (what < 8)
		seek(side);
	else if (batch->count > 0)
		give_back(side, batch);
	else
		take(side, batch);
	check_figures(side);
}

static void agrees_with_a_model(void **state)
{
	const char *asked = getenv("SAV_TEST_MODEL_ROWS");
	unsigned long rows = asked == NULL ? ROWS : strtoul(asked, NULL, 10);

	for (unsigned long row = 0; row < rows; row++) {
		dice = row;
		policy = row % 2 == 0 ? SPOOL_DROP_OLDEST : SPOOL_BLOCK;
		memset(sides, 0, sizeof sides);
		spool = open_with(SPOOL_LIMIT_MIN, policy, NULL);
		end = 1;
		for (int i = 0; i < OUTPUTS; i++) {
			sides[i].reader = open_reader(spool, i == 0 ? "a" : "b");
			sides[i].begins = sides[i].next = 1;
		}
		for (int i = 0; i < STEPS; i++)
			step(row % 4 == 0);
		for (int i = 0; i < OUTPUTS; i++)
			leave(&sides[i]);
		spool_close(spool);
		assert_int_equal(folder_remove(state), 0);
		assert_int_equal(set_up(state), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(agrees_with_a_model)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
