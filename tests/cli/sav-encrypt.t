#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit

sav-keygen -o host
printf '{"schema":1}\n' >report.json

run sav-encrypt -k host.pub report.json
is 'seals' "$status" 0
is 'to one block and the overhead of the box' "$(wc -c <"$tmp/out")" 848
sav-encrypt -k host.pub -o blob <report.json
ok 'what it sealed opens again' [ "$(sav-decrypt -k host.key blob)" = '{"schema":1}' ]
sav-encrypt -k host.pub -o blob2 <report.json
ok 'two blobs of one report have nothing in common' [ "$(head -c 32 blob | od -An -tx1)" != "$(head -c 32 blob2 | od -An -tx1)" ]
for size in 800 1600 2399; do
	head -c "$size" /dev/zero | sav-encrypt -k host.pub >sized
	size_blob=$(wc -c <sized)
	ok "$size bytes seal to within the 1.6 to 2.6 KB of the article" sh -c "[ $size_blob -ge 1600 ] && [ $size_blob -le 2600 ]"
done

# Another implementation's binding of libsodium, both directions.
cat >peer.py <<'P'
import base64, sys
import nacl.bindings as sodium
import nacl.utils, nacl.public
def key(path):
    return base64.b64decode([l for l in open(path) if l.strip() and l[0] != '#'][0])
def pad(data, block):
    return data + b'\x80' + b'\0' * (block - 1 - len(data) % block)
def unpad(data):
    return data[:data.rindex(b'\x80')]
verb, path = sys.argv[1:]
if verb == 'seal':
    sys.stdout.buffer.write(sodium.crypto_box_seal(pad(sys.stdin.buffer.read(), 800), key(path)))
else:
    secret = key(path)
    public = sodium.crypto_scalarmult_base(secret)
    sys.stdout.buffer.write(unpad(sodium.crypto_box_seal_open(sys.stdin.buffer.read(), public, secret)))
P
"$python3" peer.py open host.key <blob >peer.json
ok 'PyNaCl opens what sav-encrypt sealed' cmp peer.json report.json
"$python3" peer.py seal host.pub <report.json >peer.blob
sav-decrypt -k host.key peer.blob >peer.json
ok 'sav-decrypt opens what PyNaCl sealed' cmp peer.json report.json

# The installation's key.
mkdir -p home/etc
SAV_HOME=$tmp/home
export SAV_HOME
refuses 'an installation without a key' 66 'etc/feedback.pub: No such file' sav-encrypt report.json
like 'says what to do' "$err" 'hint: give -k'
cp host.pub home/etc/feedback.pub
ok 'its key is the default' [ "$(sav-encrypt report.json | sav-decrypt -k host.key)" = '{"schema":1}' ]
sav-keygen -o other
echo "FeedbackKeyFile: \"$tmp/other.pub\"" >home/etc/savd.yaml
ok 'FeedbackKeyFile goes before it' [ "$(sav-encrypt report.json | sav-decrypt -k other.key)" = '{"schema":1}' ]
echo 'FeedbackKeyFile: [' >home/etc/savd.yaml
refuses 'a broken configuration' 78 'savd.yaml:[0-9]+:[0-9]+:' sav-encrypt report.json
rm home/etc/savd.yaml
refuses 'a relative SAV_HOME' 78 'SAV_HOME: home: not an absolute path' env SAV_HOME=home sav-encrypt report.json

refuses 'a secret key for a public one' 65 'host.key: a secret key, where a public one is wanted' sav-encrypt -k host.key report.json
refuses 'nothing to seal' 66 'standard input: nothing to seal' sav-encrypt -k host.pub - </dev/null
refuses 'more than the limit' 65 'standard input: more than 1048576 bytes' sh -c 'head -c 1048577 /dev/zero | sav-encrypt -k host.pub'
head -c 1048576 /dev/zero | sav-encrypt -k host.pub >most
is 'the limit itself is sealed' "$(wc -c <most)" 1048848
echo AAAA >short.pub
refuses 'a key of the wrong length' 65 'short.pub:1: not the base64 of a 32-byte key' sav-encrypt -k short.pub report.json
head -c 32 /dev/zero | base64 >zero.pub
refuses 'a key that would seal for everyone' 65 'the public key is not usable' sav-encrypt -k zero.pub report.json
refuses 'no such key' 66 'none.pub: No such file' sav-encrypt -k none.pub report.json
refuses 'a key without a name' 66 "^sav-encrypt: '': No such file" sav-encrypt -k '' report.json
refuses 'a blob without one' 73 "^sav-encrypt: '': is a folder" sav-encrypt -k host.pub -o '' report.json
refuses 'a folder for a key' 66 'home: not a regular file' sav-encrypt -k home report.json
refuses 'no such report' 66 'none: No such file' sav-encrypt -k host.pub none
refuses 'a folder for a report' 66 'home: Is a directory' sav-encrypt -k host.pub home
refuses 'a closed standard input' 74 'standard input: Bad file descriptor' sh -c 'sav-encrypt -k host.pub <&-'
refuses 'a closed standard output' 74 'standard output: Bad file descriptor' sh -c 'sav-encrypt -k host.pub report.json >&-'
refuses 'a full disk' 74 'standard output: No space' sh -c 'sav-encrypt -k host.pub report.json >/dev/full'
refuses 'two reports' 64 'one operand too many' sav-encrypt -k host.pub report.json report.json
refuses 'an output in no folder' 73 'none: No such file' sav-encrypt -k host.pub -o none/blob report.json
printf 'sav-encrypt -k host.pub report.json\n' >run.sh
script -qec 'sh run.sh' /dev/null >terminal 2>&1 </dev/null
like 'refuses to write a blob to a terminal' "$(cat terminal)" 'not for terminals'
tap_done
