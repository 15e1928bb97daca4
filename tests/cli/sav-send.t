#!/bin/sh
# Sending to a folder, over http and over https to a real nginx; what is refused; and off means off.
# shellcheck source=tests/tap.sh disable=SC2317 # functions that `run` and `refuses` call
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

sender
mkdir folder
clock='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}: '
# What the log says, without the times; a line without one stays whole, so that it is seen.
log() { sed -E "s/^$clock//" err; }
only_name() { ls -A "$1"; }

# A folder
folder_url=file://$(printf %s "$tmp/folder" | sed 's/ /%20/g')
run sav-send --url "$folder_url" report
is 'puts a report into a folder' "$status" 0
is 'and says nothing' "$out$err" ''
like 'the name is 32 random hexadecimal digits' "$(only_name folder)" '^[0-9a-f]{32}$'
ok 'the bytes are the same' cmp -s report "folder/$(only_name folder)"
is 'its owner and group may read it' "$(mode_of "folder/$(only_name folder)")" 640
is 'the route is remembered' "$(route)" 'file direct'
rm folder/*
run sav-send -v --url "$folder_url" --name one <report
is '-v tells the log what happens' "$(log)" "$(printf '%s\n' 'Preparing feedback data' 'Sending feedback' \
	'trying with file: drop folder (no network)' Success)"
is 'every line has its time' "$(grep -Evc "^$clock" err)" 0
is '--name names it' "$(only_name folder)" one
run sav-send --url "$folder_url" --name one report
is 'the same report once more is delivered already' "$status" 0
echo other >other
refuses 'another report of that name is not put over it' 73 'one: File exists' sav-send --url "$folder_url" --name one other
ok 'the first one is intact' cmp -s report folder/one
is 'and nothing lies beside it' "$(only_name folder)" one
refuses 'a folder that is not there' 73 'none: No such file' sav-send --url "${folder_url}/none" report
refuses 'a file for a folder' 73 'one: Not a directory' sav-send --url "${folder_url}/one" report
run sh -c "ulimit -f 0; trap '' XFSZ; exec sav-send --url \"\$1\" report" sh "$folder_url" # the message is a file of none, too
is 'no room' "$status" 74
is 'leaves nothing half-written' "$(only_name folder)" one

# A folder that strangers may write to and not read
chmod o+x "$tmp" && cp "$bin/sav-send" sav-send && chmod 755 sav-send && mkdir -m 1733 blind && chmod 1733 blind
cp report readable && chmod 644 readable
stranger() { ASAN_OPTIONS=detect_leaks=0 SAV_HOME="$tmp/nowhere" setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
if [ "$(id -u)" -eq 0 ] && stranger ./sav-send --version >/dev/null 2>&1; then
	ok 'a stranger cannot list the folder' sh -c "! setpriv --reuid=65534 --regid=65534 --clear-groups ls blind 2>/dev/null"
	run stranger ./sav-send --url "$(printf 'file://%s' "$tmp/blind" | sed 's/ /%20/g')" --name blind readable
	is 'a write-only folder takes a report' "$status$err" 0
	ok 'whole' cmp -s report blind/blind
	is 'and nothing else' "$(only_name blind)" blind
else
	skip 'a write-only folder takes a report' 'only root can become a stranger, and the temporary folder must let it in'
fi

# What goes no further than the command line
refuses 'an empty report' 66 'standard input: is empty' sav-send --url "$folder_url" </dev/null
refuses 'a report that is not there' 66 'nothing: No such file' sav-send --url "$folder_url" nothing
refuses 'a folder for a report' 66 'folder: Is a directory' sav-send --url "$folder_url" folder
head -c 1100000 /dev/zero >large
refuses 'a report over the limit' 65 'large: more than 1048848 bytes' sav-send --url "$folder_url" large
for name in '' a/b ../x .x 'a b' "$(printf 'a\nb')" 'a%2fb' "$(printf '%0201d' 0)"; do
	refuses "the name '$(printf %.20s "$name" | tr '\n' '?')'" 64 'sav-send: --name: ' sav-send --url "$folder_url" --name "$name" report
done
for header in X-Id 'X-Id:' ': a' "$(printf 'A: b\r\nC: d')" 'Host: other'; do
	refuses "the header '$(printf %s "$header" | tr '\r\n' '??')'" 64 '--header: not "Name: value"' \
		sav-send --url "$folder_url" --header "$header" report
done
for url in ftp://host/ host https:///x 'https://host/?q' https://host/#f https://host:0/ file://host/x file: ''; do
	refuses "the URL '$url'" 64 '--url: ' sav-send --url "$url" report
done
refuses 'a URL with a password' 64 '--url: holds credentials' sav-send --url https://me:secret@host/ report
is 'which it does not show' "$(grep -c secret err)" 0
refuses 'an unknown route' 64 '--proxy: no such route' sav-send --url https://127.0.0.1:1/ --proxy nowhere report
refuses 'a proxy with a password on the command line' 64 '--proxy: holds credentials' \
	sav-send --url https://127.0.0.1:1/ --proxy me:secret@127.0.0.1:1 report
is 'which it does not show either' "$(grep -c secret err)" 0
refuses 'a route that is not configured' 78 '--proxy primary: no such proxy' sav-send --url https://127.0.0.1:1/ --proxy primary report
refuses 'a time of no seconds' 64 '--max-time 0: not a number' sav-send --max-time 0 --url "$folder_url" report
refuses 'certificates that are not there' 66 '--cacert: nothing: No such file' \
	sav-send --url https://127.0.0.1:1/ --cacert nothing report
refuses 'nor does an empty name stand for those of the system' 66 "--cacert: '': No such file" \
	sav-send --url https://127.0.0.1:1/ --cacert '' report
mkfifo certificates.fifo && : >empty.pem
refuses 'a fifo of certificates, without waiting' 66 '--cacert: certificates.fifo: not a regular file' \
	sav-send --url https://127.0.0.1:1/ --cacert certificates.fifo report
truncate -s 4194305 large.pem
refuses 'a huge file of certificates' 65 '--cacert: large.pem: more than 4194304 bytes' \
	sav-send --url https://127.0.0.1:1/ --cacert large.pem report
refuses 'an empty file of certificates' 66 '--cacert: empty.pem: is empty' \
	sav-send --url https://127.0.0.1:1/ --cacert empty.pem report
printf -- '-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,%032d\n\nMDEy\n-----END CERTIFICATE-----\n' 0 >locked.pem
refuses 'nor one under a passphrase, and nobody is asked for it' 66 '--cacert: locked.pem: holds something under a passphrase' \
	sav-send --url https://127.0.0.1:1/ --cacert locked.pem report
refuses 'a left-over argument' 64 'x: one operand too many' sav-send --url "$folder_url" report x
is 'none of them arrived' "$(only_name folder)" one

# The configuration
refuses 'no destination at all' 78 'neither FeedbackURL nor FeedbackHost' sav-send report
configure 'FeedbackURL: ftp://host/'
refuses 'a wrong FeedbackURL' 78 'FeedbackURL' sav-send report
configure 'FeedbackURL: ['
refuses 'a broken configuration' 78 'savd.yaml:' sav-send --url "$folder_url" report
is 'sends nothing' "$(only_name folder)" one
configure "FeedbackURL: '$folder_url'"
run sav-send --name two report
is 'FeedbackURL is where it goes' "$status,$(only_name folder | tr '\n' ' ')" '0,one two '
configure 'FeedbackHost: 127.0.0.1:1' "FeedbackCAFile: $tmp/nothing.pem"
refuses 'a configured CA file that is missing is not passed over' 78 'FeedbackCAFile: .*nothing.pem: No such file' sav-send report
configure 'FeedbackHost: 127.0.0.1:1' 'PrimaryUpdateProxyAddress: ftp://proxy'
refuses 'a wrong update proxy' 78 'PrimaryUpdateProxyAddress' sav-send report

# Off means off
traced() { strace -f -qq -o trace -e trace=network,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,truncate "$@"; }
quiet() { # no socket, nothing created or written
	! not_of_coverage <trace | grep -E 'socket\(|connect\(|O_CREAT|O_WRONLY|O_RDWR|mkdir|rename|unlink|link|truncate|creat\(' | grep -v '/dev/null' >&2
}
state_of() { find "$SAV_HOME" folder -printf '%p %T@ %C@ %s\n' | sort; }
configure "FeedbackURL: '$folder_url'" 'DisableFeedback: true'
before=$(state_of)
ASAN_OPTIONS=detect_leaks=0 # a traced program cannot trace itself
export ASAN_OPTIONS
if strace -f -qq -o trace true 2>/dev/null; then
	refuses 'DisableFeedback: nothing is sent' 77 'feedback is off: DisableFeedback is true' traced sav-send report
	ok 'no socket, no file' quiet
	refuses 'nor with a URL on the command line' 77 'feedback is off' traced sav-send --url https://127.0.0.1:1/ report
	ok 'no socket, no file then' quiet
	configure 'FeedbackHost: localhost'
	before=$(state_of)
	refuses 'DO_NOT_TRACK=1: nothing is sent' 77 'feedback is off: DO_NOT_TRACK' env DO_NOT_TRACK=1 strace -f -qq -o trace \
		-e trace=network,openat,open,creat,rename,renameat2,unlink,mkdir sav-send report
	ok 'no socket, no file here' quiet
	run traced sav-send --connect-timeout 1 --url https://127.0.0.1:1/ report
	ok 'the trace would have shown them' grep -q 'socket(AF_INET' trace
else
	skip 'off means off, under strace' 'this machine allows no tracing'
fi
unset ASAN_OPTIONS
is 'nothing was created or changed' "$(state_of)" "$before"
configure 'DisableFeedback: maybe'
refuses 'a DisableFeedback that is neither true nor false sends nothing' 78 'DisableFeedback' sav-send --url "$folder_url" report
configure ''
for value in '' 0; do
	rm -f folder/three
	run env DO_NOT_TRACK="$value" sav-send --url "$folder_url" --name three report
	is "DO_NOT_TRACK='$value' is no refusal" "$status" 0
done

# A real drop
peer_ca ca
peer_ca strange-ca
peer_certificate ca drop DNS:localhost,IP:127.0.0.1,IP:::1
peer_drop
http=http://127.0.0.1:$http_port
https=https://127.0.0.1:$https_port
run sav-send --url "$http" --name over-http report
is 'http, when it is written out' "$status$err" 0
ok 'arrives byte for byte' cmp -s report drop/over-http
run sav-send -v --url "$https/" --cacert ca.pem --name over-https report
is 'https' "$status" 0
ok 'arrives too' cmp -s report drop/over-https
is 'the log is the article'\''s' "$(log)" "$(printf '%s\n' 'Preparing feedback data' 'Sending feedback' \
	'trying with noproxy: proxy (from environment)' Success)"
is 'the route is remembered, and that it was direct' "$(route)" 'noproxy direct'
run sav-send --url "$https/a/b" --cacert ca.pem --name deeper report
ok 'below a path' cmp -s report drop/a/b/deeper
run sav-send --url "https://localhost:$https_port" --cacert ca.pem --header 'X-Campaign: 7' --name by-name report
ok 'by name, with a header' cmp -s report drop/by-name
configure "FeedbackHost: localhost:$https_port" "FeedbackCAFile: $tmp/ca.pem"
run sav-send -v report
is 'FeedbackHost is the custom host of the log' "$(log)" "$(printf '%s\n' 'Preparing feedback data' \
	"Using custom feedback host: localhost:$https_port" 'Sending feedback' 'trying with noproxy: proxy (from environment)' Success)"
configure ''

sends() { sav-send --connect-timeout 5 --cacert ca.pem "$@"; }
run sends --url "$https" --name over-https report
is 'a name that is there already counts as delivered' "$status$err" 0
run sends --url "$https/empty" --name e report
is 'an empty 200 is a delivery' "$status$err" 0
refuses 'a page with 200 is none' 75 'no route worked \(noproxy: answered 200 with a page' sends --url "$https/portal" report
refuses 'a redirect is not followed' 75 'answered 307' sends --url "$https/moved" report
ok 'and nothing went there' [ ! -e drop/elsewhere ]
refuses '500' 75 'answered 500' sends --url "$https/broken" report
refuses '403 everywhere' 69 'the drop refuses this report \(noproxy: answered 403\)' sends --url "$https/forbidden" report
refuses '401 everywhere' 69 'answered 401' sends --url "$https/unknown" report
head -c 100000 /dev/urandom >too-large
refuses '413 everywhere' 69 'answered 413' sends --url "$https" too-large

# Whom it believes
rm -f "$SAV_HOME/var/feedback/route"
refuses 'the system'\''s authorities do not vouch for the drop' 75 'certificate' sav-send --url "$https" --name x report
hint='--cacert FILE or FeedbackCAFile names the CA of the drop'
is 'and the hint says where its own is named' "$(sed -n 2p "$tmp/err")" "sav-send: hint: $hint"
run sav-send -v --url "$https" --name x report
is 'in the log, too' "$(log | tail -n 1)" "Failed: no route worked ($hint)"
refuses 'nor does another one' 75 "hint: $hint" sav-send --cacert strange-ca.pem --url "$https" --name x report
refuses 'nor does its certificate for another name' 75 'no alternative certificate subject name' sends --url "https://127.0.0.2:$https_port" --name x report
is 'which no other CA would mend' "$(grep -c hint "$tmp/err")" 0
echo 'no certificate' >no-ca.pem
refuses 'a CA file without a certificate' 78 'no-ca.pem: holds no usable certificate' sav-send --cacert no-ca.pem --url "$https" --name x report
ok 'nothing arrived' [ ! -e drop/x ]
ok 'a route that did not work is not remembered' [ ! -e "$SAV_HOME/var/feedback/route" ]

# The routes
dead=127.0.0.1:$(free_port)
run env https_proxy="http://me:secret@$dead" sav-send --cacert ca.pem -v --url "$https" --name after-dead report
is 'a dead proxy of the environment, then direct' "$(log | sed 's/failed: .*/failed: .../')" "$(printf '%s\n' \
	'Preparing feedback data' 'Sending feedback' 'trying with noproxy: proxy (from environment)' 'failed: ...' \
	'trying with direct: no proxy' Success)"
