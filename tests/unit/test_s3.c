#include "tests/unit/unit.h"

#include "lib/net/s3.h"
#include "lib/net/url.h"

#include <string.h>

/* Source of this key, of the requests and of their signatures: Amazon S3 API Reference, "Signature
 * Calculations for the Authorization Header: Transferring Payload in a Single Chunk", examples "GET
 * Object" and "PUT Object". */
static const struct s3_credentials example = {.key_id = "AKIAIOSFODNN7EXAMPLE",
					      .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
enum { EXAMPLE_TIME = 1369353600 }; /* 2013-05-24T00:00:00Z */
#define EXAMPLE_SCOPE \
	"Authorization: AWS4-HMAC-SHA256 " \
	"Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "

static struct url target(const char *text)
{
	struct url url;
	struct fail fail;

	assert_int_equal(url_parse(text, &url, &fail), 0);
	return url;
}

/* Signs for the scope of the examples. */
static struct s3_signature sign(const struct s3_request *request, const struct s3_credentials *credentials)
{
	struct s3_signature signature;
	struct fail fail;

	assert_int_equal(s3_sign(request, "us-east-1", credentials, EXAMPLE_TIME, &signature, &fail), 0);
	return signature;
}

static void signs_the_published_get(void **state)
{
	(void)state;
	struct url url = target("https://examplebucket.s3.amazonaws.com/test.txt");
	const char *headers[] = {"Range: bytes=0-9"};
	struct s3_request request = {.method = "GET", .target = &url, .headers = headers, .header_count = 1};
	struct s3_signature signature = sign(&request, &example);

	assert_string_equal(buf_text(&signature.date), "x-amz-date: 20130524T000000Z");
	assert_string_equal(
		buf_text(&signature.digest),
		"x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(signature.token.size, 0);
	assert_string_equal(buf_text(&signature.authorization), EXAMPLE_SCOPE
			    "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
			    "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
	s3_fini(&signature);
}

/* As published; then the same object named in another way, and headers in another form and order, are the same request. */
static void signs_the_published_put(void **state)
{
	(void)state;
	const struct {
		const char *url;
		const char *name;
		const char *headers[2];
	} forms[] = {
		{"https://examplebucket.s3.amazonaws.com/test$file.text",
		 NULL,
		 {"Date: Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class: REDUCED_REDUNDANCY"}},
		{"https://EXAMPLEBUCKET.s3.amazonaws.com:443/test%24file.text",
		 NULL,
		 {"X-AMZ-Storage-Class:\t REDUCED_REDUNDANCY ", "DATE:Fri,   24 May\t2013 00:00:00 GMT"}},
		{"https://examplebucket.s3.amazonaws.com/",
		 "test$file.text",
		 {"X-AMZ-Storage-Class:\t REDUCED_REDUNDANCY ", "DATE:Fri,   24 May\t2013 00:00:00 GMT"}},
	};

	for (size_t i = 0; i < COUNT_OF(forms); i++) {
		struct url url = target(forms[i].url);
		struct s3_request request = {.method = "PUT",
					     .target = &url,
					     .name = forms[i].name,
					     .headers = forms[i].headers,
					     .header_count = 2,
					     .body = (const uint8_t *)"Welcome to Amazon S3.",
					     .body_size = strlen("Welcome to Amazon S3.")};
		struct s3_signature signature = sign(&request, &example);
		assert_string_equal(buf_text(&signature.digest),
				    "x-amz-content-sha256: "
				    "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
		assert_string_equal(buf_text(&signature.path), "/test%24file.text");
		assert_string_equal(
			buf_text(&signature.authorization), EXAMPLE_SCOPE
			"SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
			"Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
		s3_fini(&signature);
	}
}

static void signs_the_session_token(void **state)
{
	(void)state;
	struct s3_credentials session = example;
	struct url url = target("http://localhost:4568/bucket");
	struct s3_request request = {.method = "PUT", .target = &url, .name = "n"};

	memcpy(session.token, "token", sizeof "token");
	struct s3_signature signature = sign(&request, &session);
	assert_string_equal(buf_text(&signature.token), "x-amz-security-token: token");
	assert_non_null(strstr(buf_text(&signature.authorization), ";x-amz-date;x-amz-security-token, "));
	s3_fini(&signature);
}

static void refuses_headers_it_cannot_sign(void **state)
{
	(void)state;
	const char *const pairs[][2] = {
		{"A: 1", "a: 2"}, {"X-Amz-Date: now", "A: 1"}, {"A: 1", "x-amz-content-sha256: x"}};
	const char *many[S3_HEADERS_MAX + 1];
	struct url url = target("https://bucket.s3.amazonaws.com/");
	struct s3_signature signature;
	struct fail fail;

	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		struct s3_request request = {
			.method = "PUT", .target = &url, .name = "n", .headers = pairs[i], .header_count = 2};
		assert_fails(s3_sign(&request, "r", &example, EXAMPLE_TIME, &signature, &fail), fail,
			     EX_USAGE, "S3: a header twice, one of the signature's own, or more than 32");
	}
	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = "A: 1";
	struct s3_request request = {.method = "PUT",
				     .target = &url,
				     .name = "n",
				     .headers = many,
				     .header_count = COUNT_OF(many)};
	assert_fails(s3_sign(&request, "r", &example, EXAMPLE_TIME, &signature, &fail), fail, EX_USAGE,
		     "S3: a header twice, one of the signature's own, or more than 32");
}

static int parse(const char *text, struct s3_credentials *credentials, struct fail *fail)
{
	return s3_parse_credentials((const uint8_t *)text, strlen(text), "file", credentials, fail);
}

static void reads_credentials(void **state)
{
	(void)state;
	const char sectioned[] = "# mine\n\n[other]\naws_access_key_id = NO\nnonsense\n"
				 "[default]\n;x\naws_access_key_id = ID\naws_secret_access_key = a/b=c";
	const char *const files[] = {
		"aws_access_key_id=ID\naws_secret_access_key=a/b=c\n",
		"[default]\naws_access_key_id = ID\r\n aws_secret_access_key\t=  a/b=c  \nregion = x\n",
		sectioned,
	};
	struct s3_credentials credentials;
	struct fail fail;

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		memset(&credentials, 'x', sizeof credentials);
		assert_int_equal(parse(files[i], &credentials, &fail), 0);
		assert_string_equal(credentials.key_id, "ID");
		assert_string_equal(credentials.secret, "a/b=c");
		assert_string_equal(credentials.token, "");
	}
	assert_int_equal(parse("aws_session_token=T\naws_access_key_id=ID\naws_secret_access_key=S\n",
			       &credentials, &fail),
			 0);
	assert_string_equal(credentials.token, "T");
}

static void refuses_broken_credentials(void **state)
{
	(void)state;
	const struct {
		const char *text;
		const char *reason;
	} cases[] = {
		{"", "file: no usable access key identifier"},
		{"[other]\naws_access_key_id=I\naws_secret_access_key=S\n",
		 "file: no usable access key identifier"},
		{"aws_access_key_id=I\n", "file: no usable secret access key"},
		{"aws_access_key_id=I/J\naws_secret_access_key=S\n", "file: no usable access key identifier"},
		{"aws_access_key_id=I\naws_secret_access_key=S T\n", "file: no usable secret access key"},
		{"aws_access_key_id=I\naws_secret_access_key=S\x1b\n", "file: no usable secret access key"},
		{"aws_access_key_id=I\naws_access_key_id=J\n",
		 "file:2: not \"key = value\", too long, or a second one"},
		{"\nwJalrXUtnFEMI\n", "file:2: not \"key = value\", too long, or a second one"},
		{"key value\n", "file:1: not \"key = value\", too long, or a second one"},
	};
	struct s3_credentials credentials = {.key_id = "old"};
	struct fail fail;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_fails(parse(cases[i].text, &credentials, &fail), fail, EX_CONFIG, cases[i].reason);
		assert_string_equal(credentials.key_id, "old");
	}
	assert_fails(s3_parse_credentials((const uint8_t *)"a\0b", 3, "file", &credentials, &fail), fail,
		     EX_CONFIG, "file: is no text");
}

static void knows_a_region(void **state)
{
	(void)state;
	char many[S3_REGION_MAX + 2];

	memset(many, 'a', sizeof many);
	many[S3_REGION_MAX + 1] = '\0';
	assert_true(s3_region_is_good("eu-central-1"));
	assert_true(s3_region_is_good("auto"));
	assert_false(s3_region_is_good(""));
	assert_false(s3_region_is_good("EU"));
	assert_false(s3_region_is_good("a/b"));
	assert_false(s3_region_is_good(many));
	many[S3_REGION_MAX] = '\0';
	assert_true(s3_region_is_good(many));
}

static void finds_the_code_of_an_error(void **state)
{
	(void)state;
	const struct {
		const char *page;
		const char *code;
	} cases[] = {
		{"", ""},
		{"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>x</Message></Error>",
		 "AccessDenied"},
		{"<Code></Code>", ""},
		{"<Code>a b</Code>", ""},
		{"<Code>\x1b[2J</Code>", ""},
		{"<Code>AccessDenied", ""},
		{"<Code>0123456789012345678901234567890123456789</Code>", ""},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf struct buf page = BUF_INIT(1024);
		char code[32];
		assert_int_equal(buf_add_text(&page, cases[i].page), 0);
		s3_error_code(&page, code, sizeof code);
		assert_string_equal(code, cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_the_published_get), cmocka_unit_test(signs_the_published_put),
		cmocka_unit_test(signs_the_session_token), cmocka_unit_test(refuses_headers_it_cannot_sign),
		cmocka_unit_test(reads_credentials),       cmocka_unit_test(refuses_broken_credentials),
		cmocka_unit_test(knows_a_region),          cmocka_unit_test(finds_the_code_of_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
