/* /proc/cpuinfo and the kernel's lists of CPUs (lib/facts cpu). */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/facts/cpu.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span text = {bytes, size};
	char model[CPU_MODEL_SIZE];
	int64_t count;

	memset(model, 'x', sizeof model);
	cpu_parse_model(text, model);
	REQUIRE(memchr(model, '\0', sizeof model) != NULL && strchr(model, '\n') == NULL);
	int flag = cpu_flag(text, "hypervisor");
	REQUIRE(flag >= -1 && flag <= 1 && (flag < 1 || memmem(bytes, size, "hypervisor", 10) != NULL));
	if (cpu_parse_list(text, &count) == 0)
		REQUIRE(count >= 1 && count <= 1 << 20);
	return 0;
}
