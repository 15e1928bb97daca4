#!/bin/sh
# The write-only drop, with a real nginx.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
PATH=$PATH:/usr/sbin
receiver=$root/scripts/receiver
name() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# drop FOLDER OPTION...: starts one there; sets $port and $drop
drop() {
	drop=$tmp/$1
	port=$(free_port)
	server "$receiver" --foreground --listen "$port" "$@"
	wait_for up || cat "$tmp/server.log" >&2
}
# shellcheck disable=SC2317 # wait_for calls it
up() { curl -s -o up --cacert "$drop/cert.pem" "https://localhost:$port/"; }
# answer PATH CURL-ARGUMENT...: the status that comes back
answer() {
	answer_path=$1
	shift
	curl -s -m 20 -o answer --cacert "$drop/cert.pem" --path-as-is -w '%{http_code}' "$@" "https://localhost:$port$answer_path" |
		tail -c 3
}
put() { answer "$2" -T "$1"; }

drop one --rate 1000 --timeout 60 # a busy machine takes long to shake 500 hands
head -c 1648 /dev/urandom >blob
head -c 2448 /dev/urandom >other
kept=$(name)
is 'a new blob is taken' "$(put blob "/$kept")" 201
ok 'byte for byte' cmp blob "one/drop/$kept"
is 'its file is for owner and group' "$(mode_of "one/drop/$kept")" 640
is 'its folder, too' "$(mode_of one/drop)" 750
is 'a taken name is refused' "$(put other "/$kept")" 409
ok 'and the blob stays as it was' cmp blob "one/drop/$kept"
is 'with the same blob it is refused, too' "$(put blob "/$kept")" 409

for method in GET HEAD POST DELETE OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL LOCK UNLOCK COPY MOVE LIST BREW; do
	case $method in HEAD) option=-I ;; *) option="-X $method" ;; esac
	# shellcheck disable=SC2086
	got=$(answer "/$kept" $option -H "Destination: https://localhost:$port/$(name)")
	is "$method is not allowed" "$got" 405
	ok "and shows nothing ($method)" [ "$(grep -c "$kept" answer)" = 0 ]
done
is 'nor is GET of the folder' "$(answer /)" 405
is 'GET with PUT in a header of its own' "$(answer "/$(name)" -X GET -H 'X-HTTP-Method-Override: PUT' -d x)" 405
ok 'after all this the blob is there' cmp blob "one/drop/$kept"
is 'alone' "$(ls one/drop)" "$kept"

fresh=$(name)
for path in / /x "/${fresh#?}" "/${fresh}0" "/$fresh/" "/$fresh.tmp" "/.${fresh#?}" "/sub/$fresh" "/$(echo "$fresh" | tr a-f A-F)A" "/../$fresh/.." \
	"/../../etc/$fresh" "/%2e%2e/nginx.conf" "/drop/../../nginx.conf" "/%00${fresh#?}" "/$fresh%00" "/$fresh%20" "/$fresh%0a" '/caf%C3%A9' '/;ls' "/$fresh;x"; do
	like "no blob may be called $path" "$(put blob "$path")" '^(400|404)$'
done
is 'nor have a name of 5,000 letters' "$(put blob "/$(printf '%05000d' 0)")" 414
is 'nor a query of 5,000' "$(put blob "/$fresh?$(printf '%05000d' 0)")" 414
is 'and nothing was made of them' "$(ls one/drop; ls one)" "$kept
access.log
cert.pem
drop
error.log
key.pem
nginx.conf
tmp"

head -c 65536 /dev/urandom >largest
head -c 65537 /dev/urandom >larger
head -c 66560 /dev/urandom >65k

# What sav-send makes of it.
SAV_HOME=$tmp/home
export SAV_HOME
mkdir -p "$SAV_HOME/etc" "$SAV_HOME/var/feedback"
sent=$(name)
# shellcheck disable=SC2317 # run and refuses call it
send() { sav-send --url "https://localhost:$port/" --cacert one/cert.pem --name "$1" "$2"; }
run send "$sent" blob
is 'sav-send brings a blob' "$status" 0
ok 'which arrives' cmp blob "one/drop/$sent"
run send "$sent" blob
is 'bringing it again, because an answer was lost, is no failure' "$status" 0
refuses 'one over the limit is refused for good' 69 413 send "$(name)" 65k
rm "one/drop/$sent"

