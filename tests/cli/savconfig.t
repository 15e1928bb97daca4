#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
SAV_HOME=$tmp/home
export SAV_HOME
mkdir -p home/etc home/var/feedback/waiting
file=home/etc/savd.yaml
lines() { printf '%s\n' "$@"; }

# What the defaults are
run savconfig query
is 'query shows nothing while no layer sets anything' "$status$out$err" 0
is 'get prints the bare value' "$(savconfig get EmailServer)" localhost:25
is 'query P does the same' "$(savconfig query EmailServer)" localhost:25
is 'names are found in whatever case' "$(savconfig get EMAILserver)" localhost:25
is 'a list is printed an item a line' "$(savconfig get ExclusionEncodings)" "$(lines UTF-8 EUC-JP ISO-8859-1)"
run savconfig get PrimaryUpdateSourcePath
is 'unset without a default: nothing, and status 0' "$status$out$err" 0
is 'get shows hidden parameters' "$(savconfig get RegressionSuite)" false
ok 'reading creates no file' [ -z "$(ls -A home/etc)" ]
is '--all shows what is at its default' "$(savconfig --all query | grep -E '^(Email|LiveProtection|UpdatePeriodMinutes):')" \
	"$(lines 'LiveProtection: enabled' 'Email: root@localhost' 'UpdatePeriodMinutes: 60')"
is 'further values of a list stand in the column of the first' "$(savconfig query --all | grep -A 2 '^ExclusionE')" \
	"$(lines 'ExclusionEncodings: UTF-8' '                    EUC-JP' '                    ISO-8859-1')"
is '--all alone hides the hidden ones' "$(savconfig --all query | grep -cE 'Fanotify|Regression')" 0
is '--advanced shows them' "$(savconfig --advanced --all query | grep -cE '^(PreferFanotify|DisableFanotify|RegressionSuite):')" 3

# set, add, remove, reset
run savconfig set DisableFeedback true
is 'set says nothing' "$status$out$err" 0
is 'and is kept' "$(savconfig get DisableFeedback)" true
is 'a new file is for its owner only' "$(mode_of $file)" 600
is 'the file is what a person would write' "$(cat $file)" 'DisableFeedback: true'
for word in enabled YES on 1 True; do
	savconfig set DisableFeedback false && savconfig set DisableFeedback $word
	is "$word is true" "$(savconfig get DisableFeedback)" true
done
for word in disabled No off 0 FALSE; do
	savconfig set LiveProtection enabled && savconfig set liveprotection $word
	is "$word is disabled where the parameter says so" "$(savconfig get LiveProtection)" disabled
done
savconfig set ScanArchives Enabled
is 'words are found in whatever case' "$(savconfig get ScanArchives)" enabled
savconfig reset scanarchives
is 'reset goes back to the default' "$(savconfig get ScanArchives)" mixed
savconfig set ScanArchives mixed
is 'query shows what a layer sets, also to the default' "$(savconfig query | grep Archives)" 'ScanArchives: mixed'
rm $file
savconfig add ExcludeFilePaths '/srv/a b' && savconfig add ExcludeFilePaths /c && savconfig add ExcludeFilePaths /c
is 'add appends what is not there yet' "$(savconfig get ExcludeFilePaths)" "$(lines '/srv/a b' /c)"
savconfig remove ExcludeFilePaths '/srv/a b' && savconfig remove ExcludeFilePaths /c
is 'remove empties a list' "$(savconfig get ExcludeFilePaths)" ''
is 'and an empty list is shown as one' "$(savconfig query)" 'ExcludeFilePaths:'
savconfig remove ExclusionEncodings EUC-JP
is 'remove starts from the default' "$(savconfig get ExclusionEncodings)" "$(lines UTF-8 ISO-8859-1)"
savconfig set ExclusionEncodings KOI8-R
is 'set on a list leaves one item' "$(savconfig get ExclusionEncodings)" KOI8-R
savconfig set Email -- -x
is 'a value may begin with a dash behind --' "$(savconfig get Email)" -x

