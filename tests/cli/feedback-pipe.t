#!/bin/sh
# The wrapper with the real tools, to a real server: what is said, sealed, delivered and opened again.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/feedback.sh
. "$(dirname -- "$0")/../feedback.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
feedback_install
for tool in savconfig sav-collect sav-encrypt sav-send; do
	cp "$bin/$tool" "$tmp/home/bin/"
done
said() { sed 's/^[^ ]* [^ ]*: //' "$log"; } # the log without its times
sav-keygen -o "$tmp/receiver"
cp "$tmp/receiver.pub" "$SAV_HOME/etc/feedback.pub"
peer_ca authority
peer_certificate authority drop IP:127.0.0.1,DNS:localhost
peer_drop
savconfig set FeedbackHost "localhost:$https_port"
savconfig set FeedbackCAFile "$tmp/authority.pem"

# A report, over TLS.
sav-feedback run
ok 'the first date is 6 to 8 days ahead' within "$(due_in)" $((6 * day)) $((8 * day))
at $(($(noted due) - 1800))
run sav-feedback run
is 'when it is due, it is sent without a word' "$status$out$err" 0
is 'the log has the five lines of the article' "$(said)" "$(printf '%s\n' 'Preparing feedback data' \
	"Using custom feedback host: localhost:$https_port" 'Sending feedback' \
	'trying with noproxy: proxy (from environment)' 'Success')"
is 'each with its time, to six digits' \
	"$(grep -cE '^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}: ' "$log")" 5
is 'one report arrived' "$(count "$drop")" 1
ok 'of 1,600 to 2,600 bytes' within "$(wc -c <"$(echo "$drop"/*)")" 1600 2600
sav-feedback last >"$tmp/last"
sav-decrypt -k "$tmp/receiver.key" -o "$tmp/opened" "$drop"/*
ok 'last is byte for byte what the receiver opens' cmp "$tmp/last" "$tmp/opened"
is 'and it is a report' "$(jq .schema "$tmp/opened")" 1
preview=$(sav-feedback preview | jq -r '.system.distro_id, (.server | length)')
is 'preview says the same things' "$preview" "$(jq -r '.system.distro_id, (.server | length)' "$tmp/opened")"
like 'status: the route' "$(sav-feedback status)" '^Last route: +noproxy \(direct\)$'
like 'status: where to' "$(sav-feedback status)" "^Destination: +https://localhost:$https_port/$"
like 'status: how large' "$(sav-feedback status)" '^Last size: +(1648|2448) bytes'
for _ in 1 2; do
	sav-feedback now -v 2>"$tmp/shown"
done
is 'now -v shows the lines that the log gets' "$(cat "$tmp/shown")" "$(tail -n 5 "$log")"
is 'each under a name of its own' "$(count "$drop")" 3

# The answer got lost: the same name again, and the server has it already.
savconfig set FeedbackHost "localhost:$(free_port)"
refuses 'nobody listens: 75, and why' 75 'sav-feedback: report: not delivered: no route worked$' sav-feedback now
like 'and where to read more' "$(cat "$tmp/err")" '^sav-feedback: hint: .*/log/feedback.log says what each route did$'
name=$(ls "$dir/waiting")
cp "$dir/waiting/$name" "$drop"
before=$(count "$drop")
savconfig set FeedbackHost "localhost:$https_port"
run sav-feedback now
is 'what arrived already counts as delivered' "$status$err,$(count "$drop"),$(noted result)" "0,$before,sent"

# Turned off while a report waits.
savconfig set FeedbackHost "localhost:$(free_port)"
sav-feedback now 2>"$tmp/null"
is 'a report waits' "$(count "$dir/waiting")" 1
run savconfig set DisableFeedback true
is 'turning feedback off discards it and says so' "$status,$err,$(count "$dir/waiting")" \
	'0,savconfig: discarded 1 report waiting to be sent,0'
before=$(snapshot)
for way in DO_NOT_TRACK=0 DO_NOT_TRACK=1; do
	# leaks cannot be looked for under strace
	run env ASAN_OPTIONS=detect_leaks=0 strace -f -o "$tmp/trace" -e trace=%network,openat,open,creat,mkdir,unlink,rename env $way sav-feedback run
	is "off ($way): nothing is said" "$status$out$err" 0
	is "off ($way): no socket" "$(grep -E 'socket|connect' "$tmp/trace")" ''
	is "off ($way): nothing opened for writing" \
		"$(not_of_coverage <"$tmp/trace" | grep -E 'O_WRONLY|O_RDWR|O_CREAT|mkdir|unlink|rename' | grep -v /dev/null)" ''
	is "off ($way): nothing touched" "$(snapshot)" "$before"
	[ "$way" = DO_NOT_TRACK=1 ] || { savconfig set DisableFeedback false && before=$(snapshot); }
done
sav-feedback status >"$tmp/status"
like 'on again: status says that nothing waits' "$(cat "$tmp/status")" '^Waiting: +nothing$'
savconfig set FeedbackHost "localhost:$https_port"
run sav-feedback now
is 'on again: a fresh report goes out' "$status$err,$(noted result)" 0,sent

# The proxy's password, in no program's arguments or environment, no log, no word to people.
cp "$SAV_HOME/etc/savd.yaml" "$tmp/savd.yaml"
printf '%s\n' "PrimaryUpdateProxyAddress: 127.0.0.1:$(free_port)" 'PrimaryUpdateProxyUsername: me' \
	'PrimaryUpdateProxyPassword: top secret' >>"$SAV_HOME/etc/savd.yaml"
savconfig set FeedbackHost "localhost:$(free_port)"
ASAN_OPTIONS=detect_leaks=0 strace -f -qq -v -s 10000 -e trace=execve -o "$tmp/trace" sav-feedback now -v >"$tmp/shown" 2>&1
sav-feedback status >>"$tmp/shown"
ok 'that proxy was tried, by programs that were watched' sh -c \
	"grep -q 'trying with primary' '$tmp/shown' && grep -q 'execve(.*sav-send' '$tmp/trace'"
is 'its password is nowhere to be seen' "$(cat "$tmp/shown" "$tmp/trace" "$log" | grep -c 'top.*secret')" 0
mv "$tmp/savd.yaml" "$SAV_HOME/etc/savd.yaml"

# Inside what the systemd unit allows: the calls of its filter, and its capabilities and no more.
unit=$bin/../cron/sav-feedback.service
expand() { # CALL|@SET...: the calls in these
	for expanded; do
		case $expanded in
		@*) systemd-analyze syscall-filter "$expanded" | sed '1d; /#/d' | while read -r inner; do expand "$inner"; done ;;
		*) echo "$expanded" ;;
		esac
	done
}
if command -v systemd-analyze >/dev/null; then
	: >"$tmp/allowed"
	# shellcheck disable=SC2086 # names without blanks
	sed -n 's/^SystemCallFilter=//p' "$unit" | while read -r filter; do
		expand ${filter#\~} | sort -u >"$tmp/named"
		case $filter in
		\~*) sort -u "$tmp/allowed" | comm -23 - "$tmp/named" >"$tmp/kept" && mv "$tmp/kept" "$tmp/allowed" ;;
		*) cat "$tmp/named" >>"$tmp/allowed" ;;
		esac
	done
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$tmp/trace" sav-feedback now
	sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' "$tmp/trace" | sort -u >"$tmp/called"
	ok 'the unit allows many calls, and the tools make many' [ "$(wc -l <"$tmp/allowed")" -gt 200 -a "$(wc -l <"$tmp/called")" -gt 20 ]
	# A file's owner is kept where it may be, and it is root's anyway.
	is 'all of these are among those' "$(sort -u "$tmp/allowed" | comm -13 - "$tmp/called" | grep -v '^fchown$')" ''
