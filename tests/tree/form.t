#!/bin/sh
# The form of the tree: clang-format, what lies where, calls that the style rules out, executable bits, pages and tests of
# each tool. What shellcheck and mandoc find is scripts/analyze's, which knows what was clean before.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$root" || exit

is 'C is formatted (make format)' \
	"$(find lib cmd tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} + 2>&1 | head -n 5)" ''
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
	is 'nothing lies at the top but what belongs there' \
		"$(git ls-files | cut -d/ -f1 | sort -u | grep -v '^\.' | tr '\n' ' ')" 'Makefile README.md cmd cron lib man scripts tests '
	is 'no file is larger than the sources of a tool' "$(git ls-files -z | xargs -0 du -k | awk '$1 > 512')" ''
fi
is 'no call that the style rules out' \
	"$(grep -rnE '\b(strcpy|strcat|sprintf|strncpy|strtok|atoi|system|popen|alloca)\(' lib cmd)" ''

scripts() { find scripts cron tests .ci -type f -exec grep -lE '^#!/bin/(ba)?sh' {} +; }
is 'scripts may be executed' "$(scripts | while read -r file; do [ -x "$file" ] || echo "$file"; done)" ''

for page in man/*.[1-8]; do
	is "$page has no line over 80 columns" "$(mandoc -Tascii -Owidth=80 "$page" | col -bx | awk 'length > 80')" ''
done
is 'every page that another names is there' "$(awk '$1 == ".Xr" { print FILENAME, $2, $3 }' man/*.[1-8] | sort -u |
	while read -r page name section; do
		[ -z "$(find man -name "$name.[1-8]")" ] || [ -e "man/$name.$section" ] || echo "$page: $name($section)"
	done)" ''
for tool in cmd/*; do
	tool=$(basename "$tool")
	ok "$tool has a manual page" [ -n "$(find man -name "$tool.[18]")" ]
	ok "$tool has a command-line test" [ -e "tests/cli/$tool.t" ]
done
tap_done
