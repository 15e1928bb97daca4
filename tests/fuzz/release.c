/* What a distribution says of itself (lib/facts release). Input: whose file ('0' os-release, '1' lsb-release, '2'
 * redhat-release, '3' SuSE-release, '4' debian_version), the file. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/facts/release.h"

#include <string.h>

typedef void parser(struct span text, struct release *release);

/* Values are text of the file: never longer, never with a newline. */
static void look(const char field[RELEASE_FIELD_SIZE], size_t size)
{
	size_t length = strnlen(field, RELEASE_FIELD_SIZE);

	REQUIRE(length < RELEASE_FIELD_SIZE && length <= size + sizeof "SUSE LINUX");
	REQUIRE(strchr(field, '\n') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static parser *const parsers[] = {release_parse_os, release_parse_lsb, release_parse_redhat,
					  release_parse_suse, release_parse_debian};
	struct fuzz in = {bytes, size};
	struct release release = {0};
	unsigned which = fuzz_choice(&in, sizeof parsers / sizeof parsers[0]);

	parsers[which]((struct span){in.bytes, in.size}, &release);
	look(release.id, in.size);
	look(release.version, in.size);
	look(release.codename, in.size);
	look(release.description, in.size);
	return 0;
}
