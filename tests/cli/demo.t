#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$root" || exit

build="$tmp/a#b%20 ü" # a path that is no URL
mkdir "$build"
ln -s "$bin" "$build/bin"
run scripts/demo "$build"
is 'the demo ends well' "$status" 0
like 'what arrived is what was collected' "$out" '^byte for byte what sav-collect wrote$'
like 'the log lines are shown' "$err" 'Success$'
like 'the facts are shown' "$out" '^  system.kernel_version +"'"$(uname -r | cut -c1-64)"'"$'
is 'one blob is at the drop' "$(find "$build/demo/drop" -type f | wc -l)" 1
size=$(wc -c <"$(find "$build/demo/drop" -type f)")
ok 'of 1.6 to 2.6 KB' [ "$size" -ge 1600 -a "$size" -le 2600 ]
SAV_HOME=$build/demo/home savconfig set DisableFeedback true
run env DO_NOT_TRACK=1 scripts/demo "$build"
is 'a second run reuses the keys' "$status" 0
is 'and adds a blob' "$(find "$build/demo/drop" -type f | wc -l)" 2
like 'DO_NOT_TRACK is spoken of, not passed over' "$out" '^DO_NOT_TRACK is set'
run env DO_NOT_TRACK=0 scripts/demo "$build"
is 'but of 0 nothing' "$(grep -c DO_NOT_TRACK "$tmp/out")" 0
SAV_HOME=$build/demo/home savconfig set DisableFeedback true
run scripts/demo "$build"
like 'nor is it when feedback was turned off there' "$out" '^Feedback was turned off'
tap_done
