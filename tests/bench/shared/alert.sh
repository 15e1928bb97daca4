# shellcheck shell=sh disable=SC2034,SC2154 # for the benchmarks of sls-alert, which source it
# A folder $tmp on the disk that is measured, which /tmp may not be, with the generator, the floor program and a certificate.
folder=$(dirname -- "$0")
tmp=$(mktemp -d "${SAV_BENCH-/tmp}/alert.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
for source in alerts floor; do
	# shellcheck disable=SC2046 # words for the compiler
	cc -O2 -D_GNU_SOURCE -o "$tmp/$source" "$folder/$source.c" $(pkg-config --cflags --libs libcurl)
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$tmp/key.pem" -out "$tmp/ca.pem" 2>/dev/null