is 'no password in the log' "$(grep -c secret err)" 0
is 'direct is remembered' "$(route)" 'direct direct'
run env https_proxy="$dead" no_proxy=127.0.0.0/8 sav-send --cacert ca.pem -v --url "$https" --name no-proxy report
is 'no_proxy is honoured' "$(log | grep -c failed)" 0
configure "PrimaryUpdateProxyAddress: $dead" "SecondaryUpdateProxyAddress: http://127.0.0.1:$(free_port)" \
	'PrimaryUpdateProxyUsername: me' 'PrimaryUpdateProxyPassword: topsecret'
run env https_proxy="$dead" sav-send --cacert ca.pem -v --url "$https" --name all report
is 'all four, in their order' "$(log | grep trying)" "$(printf '%s\n' 'trying with noproxy: proxy (from environment)' \
	'trying with primary: proxy (from update configuration)' 'trying with secondary: proxy (from update configuration)' \
	'trying with direct: no proxy')"
is 'and the last one works' "$status" 0
is 'without a word of the password' "$(grep -c topsecret err)" 0
configure "PrimaryUpdateProxyAddress: $dead"
run env https_proxy="$dead" sav-send --cacert ca.pem -v --url "$https" --name equal report
is 'equal routes are left out' "$(log | grep trying)" "$(printf '%s\n' 'trying with noproxy: proxy (from environment)' \
	'trying with direct: no proxy')"
