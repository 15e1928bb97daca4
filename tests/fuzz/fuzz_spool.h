#ifndef SAV_TESTS_FUZZ_SPOOL_H
#define SAV_TESTS_FUZZ_SPOOL_H

#include <stddef.h>
#include <stdint.h>

/* Reads the bytes as segment number 1. Returns how many records verified; aborts when an invariant does
 * not hold. */
size_t fuzz_spool_read(const uint8_t *bytes, size_t size);

#endif
