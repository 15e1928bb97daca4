#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit

ago() { touch -d "$1 ago" "$2"; } # only the modification time is ours to set: the status change is now

mkdir drop drop/folder
ago '90 days' drop/old
ago '89 days' drop/just
ago '88 days 23 hours' drop/young
: >drop/new
ago '90 days' drop/.half.tmp
ago '90 days' "$(printf 'drop/g\033[2J')"
ago '90 days' drop/folder/inside
echo outside >outside
ago '90 days' outside
ln -s ../outside drop/link
touch -h -d '90 days ago' drop/link
mkfifo drop/fifo
touch -d '90 days ago' drop/fifo drop/folder
# A sender dated it: it counts from when it came.
touch -d 2100-01-01 drop/dated
before=$(find . | sort)

run sav-retain --days 89 -n drop
is '-n tells' "$status $(sort "$tmp/out")" '0 drop/.half.tmp
drop/g\x1b[2J
drop/just
drop/old
drop: 4 to be removed, 3 kept, 3 no files'
is 'and removes nothing' "$(find . ! -name out ! -name err | sort)" "$before"
run sav-retain --days 89 drop
is 'old files are removed' "$status $out$err" '0 drop: 4 removed, 3 kept, 3 no files'
is 'and nothing else' "$(find drop outside | sort)" 'drop
drop/dated
drop/fifo
drop/folder
drop/folder/inside
drop/link
drop/new
drop/young
outside'
run sav-retain --days 89 drop
is 'the next run finds nothing' "$out" 'drop: 0 removed, 3 kept, 3 no files'
ago '90 days' drop/again
run sh -c 'cd drop && sav-retain --days 89 ../drop .'
is 'a folder may be named in any way' "$out" '../drop: 1 removed, 3 kept, 3 no files
.: 0 removed, 3 kept, 3 no files'
evil=$(printf 'evil\033[2J')
mkdir "$evil"
: >"$evil/new"
run sav-retain --days 89 "$evil"
is 'and no terminal obeys its name' "$out" 'evil\x1b[2J: 0 removed, 1 kept'

# Whatever a sender does to the dates, and whatever was restored: on day 90 there is nothing left, if it runs every day.
mkdir year
for n in $(seq 20); do : >"year/$n"; done
touch -d '2100-01-01' year/1
touch -d '1971-01-01' year/2
# A sanitized program waits for ever under faketime: both want to be first.
if ! grep -q __asan_init "$bin/sav-retain"; then
	NO_FAKE_STAT=1 faketime -f +88d sav-retain --days 89 year >/dev/null
	is 'after 88 days all is there but what claims to be older' "$(find year -type f | wc -l)" 19
	NO_FAKE_STAT=1 faketime -f +90d sav-retain --days 89 year >/dev/null
	is 'after 90 days nothing is' "$(find year -type f | wc -l)" 0
	: >year/now
	NO_FAKE_STAT=1 run faketime -f -40d sav-retain --days 89 year
	is 'a file dated ahead is told of' "$status" 65
	like 'and counted' "$out $err" '0 removed, 0 kept, 1 dated ahead sav-retain: year: 1 files are dated more than a day ahead'
	ok 'and stays' [ -e year/now ]
else
	skip 'after 90 days nothing is left' 'a sanitized build'
fi

mkdir twenty
for n in $(seq -w 3000); do : >"twenty/$n"; done
find twenty -type f -exec touch -d '100 days ago' {} +
run sav-retain --days 89 twenty
is 'thousands go in one run' "$out" 'twenty: 3000 removed, 0 kept'

ln -s drop to-drop
refuses 'a link to a folder' 66 'to-drop: Not a directory' sav-retain --days 1 to-drop
refuses 'with a slash behind it, too' 66 'to-drop//: Not a directory' sav-retain --days 1 to-drop//
refuses 'a file' 66 'outside: Not a directory' sav-retain --days 1 outside
refuses 'a folder that is not there' 66 'none: No such file' sav-retain --days 1 none
for folder in / /etc /usr/share /var/lib /tmp /home /proc/1; do
	refuses "to clean $folder" 64 'a system or home folder' sav-retain --days 3650 "$folder"
done
refuses 'the root by another name' 64 'system or home' sav-retain --days 3650 /tmp/..
for home in drop drop/ to-drop; do
	refuses "its own home, called $home" 64 'system or home' env HOME="$tmp/$home" sav-retain --days 1 drop
done
for days in 0 -1 x 3651 1.5 '' 89d; do
	refuses "--days '$days'" 64 'not a number from 1 to 3650' sav-retain --days "$days" drop
done
refuses 'no age' 64 'give --days' sav-retain drop
refuses 'no folder' 64 'operand: missing' sav-retain --days 89
refuses 'a full disk behind standard output' 74 'standard output: No space' sh -c 'sav-retain --days 89 drop >/dev/full'
ago '90 days' drop/again
run sav-retain --days 89 none drop
is 'one folder that fails does not keep the others' "$status $out" '66 drop: 1 removed, 3 kept, 3 no files'
if [ "$(id -u)" -eq 0 ] && chattr +i drop/young 2>/dev/null; then
	touch -d '90 days ago' drop/again
	touch -d '90 days ago' drop/new
	chattr +i drop/new
	run sav-retain --days 89 drop
	chattr -i drop/young drop/new
	is 'a file that cannot be removed is told of' "$status" 74
	like 'by name' "$err" 'drop/new: Operation not permitted'
	is 'and the rest goes' "$out" 'drop: 1 removed, 2 kept, 3 no files, 1 failed'
else
	skip 'a file that cannot be removed is told of' 'needs root and a file system with chattr'
fi
ago '90 days' drop/again
run strace -f -e trace=network,execve,unlink,unlinkat,fsync -o trace sav-retain --days 89 drop
is 'opens no socket and starts nothing' "$(grep -cE 'socket|execve' trace)" 1
is 'what is removed stays removed after a power cut' "$(sed -n 's/.* \(unlink\|fsync\).*/\1/p' trace | uniq)" 'unlink
fsync'
tap_done