# What is refused changes nothing
before=$(cat $file && stat -c '%i %y' $file)
refuses 'a wrong name, with the nearest' 64 'DisableFedback: no such parameter; did you mean DisableFeedback\?' savconfig set DisableFedback true
refuses 'a name like none' 64 'Nonsense: no such parameter$' savconfig get Nonsense
refuses 'a wrong truth' 65 'DisableFeedback: must be true or false' savconfig set DisableFeedback maybe
refuses 'a wrong word' 65 'ScanArchives: must be mixed, enabled or disabled' savconfig set ScanArchives true
refuses 'a wrong number' 65 'LogMaxSizeMB: must be a number from 1 to 1000000' savconfig set LogMaxSizeMB 1e3
refuses 'a relative path' 65 'ExcludeFilePaths: must be an absolute path' savconfig add ExcludeFilePaths tmp
refuses 'an empty value' 65 'Email: must not be empty' savconfig set Email ''
refuses 'a newline' 65 'Email: must not hold control' savconfig set Email 'a
b'
refuses 'bytes that are not UTF-8' 65 'Email: must be UTF-8' savconfig set Email "$(printf '\377')"
refuses 'a value that is too long' 65 'Email: must have at most 4096 bytes' savconfig set Email "$(printf '%05000d' 0)"
refuses 'credentials in a URL, without showing them' 65 'PrimaryUpdateProxyAddress: must not hold credentials$' \
	savconfig set PrimaryUpdateProxyAddress http://me:hush@proxy:1
refuses 'add to what is no list' 64 'Email: is no list' savconfig add Email a@b
refuses 'remove from what is no list' 64 'Email: is no list' savconfig remove Email a@b
refuses 'remove of what is not there' 65 'ExcludeFilePaths: /x: is not in the list' savconfig remove ExcludeFilePaths /x
refuses 'no command' 64 'operand: missing' savconfig
refuses 'an unknown command' 64 'sett: no such command' savconfig sett Email a
refuses 'a missing value' 64 'set: an operand is missing' savconfig set Email
refuses 'a left-over argument' 64 'set: one operand too many' savconfig set Email a b
refuses 'a third argument but for scans' 64 'ExcludeFilePaths: takes one value' savconfig add ExcludeFilePaths /a /b
refuses 'a second argument of get but for scans' 64 'Email: one operand too many' savconfig get Email a
refuses '--all with another command' 64 'go with query alone' savconfig --all get Email
refuses 'an unknown option' 64 '--what: no such option' savconfig --what query
refuses 'a home that is no absolute path' 78 'SAV_HOME: home: not an absolute path' env SAV_HOME=home savconfig query
savconfig set Email -- -x && savconfig add ExclusionEncodings KOI8-R && savconfig reset WebUI
is 'neither that nor a setting that is there already has touched the file' "$(cat $file && stat -c '%i %y' $file)" "$before"

# Secrets
savconfig set PrimaryUpdatePassword 'hush #1' && savconfig set PrimaryUpdateUsername me
is 'a secret is masked by query' "$(savconfig query | grep Primary)" \
	"$(lines 'PrimaryUpdateUsername: ********' 'PrimaryUpdatePassword: ********')"
is 'and by get' "$(savconfig get PrimaryUpdatePassword)" '********'
is 'but kept' "$(grep PrimaryUpdateP $file)" "PrimaryUpdatePassword: 'hush #1'"
run savconfig get PrimaryUpdateProxyPassword
is 'a secret that is not set shows nothing' "$status$out$err" 0
printf 'from stdin\n' | savconfig set PrimaryUpdateProxyPassword -
is 'a secret may come by standard input' "$(grep ProxyPassword $file)" 'PrimaryUpdateProxyPassword: from stdin'
refuses 'a wrong secret, without showing it' 65 '^savconfig: PrimaryUpdatePassword: must not hold control characters$' \
	savconfig set PrimaryUpdatePassword 'hush
