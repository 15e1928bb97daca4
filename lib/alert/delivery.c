#include "lib/alert/delivery.h"

enum {
	MILLISECONDS = 1000,
	TIMEOUT = 408,
	TOO_LARGE = 413,
	MISDIRECTED = 421,
	TOO_EARLY = 425,
	TOO_MANY = 429
};

enum delivery_class delivery_classify(const struct delivery_answer *answer)
{
	long status = answer->status;

	if (answer->outcome == DELIVERY_NO_ANSWER)
		return DELIVERY_RETRY;
	if (answer->outcome == DELIVERY_BARRED)
		return DELIVERY_HOLD;
	if (status >= 200 && status < 300)
		return DELIVERY_DONE;
	if (status == TIMEOUT || status == MISDIRECTED || status == TOO_EARLY || status == TOO_MANY ||
	    status >= 500)
		return DELIVERY_RETRY;
	if (status == 400 || status == TOO_LARGE || status == 415 || status == 422)
		return DELIVERY_POISON;
	return DELIVERY_HOLD; /* 401, 403, 404, 407; also redirects and whatever else is nothing of the alerts' own */
}

static int64_t widest(int64_t first, int64_t most, unsigned failures)
{
	int64_t width = first;

	while (failures-- > 0 && width < most)
		width *= 2;
	return width < most ? width : most;
}

static int64_t scale(int64_t width, uint32_t random)
{
	return (int64_t)(((uint64_t)width * random) >> 32);
}

/* Retry: all of the range, so that a fleet does not come back at once (full jitter). Hold: the upper half,
 * for somebody is to see the cause first. Retry-After is a promise not to come earlier; the jitter is
 * behind it. */
static int64_t pause_ms(const struct delivery *delivery, enum delivery_class class, int64_t retry_after_s,
			uint32_t random)
{
	int64_t width;

	if (class == DELIVERY_HOLD) {
		width = widest(DELIVERY_HOLD_FIRST_MS, DELIVERY_HOLD_MAX_MS, delivery->failures);
		return width / 2 + scale(width / 2, random);
	}
	width = widest(DELIVERY_RETRY_FIRST_MS, DELIVERY_RETRY_MAX_MS, delivery->failures);
	if (retry_after_s < 0)
		return scale(width, random);
	if (retry_after_s > DELIVERY_RETRY_AFTER_MAX_S)
		retry_after_s = DELIVERY_RETRY_AFTER_MAX_S;
	return retry_after_s * MILLISECONDS + scale(DELIVERY_RETRY_FIRST_MS, random);
}

bool delivery_suspects(const struct delivery *delivery)
{
	return delivery->refused >= (unsigned)DELIVERY_POISON_MAX << delivery->cleared;
}

/* A server that seemed to be at fault and then takes an alert has shown that the refused ones are. That, and how large a
 * batch may be, may have been one moment's: after a time of calm the one is forgotten, and twice the size is tried. */
static void take_success(struct delivery *delivery)
{
	if (delivery_suspects(delivery) && delivery->cleared < DELIVERY_CLEARED_MAX)
		delivery->cleared++;
	if (++delivery->calm == DELIVERY_CALM)
		delivery->calm = delivery->cleared = 0;
	if (++delivery->fitting == DELIVERY_CALM) {
		delivery->fitting = 0;
		delivery->limit_bytes = delivery->limit_bytes <= SIZE_MAX / 2 ? 2 * delivery->limit_bytes : 0;
	}
	delivery->failures = delivery->refused = 0;
	delivery->is_proven = true;
	delivery->not_before_ms = delivery->promised_ms;
}

enum delivery_step delivery_take(struct delivery *delivery, const struct delivery_answer *answer,
				 size_t count, size_t size, int64_t now_ms, uint32_t random)
{
	enum delivery_class class = delivery_classify(answer);

	delivery->last = class;
	if (class == DELIVERY_DONE) {
		take_success(delivery);
		return DELIVERY_SETTLE;
	}
	if (class == DELIVERY_POISON)
		delivery->calm = 0;
	if (class == DELIVERY_POISON && count > 1) {
		if (answer->status == TOO_LARGE) {
			delivery->limit_bytes = size / 2 + 1;
			delivery->fitting = 0;
		}
		return DELIVERY_HALVE;
	}
	if (class == DELIVERY_POISON && !delivery_suspects(delivery)) {
		delivery->refused++;
		return DELIVERY_BURY;
	}
	enum delivery_step step = class == DELIVERY_POISON ? DELIVERY_ANOTHER : DELIVERY_AGAIN;
	if (class == DELIVERY_POISON)
		class = delivery->last = DELIVERY_HOLD;
	delivery->not_before_ms = now_ms + pause_ms(delivery, class, answer->retry_after_s, random);
	if (class == DELIVERY_RETRY && answer->retry_after_s >= 0)
		delivery->promised_ms = delivery->not_before_ms;
	delivery->failures++;
	return step;
}

uint64_t delivery_probe(uint64_t count, uint32_t random)
{
	/* Of `random` one bit says which look it is, five how far that goes, and these where. */
	enum { WHERE_BITS = 26, FAR_MASK = 31, KIND_BIT = 31 };
	uint64_t range = count;
	unsigned bits = 0;

	while (count >> bits > 1)
		bits++;
	if (random >> KIND_BIT != 0)
		range >>= ((random >> WHERE_BITS) & FAR_MASK) % (bits + 1);
	return count - 1 - ((range * (random & ((1U << WHERE_BITS) - 1))) >> WHERE_BITS);
}

unsigned delivery_allows(const struct delivery *delivery, unsigned most, int64_t now_ms)
{
	if (now_ms < delivery->not_before_ms)
		return 0;
	return !delivery->is_proven || delivery->failures > 0 || delivery->refused > 0 ? 1 : most;
}

const char *delivery_state(const struct delivery *delivery)
{
	if (delivery->failures == 0)
		return "delivering";
	return delivery->last == DELIVERY_HOLD ? "held" : "retrying";
}
