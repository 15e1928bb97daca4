#!/bin/sh
# Networks with something missing, made in namespaces of the test's own: no route, no answer, one family only.
if [ "${SAV_TEST_NETWORK-}" != own ]; then
	set -- unshare --net --mount
	[ "$(id -u)" -eq 0 ] || set -- "$@" --map-root-user
	if "$@" true 2>/dev/null; then
		SAV_TEST_NETWORK=own exec "$@" "$0"
	fi
	echo '1..0 # SKIP this machine allows no namespaces'
	exit 0
fi
# shellcheck source=tests/tap.sh disable=SC2317 # functions that `run` and `refuses` call
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh disable=SC2317
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

sender
log() { sed -E 's/^.{26}: //' err; }

# This namespace is the servers', with the drop on an address of its own that the clients' knows no way to.
server unshare --net sleep 600
client=$!
wait_for sh -c "[ \"\$(readlink /proc/$client/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
there() { nsenter --target "$client" --net "$@"; }
ip link set lo up
ip link add here type veth peer name there netns "$client"
ip link set here up
there ip link set lo up
there ip link set there up
ip addr add 10.77.0.1/24 dev here
ip addr add fd77::1/64 dev here nodad
ip addr add 198.51.100.1/32 dev lo
there ip addr add 10.77.0.2/24 dev there
there ip addr add fd77::2/64 dev there nodad
# Packets to these two leave and are never answered.
there ip neigh add 10.77.0.66 lladdr 02:00:00:00:00:66 dev there nud permanent
there ip neigh add fd77::66 lladdr 02:00:00:00:00:66 dev there nud permanent
cat >hosts <<-END
	127.0.0.1 localhost
	10.77.0.1 four.test
	fd77::1 six.test
	10.77.0.66 dead-four.test
	fd77::1 dead-four.test
	10.77.0.1 dead-six.test
	fd77::66 dead-six.test
END
echo 'nameserver 10.77.0.66' >resolv.conf
mount --bind hosts /etc/hosts
mount --bind resolv.conf /etc/resolv.conf

peer_ca ca
peer_certificate ca drop DNS:four.test,DNS:six.test,DNS:dead-four.test,DNS:dead-six.test,IP:198.51.100.1,IP:10.77.0.1,IP:fd77::1
peer_drop 10.77.0.1 '[fd77::1]' 198.51.100.1
peer_address=10.77.0.1
peer_tinyproxy tiny && tiny=10.77.0.1:$proxy_port
peer_socks socks && socks=10.77.0.1:$proxy_port
ages_ms=40000 # more than a loaded machine needs; less than any wait that is not cut short: 50 s and more
# timed COMMAND...: run, and $took_ms
timed() {
	timed_from=$(date +%s%N)
	run "$@"
	took_ms=$((($(date +%s%N) - timed_from) / 1000000))
}
# shellcheck disable=SC2317 # timed and run call it
send() { there "$@" report; }
blocked=https://198.51.100.1:$https_port

# Only the proxy leads to the drop
timed send sav-send -v --cacert ca.pem --url "$blocked"
is 'no route to the drop, and no proxy' "$status,$(log | grep -c trying)" 75,1
ok 'is known at once' [ "$took_ms" -lt $ages_ms ]
run send env https_proxy="http://$tiny" sav-send --cacert ca.pem --url "$blocked" --name by-env
is 'the proxy of the environment leads there' "$status$err,$(route)" '0,noproxy proxy'
configure "PrimaryUpdateProxyAddress: socks5h://$socks"
run send sav-send -v --cacert ca.pem --url "$blocked" --name by-primary
is 'so does the update proxy' "$status,$(route)" '0,primary proxy'
like 'after the first route has failed' "$(log | sed -n 's/^failed: //p')" 'Network is unreachable|connect'
ok 'both arrived' [ -e drop/by-env -a -e drop/by-primary ]
configure ''

# Black holes
hole=10.77.0.66
timed send sav-send -v --connect-timeout 1 --cacert ca.pem --url "https://$hole:443"
is 'a drop that never answers' "$status,$(log | grep -c trying)" 75,1
ok 'costs one time to connect' [ "$took_ms" -ge 900 -a "$took_ms" -lt $ages_ms ]
timed send env https_proxy="$hole:3128" sav-send --connect-timeout 1 --cacert ca.pem --url "https://four.test:$https_port"
is 'a proxy that never answers, then direct' "$status$err,$(route)" '0,direct direct'
ok 'costs one as well' [ "$took_ms" -ge 900 -a "$took_ms" -lt $ages_ms ]
configure "PrimaryUpdateProxyAddress: http://$hole:3128" "SecondaryUpdateProxyAddress: socks5h://$hole:1080"
timed send env https_proxy="https://$hole:3128" sav-send -v --connect-timeout 1 --cacert ca.pem --url "https://$hole:443"
is 'four black holes' "$status,$(log | grep -c '^failed: ')" 75,4
ok 'cost four' [ "$took_ms" -ge 3600 -a "$took_ms" -lt $ages_ms ]
configure ''
timed send sav-send --connect-timeout 1 --cacert ca.pem --url "https://unknown.test:$https_port"
is 'a name server that never answers' "$status" 75
ok 'costs one, and the end does not wait for it either' [ "$took_ms" -ge 900 -a "$took_ms" -lt $ages_ms ]

# Families
for host in four.test six.test 10.77.0.1 '[fd77::1]'; do
	run send sav-send --cacert ca.pem --url "https://$host:$https_port"
	is "$host" "$status$err" 0
done
for host in dead-four.test dead-six.test; do
	timed send sav-send --connect-timeout 100 --max-time 100 --cacert ca.pem --url "https://$host:$https_port"
	is "$host, whose other family works" "$status$err" 0
	ok 'is not waited for' [ "$took_ms" -lt $ages_ms ]
done
there ip addr del 10.77.0.2/24 dev there
run send sav-send --cacert ca.pem --url "https://dead-four.test:$https_port"
is 'a host without IPv4' "$status$err" 0
run send env https_proxy="http://[fd77::1]:$proxy_port" sav-send -v --cacert ca.pem --url "https://six.test:$https_port"
is 'where a proxy that does not listen there is passed over' "$status,$(log | grep -c '^failed: ')" 0,1
run unshare --net sav-send --cacert ca.pem --url "https://four.test:$https_port" report
is 'a host without any network' "$status" 75
tap_done
