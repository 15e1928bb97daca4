#include "lib/facts/savlog.h"

#include <string.h>
#include <strings.h>

static bool has(struct span line, const char *word)
{
	size_t size = strlen(word);

	for (size_t i = 0; i + size <= line.size; i++)
		if (strncasecmp((const char *)line.bytes + i, word, size) == 0)
			return true;
	return false;
}

/* A line that names two sources tells nothing. */
static enum savlog_source source_of(struct span line)
{
	bool primary = has(line, "primary");
	bool secondary = has(line, "secondary");
	bool backup = has(line, "backup");

	if (primary + secondary + backup != 1)
		return SAVLOG_SILENT;
	return primary ? SAVLOG_PRIMARY : secondary ? SAVLOG_SECONDARY : SAVLOG_BACKUP;
}

void savlog_parse_update(struct span log, struct savlog_update *update)
{
	enum savlog_source named = SAVLOG_SILENT; /* by the lines of the present attempt */
	struct span line;

	*update = (struct savlog_update){0};
	while (lines_next(&log, &line)) {
		enum savlog_source source = source_of(line);
		bool failed = lines_first(line, "BAD-PRIMARY-URL") != NULL;
		bool succeeded = lines_first(line, "SUCCESSFULLY_UPDATED_FROM") != NULL;
		if (failed) { /* the name of the error, not of a source that worked */
			update->ended = true;
			update->succeeded = false;
			named = SAVLOG_SILENT;
		}
		if (succeeded) {
			update->ended = true;
			update->succeeded = true;
			update->source = source != SAVLOG_SILENT ? source : named;
			named = SAVLOG_SILENT;
		}
		if (!failed && !succeeded && source != SAVLOG_SILENT)
			named = source;
	}
}

/* The number behind the line's last "code". */
static bool code_of(struct span line, int64_t *code)
{
	const uint8_t *found = lines_last(line, "code");

	if (found == NULL || !(has(line, "fail") || has(line, "error") || has(line, "exit")))
		return false;
	struct span rest = {found, (size_t)(line.bytes + line.size - found)};
	while (rest.size > 0 && (rest.bytes[0] < '0' || rest.bytes[0] > '9')) {
		rest.bytes++;
		rest.size--;
	}
	return lines_number(rest, code);
}

void savlog_parse_talpa(struct span log, struct savlog_talpa *talpa)
{
	struct span line;
	int64_t code;

	*talpa = (struct savlog_talpa){0};
	while (lines_next(&log, &line)) {
		if (code_of(line, &code) && code != 0) {
			talpa->failed = true;
			talpa->failure = code;
			talpa->type = NULL; /* what was chosen was not built */
			continue;
		}
		if (has(line, "talpa-custom") || has(line, "custom binary pack"))
			talpa->type = "custom";
		else if (has(line, "building") || has(line, "compiled"))
			talpa->type = "compiled";
		else if (has(line, "talpa-binpack") || has(line, "installing binary pack"))
			talpa->type = "binary-pack";
	}
}

bool savlog_status(struct span output, const char *name, struct span *value)
{
	return (lines_find(output, name, '=', value) || lines_find(output, name, ':', value)) &&
	       value->size > 0;
}
