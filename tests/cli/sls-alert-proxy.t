#!/bin/sh
# sls-alert behind the proxies of the environment, and with a client's certificate: real ones, and nginx behind them.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

alert='{"StrategyName":"Alert Tester"}'
sh "$root/tests/peers/ca.sh" "$tmp/ca"
peer_ca clients
peer_certificate clients sensor DNS:sensor.test
peer_certificate clients other DNS:other.test
openssl ec -in sensor.key -aes256 -passout pass:secret -out locked.key 2>/dev/null
(umask 077 && cp sensor.pem shown.pem)
cp sensor.key open.key
chmod 644 open.key
plain_port=$(free_port)
tls_port=$(free_port)
revoked_port=$(free_port)
mutual_port=$(free_port)
cat >nginx.conf <<-END
	$(peer_nginx)
		log_format seen '\$server_port \$ssl_client_s_dn \$request_uri';
		access_log "$tmp/access.log" seen;
		ssl_certificate "$tmp/ca/good.pem";
		ssl_certificate_key "$tmp/ca/good.key";
		server { listen 127.0.0.1:$plain_port; location / { return 204; } }
		server { listen 127.0.0.1:$tls_port ssl; location / { return 204; } }
		server {
			listen 127.0.0.1:$revoked_port ssl;
			ssl_certificate "$tmp/ca/revoked.pem";
			ssl_certificate_key "$tmp/ca/revoked.key";
			location / { return 204; }
		}
		server {
			listen 127.0.0.1:$mutual_port ssl;
			ssl_client_certificate "$tmp/clients.pem";
			ssl_verify_client on;
			location / { return 204; }
		}
	}
END
server nginx -c "$tmp/nginx.conf"
wait_for listens "$mutual_port"

# mcs PORT; webhook URL [KEYS]: a configuration of one output
mcs() {
	cat >c.yaml <<-END
		alert_output:
		  outputs:
		  - {type: mcs, url: "127.0.0.1:$1", api_key: SLS-key}
		mcs_certs: ["$tmp/ca/ca1.crt"]
		certificate_revocation_list: ["$tmp/ca/ca1.crl"]
	END
}
webhook() { echo "alert_output: {outputs: [{type: webhook, url: '$1', api_key: SLS-key${2+, $2}}]}" >c.yaml; }

# deliver [NAME=VALUE...]: one alert through sls-alert in that environment; try: the same, where it cannot be delivered
count=0 drain=20
deliver() {
	count=$((count + 1))
	run env "$@" sh -c "printf '%s\n' '$alert' | sls-alert -c c.yaml -s spool.$count --drain $drain"
}
try() {
	drain=3
	deliver "$@"
	drain=20
}
arrived() { grep -c "^$1 " access.log; }

peer_tinyproxy tiny
mcs "$tls_port"
deliver "https_proxy=http://127.0.0.1:$proxy_port"
is 'mcs through a proxy of the environment' "$status,$err" '0,'
ok 'it arrived' wait_for grep -qs "^$tls_port " access.log
ok 'by CONNECT' wait_for grep -qs "CONNECT 127.0.0.1:$tls_port" tiny.log
is 'the proxy does not learn the key' "$(grep -c SLS-key tiny.log)" 0
: >tiny.log
for name in no_proxy NO_PROXY; do
	deliver "https_proxy=http://127.0.0.1:$proxy_port" "$name=example.com,127.0.0.0/8"
	is "$name: delivered" "$status,$err" '0,'
	is "$name: past the proxy" "$(grep -c CONNECT tiny.log)" 0
done
deliver "https_proxy=http://127.0.0.1:$proxy_port" no_proxy=example.com
is 'no_proxy of others: through it' "$status,$(grep -c "CONNECT 127.0.0.1:$tls_port" tiny.log)" 0,1
deliver "all_proxy=http://127.0.0.1:$proxy_port"
is 'all_proxy' "$status,$(grep -c "CONNECT 127.0.0.1:$tls_port" tiny.log)" 0,2
deliver https_proxy= "HTTPS_PROXY=http://127.0.0.1:$proxy_port"
is 'an empty variable is none' "$status,$err,$(grep -c "CONNECT 127.0.0.1:$tls_port" tiny.log)" 0,,3
mcs "$revoked_port"
try "https_proxy=http://127.0.0.1:$proxy_port"
is 'a revoked server behind a proxy is refused all the same' "$status" 75
like 'and the reason said' "$err" 'mcs: held: .*certificate revoked'
webhook "http://127.0.0.1:$plain_port/hook"
: >tiny.log
deliver "http_proxy=http://127.0.0.1:$proxy_port"
wait_for grep -q "^$plain_port " access.log # which is written behind the answer
is 'a webhook by http through http_proxy' "$status,$(arrived "$plain_port"),$(grep -c "http://127.0.0.1:$plain_port/hook" tiny.log)" 0,1,1

