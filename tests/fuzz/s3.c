/* S3 (lib/net s3) and headers (http): '0' a credentials file, whose messages never show what is in it, '1' a page
 * of errors, '2' a header that the user adds, signed with the rest. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"
#include "lib/net/http.h"
#include "lib/net/s3.h"
#include "lib/net/url.h"

#include <stdlib.h>
#include <string.h>

static void credentials(struct fuzz in)
{
	struct s3_credentials found;
	struct s3_credentials again;
	struct fail fail;

	if (s3_parse_credentials(in.bytes, in.size, "name", &found, &fail) != 0) {
		REQUIRE(fail.status == EX_CONFIG && fuzz_is_plain(fail.text, strlen(fail.text)));
		return;
	}
	REQUIRE(found.key_id[0] != '\0' && found.secret[0] != '\0');
	REQUIRE(s3_set_credentials(found.key_id, found.secret, found.token[0] == '\0' ? NULL : found.token,
				   "name", &again, &fail) == 0);
}

static void page(struct fuzz in)
{
	struct buf text = BUF_INIT(in.size + 1);
	char code[64];

	REQUIRE(buf_add(&text, in.bytes, in.size) == 0);
	s3_error_code(&text, code, sizeof code);
	REQUIRE(strnlen(code, sizeof code) < sizeof code && fuzz_is_plain(code, strlen(code)));
	buf_fini(&text);
}

static void header(struct fuzz in)
{
	static const struct s3_credentials credentials = {.key_id = "AKIDEXAMPLE", .secret = "wJalrXUt"};
	char *text = fuzz_text(in);
	const char *headers[] = {text};
	struct url target;
	struct s3_signature signature;
	struct fail fail;

	REQUIRE(url_parse("https://bucket.s3.example/a b", &target, &fail) != 0);
	REQUIRE(url_parse("https://bucket.s3.example/a+b", &target, &fail) == 0);
	const struct s3_request request = {.method = "PUT",
					   .target = &target,
					   .name = "x",
					   .headers = headers,
					   .header_count = 1,
					   .body = in.bytes,
					   .body_size = in.size};
	if (http_header_is_good(text)) {
		REQUIRE(strpbrk(text, "\r\n") == NULL && strchr(text, ':') != NULL);
		if (s3_sign(&request, "eu-central-1", &credentials, 1400000000, &signature, &fail) == 0) {
			REQUIRE(fuzz_is_plain(signature.authorization.data, signature.authorization.size));
			s3_fini(&signature);
		} else {
			REQUIRE(fail.status == EX_USAGE);
		}
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz in = {bytes, size};

	switch (fuzz_choice(&in, 3)) {
	case 0:
		credentials(in);
		break;
	case 1:
		page(in);
		break;
	default:
		header(in);
	}
	return 0;
}
