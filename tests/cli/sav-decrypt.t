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
for mode in 644 600; do
	chmod "$mode" host.pub
	refuses "a public key for a secret one ($mode)" 65 'host.pub: a public key' sav-decrypt -k host.pub blob
	is "and says which one is it ($mode)" "$(sed -n 2p "$tmp/err")" \
		'sav-decrypt: hint: sav-keygen calls the secret one NAME.key, which stays with the receiver'
done
cp host.pub renamed
refuses 'a public key under another name opens nothing' 65 'blob: does not open' sav-decrypt -k renamed blob
like 'and the hint says how to tell' "$err" 'hint: sav-keygen -y KEY prints the public key'
refuses 'no key' 64 'give -k' sav-decrypt blob
refuses 'two blobs without --ndjson' 64 'short: one operand too many' sav-decrypt -k host.key blob short
refuses '--bad without --ndjson' 64 'need --ndjson' sav-decrypt -k host.key --bad . blob
refuses '--resume to standard output' 64 'needs -o FILE' sav-decrypt -k host.key --ndjson --resume blob
for wrong in 0 -1 x 513 1.5 ''; do
	refuses "--jobs '$wrong'" 64 "^sav-decrypt: --jobs ${wrong:-''}: not a number from 1 to 512" sav-decrypt -k host.key --ndjson --jobs "$wrong" blob
