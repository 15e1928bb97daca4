/* What every unit test includes: cmocka with the headers it asks for, and a few short forms. */
#ifndef SAV_TESTS_UNIT_H
#define SAV_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/fail.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* The call failed with this status and this text. */
#define assert_fails(result, fail, wanted_status, wanted_text) \
	do { \
		assert_int_equal(result, -1); \
		assert_int_equal((fail).status, wanted_status); \
		assert_string_equal((fail).text, wanted_text); \
	} while (0)

#endif