'
refuses 'a secret of two lines on standard input' 65 'must not hold control' \
	sh -c 'printf "a\nb\n" | savconfig set PrimaryUpdatePassword -'
refuses 'a secret with a NUL' 65 'NUL' sh -c 'printf "a\0b" | savconfig set PrimaryUpdatePassword -'
cp $file saved.yaml
printf 'PrimaryUpdatePassword: "hush\\x07"\n' >$file
refuses 'a wrong secret in the file, without showing it' 78 'savd.yaml:1:24: PrimaryUpdatePassword: must not hold control characters$' savconfig query
rm $file

savconfig set Email "$(printf 'a\342\200\256b')"
is 'query masks what would turn the text round' "$(savconfig query)" 'Email: a\xe2\x80\xaeb'
is 'get does not' "$(savconfig get Email)" "$(printf 'a\342\200\256b')"
rm $file

# Scans
printf '/home\n  deeper\n\n# not a comment' >scan
savconfig add NamedScans 'every night' scan && echo /srv | savconfig add namedscans weekly -
is 'get NamedScans prints the names' "$(savconfig get NamedScans)" "$(lines 'every night' weekly)"
savconfig get NamedScans 'every night' >got
ok 'a definition comes back byte for byte' cmp -s scan got
echo /opt | savconfig add NamedScans 'every night' -
is 'a scan may get another definition' "$(savconfig get NamedScans 'every night')$(savconfig get NamedScans | wc -l)" /opt2
savconfig remove NamedScans weekly && savconfig remove NamedScans 'every night'
is 'and be removed' "$(savconfig get NamedScans)" ''
is 'the last one leaves an empty mapping' "$(cat $file)" 'NamedScans: {}'
head -c 65536 /dev/zero | tr '\0' x >big
savconfig add NamedScans big big && savconfig get NamedScans big >got
ok 'a definition of 64 KiB is kept' cmp -s big got
echo >>big
refuses 'a definition over 64 KiB' 65 'big: more than 65536 bytes' savconfig add NamedScans more big
refuses 'an empty definition' 65 '/dev/null: holds no definition' savconfig add NamedScans a /dev/null
refuses 'a definition that is not text' 65 'standard input: must not hold control' sh -c 'printf "a\0" | savconfig add NamedScans a -'
refuses 'a definition that is not there' 66 'none: No such file' savconfig add NamedScans a none
refuses 'a scan without a file' 64 'NamedScans: a scan needs a name and a file' savconfig add NamedScans a
refuses 'set of a scan' 64 'NamedScans: a scan needs a name and a file' savconfig set NamedScans a
refuses 'a scan that is not there' 65 'NamedScans: none: no such scan' savconfig get NamedScans none

# The policy layer
mv saved.yaml $file
printf 'ManagementType: SEC\nDisableFeedback: true\nEmail: they@there\nExcludeFilePaths: [/p, /q]\n' >home/etc/policy.yaml
savconfig reset ExcludeFilePaths 2>/dev/null
is 'what policy sets is in force' "$(savconfig get Email)" they@there
is 'and shown as locked' "$(savconfig query | grep -A 1 -E 'Locked')" "$(lines 'DisableFeedback (Locked): true' \
	'ExcludeFilePaths (Locked): /p' '                           /q' -- 'Email (Locked): they@there' \
	'PrimaryUpdateUsername: ********')"
before=$(cat $file)
for change in 'set Email a@b' 'reset Email' 'set DisableFeedback false' 'add ExcludeFilePaths /p' 'remove ExcludeFilePaths /p' \
	'remove ExcludeFilePaths /absent'; do
	# shellcheck disable=SC2086 # words
	refuses "policy refuses to $change" 77 ': locked by policy' savconfig $change
done
is 'and the file is as it was' "$(cat $file)" "$before"
savconfig set WebUI true
is 'what policy leaves can be set' "$(savconfig get WebUI)" true
printf 'Email: [\n' >home/etc/policy.yaml
refuses 'a policy with an error' 78 'policy.yaml:2:1: ' savconfig set WebUI false
rm home/etc/policy.yaml

