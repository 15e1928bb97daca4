/* What the writer and the reader of parts share; the format is told in part.h. */
#ifndef SAV_REPORT_PART_FORMAT_H
#define SAV_REPORT_PART_FORMAT_H

#include <stdint.h>

#define PART_MAGIC "savpart1"
#define PART_END UINT64_MAX /* in the place of a customer */

#endif
