/* The same tests of the same module as it is where there is no SSE2. */
#undef __SSE2__
#include "lib/format/jsonscan.c"
#include "tests/unit/test_jsonscan.c"