# A file that a person edits
cat >$file <<'END'
# Our settings. Ask before you change them!

email:   'admins@example.com'   # the list

ExcludeFilePaths:     # see ticket 12
    - /srv/build      # noisy
    # - /srv/old
    - "/srv/new"

UpdatePeriodMinutes: 120
# the end
END
chmod 640 $file
sed -e "s/'admins@example.com'/ops@example.com/" -e '/noisy/d' -e 's/"\/srv\/new"/&\n    - \/srv\/x/' \
	-e 's/^UpdatePeriodMinutes.*/WebUI: true/' $file >wanted
savconfig set Email ops@example.com && savconfig remove ExcludeFilePaths /srv/build &&
	savconfig add ExcludeFilePaths /srv/x && savconfig reset UpdatePeriodMinutes && savconfig set WebUI on
# The new entry stands behind the last one; the empty line above it is the list's neighbour.
is 'comments, order and spelling stay' "$(grep -v '^$' $file)" "$(grep -v '^$' wanted)"
is 'and the mode' "$(mode_of $file)" 640
if [ "$(id -u)" -eq 0 ]; then
	chown 65534:65533 $file
	savconfig set LogMaxSizeMB 7
	is 'and the owner' "$(stat -c %u:%g $file)" 65534:65533
else
	skip 'and the owner' 'only root may give files away'
fi
broken() { # SENTENCE TEXT MESSAGE: refused by a reader and a writer, and still there
	printf '%b' "$2" >$file
	cp $file broken.yaml
	refuses "$1 is refused by query" 78 "savd.yaml:$3" savconfig query
	refuses "$1 is refused by set" 78 "savd.yaml:$3" savconfig set WebUI true
	ok 'and never overwritten' cmp -s $file broken.yaml
}
broken 'a bracket left open' 'WebUI: true\nEmail: [a\n' '3:1: did not find expected'
broken 'a misspelt name' 'WebUI: true\n  \nDisableFedback: true\n' '3:1: DisableFedback: no such parameter; did you mean DisableFeedback\?'
broken 'a wrong value' 'DisableFeedback: ture\n' '1:18: DisableFeedback: must be true or false'
broken 'a name without a value' 'DisableFeedback:\n' '1:17: DisableFeedback: no value'
broken 'a value for a list' 'ExcludeFilePaths: /a\n' '1:19: ExcludeFilePaths: must be a list'
broken 'a name given twice' 'Email: a\nWebUI: on\nEmail: b\n' '3:1: Email: given twice'
broken 'an alias' 'Email: *a\n' '1:8: an alias'
broken 'a byte that is not UTF-8' 'Email: a\n# \0377\n' '2:3: not UTF-8'
broken 'a second document' 'Email: a\n---\nWebUI: on\n' '2:1: a second document'

# Things that are no settings file
head -c 9000000 /dev/zero | tr '\0' '#' >$file
refuses 'a huge file' 78 'savd.yaml: more than 8388608 bytes' savconfig query
rm $file && mkdir $file
refuses 'a folder in its place' 78 'savd.yaml: not a regular file' savconfig query
refuses 'and for set' 78 'savd.yaml: not a regular file' savconfig set WebUI true
rmdir $file && mkfifo $file
refuses 'a fifo, without waiting' 78 'savd.yaml: not a regular file' savconfig set WebUI true
rm $file && ln -s ../../broken.yaml $file
refuses 'a symbolic link' 78 'savd.yaml: is a symbolic link' savconfig set WebUI true
ok 'which stays' [ -L $file ]
rm $file
refuses 'a home without etc' 73 'etc/.savd.lock: No such file' env SAV_HOME="$tmp/none" savconfig set WebUI true
run env SAV_HOME="$tmp/none" savconfig get WebUI
is 'but it has its defaults' "$status$out" 0false
run env -u SAV_HOME savconfig --all query
is 'without SAV_HOME the installation is the one compiled in' "$status" 0
mkdir -p link && ln -s ../broken.yaml link/.savd.lock && mkdir -p linked && mv link linked/etc
refuses 'a lock that is a symbolic link' 73 '.savd.lock: Too many levels' env SAV_HOME="$tmp/linked" savconfig set WebUI true

