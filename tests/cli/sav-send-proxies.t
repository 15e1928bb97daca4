#!/bin/sh
# Through real proxies (squid, tinyproxy, microsocks) to a real drop (nginx), and through those that do harm.
# shellcheck source=tests/tap.sh disable=SC2317 # functions that `run` and `refuses` call
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

sender
clock='^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}: '
log() { grep -Ev "$clock" err; sed -En "s/$clock//p" err; }
send() { # with $1 for a name, to the drop over https
	name=$1
	shift
	rm -f "$SAV_HOME/var/feedback/route"
	"$@" sav-send -v --connect-timeout 3 --max-time 6 --cacert ca.pem --url "https://127.0.0.1:$https_port" --name "$name" report
}
# The log of a delivery after the given lines
wanted() { printf '%s\n' 'Preparing feedback data' 'Sending feedback' "$@"; }
noproxy='trying with noproxy: proxy (from environment)'
primary='trying with primary: proxy (from update configuration)'
secondary='trying with secondary: proxy (from update configuration)'
direct='trying with direct: no proxy'
# delivered SENTENCE NAME ROUTE COMMAND...: that report arrived by that route
delivered() {
	sentence=$1 file=$2 by=$3
	shift 3
	run send "$file" "$@"
	cat err >>all.err
	if [ "$status" -eq 0 ] && cmp -s report "drop/$file" && [ "$(route)" = "$by" ]; then
		ok "$sentence" true
	else
		ok "$sentence" false
		printf '%s\n' "status $status, route $(route)" "$err" | sed 's/^/# /' >&2
	fi
}
# seen SQUID LEAST: how many went through it; it writes them down behind their end
seen() {
	wait_for has_seen "$@"
	requests_of "$1"
}
has_seen() { [ "$(requests_of "$1")" -ge "$2" ]; }
requests_of() { grep -Ec 'CONNECT|PUT' "$1/access.log"; }

peer_ca ca
peer_ca strange-ca
peer_certificate ca drop DNS:localhost,IP:127.0.0.1,IP:::1
peer_drop
peer_squid open && open=127.0.0.1:$proxy_port
peer_squid basic basic me 'pass word' && basic=127.0.0.1:$proxy_port
peer_squid digest digest me 'pass word' && digest=127.0.0.1:$proxy_port
peer_squid deny deny && deny=127.0.0.1:$proxy_port
peer_squid tls tls drop && tls=127.0.0.1:$proxy_port
peer_tinyproxy tiny me password && tiny=127.0.0.1:$proxy_port
peer_socks socks me password && socks=127.0.0.1:$proxy_port
dead=127.0.0.1:$(free_port)

# Which variable of the environment counts
delivered 'https_proxy' env-1 'noproxy proxy' env https_proxy="http://$open"
is 'the log is the article'\''s' "$(log)" "$(wanted "$noproxy" Success)"
delivered 'HTTPS_PROXY' env-2 'noproxy proxy' env HTTPS_PROXY="$open"
delivered 'all_proxy' env-3 'noproxy proxy' env all_proxy="http://$open/"
delivered 'ALL_PROXY' env-4 'noproxy proxy' env ALL_PROXY="http://$open"
delivered 'https_proxy before HTTPS_PROXY and all_proxy' env-5 'noproxy proxy' \
	env HTTPS_PROXY="$dead" all_proxy="$dead" https_proxy="$open"
is 'each went through the proxy' "$(seen open 5)" 5
delivered 'http_proxy says nothing of https' env-6 'noproxy direct' env http_proxy="$dead"
delivered 'no_proxy with a network' env-7 'noproxy direct' env https_proxy="$dead" no_proxy=10.0.0.0/8,127.0.0.0/8
delivered 'NO_PROXY with a port' env-8 'noproxy direct' env https_proxy="$dead" NO_PROXY="127.0.0.1:$https_port"
delivered 'no_proxy with another port' env-9 'noproxy proxy' env https_proxy="$open" no_proxy="127.0.0.1:1"
run env https_proxy="$dead" no_proxy=.LOCALHOST sav-send --cacert ca.pem --url "https://localhost:$https_port" --name env-10 report
is 'no_proxy with the end of a name' "$status$err" 0
run env http_proxy="$open" sav-send --url "http://127.0.0.1:$http_port" --name env-11 report
is 'http_proxy for http' "$status$err,$(route),$(seen open 7)" '0,noproxy proxy,7'
run env HTTP_PROXY="$dead" sav-send --url "http://127.0.0.1:$http_port" --name env-12 report
is 'HTTP_PROXY, which a CGI header could set, for nothing' "$status$err,$(route)" '0,noproxy direct'

