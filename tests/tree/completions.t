#!/bin/sh
# Completions: nothing but what --help says, in bash, zsh and fish as they are; and --help itself as a set.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$root" || exit
completions=$root/scripts/completions
HOME=$tmp
export HOME

run scripts/completion-files "$bin" "$tmp/made"
is 'completions are those of --help (scripts/completion-files build/bin scripts/completions)' \
	"$status$(diff -r "$tmp/made" scripts/completions 2>&1 | head -n 20)" 0

# help TOOL: its long options, a line each, as a person finds them in --help
help() { "$bin/$1" --help | sed -n '/^Options:/,/^$/s/^  \(-.,\|   \) \(--[a-z0-9-]*\).*/\2/p' | sort; }
# shellcheck disable=SC2016 # the inner shells' variables
in_bash='source scripts/completions/sav.bash && COMP_WORDS=("$1" --) COMP_CWORD=1 && _sav "$1" -- "$1" && printf "%s\n" "${COMPREPLY[@]}"'
# shellcheck disable=SC2016
in_fish='source scripts/completions/$argv[1].fish; complete -C "$argv[1] --"'
cd "$tmp" || exit # where no file can be mistaken for a word
mkdir folder && : >file && ln -s "$root/scripts" scripts
for tool in "$root"/build/bin/* "$bin"/*; do echo "${tool##*/}"; done | sort -u >tools
differing() { # the tools whose options differ in a shell
	while read -r tool; do
		wanted=$(help "$tool")
		[ "$(bash -c "$in_bash" bash "$tool" | sort)" = "$wanted" ] || echo "bash: $tool"
		[ "$(fish -c "$in_fish" "$tool" | cut -f1 | sort)" = "$wanted" ] || echo "fish: $tool"
		[ "$(sed -n "/^$tool)/,/;;/{s/'\\[.*//;s/.*\(--[a-z0-9-]*\).*/\1/p}" scripts/completions/_sav | sort)" = "$wanted" ] ||
			echo "zsh: $tool"
	done <tools
}
is 'every tool has its options in all three' "$(differing)" ''

# completes SENTENCE LINE-AS-COMPLETED OFFERED LINE: in bash and zsh, on a terminal
completes() {
	for shell in bash zsh; do
		is "$1, in $shell" "$(python3 "$root/tests/peers/shell.py" "$shell" "$completions" "$4" 2>&1 | tr '\n' ' ')" "$2 ${3:+$3 }"
	done
	is "$1, in fish" "$(fish -c "source scripts/completions/${4%% *}.fish; complete -C '$4'" | cut -f1 | sort | tr '\n' ' ')" "${5:-$3 }"
}
completes 'a value of few' 'sav-collect --level 9.' '9. 9.11 9.7 9.8.3' 'sav-collect --level ' '9.11 9.7 9.8.3 '
completes 'the words of a tool' 'sav-report ' 'add count csv html json merge show' 'sav-report '
completes 'what a parameter may be set to' 'savconfig set AutomaticAction ' 'delete disinfect none' 'savconfig set AutomaticAction '
completes 'a unique option' 'sav-decrypt --ndjson ' 'json' 'sav-decrypt --nd' '--ndjson '
completes 'a file where a file belongs' 'sav-encrypt -k file ' 'e' 'sav-encrypt -k fil' 'file '
completes 'a folder where a folder belongs' 'sav-collect --root folder/' 'der/' 'sav-collect --root fol' 'folder/ '

long() { while read -r tool; do "$tool" --help | awk -v tool="$tool" 'length > 80 { print tool ": " $0 }'; done <tools; }
is '--help keeps within 80 columns' "$(long; savconfig --advanced --help | awk 'length > 80')" ''
unlike() { # --help has one form: usage, about, Options:, --help and --version last
	while read -r tool; do
		"$tool" --help | awk -v tool="$tool" '
			NR == 1 && index($0, "usage: " tool) != 1 { print tool ": begins with " $0 }
			/[ \t]$/ { print tool ": a blank at the end: " $0 }
			/^Options:$/ { options = 1; next }
			/^$/ { if (options == 1) options = 2 }
			options == 1 { before = last; last = $0 }
			/^  (-.,|   ) --/ && /\.$/ { print tool ": a full stop: " $0 }
			END { if (before !~ /--help/ || last !~ /--version/) print tool ": --help and --version are not last" }'
	done <tools
}
is '--help has one form' "$(unlike)" ''
unnamed() {
	while read -r tool; do
		help "$tool" | while read -r option; do
			grep -qE "^\.It .*Fl -${option#--}( |$)" "$root"/man/"$tool".[18] || echo "$tool: $option"
		done
	done <tools
}
is 'the manual page explains each option' "$(unnamed)" ''
tap_done