else
	skip 'the calls that the unit allows' 'systemd-analyze is not installed'
fi
if [ "$(id -u)" -eq 0 ]; then
	capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | sed 's/^CAP_/+/; s/ CAP_/,+/g' | tr '[:upper:]' '[:lower:]')
	run setpriv --no-new-privs --inh-caps=-all --bounding-set="-all,$capabilities" sav-feedback now
	is 'with the capabilities of the unit alone it delivers' "$status$err,$(noted result)" 0,sent
	is 'and misses no more than the two facts that these do not bring' "$(sav-feedback last | jq -c \
		--argjson all "$(sav-collect)" 'def known: [paths(type | IN("null", "object") | not) | join(".")];
			($all | known) - known - ["server.iptables_rules", "server.apparmor_policies"]')" '[]'
else
	skip 'the capabilities that the unit has' 'needs root'
fi

# Management turns it off.
printf 'DisableFeedback: true\n' >"$SAV_HOME/etc/policy.yaml"
before=$(snapshot)
run sav-feedback run
is 'off by policy: nothing' "$status$out$err$(snapshot)" "0$before"
like 'off by policy: status says so' "$(sav-feedback status)" \
	'^Feedback: +off \(DisableFeedback is true, fixed by policy\)$'
rm "$SAV_HOME/etc/policy.yaml"

# What a person may break by hand.
cp "$SAV_HOME/etc/savd.yaml" "$tmp/savd.yaml"
printf 'DisableFeedback: false\n\tx\n' >"$SAV_HOME/etc/savd.yaml"
before=$(snapshot)
refuses 'a configuration with an error: told with its place' 78 'savd.yaml:2:' sav-feedback run
is 'and nothing is sent or touched' "$(snapshot)" "$before"
cp "$tmp/savd.yaml" "$SAV_HOME/etc/savd.yaml"
echo AAAA >"$SAV_HOME/etc/feedback.pub"
refuses 'a public key that is none' 65 'not delivered: no report could be made \(status 65\)' sav-feedback now
like 'the log names it' "$(cat "$log")" ': sav-encrypt: .*feedback.pub:1: not the base64 of a 32-byte key'
cp "$tmp/receiver.pub" "$SAV_HOME/etc/feedback.pub"
# shellcheck disable=SC2086 # somebody is several words
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$tmp"
	somebody='setpriv --reuid 65534 --regid 65534 --clear-groups'
	refuses 'somebody else, and settings that only root may read' 78 'nothing is sent' $somebody sav-feedback run
	chmod 644 "$SAV_HOME/etc/savd.yaml"
	refuses 'somebody else cannot send' 73 'var/feedback: is another user.s, so nothing is sent' \
		$somebody sav-feedback now
	run $somebody sav-feedback preview
	is 'what somebody else previews is not what is sent, and he is told' "$status$err" "$(printf '%s\n' \
		'0sav-feedback: preview: is not all that is sent: what this user may not read is null' 'sav-feedback: hint: be root')"
	run sav-feedback preview
	is 'and whose report it is, is not' "$status$err" 0
	refuses 'somebody else cannot see the last report' 77 'last.json: may not be read' $somebody sav-feedback last
	run $somebody sav-feedback status
	like 'somebody else is told whether it is on' "$status$out" '^0Feedback: +on'
	like 'and who knows more' "$out" '^Reports: +known to root only$'
else
	skip 'somebody else' 'needs root, to be somebody else'
fi
tap_done