mv home/etc elsewhere && ln -s ../elsewhere home/etc
savconfig set WebUI true
is 'etc may be a link to a folder elsewhere' "$(savconfig get WebUI)" true
rm home/etc && mv elsewhere home/etc

# Rights and room
as_other() { # somebody whom the modes of files hold back
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}
chmod 755 "$tmp"
savconfig set WebUI true
chmod 0 $file home/etc/.savd.lock
if as_other savconfig --version >/dev/null 2>&1; then
	refuses 'a reader without the right' 77 'savd.yaml: Permission denied' as_other savconfig query
	refuses 'a writer without the right' 77 'etc/.savd.lock: Permission denied' as_other savconfig set WebUI false
else
	skip 'a user without the right' 'the programs lie where others cannot reach them'
fi
chmod 600 $file home/etc/.savd.lock
is 'the setting stays' "$(savconfig get WebUI)" true
refuses 'a full disk behind standard output' 74 'standard output: No space left' sh -c 'savconfig get Email >/dev/full'
refuses 'a closed standard output' 74 'standard output: Bad file descriptor' sh -c 'savconfig get Email >&-'
refuses '--help on a full disk' 74 'standard output: No space left' sh -c 'savconfig --help >/dev/full'
if unshare -m true 2>/dev/null; then
	mkdir -p small/etc
	cat >full.sh <<'END'
mount -t tmpfs -o size=16k none small || exit 99
mkdir small/etc && SAV_HOME=$PWD/small && export SAV_HOME
savconfig set WebUI true || exit 98
head -c 100000 /dev/zero >small/fill 2>/dev/null
savconfig set Email "$(printf '%04000d' 0)@here"
echo "$? $(savconfig get WebUI) $(ls -A small/etc | tr '\n' ' ')"
rm small/fill
mount -o remount,ro none small && savconfig set WebUI false
echo "$? $(savconfig get WebUI)"
END
	run unshare -m sh full.sh
	is 'a full disk and a read-only one leave the old file and nothing beside it' "$out" "$(lines '74 true .savd.lock savd.yaml ' '77 true')"
	like 'and are told apart' "$err" 'savd.yaml: No space left on device'
	like 'clearly' "$err" 'Read-only file system'
else
	skip 'a full disk' 'may not mount here'
fi

# Off means off
rm -f $file
touch home/var/feedback/waiting/a home/var/feedback/waiting/b home/var/feedback/keep
run savconfig set DisableFeedback true
is 'turning feedback off discards what waits to be sent' "$status$(ls home/var/feedback/waiting)" 0
is 'and says so on standard error' "$out$err" 'savconfig: discarded 2 reports waiting to be sent'
touch home/var/feedback/waiting/c
run savconfig set DisableFeedback 1
is 'also when it was off already' "$err$(ls home/var/feedback/waiting)" 'savconfig: discarded 1 report waiting to be sent'
touch home/var/feedback/waiting/d
run savconfig set DisableFeedback false
is 'turning it on, too: what came in spite of that is from before' "$err$(ls home/var/feedback/waiting)" \
	'savconfig: discarded 1 report waiting to be sent'
touch home/var/feedback/waiting/e
run savconfig set DisableFeedback false
is 'it was on: what waits stays' "$status$err$(ls home/var/feedback/waiting)" 0e
for way in 'reset DisableFeedback' 'set DisableFeedback no'; do
	echo 'DisableFeedback: true' >$file # by hand
	touch home/var/feedback/waiting/f
	# shellcheck disable=SC2086 # words
	run savconfig $way
	is "off by hand, $way: nothing from before is sent" "$status$(savconfig get DisableFeedback)$(ls home/var/feedback/waiting)" 0false