dead_port=$(free_port)
mcs "$tls_port"
: >access.log
try "https_proxy=http://127.0.0.1:$dead_port"
is 'a dead proxy: kept for the next run' "$status" 75
like 'and said' "$err" "mcs: retrying: .*127.0.0.1 port $dead_port"
is 'never past it' "$(arrived "$tls_port")" 0
refuses 'an https proxy with certificates of ours' 78 'an https proxy cannot be checked with mcs_certs' \
	env https_proxy='https://127.0.0.1:1' sh -c 'sls-alert -c c.yaml -s none </dev/null'
refuses 'a proxy that is no url' 78 'https_proxy' env https_proxy='ftp://127.0.0.1:1' sh -c 'sls-alert -c c.yaml -s none </dev/null'

peer_squid squid basic sensor 'se:cret'
deliver "https_proxy=http://sensor:se%3Acret@127.0.0.1:$proxy_port"
is 'a proxy that asks for credentials' "$status,$err" '0,'
ok 'knows who came' wait_for grep -qs "CONNECT 127.0.0.1:$tls_port sensor" squid/access.log
try "https_proxy=http://sensor:wr0ng@127.0.0.1:$proxy_port"
is 'wrong credentials: held' "$status" 75
like 'and said' "$err" 'mcs: held: proxy answered 407'
is 'without the password' "$(printf '%s' "$err" | grep -c wr0ng)" 0

# A server that asks for a certificate.
ca="ca_file: '$tmp/ca/ca1.crt'"
client="$ca, cert_file: '$tmp/sensor.pem', key_file: '$tmp/sensor.key'"
webhook "https://127.0.0.1:$mutual_port/" "$client"
deliver
is "a client's certificate" "$status,$err" '0,'
ok 'the server knows it' wait_for grep -qs "^$mutual_port CN=sensor " access.log
peer_tinyproxy second
deliver "https_proxy=http://127.0.0.1:$proxy_port"
is 'also through a proxy' "$status,$(grep -c "CONNECT 127.0.0.1:$mutual_port" second.log)" 0,1
webhook "https://127.0.0.1:$mutual_port/" "$ca"
run sls-alert -c c.yaml --test-alert
like 'without one the server says so' "$status $out" '^69 webhook: not delivered: the server answered 400'
webhook "https://127.0.0.1:$mutual_port/" "$ca, cert_file: '$tmp/ca/good2.pem', key_file: '$tmp/ca/good2.key'"
run sls-alert -c c.yaml --test-alert
like 'and with one of a stranger' "$status $out" '^69 webhook: not delivered: the server answered 400'

# unusable SENTENCE STATUS CERT KEY PATTERN: refused at the start and by --check
unusable() {
	webhook "https://127.0.0.1:$mutual_port/" "$ca, cert_file: '$tmp/$3', key_file: '$tmp/$4'"
	refuses "$1" "$2" "webhook: .*$5" sh -c 'sls-alert -c c.yaml -s none </dev/null'
	run sls-alert -c c.yaml --check </dev/null
	like "$1: --check" "$status $err" "^$2 .*webhook: .*$5"
}
unusable 'the key of another certificate' 78 sensor.pem other.key 'other.key: not the key of .*sensor.pem'
unusable 'a certificate in the place of the key' 78 sensor.pem shown.pem 'shown.pem: holds no private key'
unusable 'a key in the place of the certificate' 78 sensor.key sensor.key 'sensor.key: holds no certificate'
unusable 'a key under a passphrase, and nobody is asked for it' 78 sensor.pem locked.key 'locked.key: is under a passphrase'
unusable 'a key that others can read' 77 sensor.pem open.key 'open.key: others can read it'
unusable 'no such key' 66 sensor.pem none.key 'none.key: No such file'
webhook "https://127.0.0.1:$mutual_port/" "ca_file: '$tmp/sensor.key'"
refuses 'a CA that is none' 78 'webhook: .*sensor.key: holds no certificate' sh -c 'sls-alert -c c.yaml -s none </dev/null'
echo "alert_output: {outputs: [{type: syslog, address: 'tls://127.0.0.1:1', ca_file: '$tmp/sensor.key'}]}" >c.yaml
refuses 'nor for syslog' 78 'syslog: .*sensor.key: holds no certificate' sh -c 'sls-alert -c c.yaml -s none </dev/null'
tap_done
