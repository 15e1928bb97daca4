#!/bin/sh
# What scripts/analyze finds is an error, whichever analyzer finds it; and what is clean is none.
# shellcheck source=tests/tap.sh disable=SC2016 # what stands in single quotes is another script
. "$(dirname -- "$0")/../tap.sh"
mkdir -p "$tmp/tree/.ci" && cd "$tmp/tree" || exit
mkdir cmd cron lib man scripts tests
cp "$root/scripts/analyze" "$root/scripts/cppcheck.txt" scripts
cp "$root/.clang-tidy" .
: >Makefile
: >README.md

printf '%s\n' '#include <stdlib.h>' 'int last(int *value);' 'int last(int *value)' '{' '	int kept = *value;' '	free(value);' \
	'	return kept;' '}' >lib/last.c
printf '#!/bin/sh\necho "$1"\n' >scripts/say
printf '%s\n' '.Dd January 1, 2026' '.Dt LAST 1' '.Os' '.Sh NAME' '.Nm last' '.Nd the last' >man/last.1
run scripts/analyze build
is 'clean: no error' "$status" 0

sed -i 's/return kept/if (kept > 2);int kept_too[2]; kept_too[2] = kept; return *value + kept_too[2]/' lib/last.c
echo 'echo $1' >>scripts/say
echo .Nothing >>man/last.1
printf 'te''h end\n' >README.md
for name in gcc tidy scan cppcheck shell pages spelling; do
	run scripts/analyze build "$name"
	ok "a finding of $name" [ "$status" -ne 0 ]
done
refuses 'an analyzer that nobody knows' 64 'what: no such analyzer' sh -c 'scripts/analyze build what >/dev/null'
tap_done
