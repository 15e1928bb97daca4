#include "tests/unit/loopback.h"

#include "lib/base/scope.h"
#include "lib/facts/ports.h"

#define HEAD "  sl  local_address rem_address   st tx_queue\n"
#define REST " 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n"
#define HEAD6 "  sl  local_address                         remote_address\n"
#define REST6 " 00000000000000000000000000000000:0000 0A 00000000:00000000\n"

static int parse(const char *text, bool big_endian, struct ports *ports, bool *all)
{
	*ports = (struct ports){0};
	return ports_parse(lines_of(text), big_endian, ports, all);
}

static void loopback_is_not_open(void **state)
{
	(void)state;
	struct ports ports;
	bool all;

	assert_int_equal(parse(HEAD "   0: 0100007F:0050" REST "   1: 00000000:01BB" REST
				    "   2: 0AFE087F:0801" REST,
			       false, &ports, &all),
			 0);
	assert_false(ports_is_open(&ports, 80));
	assert_true(ports_is_open(&ports, 443));
	assert_false(ports_is_open(&ports, 2049));
	assert_false(all);
	assert_int_equal(parse(HEAD6 "   0: 00000000000000000000000001000000:0050" REST6
				     "   1: 0000000000000000FFFF00000100007F:01BB" REST6
				     "   2: 0000000000000000FFFF00000101A8C0:0801" REST6
				     "   3: 00000000000000000000000000000000:01BD" REST6,
			       false, &ports, &all),
			 0);
	assert_false(ports_is_open(&ports, 80));
	assert_false(ports_is_open(&ports, 443));
	assert_true(ports_is_open(&ports, 2049));
	assert_true(ports_is_open(&ports, 445));
}

static void knows_both_byte_orders(void **state)
{
	(void)state;
	struct ports ports;
	bool all;

	assert_int_equal(
		parse(HEAD "   0: 7F000001:0050" REST "   1: 0100007F:01BB" REST, true, &ports, &all), 0);
	assert_false(ports_is_open(&ports, 80));
	assert_true(ports_is_open(&ports, 443));
	assert_int_equal(parse(HEAD6 "   0: 00000000000000000000000000000001:0050" REST6, true, &ports, &all),
			 0);
	assert_false(ports_is_open(&ports, 80));
}

static void counts_listeners_only(void **state)
{
	(void)state;
	struct ports ports;
	bool all;

	assert_int_equal(parse(HEAD "   0: 00000000:0016" REST "   1: 00000000:0050 00000000:0000 01 0\n",
			       false, &ports, &all),
			 0);
	assert_true(ports_is_open(&ports, 22));
	assert_false(ports_is_open(&ports, 80));
	assert_true(all); /* the listeners were before it */
	assert_false(ports_is_open(&ports, 70000));
}

static void refuses_another_table(void **state)
{
	(void)state;
	const char *bad[] = {"",
			     "no head\n",
			     HEAD "   0: 0100007F:005" REST "x\n",
			     HEAD "   0: 0100007:0050" REST "x\n",
			     HEAD "   0: 0100007G:0050" REST "x\n",
			     HEAD "junk\n   1: 00000000:0016" REST};
	struct ports ports;
	bool all;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(parse(bad[i], false, &ports, &all), -1);
	/* A last line may be cut: the file was longer than what was read. */
	assert_int_equal(parse(HEAD "   0: 00000000:0016" REST "   1: 0000", false, &ports, &all), 0);
	assert_true(ports_is_open(&ports, 22));
}

/* A listener of our own, on loopback: the kernel tells of it, and it is not open. */
static void asks_the_kernel(void **state)
{
	(void)state;
	struct ports ports = {0};
	struct fail fail;
	uint16_t port;
	auto_close int fd = loopback_bind(SOCK_STREAM, &port);

	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(ports_ask(&ports, &fail), 0);
	assert_false(ports_is_open(&ports, port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_is_not_open),  cmocka_unit_test(knows_both_byte_orders),
		cmocka_unit_test(counts_listeners_only), cmocka_unit_test(refuses_another_table),
		cmocka_unit_test(asks_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
