#include "lib/report/schema.h"

#include "lib/base/fail.h"

#include <string.h>

static int find_role(const struct schema *schema, const char *key, enum schema_type type, size_t *index,
		     struct fail *fail)
{
	size_t found = schema_find_key(schema, key);

	if (found == schema->count || schema->facts[found].type != type)
		return fail_set(fail, EX_SOFTWARE, "the table of facts: no %s", key);
	*index = found;
	return 0;
}

int schema_init(struct schema *schema, const struct schema_fact *facts, size_t count,
		const char *const *levels, unsigned level_count, struct fail *fail)
{
	struct schema made = {.facts = facts, .count = count, .levels = levels, .level_count = level_count};

	if (count > SCHEMA_FACTS_MAX)
		return fail_set(fail, EX_SOFTWARE, "the table of facts: more than %d", SCHEMA_FACTS_MAX);
	if (find_role(&made, "sophos.machine_id", SCHEMA_HASH, &made.machine, fail) != 0 ||
	    find_role(&made, "sophos.customer_id", SCHEMA_HASH, &made.customer, fail) != 0 ||
	    find_role(&made, "system.time", SCHEMA_STRING, &made.time, fail) != 0)
		return -1;
	*schema = made;
	return 0;
}

bool schema_is_counted(const struct schema *schema, size_t fact)
{
	return schema->facts[fact].type != SCHEMA_HASH && fact != schema->time;
}

static bool is_named(const struct schema_fact *fact, const uint8_t *area, size_t area_size,
		     const uint8_t *name, size_t name_size)
{
	return strlen(fact->key) == area_size + 1 + name_size && memcmp(fact->key, area, area_size) == 0 &&
	       fact->key[area_size] == '.' && memcmp(fact->key + area_size + 1, name, name_size) == 0;
}

size_t schema_find(const struct schema *schema, const uint8_t *area, size_t area_size, const uint8_t *name,
		   size_t name_size, size_t guess)
{
	if (guess < schema->count && is_named(&schema->facts[guess], area, area_size, name, name_size))
		return guess;
	for (size_t i = 0; i < schema->count; i++)
		if (is_named(&schema->facts[i], area, area_size, name, name_size))
			return i;
	return schema->count;
}

bool schema_has_area(const struct schema *schema, const uint8_t *area, size_t size)
{
	for (size_t i = 0; i < schema->count; i++)
		if (strcspn(schema->facts[i].key, ".") == size &&
		    memcmp(schema->facts[i].key, area, size) == 0)
			return true;
	return false;
}

size_t schema_find_key(const struct schema *schema, const char *key)
{
	size_t i = 0;

	while (i < schema->count && strcmp(schema->facts[i].key, key) != 0)
		i++;
	return i;
}

/* FNV-1a: told apart by accident, not by an attacker; the parts of a count are made by one operator. */
uint64_t schema_fingerprint(const struct schema *schema)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < schema->count; i++) {
		const char *key = schema->facts[i].key;
		for (size_t j = 0; j <= strlen(key); j++)
			hash = (hash ^ (uint8_t)key[j]) * 0x100000001b3;
		hash = (hash ^ (uint64_t)schema->facts[i].type) * 0x100000001b3;
	}
	return hash;
}