# Dead ones
configure "PrimaryUpdateProxyAddress: http://$open"
delivered 'a dead proxy of the environment, then the update proxy' dead-1 'primary proxy' env https_proxy="$dead"
is 'as the log tells' "$(log | sed 's/^failed: .*/failed/')" "$(wanted "$noproxy" failed "$primary" Success)"
configure "PrimaryUpdateProxyAddress: $dead" "SecondaryUpdateProxyAddress: https://$dead"
delivered 'every proxy dead, then direct' dead-2 'direct direct' env https_proxy="socks5h://$dead"
is 'as the log tells, too' "$(log | sed 's/^failed: .*/failed/')" \
	"$(wanted "$noproxy" failed "$primary" failed "$secondary" failed "$direct" Success)"

before=$(requests_of open)
configure "PrimaryUpdateProxyAddress: http://$open"
run env no_proxy='*' sav-send --cacert ca.pem --proxy primary --url "https://127.0.0.1:$https_port" report
is 'no_proxy is nothing to the update proxy' "$status$err,$(($(seen open $((before + 1))) - before))" 0,1
configure ''

# Credentials
update_proxy() { configure "PrimaryUpdateProxyAddress: $1" "PrimaryUpdateProxyUsername: $2" "PrimaryUpdateProxyPassword: $3"; }
for kind in basic digest; do
	[ "$kind" = basic ] && address=$basic || address=$digest
	delivered "$kind: none given" "$kind-1" 'direct direct' env https_proxy="$address"
	is 'goes on to the next route' "$(log)" "$(wanted "$noproxy" 'failed: proxy answered 407' "$direct" Success)"
	delivered "$kind: wrong ones" "$kind-2" 'direct direct' env https_proxy="http://me:wrong@$address"
	is 'do, too' "$(log)" "$(wanted "$noproxy" 'failed: proxy answered 407' "$direct" Success)"
	delivered "$kind: the environment's" "$kind-3" 'noproxy proxy' env https_proxy="http://me:pass%20word@$address"
	update_proxy "http://$address" me 'pass word'
	delivered "$kind: the configuration's" "$kind-4" 'primary proxy' env https_proxy="$dead"
	configure ''
	run env http_proxy="http://me:pass%20word@$address" sav-send --url "http://127.0.0.1:$http_port" --name "$kind-5" report
	is "$kind: for http" "$status$err,$(route)" '0,noproxy proxy'
	ok 'the report is whole' cmp -s report "drop/$kind-5"
	run env http_proxy="http://$address" sav-send --proxy noproxy --url "http://127.0.0.1:$http_port" --name "$kind-6" report
	is "$kind: none given, for http" "$status,${err#*: no route worked}" '75, (noproxy: answered 407)'
done
delivered 'tinyproxy' tiny-1 'noproxy proxy' env https_proxy="http://me:password@$tiny"
delivered 'tinyproxy, with wrong credentials' tiny-2 'direct direct' env https_proxy="http://me:wrong@$tiny"
delivered 'SOCKS5' socks-1 'noproxy proxy' env https_proxy="socks5://me:password@$socks"
delivered 'SOCKS5 with wrong credentials' socks-2 'direct direct' env https_proxy="socks5h://me:wrong@$socks"
delivered 'SOCKS5 without credentials' socks-3 'direct direct' env https_proxy="socks5h://$socks"
update_proxy "socks5h://$socks" me password
run sav-send -v --cacert ca.pem --proxy primary --url "https://localhost:$https_port" --name socks-4 report
is 'SOCKS5, with the name resolved there' "$status,$(route)" '0,primary proxy'
configure ''
delivered 'a proxy that speaks TLS' tls-1 'noproxy proxy' env https_proxy="https://$tls"
is 'through which it went' "$(seen tls 1)" 1
run env https_proxy="https://$tls" sav-send --proxy noproxy --cacert strange-ca.pem --url "https://127.0.0.1:$https_port" --name tls-2 report
is 'but not one that nobody vouches for' "$status,$(requests_of tls)" 75,1

# Refusing, slow, talking nonsense
delivered 'CONNECT refused' deny-1 'direct direct' env https_proxy="$deny"
is 'and by whom' "$(log)" "$(wanted "$noproxy" 'failed: proxy answered 403' "$direct" Success)"
peer_faulty garbage garbage && garbage=127.0.0.1:$port
delivered 'a proxy that talks nonsense' garbage-1 'direct direct' env https_proxy="$garbage"
is 'is said to' "$(log)" "$(wanted "$noproxy" 'failed: the answer is no HTTP' "$direct" Success)"
peer_faulty drip drip && drip=127.0.0.1:$port
delivered 'a proxy that says a little for ever' drip-1 'direct direct' env https_proxy="$drip"
delivered 'and one that does so in the place of SOCKS5' drip-2 'direct direct' env https_proxy="socks5h://$drip"
is 'cost one time-out each' "$(grep -c 'time.*out' all.err)" 2
peer_faulty negotiate wants-negotiate && negotiate=127.0.0.1:$port
run env https_proxy="http://me:word@$negotiate" sav-send --cacert ca.pem --url "https://127.0.0.1:$https_port" \
	--header 'X-Campaign: 7' --header 'Authorization: Bearer secret' --name negotiate-1 report