is '64 KiB are taken' "$(put largest "/$(name)")" 201
is 'one byte more is not' "$(put larger "/$fresh")" 413
is '65 KiB are not' "$(put 65k "/$fresh")" 413
is 'nor in pieces without a length' "$(answer "/$fresh" -H 'Transfer-Encoding: chunked' -T 65k)" 413
is 'no body' "$(answer "/$fresh" -X PUT)" 411
is 'an empty body' "$(answer "/$fresh" -X PUT -H 'Content-Length: 0')" 411
is 'a part of a file' "$(answer "/$fresh" -H 'Content-Range: bytes 0-9/10' -T blob)" 501
# nginx would give the file the time of that header, and it would outlive every retention.
is 'a Date of the sender' "$(answer "/$fresh" -H 'Date: Fri, 01 Jan 2100 00:00:00 GMT' -T blob)" 400
ok 'leave nothing' [ ! -e "one/drop/$fresh" ]
is 'nor anything half done' "$(find one/tmp -type f ! -name nginx.pid)" ''
is 'pieces without a length are taken up to the limit' "$(answer "/$fresh" -H 'Transfer-Encoding: chunked' -T largest)" 201
ok 'byte for byte, too' cmp largest "one/drop/$fresh"
is 'plain HTTP is not spoken' "$(curl -s -o answer -w '%{http_code}' -T blob "http://localhost:$port/$(name)")" 400
is 'nor TLS 1.1' "$(curl -s --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 --cacert one/cert.pem -o answer -w '%{http_code}' "https://localhost:$port/")" 000

