#!/bin/sh
# Includes go one way: cmd -> {facts, alert, report} -> conf -> {net, format} -> base, never sideways; a third-party header
# only in its adapter.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$root" || exit

wrong() { # prints "file: include" for what the rules forbid
	find lib cmd -name '*.[ch]' -exec grep -H '^#include' {} + | awk -F: '
	function layer(place) {
		if (place == "base") return 0
		if (place == "format" || place == "net") return 1
		if (place == "conf") return 2
		return 3
	}
	{
		split($1, path, "/")
		from = path[1] == "cmd" ? "cmd" : path[2]
		include = $2
		if (include ~ /"/) {
			gsub(/.*#include "|".*/, "", include)
			split(include, target, "/")
			if (path[1] == "cmd" && target[1] == "cmd" && target[2] == path[2]) next
			if (target[1] != "lib") { print $1 ": " include ": not from the root"; next }
			if (from == "cmd" || from == target[2]) next
			if (layer(from) <= layer(target[2])) print $1 ": " include ": up or sideways"
			next
		}
		gsub(/.*<|>.*/, "", include)
		if (include ~ /^curl\// && $1 !~ /^lib\/net\//) print $1 ": " include
		if (include ~ /^sodium/ && $1 !~ /^lib\/(format\/(seal\.c$|cipher\.c$|hash)|net\/s3\.c$)/) print $1 ": " include
		if (include ~ /^yaml/ && $1 !~ /^lib\/format\/yaml/) print $1 ": " include
		if (include ~ /^sqlite3/ && $1 !~ /^lib\/report\/db/) print $1 ": " include
		if (include ~ /^openssl/ && $1 !~ /^lib\/net\/trust/) print $1 ": " include
		if (include ~ /^jansson/ && $1 ~ /^lib\/(base|net|conf)\//) print $1 ": " include
	}'
}
is 'includes go one way' "$(wrong)" ''

alone() { # prints the headers that do not compile on their own
	find lib -name '*.h' | while read -r header; do
		printf '#include "%s"\n' "$header" |
			gcc -std=c17 -D_GNU_SOURCE -iquote . -Wall -Wextra -Werror -fsyntax-only -x c - 2>/dev/null || echo "$header"
	done
}
is 'every header compiles on its own' "$(alone)" ''

foreign() { # prints exported names that do not begin with their module's
	for object in "$bin"/../obj/lib/*/*.o; do
		[ -e "$object" ] || { echo 'no objects beside the programs' && return; }
		module=$(basename "$object" .o)
		nm -g --defined-only "$object" | awk -v module="$module" -v object="$object" \
			'NF == 3 && index($3, module "_") != 1 && $3 !~ /^(__|\.)/ { print module ": " $3 }'
	done
}
is 'a module exports only names of its own' "$(foreign)" ''
tap_done
