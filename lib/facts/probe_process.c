#include "lib/facts/probe_process.h"

#include "lib/facts/fact.h"
#include "lib/facts/survey.h"

#include <string.h>

bool probe_process_any(struct survey *survey, const char *programs, char *why)
{
	struct span rest = lines_of(programs);
	struct span word;

	while (lines_word(&rest, &word)) {
		const struct processes_wanted *wanted = processes_find(&survey->processes,
								       (const char *)word.bytes, word.size);
		if (wanted != NULL && wanted->running)
			return true;
	}
	if (survey->processes.why[0] != '\0')
		memcpy(why, survey->processes.why, sizeof survey->processes.why);
	return false;
}

void probe_process_running(struct survey *survey, const struct fact *fact, struct value *value)
{
	char why[HOST_WHY_SIZE] = "";
	bool running = probe_process_any(survey, fact->programs, why);

	value_set_any(value, running, why);
}