done
echo 'DisableFeedback: true' >$file
mkdir home/var/feedback/waiting/folder
refuses 'what cannot be discarded keeps it off' 66 'feedback stays off, for a report from before still waits to be sent: .*Is a directory' \
	savconfig reset DisableFeedback
is 'as it was' "$(savconfig get DisableFeedback)" true
rmdir home/var/feedback/waiting/folder
ok 'and nothing else is ever removed' [ -e home/var/feedback/keep ]
mkdir home/var/feedback/waiting/folder
refuses 'what cannot be discarded is told' 66 'feedback is off, but a report still waits to be sent: .*waiting/folder: Is a directory' \
	savconfig set DisableFeedback true
is 'with feedback off' "$(savconfig get DisableFeedback)" true
rm -r home/var/feedback/waiting && mkdir precious && touch precious/file
ln -s ../../../precious home/var/feedback/waiting
refuses 'a link in the place of the folder is not followed' 66 'waiting: Not a directory' savconfig set DisableFeedback true
ok 'and what lies behind it stays' [ -e precious/file ]

# Many at once, and killed
rm -f $file
for n in $(seq 200); do
	savconfig add ExcludeFilePaths "/p/$n" &
done
wait
is '200 added at once all survive' "$(savconfig get ExcludeFilePaths | sort -t / -k 3n)" "$(seq -f /p/%g 200)"
is 'and leave nothing beside the file and its lock' "$(ls -A home/etc)" "$(lines .savd.lock savd.yaml)"

: >bad
for n in $(seq 50); do
	was=$(savconfig get UpdatePeriodMinutes)
	savconfig set UpdatePeriodMinutes $((n + 1000)) &
	pid=$!
	awk -v n="$n" 'BEGIN { srand(n); for (i = rand() * 200000; i > 0; i--); }' # up to about the time of a run
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	now=$(savconfig get UpdatePeriodMinutes) || echo "$n: does not parse" >>bad
	[ "$now" = "$was" ] || [ "$now" = $((n + 1000)) ] || echo "$n: $was became $now" >>bad
done 2>/dev/null
is '50 writers killed at any moment leave the old file or the new one' "$(cat bad)" ''
killed_at() { # killed as it enters the call
	strace -qq -o /dev/null -e inject="$1" savconfig set LogMaxSizeMB 77 2>/dev/null
	savconfig get LogMaxSizeMB
}
for stop in write fsync renameat,renameat2; do
	is "killed at its $stop, the old one is there" "$(killed_at $stop:signal=KILL)" 100
done
is 'killed after that, the new one' "$(killed_at fsync:signal=KILL:when=2)" 77
touch home/etc/.savd.yaml.0123456789abcdef.tmp home/etc/.savd.yaml.note.tmp
savconfig set LogMaxSizeMB 78
is 'the next writer removes what killed ones left, and nothing else' "$(ls -A home/etc)" \
	"$(lines .savd.lock .savd.yaml.note.tmp savd.yaml)"

# Rights given up
strace -f -qq -e trace=%network,execve,landlock_restrict_self -o trace savconfig set WebUI false >/dev/null 2>&1
is 'savconfig opens no socket and starts no program' "$(grep -c execve trace),$(grep -cE 'socket|connect' trace)" 1,0
confines 'and is confined to the installation' savconfig set WebUI true

# Help and manual
run savconfig --help
is '--help ends 0' "$status" 0
like '--help shows a default' "$out" '^  UpdatePeriodMinutes \(60\): a number from 1 to 43200$'
is '--help hides hidden parameters' "$(savconfig --help | grep -c Fanotify),$(savconfig --advanced --help | grep -c '^  .*Fanotify: ')" 0,2
savconfig --advanced --help | "$root/scripts/param-pages" >wanted
sed -n '/^\.\\" The list/,/^\.\\" End of/p' "$root/man/savd.yaml.5" | sed '1d;$d' >got
ok 'savd.yaml(5) has the list of parameters that the program has' cmp got wanted
like '--version' "$(savconfig --version)" '^savconfig [0-9]+\.[0-9]+\.[0-9]+$'
tap_done
