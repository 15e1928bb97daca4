#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit

run sav-keygen -o host
is 'makes a pair' "$status" 0
is 'says nothing about it' "$out$err" ''
is 'the secret key is for its owner only' "$(mode_of host.key)" 600
is 'the public key is for everyone' "$(mode_of host.pub)" 644
is 'a key is one line of base64 of 32 bytes' "$(base64 -d host.pub | wc -c),$(wc -l <host.pub)" 32,1
is 'behind one that says so, if it is secret' "$(sed 1d host.key | base64 -d | wc -c),$(head -n 1 host.key)" \
	'32,# secret key: opens what is sealed with its public one'
is '-y prints the public key of a secret one' "$(sav-keygen -y host.key)" "$(cat host.pub)"
sav-keygen -o other
ok 'two pairs differ' [ "$(cat host.key)" != "$(cat other.key)" ]

before=$(cat host.key host.pub)
refuses 'does not overwrite a pair' 73 'host.pub: exists' sav-keygen -o host
rm host.pub
refuses 'does not overwrite a secret key without its public one' 73 'host.key: File exists' sav-keygen -o host
ok 'and makes no public key then' [ ! -e host.pub ]
sav-keygen -y host.key >host.pub
is 'the old pair is intact' "$(cat host.key host.pub)" "$before"
mkdir ro && chmod 500 ro
refuses 'a folder that is not there' 73 'none: No such file' sav-keygen -o none/key

chmod 640 host.key
refuses 'a secret key that the group can read' 77 'others can read \(mode 0640\)' sav-keygen -y host.key
chmod 600 host.key
chmod 600 host.pub
refuses 'a public key for a secret one' 65 'host.pub: a public key' sav-keygen -y host.pub
printf 'AAAA\n' >short.key && chmod 600 short.key
refuses 'a key that is too short' 65 'short.key:1: not the base64 of a 32-byte key' sav-keygen -y short.key
: >empty.key && chmod 600 empty.key
refuses 'an empty key file' 65 'empty.key: holds no key' sav-keygen -y empty.key
{ echo '# two'; cat host.key other.key; } >two.key && chmod 600 two.key
refuses 'two keys in one file' 65 'two.key:5: a second key' sav-keygen -y two.key
head -c 100000 /dev/zero >big.key && chmod 600 big.key
refuses 'a huge key file' 65 'big.key: more than 4096 bytes' sav-keygen -y big.key
refuses 'a folder for a key' 66 'ro: not a regular file' sav-keygen -y ro
mkfifo fifo.key
refuses 'a fifo for a key, without waiting' 66 'fifo.key: not a regular file' sav-keygen -y fifo.key
{ echo '# made for a test'; echo; cat host.key; } >commented.key && chmod 600 commented.key
is 'comments and empty lines are passed over' "$(sav-keygen -y commented.key)" "$(cat host.pub)"
ln -s host.key linked.key
is 'a key may be a link, as in a Secret of Kubernetes' "$(sav-keygen -y linked.key)" "$(cat host.pub)"
chmod 640 host.key
refuses 'but not one to a key that the group can read' 77 'linked.key: .*others can read \(mode 0640\)' sav-keygen -y linked.key
chmod 600 host.key
ln -s linked.loop linked.loop
refuses 'nor one to itself' 66 'linked.loop: Too many levels' sav-keygen -y linked.loop

refuses 'neither -o nor -y' 64 '-o, -y: give one of them' sav-keygen
refuses 'both -o and -y' 64 '-o, -y: give one of them' sav-keygen -o a -y b
refuses 'an option twice' 64 '--output: given twice' sav-keygen -o a -o b
refuses 'an unknown option' 64 '--what: no such option' sav-keygen --what
refuses 'an unknown letter among others' 64 '^sav-keygen: -Z: no such option' sav-keygen -Zo a
refuses 'an unknown letter behind a long option' 64 '^sav-keygen: -Z: no such option' sav-keygen --output=a -Z
refuses 'an unknown option behind a word' 64 '^sav-keygen: --what: no such option' sav-keygen word --what -y a
refuses 'an option without its value behind a word' 64 '^sav-keygen: --public: needs a value' sav-keygen word --public
refuses 'a value that none takes, behind a word' 64 '^sav-keygen: --help=me: takes no value' sav-keygen word --help=me
refuses 'what a terminal would obey is masked' 66 'none.x1b.2J.x0ax: No such file' sav-keygen -y "$(printf 'none\033[2J\nx')"
refuses 'a left-over argument' 64 'x: one operand too many' sav-keygen -o a x
refuses 'an empty one' 64 "^sav-keygen: '': one operand too many" sav-keygen -o a ''
refuses 'no name' 64 '--output: NAME is that of two files' sav-keygen -o ''
refuses 'a folder for a name' 64 '--output: NAME is that of two files' sav-keygen -o ro/
refuses 'a full disk behind standard output' 74 'standard output: No space left' sh -c 'sav-keygen -y host.key >/dev/full'
refuses 'a closed standard output' 74 'standard output: Bad file descriptor' sh -c 'sav-keygen -y host.key >&-'
run sav-keygen --help
is '--help ends 0' "$status" 0
like '--help shows the usage' "$out" '^usage: sav-keygen -o NAME'
like '--version' "$(sav-keygen --version)" '^sav-keygen [0-9]+\.[0-9]+\.[0-9]+$'
tap_done