# 500 at once, each with bytes of its own.
mkdir many
split -b 1648 -a 3 -d "$(head -c 824000 /dev/urandom >bytes && echo bytes)" many/
for file in many/*; do mv "$file" "many/$(name)"; done
ls many >names
split -n l/2 names half.
for half in half.aa half.ab; do
	sed "s,.*,upload-file=\"many/&\"\nurl=\"https://localhost:$port/&\"\noutput=/dev/null," "$half" >"$half.curl"
	curl -s -Z --parallel-immediate --parallel-max 250 --cacert one/cert.pem -w '%{http_code}\n' -K "$half.curl" >"$half.out" 2>progress &
	both="${both-} $!"
done
# shellcheck disable=SC2086
wait $both
is '500 uploads at once are all taken' "$(sort half.*.out | uniq -c | tr -s ' ')" ' 500 201'
is 'and none is lost or changed' "$(while read -r n; do cmp "many/$n" "one/drop/$n" 2>&1; done <names)" ''

# One name, 40 different blobs at once: what was taken is what lies there.
cat >race.py <<'PY'
import http.client, os, ssl, sys, threading
port, ca, drop = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl.create_default_context(cafile=ca)
def put(path, body, gate, answers):
    connection = http.client.HTTPSConnection('localhost', port, context=context, timeout=20)
    connection.putrequest('PUT', path, skip_accept_encoding=True)
    connection.putheader('Content-Length', str(len(body)))
    connection.endheaders()
    connection.send(body[:-1])
    gate.wait()
    connection.send(body[-1:])
    answers.append((connection.getresponse().status, body))
bad = []
for turn in range(10):
    name, gate, answers = os.urandom(16).hex(), threading.Barrier(8), []
    threads = [threading.Thread(target=put, args=('/' + name, os.urandom(1648), gate, answers)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [body for status, body in answers if status == 201]
    others = {status for status, _ in answers} - {201}
    if len(answers) != 8 or len(taken) != 1 or not others <= {409, 429} or taken[0] != open(f'{drop}/{name}', 'rb').read():
        bad.append((turn, sorted(status for status, _ in answers)))
print(bad or 'one each')
PY
is 'of several blobs with one name at once one is taken, and stays' "$(python3 race.py "$port" one/cert.pem one/drop)" 'one each'

# The logs name no sender: neither his address nor the blob's name.
is 'the logs hold no address' "$(grep -lE '127\.0\.0\.1|::1|client' one/*.log)" ''
is 'nor the name of a blob' "$(grep -l "$kept" one/*.log)" ''
like 'but when, what, how large and how long' "$(sed -n 2p one/access.log)" '^[-0-9]{10}T[0-9:]{8}\+00:00 201 [0-9]+ [0-9.]+$'

# Rate, slow senders, addresses when asked for.
drop two --rate 1 --timeout 1 --log-addresses
yes "$(printf 'upload-file="blob"\noutput=/dev/null\nurl="https://localhost:%s/NAME"' "$port")" | head -n 300 |
	while read -r line; do case $line in url*) echo "$line" | sed "s/NAME/$(name)/" ;; *) echo "$line" ;; esac; done >hundred.curl
curl -s --cacert two/cert.pem -w '%{http_code}\n' -K hundred.curl | sort | uniq -c >rate
like 'over the rate an address has to wait' "$(cat rate)" '^ *[1-9][0-9]* 429$'
like 'what is within it is taken' "$(cat rate)" '^ *[5-9][0-9] 201$'
like 'addresses are logged when asked for' "$(cat two/access.log)" ' 127.0.0.1 201 '
cat >slow.py <<'PY'
import socket, ssl, sys, time
context = ssl.create_default_context(cafile=sys.argv[2])
sender = context.wrap_socket(socket.create_connection(('localhost', int(sys.argv[1])), timeout=20), server_hostname='localhost')
sender.sendall(b'PUT /%032x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1648\r\n\r\nslow' % time.time_ns())
start = time.monotonic()
answer = sender.recv(100)
print('ended' if time.monotonic() - start < 10 and (answer == b'' or b' 408 ' in answer or b' 429 ' in answer) else answer)
PY
drop three --timeout 1
is 'a sender that stops in the middle is cut off' "$(python3 slow.py "$port" three/cert.pem)" ended
is 'and leaves nothing' "$(find three/drop three/tmp -type f ! -name nginx.pid)" ''

# Killed in the middle of an upload: what was there by then stays on the disk, and is as raw as a whole blob.
drop killed
master=$!
cat >half.py <<'PY'
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
sender = context.wrap_socket(socket.create_connection(('localhost', int(sys.argv[1])), timeout=20), server_hostname='localhost')
sender.sendall(b'PUT /%032x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n' % 1 + bytes(50000))
sender.recv(1)
PY
server python3 half.py "$port" killed/cert.pem
# shellcheck disable=SC2317 # wait_for calls it
halves() { find killed -type f -size +16k | grep -q .; }
wait_for halves
kill -STOP "$master" # or it starts new ones
pkill -9 -P "$master"
kill -9 "$master"
half=$(cd killed && find . -type f -size +16k)
half=${half#./}

if [ "$(id -u)" -eq 0 ]; then
	chmod 711 "$tmp"
	mkdir four && chmod 755 four
	drop four --user nobody
	chmod 755 four
	blob_name=$(name)
	is 'workers of another user' "$(put blob "/$blob_name")" 201
	is 'own the blobs' "$(stat -c %U "four/drop/$blob_name")" nobody
else
	skip 'workers of another user' 'only root can start them'
	skip 'own the blobs' 'only root can start them'
fi

# For real: the files, without starting anything.
cp one/cert.pem one/key.pem .
plain_folder
cp cert.pem key.pem "$plain"
run "$receiver" --cert "$plain/cert.pem" --key "$plain/key.pem" --no-start "$plain/real"
is '--no-start writes the files' "$status $(ls "$plain/real")" '0 drop
nginx.conf
sav-receiver.service
sav-retain.service
sav-retain.timer
tmp'
is 'the retention names user, age and drop' "$(grep -e ^User= -e ^ExecStart= "$plain/real/sav-retain.service")" \
	"ExecStart=\"$bin/sav-retain\" --days 89 $plain/real/drop $plain/real/tmp/uploads
User=sav-receiver"
is 'and where an upload lies that a kill cut off' "${half%/*}" tmp/uploads
touch -d '90 days ago' "killed/$half"
run sav-retain --days 89 killed/drop killed/tmp/uploads
is 'which goes with the others' "$status$(find killed -type f -size +16k)" 0
is 'to both of which alone it may write' "$(grep ^ReadWritePaths= "$plain/real/sav-retain.service")" \
	"ReadWritePaths=$plain/real/drop $plain/real/tmp/uploads"
ok 'a reload that comes too early does not end it for good' grep -qx RestartForceExitStatus=SIGHUP "$plain/real/sav-receiver.service"
if command -v systemd-analyze >verify; then
	is 'systemd finds nothing wrong with the unit' "$(systemd-analyze verify "$plain/real/sav-receiver.service" --man=no 2>&1 | grep sav-receiver)" ''
	is 'nor with the retention' "$(systemd-analyze verify "$plain/real/sav-retain.service" "$plain/real/sav-retain.timer" --man=no 2>&1 | grep sav-retain)" ''
	for unit in receiver retain; do
		run systemd-analyze security --offline=yes --threshold=19 "$plain/real/sav-$unit.service"
		is "and calls sav-$unit well protected (less than 2.0 of 10)" "$status" 0
	done
else
	skip 'systemd finds nothing wrong with the unit' 'no systemd-analyze here'
fi
sed "s,/run/credentials/sav-receiver.service,$plain,; s,syslog:server=unix:/dev/log[^\"]*,$plain/access.log," "$plain/real/nginx.conf" >"$plain/nginx.conf"
like 'nginx finds nothing wrong with the configuration' "$(nginx -e stderr -t -c "$plain/nginx.conf" 2>&1)" 'test is successful'
# And with starting it, where what would change this machine says only that it was called.
mkdir pretended
for tool in systemctl install useradd chown; do
	printf '#!/bin/sh\necho %s "$@" >>%s\n' "$tool" "$plain/called" >"pretended/$tool"
done
printf '#!/bin/sh\necho 0\n' >pretended/id
chmod 755 pretended/*
run env PATH="$tmp/pretended:$PATH" "$receiver" --cert "$plain/cert.pem" --key "$plain/key.pem" --user nobody "$plain/real"
is 'it starts' "$status,$(sed -n 's/.*readable/readable/p' "$tmp/out")" '0,readable for the group 0; after 89 days they go'
ok 'as the user, with the group that he has' grep -q '^User=nobody' "$plain/real/sav-receiver.service"
is 'which need not be called as he is' "$(grep -h '^Group=nobody' "$plain"/real/*.service)" ''
is 'started anew, one that runs already takes what has changed' "$(tail -n 1 "$plain/called")" 'systemctl restart sav-receiver.service'
"$receiver" --foreground --no-start other-key >out.txt
refuses 'a key that is not the certificate'"'"'s' 65 'not the private key of' "$receiver" --cert "$plain/cert.pem" --key other-key/key.pem --no-start "$plain/r"
refuses 'a certificate that is none, with such a key' 65 'nginx.conf: not a certificate' "$receiver" --cert "$plain/nginx.conf" --key "$plain/nginx.conf" --no-start "$plain/r"
without_retain=$(printf '%s\n' "$PATH" | sed "s,^$bin:,,")
if env PATH="$without_retain:/opt/sophos-av/bin" sh -c 'command -v sav-retain' >found; then
	skip 'without sav-retain there is no drop' "$(cat found) is installed"
else
	refuses 'without sav-retain there is no drop' 69 '^receiver: sav-retain: not found' env PATH="$without_retain" \
		"$receiver" --cert "$plain/cert.pem" --key "$plain/key.pem" --no-start "$plain/r"
fi
refuses 'no such certificate' 66 'none: cannot be read' "$receiver" --cert none --key key.pem --no-start "$plain/r"
ok 'nothing is made for any of these' [ ! -e "$plain/r" ]
refuses 'no certificate' 64 '--cert, --key: give both' "$receiver" x
refuses 'no folder to try in' 64 'a folder is missing' "$receiver" --foreground
refuses 'a certificate for the trial' 64 'no place there' "$receiver" --foreground --cert a x
refuses 'a folder with a quote' 64 'other characters' "$receiver" --foreground 'a"b'
refuses 'a folder with a dollar' 64 'other characters' "$receiver" --foreground "a\$uri"
refuses 'an option that a terminal would obey' 64 '^receiver: --.\[2J: no such option' "$receiver" "--$(printf '\033[2J')"
is 'which it does not' "$(LC_ALL=C tr -d '\040-\176\n' <"$tmp/err" | wc -c)" 0
refuses 'an option twice' 64 '^receiver: --rate: given twice' "$receiver" --foreground --no-start --rate 1 --rate 2 x
# shellcheck disable=SC2043
for wrong in '--rate 0' '--rate x' '--rate 1e3' '--timeout 0' '--timeout 99999' '--listen x;y' '--listen 0' '--listen 65536' '--listen abc' '--listen 10.0.0.1' \
	'--listen 256.0.0.1:443' '--listen :443' '--listen [::1]' '--listen 1:2:443' '--user a/b' '--user nobody-of-the-kind' '--user 0' '--what' '--rate' 'a b'; do
	# shellcheck disable=SC2086
	refuses "$wrong" 64 '^receiver: ' "$receiver" --foreground --no-start wrong $wrong
done
ok 'nothing is made for a wrong option' [ ! -e wrong ]
for right in 8443 127.0.0.1:8443 '[::1]:8443'; do
	run "$receiver" --foreground --no-start --listen "$right" other-key
	is "--listen $right" "$status" 0
done
is '--version says the version' "$("$receiver" --version)" "receiver $(sed -n 's/^VERSION = //p' "$root/Makefile")"
for option in --help --version '--foreground --no-start other-key' "--cert $plain/cert.pem --key $plain/key.pem --no-start $plain/real"; do
	refuses "$option on a full disk" 74 'standard output: cannot be written' sh -c "exec '$receiver' $option >/dev/full"
done
is '--help fits 80 columns' "$("$receiver" --help | awk 'length > 80')" ''

# The bucket: its policy allows what sav-send does there, and nothing else.
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
is 'the policy allows one action' "$(jq -r '.Statement[] | select(.Effect == "Allow") | .Action' "$root/scripts/drop-policy.json")" s3:PutObject
account=123456789012
user=arn:aws:iam::$account:user/feedback
# judges TLS WHO ACTION... : what the policy makes of them, each answer once
judges() {
	judges_tls=$1 judges_who=$2
	shift 2
	for judges_action in "$@"; do
		case $judges_action in
		ListBucket*) judges_on=arn:aws:s3:::drop ;;
		*Object* | *Multipart*) judges_on=arn:aws:s3:::drop/0123456789abcdef ;;
		*) judges_on=arn:aws:s3:::drop ;;
		esac
		echo "$judges_who s3:$judges_action $judges_on $judges_tls"
	done | NODE_PATH=$root/build/peers/s3/node_modules node "$root/tests/peers/s3/policy.js" "$root/scripts/drop-policy.json" "$account" drop |
		sort -u | paste -sd,
}
if npm_peers @cloud-copilot/iam-simulate; then
	is 'the sender may put' "$(judges true "$user" PutObject)" Allowed
	is 'and neither read, list nor remove, nor change who may' "$(judges true "$user" GetObject GetObjectVersion GetObjectAcl DeleteObject \
		DeleteObjectVersion PutObjectAcl PutObjectTagging ListBucket ListBucketVersions ListBucketMultipartUploads AbortMultipartUpload \
		ListMultipartUploadParts GetBucketPolicy PutBucketPolicy DeleteBucketPolicy PutLifecycleConfiguration DeleteBucket)" ImplicitlyDenied
	is 'not even put without TLS' "$(judges false "$user" PutObject)" ExplicitlyDenied
	is 'nor may anybody else in the account' "$(judges true "arn:aws:iam::$account:user/other" PutObject GetObject)" ImplicitlyDenied
	is 'nor in another' "$(judges true arn:aws:iam::999999999999:user/feedback PutObject GetObject)" ImplicitlyDenied
	is 'nor whoever says nothing of himself' "$(judges true anonymous PutObject GetObject ListBucket)" ImplicitlyDenied
	is 'and without TLS nobody is even looked at' "$(judges false anonymous PutObject GetObject ListBucket)" ExplicitlyDenied
else
	skip 'the policy before a judge' 'npm cannot install one here, or one that this Node.js runs'
fi
is 'objects and their versions end before the 90th day' \
	"$(jq '.Rules[0] | .Expiration.Days + .NoncurrentVersionExpiration.NoncurrentDays' "$root/scripts/drop-lifecycle.json")" 88
if peer_s3 ID SECRET drop; then
	run env AWS_ACCESS_KEY_ID=ID AWS_SECRET_ACCESS_KEY=SECRET \
		sav-send --s3 eu-test-1 --url "http://127.0.0.1:$port/drop" --name "$kept" blob
	is 'a bucket takes a blob' "$status" 0
	is 'by one request, to put it' "$(cut -d ' ' -f 1,3 s3/requests)" "PUT /drop/$kept"
else
	skip 'a bucket takes a blob' 'npm is not there, or has no s3rver'
	skip 'by one request, to put it' 'npm is not there, or has no s3rver'
fi
# What the pages say, typed as it stands there but for the port.
mkdir example
ln -s "$root/scripts" example/scripts
port=$(free_port)
sed -n '/^Try it/,/^\.Ed/p' "$root/man/sav-receiver.7" | sed -n "/^\.Bd/,/^\.Ed/{/^\./d;s/8443/$port/;p}" >example/lines
run sh -c 'cd example && . ./lines; kill "$!"; wait'
is "the page's example opens the report that it sent" "$(grep -c '^{"schema":1,' "$tmp/out")" 1
is 'and says nothing wrong' "$err" ''
folder=$(grep -o 'scripts/receiver --cert [^ ]* --key [^ ]* [a-z/]*' "$root/README.md" | cut -d ' ' -f 6)
is 'README opens and retains where its receiver puts the blobs' "$(grep -cE "sav-(decrypt|retain).* $folder/drop\`" "$root/README.md")" 2
tap_done
