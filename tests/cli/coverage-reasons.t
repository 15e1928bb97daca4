#!/bin/sh
# What make coverage says of lines that were not reached.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
tab=$(printf '\t')

explain() { # the rows of the reasons
	cat >reasons
	run "$root/scripts/coverage-reasons" coverage reasons
}
# As llvm-cov shows it.
cat >coverage <<'END'
lib/x/a.c:
    1|       |#include "a.h"
    2|     12|{
    3|     12|	char *copy = strdup(text);
    4|     12|
    5|     12|	if (copy == NULL)
    6|      0|		return -1;
    7|  1.20k|	if (text[0] == '-')
    8|      0|		return 1;
    9|       |
   10|     12|	return 0;
   11|     12|}

cmd/x/main.c:
    1|      0|	return 1;
END
memory="memory${tab}lib/${tab}strdup\\(.* => return -1${tab}an allocation fails"

explain <<END
# a remark
$memory
elsewhere${tab}lib/x/b\\.c${tab}.${tab}of another file
END
is 'a line without a reason is a failure' "$status" 1
like 'and named' "$out" "^  lib/x/a\\.c:8: if \\(text\\[0\\] == '-'\\) => return 1;"
like 'the others are counted, with what was asked before' "$out" '^lib/x/ +9 +77\.8 % +2 +1 +0 +0 +0 +0 +1$'
like 'and told' "$out" '^    lib/x/a\.c:6$'
ok 'only those of lib/' [ "${out#*cmd/}" = "$out" ]
explain <<END
$memory
never${tab}lib/x/a\\.c${tab}== '-'${tab}no text begins so
END
is 'with one for each it is none' "$status" 0
like 'the class counts it' "$out" '^lib/ +9 +77\.8 % +2 +1 +0 +0 +1 +0 +0$'
explain <<END
perhaps${tab}lib/${tab}.${tab}of no class
END
like 'there are no other classes' "$status,$err" '^1,reasons: not CLASS, PATH, PATTERN, REASON'
tap_done
