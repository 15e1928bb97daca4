#!/bin/sh
# mcs trusts its own certificates and revocation lists and nothing else: real handshakes with nginx.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

sh "$root/tests/peers/ca.sh" "$tmp/ca"
# A server for each certificate, on a port of its own; one speaks TLS 1.1 only.
names='good revoked orphan elsewhere expired good2 old'
{
	cat <<-END
		load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
		$(peer_nginx)
			log_format alerts escape=none '\$server_name \$http_authorization \$content_type \$http_user_agent \$request_uri \$request_body';
			access_log "$tmp/access.log" alerts;
			client_body_buffer_size 2m;
			client_max_body_size 2m;
	END
	for name in $names; do
		port=$(free_port)
		eval "port_$name=$port"
		certificate=$name
		[ "$name" != old ] || certificate=good
		cat <<-END
			server {
				server_name $name;
				listen 127.0.0.1:$port ssl;
				ssl_certificate "$tmp/ca/$certificate.pem";
				ssl_certificate_key "$tmp/ca/$certificate.key";
				$([ "$name" != old ] || echo 'ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;')
				location / { echo_read_request_body; echo ok; }
			}
		END
	done
	echo '}'
} >nginx.conf
server nginx -c "$tmp/nginx.conf"
# shellcheck disable=SC2154 # set above, by name
wait_for listens "$port_old"

# paths NAMES: as a list in YAML
paths() { echo "$1" | sed "s| |\", \"$tmp/ca/|g; s|^|\"$tmp/ca/|; s|\$|\"|"; }

# config PORT CERTIFICATES CRLS
config() {
	cat >c.yaml <<-END
		alert_output:
		  outputs:
		  - {type: mcs, url: "127.0.0.1:$1", api_key: SLS-key}
		mcs_certs: [$(paths "$2")]
		certificate_revocation_list: [$(paths "$3")]
	END
}

# arrives SENTENCE PORT CERTIFICATES CRLS
arrives() {
	config "$2" "$3" "$4"
	run sls-alert -c c.yaml --test-alert
	is "$1" "$status,$(echo "$out" | sed 's/ in [0-9]* ms/ in N ms/')" '0,mcs: delivered in N ms'
}

# held SENTENCE PORT CERTIFICATES CRLS REASON
held() {
	config "$2" "$3" "$4"
	run sls-alert -c c.yaml --test-alert
	is "$1" "$status" 69
	like "$1: the reason" "$out" "^mcs: not delivered: .*$5"
}

# shellcheck disable=SC2154 # port_NAME are set above, by name
{
	arrives 'a good server' "$port_good" ca1.crt ca1.crl
	arrives 'certificate and list in DER' "$port_good2" ca2.crt.der ca2.crl.der
	held 'a revoked certificate' "$port_revoked" ca1.crt ca1.crl 'certificate revoked'
	held 'a revoked intermediate' "$port_orphan" ca1.crt ca1.crl 'certificate revoked'
	held 'another name' "$port_elsewhere" ca1.crt ca1.crl 'no alternative certificate subject name matches'
	held 'an expired certificate' "$port_expired" ca1.crt ca1.crl 'certificate has expired'
	held 'a certificate of another CA' "$port_good2" ca1.crt ca1.crl 'unable to get local issuer certificate'
	held 'TLS 1.1' "$port_old" ca1.crt ca1.crl '(protocol version|wrong version|unsupported protocol|SSL)'
	held 'a list without a word on the intermediate' "$port_good" ca1.crt ca1-root.crl 'unable to get certificate CRL'
	held 'an expired list' "$port_good" ca1.crt ca1-expired.crl 'ca1-expired.crl: expired on 2020-02-01'
	held "another CA's list" "$port_good" ca1.crt ca2.crl 'ca2.crl: holds no list of CN = Test Root 1'
	held 'a missing list' "$port_good" ca1.crt none.crl 'none.crl: No such file'
	held 'a certificate where a list belongs' "$port_good" ca1.crt ca1.crt 'holds a certificate where a revocation list belongs'
	like 'with a hint' "$out" '^mcs: hint: mcs needs one certificate with its valid revocation list'

	arrives 'the first pair is of no use here, the second is' "$port_good" 'ca2.crt ca1.crt' 'ca2.crl ca1.crl'
	arrives 'the first pair is expired, the second good' "$port_good2" 'ca1.crt ca2.crt' 'ca1-expired.crl ca2.crl'
	like 'and that is warned of' "$err" 'warning: .*ca1-expired.crl: expired on 2020-02-01'
	arrives 'another pair has a CA of the same name and a newer list' "$port_good" 'ca1.crt ca-namesake.crt' 'ca1-early.crl ca1-forged.crl'
	arrives 'or the first pair has' "$port_good" 'ca-namesake.crt ca1.crt' 'ca1-forged.crl ca1-early.crl'
	held 'which lets no revoked certificate in' "$port_revoked" 'ca-namesake.crt ca1.crt' 'ca1-forged.crl ca1-early.crl' 'certificate revoked'
	arrives "the article's slip: a .crt among the lists" "$port_good" 'ca1.crt ca2.crt' 'ca1.crl ca2.crt'
	like 'is warned of' "$err" 'warning: .*ca2.crt: holds a certificate where a revocation list belongs'
	held "and costs the second pair" "$port_good2" 'ca1.crt ca2.crt' 'ca1.crl ca2.crt' 'unable to get local issuer'
	config "$port_good" ca1.crt ca1-expired.crl
}
refuses 'no usable pair at all: not even started' 78 'ca1-expired.crl: expired on' sh -c 'sls-alert -c c.yaml -s spool </dev/null'
run sls-alert -c c.yaml --check --json
is '--check --json knows' "$status,$(jq -r '.pairs[0] | "\(.usable) \(.crl_due)"' out)" '78,false 2020-02-01T00:00:00Z'

