/* Certificates and revocation lists in PEM or DER (lib/net trust). Input: the file of certificates behind
 * its size (fuzz_first), the file of lists. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/fail.h"
#include "lib/net/trust.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};
	struct fuzz first = fuzz_first(&in);
	char *certificate = strdup(fuzz_put("certificate", first.bytes, first.size));
	char *crl = strdup(fuzz_put("crl", in.bytes, in.size));
	struct fail fail;
	struct trust *trust = trust_load((const char *const *)&certificate, 1, (const char *const *)&crl, 1,
					 1800000000, &fail);

	REQUIRE(trust != NULL && trust_count(trust) == 1);
	const struct trust_pair *pair = trust_get(trust, 0);
	REQUIRE(fuzz_is_plain(pair->name, strlen(pair->name)) &&
		fuzz_is_plain(pair->problem, strlen(pair->problem)));
	REQUIRE(pair->usable == (trust_check(trust, &fail) == 0) &&
		pair->usable == (trust_find(trust, 0) == 0));
	REQUIRE(pair->usable || pair->problem[0] != '\0');
	trust_free(trust);
	free(certificate);
	free(crl);
	return 0;
}