run sav-send --cacert ca.pem -v --url "$https" --proxy primary --proxy direct --name chosen report
is '--proxy chooses' "$(log | grep trying)" "$(printf '%s\n' 'trying with primary: proxy (from update configuration)' \
	'trying with direct: no proxy')"
run sav-send --cacert ca.pem -v --url "$https" --proxy "$dead" report
is 'and names others' "$(log | grep trying)" 'trying with given: proxy (from command line)'
is 'which do not work' "$status" 75
like 'as the log ends' "$(log | tail -n 1)" '^Failed: no route worked$'
refuses 'a broken proxy of the environment is not passed over' 78 'environment: https_proxy: is none of' \
	env https_proxy=ftp://me:secret@proxy sav-send --cacert ca.pem --url "$https" report
is 'nor shown' "$(grep -c secret err)" 0
configure ''

# What it cannot remember
chmod 644 "$SAV_HOME/var/feedback/route"
rm -rf "$SAV_HOME/var/feedback"
echo >"$SAV_HOME/var/feedback"
run sends -v --url "$https" --name unremembered report
is 'a state that cannot be written is no failure' "$status" 0
like 'and -v says so' "$(log)" '^not remembered: '
rm "$SAV_HOME/var/feedback"
run sends -v --url "$https" --name nowhere report
is 'without a state folder there is nothing to say' "$status,$(log | grep -c remembered)" 0,0

# What it may do while strangers speak
if has_landlock; then
	strace -ff -qq -o trace -e trace=landlock_create_ruleset,landlock_restrict_self,connect,openat,execve \
		env ASAN_OPTIONS=detect_leaks=0 sav-send --cacert ca.pem --url "https://localhost:$https_port" report
	speaker=$(grep -l "sin_port=htons($https_port)" trace.* | xargs grep -l landlock_restrict_self) # not what asks for names
	like 'the sandbox is on before the first connection' "$(grep -hE 'landlock_restrict_self|sin_port=htons\(' "$speaker" | head -n 1)" \
		'landlock_restrict_self.* = 0'
	ok 'which there is' grep -q "sin_port=htons($https_port)" trace.*
	is 'nothing is missed inside' "$(sed '1,/landlock_restrict_self/d' "$speaker" | grep -E 'EACCES|EPERM')" ''
else
	skip 'the sandbox is on before the first connection' 'no Landlock'
fi

run sav-send --help
is '--help ends 0' "$status" 0
tap_done