# What went over the wire.
: >access.log
# shellcheck disable=SC2154
config "$port_good" ca1.crt ca1.crl
run sh -c 'printf "{\"a\":1}\n{\"b\":2}\n" | sls-alert -c c.yaml -s spool'
is 'alerts arrive' "$status,$err" '0,'
wait_for grep -qs '"b"' access.log
like 'as NDJSON with the key, at /v1/alerts' "$(cat access.log)" \
	'^good Bearer SLS-key application/x-ndjson sls-alert/[0-9.]+ /v1/alerts \{"a":1\}$'
like 'and as they were' "$(cat access.log)" '^\{"b":2\}$'
is 'the key is nowhere in what is printed' "$(sls-alert -c c.yaml --check 2>&1 | grep -c SLS-key)" 0

# A list that is replaced while the program runs is taken up.
# shellcheck disable=SC2154
config "$port_good" ca1.crt ca1-root.crl
cp ca/ca1-root.crl ca/live.crl
sed -i 's/ca1-root.crl/live.crl/' c.yaml
mkfifo in
sls-alert -c c.yaml -s spool2 <in 2>live.err &
pid=$!
exec 3<>in
printf '{"live":1}\n' >&3
ok 'a list that is not enough: held' wait_for grep -qs 'mcs: held: .*unable to get certificate CRL' live.err
cp ca/ca1.crl ca/live.crl
kill -HUP "$pid"
ok 'the new list counts after SIGHUP' wait_for grep -qs '"live"' access.log
exec 3>&-
wait "$pid"
is 'and all is delivered' "$?" 0

# As many pairs as there may be, and while the program runs none of them is of use any more.
sixteen() { yes "$1" | head -n 16 | paste -sd' '; }
# shellcheck disable=SC2154
config "$port_good" "$(sixteen ca1.crt)" "$(sixteen live.crl)"
sls-alert -c c.yaml -s spool3 --metrics figures <in 2>none.err &
pid=$!
exec 3>in
wait_for test -s figures # they come after the lists are read
cp ca/ca1-expired.crl ca/live.crl
kill -HUP "$pid"
wait_for grep -qs 'live.crl: expired on' none.err
printf '{"none":1}\n' >&3
ok 'no pair is of use any more: held' wait_for grep -qs 'mcs: held: .*CRL has expired' none.err
cp ca/ca1.crl ca/live.crl
kill -HUP "$pid"
ok 'until one is' wait_for grep -qs '"none"' access.log
exec 3>&-
wait "$pid"
is 'and nothing is lost' "$?" 0
tap_done