done
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
is 'what is left out is named' "$(cut -d: -f2- "$tmp/err")" " drop/c: no JSON object: byte 1: { expected
 drop/d: no JSON object: byte 1: { expected
 drop/e: 847 bytes: not the size of a sealed report, cut or not one at all
 drop/f: not a regular file
 drop/g\\x1b[2J: 847 bytes: not the size of a sealed report, cut or not one at all
 reports: 5 of 9 left out"
refuses 'a folder that is not there' 66 '^sav-decrypt: none: No such file' sav-decrypt -k host.key --ndjson -o nothing none
refuses 'nor any other of them' 66 '^sav-decrypt: none: No such file' sav-decrypt -k host.key --ndjson -o nothing none neither
ok 'makes no output' [ ! -e nothing ]
run sav-decrypt -k host.key --ndjson '' drop/a1
like 'one without a name is told as such' "$err" "^sav-decrypt: '': No such file"
run sav-decrypt -k host.key --ndjson none drop/a1
is 'but the rest of several goes on' "$status $out" '65 {"n":1}'
run sav-decrypt -k host.key --ndjson drop/a1 drop/a2
is 'files may be named, too' "$status $out" "0 $(printf '{"n":%d}\n' 1 2)"

# Thousands of them, made by another implementation; every tenth is bad. The one that knows the truth is the maker.
cat >make.py <<'PY'
import json, os, sys
from nacl.public import PublicKey, SealedBox
folder, count, bad_every = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
box = SealedBox(PublicKey(__import__('base64').b64decode(open(sys.argv[1]).read())))
lines, bad = [], []
for i in range(count):
    name = os.urandom(16).hex()
    report = json.dumps({'n': i, 'text': 'x' * (i % 1900)}).encode()
    padded = report + b'\x80' + b'\0' * (-(len(report) + 1) % 800)
    blob = box.encrypt(padded)
    if bad_every and i % bad_every == 0:
        blob = blob[:-1] + bytes([blob[-1] ^ 1])
        bad.append(name)
    else:
        lines.append((name, report.decode()))
    with open(f'{folder}/{name}', 'wb') as file:
        file.write(blob)
print(*(line for _, line in sorted(lines)), sep='\n')
print(*sorted(bad), sep='\n', file=sys.stderr)
PY
mkdir fleet
"$python3" make.py host.pub fleet 1500 10 >truth 2>bad.names
sed 's|.*|sav-decrypt: fleet/&: does not open: changed on the way, or sealed for another key|; $a sav-decrypt: reports: 150 of 1500 left out' bad.names >bad.truth
for jobs in 1 2 16; do
	sav-decrypt -k host.key --ndjson -j "$jobs" fleet >lines 2>complaints
	is "with $jobs threads the status says that some are bad" $? 65
	ok "the lines are those of the maker, in the order of the names ($jobs)" cmp truth lines
	ok "and so are the complaints ($jobs)" cmp bad.truth complaints
done
run sav-decrypt -k host.key --ndjson -o all fleet
is '-o writes the lines to a file' "$status" 65
ok 'the same lines' cmp truth all
is 'for its owner only' "$(mode_of all)" 600
is 'and leaves nothing else' "$(ls -d all*)" all
is 'several folders and files come in their own order' \
	"$(sav-decrypt -k host.key --ndjson drop/a2 drop/b fleet drop/a1 2>/dev/null | sha256sum)" \
	"$({ printf '{"n":2}\n{"n":4}\n'; cat truth; printf '{"n":1}\n'; } | sha256sum)"

# So large that a thread delivers them before its share is done: still in order. One is as large as a report can be.
mkdir large
head -c 1048565 /dev/zero | tr '\0' y >letters
for n in $(seq 100 170); do
	{ printf '{"n":"'; head -c $((n == 169 ? 1048565 : 100000)) letters; printf '%d"}' "$n"; } >report.large
	sav-encrypt -k host.pub -o "large/$n" report.large
	cat report.large
	echo
done >large.truth
sav-decrypt -k host.key --ndjson -j 4 large >lines
ok 'large reports come whole and in order' cmp lines large.truth

# A cut-off run is taken up where it was, wherever it was cut off.
break_off() { # CALL NUMBER: ends the run there as kill -9 does; 32-bit machines call some of them by another name
	strace -f -o first.trace -e trace="/^$1(64)?\$" -e inject="/^$1(64)?\$:signal=SIGKILL:when=$2" \
		sav-decrypt -k host.key --ndjson -j 1 --resume -o resumed fleet 2>/dev/null
}
opened() { grep -c 'openat.*fleet\|openat.*[0-9a-f]\{32\}' "$1"; }
for point in openat:60 openat:250 openat:1200 fdatasync:1 renameat:1 rename:1 fsync:1 fsync:2 fsync:3 unlink:1 write:1 write:20 ftruncate:1; do
	rm -f resumed*
	break_off "${point%:*}" "${point#*:}"
	ok "cut off at $point: no output yet" [ ! -e resumed ]
	run sav-decrypt -k host.key --ndjson --resume -o resumed fleet
	is "taken up again after $point" "$status" 65
	ok "with nothing lost and nothing twice ($point)" cmp truth resumed
	is "and nothing left beside it ($point)" "$(find . -name '*resumed*')" ./resumed
done
rm -f resumed*
break_off openat 1200
ok 'what is written so far can be seen' [ -s resumed.part ]
ok 'and how far that is' [ -s resumed.state ]
strace -f -o second.trace -e trace=openat sav-decrypt -k host.key --ndjson --resume -o resumed fleet 2>/dev/null
ok 'the next run does not open again what was done' [ "$(opened second.trace)" -lt 1490 ]
ok 'and comes to the same' cmp truth resumed
rm -f resumed*
break_off openat 1200
refuses 'a note about another folder' 65 'about other files' sav-decrypt -k host.key --ndjson --resume -o resumed large
head -c 20 resumed.state >short.state && cp short.state resumed.state
refuses 'a note that was cut' 65 'not a note of sav-decrypt' sav-decrypt -k host.key --ndjson --resume -o resumed fleet
head -c 100000 /dev/zero >resumed.state
refuses 'a note that is none' 65 'resumed.state: ' sav-decrypt -k host.key --ndjson --resume -o resumed fleet
rm -f resumed*
break_off openat 1200
: >resumed.part
sav-decrypt -k host.key --ndjson --resume -o resumed fleet 2>/dev/null
ok 'a file shorter than its note is begun anew' cmp truth resumed
rm -f resumed*
break_off openat 1200
sav-decrypt -k host.key --ndjson -o resumed fleet 2>/dev/null
ok 'without --resume everything is' cmp truth resumed
is 'and the note goes' "$(ls -d resumed*)" resumed
echo old >kept
refuses 'a full disk' 74 'No space|File too large' sh -c 'ulimit -f 100; trap "" XFSZ; exec sav-decrypt -k host.key --ndjson -o kept fleet'
is 'leaves the old file' "$(cat kept; ls -d kept*)" 'old
kept'
mkfifo pipe && ln -s kept link
for place in pipe link fleet ''; do
	refuses "-o '$place' is no place for lines" 73 "^sav-decrypt: ${place:-''}: not a regular file" \
		sav-decrypt -k host.key --ndjson -o "$place" fleet
done
is 'and each is what it was' "$(stat -c %F pipe link fleet; ls -d .part ./*.part 2>/dev/null)" 'fifo
symbolic link
directory'
refuses 'a file that another run is writing' 75 'busy.part: another run' flock busy.part sav-decrypt -k host.key --ndjson -o busy fleet
ok 'the other run keeps it' [ -e busy.part ]
mkfifo strange.part
refuses 'something else in the place of that file' 73 'strange.part: not a regular file' sav-decrypt -k host.key --ndjson -o strange fleet
ok 'which stays: it is nothing of ours' [ -p strange.part ]
# shellcheck disable=SC2086 # somebody is several words
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$tmp"
	cp host.key its.key && chown 65534 its.key
	somebody='setpriv --reuid 65534 --regid 65534 --clear-groups'
	refuses 'a folder that may not be written' 77 'lines.part: Permission denied' \
		$somebody sav-decrypt -k its.key --ndjson -o lines fleet
	refuses 'with one blob, too' 77 'report: Permission denied' $somebody sav-decrypt -k its.key -o report blob
else
	skip 'a folder that may not be written' 'needs root, to be somebody else'
fi

# Bad ones moved aside.
cp -r fleet moving
mkdir bad
mkfifo moving/fifo
run sav-decrypt -k host.key --ndjson --bad bad moving
is '--bad ends as without it' "$status" 65
ok 'with the same lines' cmp truth "$tmp/out"
ok 'moves what does not open' sh -c 'ls bad | cmp - bad.names'
is 'and that only' "$(find moving -type f | wc -l) $(ls moving/fifo)" '1350 moving/fifo'
rm moving/fifo
run sav-decrypt -k host.key --ndjson --bad bad moving
is 'the next run finds nothing bad' "$status" 0
run sav-decrypt -k other.key --ndjson --bad bad moving
is 'the wrong key does not move everything' "$status" 65
like 'but is doubted' "$err" 'reports: none of the first [0-9]+ opens'
is 'nor anything' "$(find moving -type f | wc -l)" 1350
cp short moving/0
echo keep >bad/0
run sav-decrypt -k host.key --ndjson --bad bad moving
like 'a name that is taken there stays' "$err" 'warning: 0: not moved to bad: File exists'
is 'as it is' "$(cat bad/0) $(ls moving/0)" 'keep moving/0'
refuses 'no such folder for bad ones' 66 'nowhere: No such' sav-decrypt -k host.key --ndjson --bad nowhere moving

# On a terminal.
script -qec 'sav-decrypt -k host.key --ndjson fleet >lines' typescript >/dev/null </dev/null
like 'progress is shown on a terminal' "$(tr '\r' '\n' <typescript)" '^[0-9,]+ of 1,500'
is 'and nowhere else' "$(grep -c ' of 1,500' complaints)" 0

run sav-decrypt -k host.key --ndjson - <drop/a1
is 'one may come from standard input' "$status $out" '0 {"n":1}'
printf '{"n":"\033[2J\302\233"}\n' | seal obeyed
echo 'sav-decrypt -k host.key obeyed' >run.sh
script -qec 'sh run.sh' terminal >/dev/null 2>&1 </dev/null
like 'a terminal is shown what it must not obey' "$(cat terminal)" '^.?"?.*"n":"\\x1b\[2J\\xc2\\x9b"'

# With no write to any place and no network.
confines 'gives up what it does not need' sav-decrypt -k host.key blob
run strace -f -e trace=network,execve -o trace sav-decrypt -k host.key blob
is 'opens no socket and starts nothing' "$(grep -cE 'socket|execve' trace)" 1
tap_done
