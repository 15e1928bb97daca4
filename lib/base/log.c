#include "lib/base/log.h"

#include "lib/base/buf.h"
#include "lib/base/text.h"

#include <string.h>

enum { LINE_MAX_BYTES = 1024, NS_PER_US = 1000 };

int log_format(const struct timespec *now, const char *text, struct buf *out)
{
	char masked[LINE_MAX_BYTES];
	char stamp[sizeof "9999-12-31 23:59:59" + 16];
	struct tm local;

	if (localtime_r(&now->tv_sec, &local) == NULL ||
	    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local) == 0)
		return -1;
	text_mask((const uint8_t *)text, strlen(text), masked, sizeof masked);
	return buf_printf(out, "%s.%06ld: %s\n", stamp, now->tv_nsec / NS_PER_US, masked);
}
