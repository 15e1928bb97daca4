#!/bin/sh
# ca.sh FOLDER: makes the certificate authorities that the tests of trust use, in FOLDER:
#
#   ca1.crt ca1.crl    a root; the lists of it and of its intermediate, which revokes `revoked`; it has revoked another intermediate
#   ca2.crt ca2.crl    another root with its (empty) list; the same as ca2.crt.der and ca2.crl.der
#   ca1-expired.crl    as ca1.crl, but due to be replaced in 2020
#   ca1-future.crl     valid from 2100 on
#   ca1-root.crl       the root's list alone: no word on the intermediate's certificates
#   ca1-forged.crl     lists in ca1's name, signed by somebody else
#   ca1-early.crl      as ca1.crl, but the root's list is older than that
#   ca-namesake.crt    who signed it, another root with ca1's name
#   ca-expired.crt     a root that expired in 2020; ca-expired.crl
#   NAME.pem NAME.key  servers at 127.0.0.1 and localhost, chains with their intermediate: good, revoked, orphan (its intermediate is
#                      revoked), elsewhere (another name), expired, and good2 of ca2
set -eu
folder=$1
mkdir -p "$folder/db"
cd "$folder"

# config DB: what `openssl ca` needs for the authority whose files begin with that
config() {
	cat >"db/$1.cnf" <<-END
		[ca]
		default_ca = it
		[it]
		database = db/$1.txt
		new_certs_dir = db
		rand_serial = yes
		crlnumber = db/$1.number
		certificate = db/$1.pem
		private_key = db/$1.key
		default_md = sha256
		policy = any
		unique_subject = no
		default_crl_days = 30
		[any]
		commonName = supplied
		[req]
		distinguished_name = name
		prompt = no
		[name]
		[authority]
		basicConstraints = critical,CA:true
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
	END
	: >"db/$1.txt"
	echo 01 >"db/$1.number"
}

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

request() { openssl req -new -config "db/$1.cnf" -key "$2" -subj "/CN=$3" -out "$4"; }

# root DB NAME [START END]
root() {
	config "$1"
	key "db/$1.key"
	request "$1" "db/$1.key" "$2" "db/$1.csr"
	openssl ca -batch -notext -selfsign -config "db/$1.cnf" -extensions authority \
		-startdate "${3:-20200101000000Z}" -enddate "${4:-20990101000000Z}" -in "db/$1.csr" -out "db/$1.pem" 2>/dev/null
}

# intermediate DB NAME ISSUER
intermediate() {
	config "$1"
	key "db/$1.key"
	request "$1" "db/$1.key" "$2" "db/$1.csr"
	openssl ca -batch -notext -config "db/$3.cnf" -extensions authority -startdate 20200101000000Z \
		-enddate 20990101000000Z -in "db/$1.csr" -out "db/$1.pem" 2>/dev/null
}

# server NAME ISSUER ALTERNATIVE-NAMES [END]: with its chain, but for the root
server() {
	key "$1.key"
	request "$2" "$1.key" "$1" "db/$1.csr"
	printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$3" >"db/$1.ext"
	openssl ca -batch -notext -config "db/$2.cnf" -extfile "db/$1.ext" -startdate 20200101000000Z \
		-enddate "${4:-20990101000000Z}" -in "db/$1.csr" -out "db/$1.leaf" 2>/dev/null
	cp "db/$1.leaf" "$1.pem"
	case $2 in inter*) cat "db/$2.pem" >>"$1.pem" ;; esac
}

# list DB [LAST NEXT]: prints the authority's revocation list
list() { openssl ca -gencrl -config "db/$1.cnf" ${2:+-crl_lastupdate "$2" -crl_nextupdate "$3"} 2>/dev/null; }

revoke() { openssl ca -config "db/$1.cnf" -revoke "$2" 2>/dev/null; }

here='IP:127.0.0.1,DNS:localhost'
root root1 'Test Root 1'
root root2 'Test Root 2'
root old 'Test Root of 2019' 20190101000000Z 20200101000000Z
root forger 'Test Root 1'
intermediate inter1 'Test Intermediate 1' root1
intermediate inter2 'Test Intermediate 2' root1
server good inter1 "$here"
server revoked inter1 "$here"
server orphan inter2 "$here"
server elsewhere inter1 'DNS:elsewhere.example'
server expired inter1 "$here" 20210101000000Z
server good2 root2 "$here"
revoke inter1 db/revoked.leaf
revoke root1 db/inter2.pem

for name in root1 root2; do cp "db/$name.pem" "ca${name#root}.crt"; done
cp db/old.pem ca-expired.crt
list old >ca-expired.crl
{ list root1 && list inter1 && list inter2; } >ca1.crl
{ list root1 20200101000000Z 20200201000000Z && list inter1 20200101000000Z 20200201000000Z; } >ca1-expired.crl
{ list root1 21000101000000Z 21010101000000Z && list inter1; } >ca1-future.crl
list root1 >ca1-root.crl
list forger >ca1-forged.crl
{ list root1 20200101000000Z 20990101000000Z && list inter1 && list inter2; } >ca1-early.crl
cp db/forger.pem ca-namesake.crt
list root2 >ca2.crl
openssl x509 -in ca2.crt -outform DER -out ca2.crt.der
openssl crl -in ca2.crl -outform DER -out ca2.crl.der
