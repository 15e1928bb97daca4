/* CRC-32C (Castagnoli): the checksum of iSCSI and ext4, which processors compute themselves. */
#ifndef SAV_BASE_CRC_H
#define SAV_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-32C of `size` bytes, going on from `crc` (0 to begin). crc_32c(crc_32c(0, a), b) is that of a
 * and b joined. Uses SSE 4.2 where the processor has it, tables elsewhere; the value is the same. Source:
 * RFC 3720, appendix B.4. */
uint32_t crc_32c(uint32_t crc, const void *bytes, size_t size);

/* The same by tables only: what the tests compare with. */
uint32_t crc_32c_portable(uint32_t crc, const void *bytes, size_t size);

#endif
