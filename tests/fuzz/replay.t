#!/bin/sh
# Every fuzz target over its corpus: what was ever found stays mended.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"

here=$root/tests/fuzz
targets=$(dirname -- "$bin")/target

replay() { # TARGET FOLDER: "N inputs", or why not
	"$targets/$1" "$2" 2>&1 || echo "status $?"
}

for source in "$here"/*.c; do
	name=$(basename "$source" .c)
	like "$name holds" "$(replay "$name" "$here/corpus/$name")" '^[1-9][0-9]* inputs$'
done
is 'each folder of the corpus has its target' \
	"$(cd "$here/corpus" && for name in *; do [ -e "../$name.c" ] || echo "$name"; done)" ''
mkdir "$tmp/empty"
is 'an empty corpus is no success' "$(replay times "$tmp/empty")" '0 inputs
status 1'
like 'nor is none' "$(replay times "$tmp/none")" 'No such file'
tap_done
