#include "lib/net/tls.h"

#include "lib/base/buf.h"
#include "lib/base/fail.h"

#define SET(option, value) (curl_easy_setopt(curl, (option), (value)) == CURLE_OK)

int tls_start(struct fail *fail)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return fail_set(fail, EX_SOFTWARE, "libcurl: cannot start");
	if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_SSL) != 0)
		return 0;
	curl_global_cleanup();
	return fail_set(fail, EX_SOFTWARE, "libcurl: has no TLS");
}

/* The certificates are given as bytes, because a path would be opened once more, when it may name
 * something else. libcurl's defaults, a file and a folder, would be trusted beside them. */
#if LIBCURL_VERSION_NUM >= 0x074700
static struct curl_blob blob_of(const struct buf *bytes)
{
	return (struct curl_blob){.data = bytes->data, .len = bytes->size, .flags = CURL_BLOB_COPY};
}
#endif

bool tls_set_peer(CURL *curl, enum tls_peer peer, const struct buf *ca, const char *ca_name)
{
	static const struct {
		CURLoption version, certificate, name, file, folder;
	} all[] = {
		[TLS_SERVER] = {CURLOPT_SSLVERSION, CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST,
				CURLOPT_CAINFO, CURLOPT_CAPATH},
		[TLS_PROXY] = {CURLOPT_PROXY_SSLVERSION, CURLOPT_PROXY_SSL_VERIFYPEER,
			       CURLOPT_PROXY_SSL_VERIFYHOST, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH},
	};

	if (!SET(all[peer].version, (long)CURL_SSLVERSION_TLSv1_2) || !SET(all[peer].certificate, 1L) ||
	    !SET(all[peer].name, 2L))
		return false;
	if (ca == NULL)
		return true;
#if LIBCURL_VERSION_NUM >= 0x074d00
	struct curl_blob blob = blob_of(ca);
	ca_name = NULL;
	if (!SET(peer == TLS_SERVER ? CURLOPT_CAINFO_BLOB : CURLOPT_PROXY_CAINFO_BLOB, &blob))
		return false;
#else
	if (ca_name == NULL)
		return false;
#endif
	return SET(all[peer].file, ca_name) && SET(all[peer].folder, (char *)NULL);
}

bool tls_set_client(CURL *curl, const struct buf *certificate, const struct buf *key)
{
	if (certificate == NULL)
		return true;
#if LIBCURL_VERSION_NUM >= 0x074700
	struct curl_blob shown = blob_of(certificate);
	struct curl_blob secret = blob_of(key);
	return SET(CURLOPT_SSLCERT_BLOB, &shown) && SET(CURLOPT_SSLKEY_BLOB, &secret);
#else
	(void)curl, (void)key;
	return false;
#endif
}
