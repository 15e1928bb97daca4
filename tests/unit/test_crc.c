#include "tests/unit/unit.h"

#include "lib/base/crc.h"

#include <stdlib.h>
#include <string.h>

/* Source: RFC 3720, appendix B.4, and the check value of the CRC catalogues. */
static void knows_the_published_values(void **state)
{
	(void)state;
	uint8_t bytes[32];

	assert_int_equal(crc_32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(crc_32c(0, "", 0), 0);
	memset(bytes, 0, sizeof bytes);
	assert_int_equal(crc_32c(0, bytes, sizeof bytes), 0x8a9136aa);
	memset(bytes, 0xff, sizeof bytes);
	assert_int_equal(crc_32c(0, bytes, sizeof bytes), 0x62a8ab43);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(crc_32c(0, bytes, sizeof bytes), 0x46dd794e);
}

static void is_the_same_with_and_without_the_processor(void **state)
{
	(void)state;
	uint8_t bytes[300];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (size_t from = 0; from < 9; from++) {
		for (size_t size = 0; from + size <= sizeof bytes; size++)
			assert_int_equal(crc_32c(7, bytes + from, size),
					 crc_32c_portable(7, bytes + from, size));
	}
}

static void goes_on_where_it_ended(void **state)
{
	(void)state;
	const char *text = "one and another";

	for (size_t cut = 0; cut <= strlen(text); cut++)
		assert_int_equal(crc_32c(crc_32c(0, text, cut), text + cut, strlen(text) - cut),
				 crc_32c(0, text, strlen(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_published_values),
		cmocka_unit_test(is_the_same_with_and_without_the_processor),
		cmocka_unit_test(goes_on_where_it_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
