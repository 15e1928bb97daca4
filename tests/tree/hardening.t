#!/bin/sh
# What the compiler and the linker were asked for is in every binary. Source: readelf(1), x86-64 psABI, property notes.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$root" || exit

lacking() { # FILE: prints what it lacks
	elf=$(readelf -hldnW "$1" 2>/dev/null)
	symbols=$(nm -D "$1" 2>/dev/null)
	has() { printf '%s\n' "$elf" | grep -Eq "$1" || echo "$2"; }
	has 'Type: +DYN' 'position independence'
	has 'GNU_RELRO' 'RELRO'
	has 'FLAGS_1.* NOW|BIND_NOW' 'immediate binding'
	has 'GNU_STACK.* RW ' 'a stack that is not executable'
	printf '%s\n' "$elf" | grep -Eq 'LOAD.* (RWE|WE) ' && echo 'no bytes that are written and run'
	printf '%s\n' "$elf" | grep -q TEXTREL && echo 'no relocations of code'
	printf '%s\n' "$elf" | grep -Eq 'R(UN)?PATH' && echo 'no run path'
	printf '%s\n' "$symbols" | grep -q '__stack_chk_fail' || echo 'stack protector'
	printf '%s\n' "$symbols" | grep -q '_chk@' || echo 'FORTIFY_SOURCE'
}

case $bin in
*/asan/bin) skip 'binaries are hardened' 'a sanitized build' ;;
*)
	for tool in cmd/*; do
		is "${tool##*/} is hardened" "$(lacking "$bin/${tool##*/}")" ''
	done
	# Of a binary one sees that there are checked calls; at which level, only what it was compiled with tells.
	flags=$(cat "$bin/../flags")
	for flag in -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection; do
		ok "compiled with $flag" [ "${flags#*"$flag"}" != "$flags" ]
	done
	# CET in our own objects only: the start files of Debian 12's libc lack the note, so the linker drops it from the program.
	if [ "$(uname -m)" = x86_64 ]; then
		is 'objects are compiled for CET' "$(find "$bin/../obj/lib" "$bin/../obj/cmd" -name '*.o' | while read -r object; do
			readelf -nW "$object" | grep -q 'x86 feature: IBT, SHSTK' || echo "$object"
		done)" ''
	else
		skip 'objects are compiled for CET' 'another architecture'
	fi
	;;
esac
tap_done
