/* runtimedetections.yaml, as far as it is about alerts: lib/alert config, config_address, config_value. */
#include "tests/fuzz/frame/fuzz.h"

#include "lib/alert/config.h"
#include "lib/base/fail.h"

#include <string.h>

static const char *look_up(const char *name)
{
	return strcmp(name, "KEY") == 0 ? "sesame" : strcmp(name, "LINES") == 0 ? "a\nb" : NULL;
}

static void look(const struct config *config)
{
	for (size_t i = 0; i < config->output_count; i++) {
		const struct config_output *output = &config->outputs[i];
		REQUIRE(output->id[0] != '\0' && fuzz_is_plain(output->id, strlen(output->id)));
		for (size_t j = 0; j < i; j++)
			REQUIRE(strcmp(output->id, config->outputs[j].id) != 0);
		REQUIRE(!output->enabled || output->type != CONFIG_MCS ||
			(output->url != NULL && strncmp(output->url, "https://", 8) == 0));
		REQUIRE(output->api_key == NULL || fuzz_is_plain(output->api_key, strlen(output->api_key)));
		for (size_t j = 0; j < output->header_count; j++)
			REQUIRE(strpbrk(output->headers[j], "\r\n") == NULL);
	}
	REQUIRE(config_count_enabled(config) <= config->output_count);
	REQUIRE(config->output_count <= CONFIG_OUTPUTS_MAX && config->warning_count <= CONFIG_WARNINGS_MAX &&
		config->certificate_count <= CONFIG_PAIRS_MAX && config->crl_count <= CONFIG_PAIRS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fail fail;
	struct config *config = config_parse(bytes, size, "name", look_up, &fail);

	if (config != NULL)
		look(config);
	else
		REQUIRE(fail.status == EX_CONFIG && strncmp(fail.text, "name", 4) == 0);
	config_free(config);
	return 0;
}
