#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit

sav-keygen -o host
sav-keygen -o other
printf '{"schema":1,"name":"caf\303\251"}\n' >report.json
sav-encrypt -k host.pub -o blob report.json

seal() { sav-encrypt -k host.pub -o "$1"; }

run sav-decrypt -k host.key blob
is 'opens a blob' "$status" 0
ok 'byte for byte' cmp report.json "$tmp/out"
sav-decrypt -k host.key <blob >piped
ok 'from standard input, too' cmp report.json piped
sav-decrypt -k other.key -k host.key - <blob >rotated
ok 'with the second of two keys' cmp report.json rotated
run sav-decrypt -k host.key -o opened blob
ok '-o writes a file' cmp report.json opened
is 'for its owner only' "$(mode_of opened)" 600

refuses 'the wrong key' 65 'blob: does not open' sav-decrypt -k other.key blob
head -c 847 blob >short
refuses 'a cut blob' 65 'short: 847 bytes: not the size' sav-decrypt -k host.key short
printf x | cat blob - >long
refuses 'an extended blob' 65 'not the size of a sealed report' sav-decrypt -k host.key long
{ head -c 400 blob; printf 'X'; tail -c +402 blob; } >flipped
cmp -s blob flipped && { head -c 400 blob; printf 'Y'; tail -c +402 blob; } >flipped
refuses 'a changed blob' 65 'flipped: does not open' sav-decrypt -k host.key flipped
refuses 'standard input with nothing' 65 'standard input: 0 bytes' sav-decrypt -k host.key - </dev/null
head -c 2000000 /dev/zero >huge
refuses 'a blob over the limit' 65 'huge: more than 1048848 bytes' sav-decrypt -k host.key huge
refuses 'no such blob' 66 'none: No such file' sav-decrypt -k host.key none
refuses 'a folder without --ndjson' 66 'Is a directory' sav-decrypt -k host.key .
chmod 604 host.key
refuses 'a secret key that others can read' 77 'host.key: .*others can read' sav-decrypt -k host.key blob
chmod 600 host.key
refuses 'a public key for a secret one' 77 'others can read' sav-decrypt -k host.pub blob
refuses 'no key' 64 'give -k' sav-decrypt blob
refuses 'two blobs without --ndjson' 64 'short: one operand too many' sav-decrypt -k host.key blob short
refuses '-o with --ndjson' 64 'no place' sav-decrypt -k host.key --ndjson -o x blob
refuses 'a full disk' 74 'standard output: No space' sh -c 'sav-decrypt -k host.key blob >/dev/full'
refuses 'a full disk, many' 74 'standard output: No space' sh -c 'sav-decrypt -k host.key --ndjson blob >/dev/full'
echo old >kept
refuses 'a failure leaves the old file' 65 'does not open' sav-decrypt -k other.key -o kept blob
is 'as it was' "$(cat kept)" old
is 'and no temporary one' "$(find . -name '.*.tmp')" ''

# A folder of reports: good, pretty-printed, no JSON, an array, broken, in progress, a folder, a fifo, a hostile name.
mkdir drop drop/folder
for n in 1 2 3; do printf '{"n":%d}\n' "$n" | seal "drop/a$n"; done
printf '{\n  "n": 4\n}\n' | seal drop/b
printf 'no json\n' | seal drop/c
printf '[1]' | seal drop/d
cp short drop/e
cp blob drop/.blob.tmp
mkfifo drop/f
cp short "$(printf 'drop/g\033[2J')"
run sav-decrypt -k host.key --ndjson drop
is 'names what does not open at the end' "$status" 65
is 'one line a report, in the order of the names' "$out" "$(printf '{"n":%d}\n' 1 2 3 4)"
is 'what is left out is named' "$(cut -d: -f2- "$tmp/err")" " drop/c: opens, but holds no JSON object
 drop/d: opens, but holds no JSON object
 drop/e: 847 bytes: not the size of a sealed report, cut or not one at all
 drop/f: not a regular file
 drop/g\\x1b[2J: 847 bytes: not the size of a sealed report, cut or not one at all
 5 of 9 reports left out"
refuses 'a folder that is not there' 65 'none: No such file' sav-decrypt -k host.key --ndjson none
run sav-decrypt -k host.key --ndjson drop/a1 drop/a2
is 'files may be named, too' "$status $out" "0 $(printf '{"n":%d}\n' 1 2)"

# With no write to any place and no network: Landlock, where the kernel has it.
run strace -f -e trace=network,execve -o trace sav-decrypt -k host.key blob
is 'opens no socket and starts nothing' "$(grep -cE 'socket|execve' trace)" 1
is '--help fits 80 columns' "$(sav-decrypt --help | awk 'length > 80')" ''
tap_done
