#include "cmd/savconfig/savconfig.h"

#include "lib/base/buf.h"
#include "lib/base/cli.h"
#include "lib/base/fail.h"
#include "lib/base/text.h"
#include "lib/conf/conf.h"

#include <stdio.h>
#include <string.h>

enum {
	OUTPUT_MAX = 64 << 20,                /* a file of the greatest size, each byte masked, indented */
	MASKED_MAX = 4 * PARAM_VALUE_MAX + 1, /* "\xNN" for each byte */
};

static int put_shown(struct buf *out, enum param param, const char *value, bool masked)
{
	char text[MASKED_MAX];

	if (param_info(param)->secret)
		value = PARAM_MASK;
	else if (masked)
		value = text_mask((const uint8_t *)value, strlen(value), text, sizeof text);
	return buf_add_text(out, value) != 0 ? -1 : buf_add_text(out, "\n");
}

static int print(const struct buf *out, int result, struct fail *fail)
{
	if (result != 0)
		return fail_errno(fail, EX_OSERR, "standard output");
	return cli_write(out->data, out->size, fail);
}

int show_value(const struct conf *conf, enum param param, struct fail *fail)
{
	auto_buf struct buf out = BUF_INIT(OUTPUT_MAX);
	size_t count = conf_count(conf, param);
	int result = 0;

	for (size_t i = 0; i < count && result == 0; i++)
		result = put_shown(&out, param, conf_item(conf, param, i), false);
	return print(&out, result, fail);
}

int show_scan(const struct conf *conf, const char *name, struct fail *fail)
{
	char shown[PARAM_SCAN_NAME_MAX];

	for (size_t i = 0; i < conf_count(conf, PARAM_NAMED_SCANS); i++)
		if (strcmp(conf_item(conf, PARAM_NAMED_SCANS, i), name) == 0)
			return cli_write(conf_scan(conf, i), strlen(conf_scan(conf, i)), fail);
	return fail_set(fail, EX_DATAERR, "NamedScans: %s: no such scan",
			text_mask((const uint8_t *)name, strlen(name), shown, sizeof shown));
}

static int put_line(const struct conf *conf, enum param param, struct buf *out)
{
	bool locked = conf_origin(conf, param) == CONF_POLICY;
	size_t count = conf_count(conf, param);
	size_t begin = out->size;
	int result = buf_printf(out, "%s%s:", param_info(param)->name, locked ? " (Locked)" : "");
	size_t column = out->size - begin + 1;

	if (count == 0)
		return result | buf_add_text(out, "\n");
	for (size_t i = 0; i < count && result == 0; i++) {
		result = buf_printf(out, "%*s", i == 0 ? 1 : (int)column, "");
		if (result == 0)
			result = put_shown(out, param, conf_item(conf, param, i), true);
	}
	return result;
}

int show_all(const struct conf *conf, bool all, bool advanced, struct fail *fail)
{
	auto_buf struct buf out = BUF_INIT(OUTPUT_MAX);
	int result = 0;

	for (enum param param = 0; param < PARAM_COUNT && result == 0; param++) {
		if ((!all && conf_origin(conf, param) == CONF_DEFAULT) ||
		    (!advanced && param_info(param)->hidden))
			continue;
		result = put_line(conf, param, &out);
	}
	return print(&out, result, fail);
}

int show_table(bool advanced)
{
	printf("\nParameters (with their defaults), and what each may be set to:\n");
	for (enum param param = 0; param < PARAM_COUNT; param++) {
		const struct param_info *info = param_info(param);
		auto_buf struct buf allowed = BUF_INIT(PARAM_VALUE_MAX);
		if (info->hidden && !advanced)
			continue;
		printf("  %s", info->name);
		for (size_t i = 0; info->defaults[i] != NULL; i++)
			printf("%s%s%s", i == 0 ? " (" : ", ", info->defaults[i],
			       info->defaults[i + 1] == NULL ? ")" : "");
		if (param_describe(param, &allowed) != 0)
			return -1;
		printf(": %s%s\n      %s\n", info->list ? "list, each " : "", buf_text(&allowed),
		       info->about);
	}
	return 0;
}