is 'a proxy that wants what we do not have' "$status,$(route)" '0,direct direct'
is 'is told no password' "$(cut -d' ' -f3 negotiate/requests | sort -u)" -
is 'nor the headers that are for the drop' "$(cut -d' ' -f4 negotiate/requests | grep -cE 'campaign|,authorization|^authorization')" 0
peer_faulty large header && large=127.0.0.1:$port
delivered 'a proxy with a header of 10 MB' large-1 'direct direct' env https_proxy="$large"
peer_faulty slow silent && slow=127.0.0.1:$port
before=$(date +%s%N)
run env https_proxy="$slow" sav-send -v --connect-timeout 1 --cacert ca.pem --url "https://127.0.0.1:$https_port" --name slow-1 report
took_ms=$((($(date +%s%N) - before) / 1000000))
is 'a proxy that says nothing' "$status,$(route)" '0,direct direct'
ok 'costs its time to connect and no more' [ "$took_ms" -ge 900 -a "$took_ms" -lt 40000 ] # of 60 s in all

# Somebody in between
peer_faulty portal portal && portal=127.0.0.1:$port
run env http_proxy="$portal" sav-send -v --url "http://127.0.0.1:$http_port" --name portal-1 report
is 'a captive portal that answers everything with a page is not the drop' "$(log)" \
	"$(wanted "$noproxy" 'failed: answered 200 with a page, as the drop never does' "$direct" Success)"
run env http_proxy="$portal" sav-send --proxy noproxy --url "http://127.0.0.1:$http_port" --name portal-2 report
is 'and when there is no other way, nothing was delivered' "$status" 75
peer_certificate strange-ca strange DNS:localhost,IP:127.0.0.1
sed -e "s|listen .*ssl;.*||; s|listen \[.*||; s|listen 127.0.0.1:$http_port;|listen 127.0.0.1:PORT ssl;|" \
	-e "s|drop\.pem|strange.pem|; s|drop\.key|strange.key|; s|$tmp/drop|$tmp/caught|; s|nginx/pid|nginx/strange.pid|" nginx.conf >strange.template
strange_port=$(free_port)
mkdir caught
sed "s/PORT/$strange_port/" strange.template >strange.conf
server nginx -c "$tmp/strange.conf"
wait_for listens "$strange_port"
FAULTY_DEFLECT=$strange_port
export FAULTY_DEFLECT
peer_faulty deflect-1 deflect && one=127.0.0.1:$port
peer_faulty deflect-2 deflect && two=127.0.0.1:$port
peer_faulty deflect-3 deflect && three=127.0.0.1:$port
configure "PrimaryUpdateProxyAddress: http://$two" "SecondaryUpdateProxyAddress: http://$three"
run env https_proxy="$one" sav-send -v --cacert ca.pem --url "https://127.0.0.1:$strange_port" report
like 'an intercepting authority that nobody knows is refused on each route' "$(log | sed -n 's/^failed: //p' | sort -u)" \
	'^SSL certificate problem: unable to get local issuer certificate$'
is 'all four of them' "$status,$(log | grep -c '^failed: ')" 75,4
run env https_proxy="$one" sav-send --cacert strange-ca.pem --url "https://127.0.0.1:$https_port" --name caught report
is 'though it is there: who trusts it sends to it' "$status,$(ls caught)" 0,caught
configure ''

# Secrets
update_proxy "http://$slow" me 'top secret'
sav-send -v --connect-timeout 3 --proxy primary --url "http://127.0.0.1:$http_port" report 2>err &
sender=$!
wait_for grep -q "PUT http" slow/requests
for place in cmdline environ comm maps; do
	is "the password is not in /proc/.../$place" "$(tr '\0' '\n' <"/proc/$sender/$place" | grep -c 'top.*secret')" 0
done
kill "$sender" && wait "$sender" 2>/dev/null
is 'nor in the log' "$(grep -c secret err)" 0
ok 'all the logs before it are there' [ "$(grep -c Success all.err)" -gt 20 ]
is 'and have no password either, plain or encoded' "$(grep -cE 'pass( |%20)?word|me:|bWU6' all.err)" 0
is 'nor sent before it was asked for' "$(grep -c Basic slow/requests)" 0
tap_done
