#!/bin/sh
# The whole way, collected, sealed and sent to nginx over TLS on the loopback, against curl uploading a blob that is ready, and
# against popularity-contest, which only collects.
set -eu
folder=$(dirname -- "$0")
root=$(CDPATH='' cd -- "$folder/../.." && pwd)
# shellcheck source=tests/tap.sh
. "$root/tests/tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"

cd "$tmp"
peer_ca authority
peer_certificate authority drop DNS:localhost,IP:127.0.0.1
peer_drop
sav-keygen -o host
mkdir -p home/etc home/log home/var/feedback
cp host.pub home/etc/feedback.pub
SAV_HOME=$tmp/home
export SAV_HOME tmp
savconfig set FeedbackURL "https://127.0.0.1:$https_port/"
savconfig set FeedbackCAFile "$tmp/authority.pem"
sav-collect | sav-encrypt >blob
echo 'sav-collect | sav-encrypt | sav-send' >pipe
cat >curl <<'E2'
exec curl -sfT "$tmp/blob" --cacert "$tmp/authority.pem" \
	"https://127.0.0.1:$https_port/$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
E2
export https_port

"$root/tests/bench/pair.py" -n 30 '<= 2.5' 'sh pipe' 'sh curl'
if command -v popularity-contest >/dev/null; then
	"$root/tests/bench/pair.py" -n 5 '<= 0.1' 'sh pipe' popularity-contest
else
	echo 'left out: popularity-contest is not installed'
fi
