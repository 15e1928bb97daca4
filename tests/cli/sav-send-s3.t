#!/bin/sh
# S3: against a server whose signatures are made by somebody else's code, in both styles of address.
# shellcheck source=tests/tap.sh disable=SC2317 # functions that `run` and `refuses` call
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SHARED_CREDENTIALS_FILE
sender
secret=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY

# Credentials
credentials=$SAV_HOME/etc/s3.credentials
nowhere=http://127.0.0.1:1/bucket
refuses 'no credentials' 78 's3.credentials: No such file' sav-send --s3 eu-test-1 --url "$nowhere" report
printf '[default]\naws_access_key_id = ID\naws_secret_access_key = %s\n' "$secret" >"$credentials"
refuses 'a file that others can read' 77 's3.credentials: others can read it \(mode 0644\)' sav-send --s3 eu-test-1 --url "$nowhere" report
chmod 600 "$credentials"
refuses 'half of them in the environment' 78 'only one of AWS_ACCESS_KEY_ID' \
	env AWS_ACCESS_KEY_ID=ID sav-send --s3 eu-test-1 --url "$nowhere" report
refuses 'a file named by the environment that is not there' 78 'nothing: No such file' \
	env AWS_SHARED_CREDENTIALS_FILE=nothing sav-send --s3 eu-test-1 --url "$nowhere" report
printf 'aws_access_key_id = ID\n%s\n' "$secret" >broken && chmod 600 broken
refuses 'a broken file' 78 'broken:2: not "key = value"' \
	env AWS_SHARED_CREDENTIALS_FILE=broken sav-send --s3 eu-test-1 --url "$nowhere" report
is 'of which nothing is shown' "$(grep -c wJalr err)" 0
ln -s broken linked
refuses 'the same through a link' 78 'linked:2: not "key = value"' \
	env AWS_SHARED_CREDENTIALS_FILE=linked sav-send --s3 eu-test-1 --url "$nowhere" report
head -c 70000 /dev/zero >large && chmod 600 large
refuses 'a huge file' 78 'large: more than 65536 bytes' \
	env AWS_SHARED_CREDENTIALS_FILE=large sav-send --s3 eu-test-1 --url "$nowhere" report
mkfifo fifo && chmod 600 fifo
refuses 'a fifo, without waiting' 78 'fifo: not a regular file' \
	env AWS_SHARED_CREDENTIALS_FILE=fifo sav-send --s3 eu-test-1 --url "$nowhere" report
for region in '' EU 'eu/1' 'eu 1'; do
	refuses "the region '$region'" 64 '--s3: not a region' sav-send --s3 "$region" --url "$nowhere" report
done
refuses 'a folder' 64 '--s3: a folder takes no signature' sav-send --s3 eu-test-1 --url file:///tmp report
refuses 'a header of the signature' 64 'S3: a header twice' \
	sav-send --s3 eu-test-1 --url "$nowhere" --header 'X-Amz-Date: 20130524T000000Z' report

configure "FeedbackURL: $nowhere" 'FeedbackS3Region: EU'
refuses 'a wrong region of the configuration' 78 'FeedbackS3Region: not a region' sav-send report

# The process that hears the drop needs the signature, and not what was signed with.
peer_faulty quiet
holds() { python3 "$root/tests/peers/memory.py" "$network" "$1"; }
knows_nothing() { # SENTENCE COMMAND...
	knows_sentence=$1
	shift
	rm -f quiet/requests
	"$@" sav-send --s3 eu-test-1 --url "http://127.0.0.1:$port/silent" --max-time 20 report 2>err &
	sender=$!
	wait_for [ -s quiet/requests ]
	network=$(pgrep -P $sender)
	if ! holds AWS4-HMAC-SHA256 >signed 2>&1; then
		skip "$knows_sentence" 'this user may not look at the memory of others'
	else
		is "$knows_sentence" "$(holds "$secret")" 0
		ok '  which the signature is in' [ "$(cat signed)" -gt 0 ]
	fi
	kill $sender
	wait $sender 2>/dev/null
}
knows_nothing 'the process for the network knows no secret of the file' env
case $bin in
*/asan/bin) skip '  nor one of the environment' 'a sanitizer keeps a copy of that' ;;
*) knows_nothing '  nor one of the environment' env AWS_ACCESS_KEY_ID=ID AWS_SECRET_ACCESS_KEY="$secret" ;;
esac

if ! peer_s3 ID "$secret" bucket; then
	skip 'a real S3 server' 'npm cannot install s3rver and aws4 here, or this Node.js does not run them'
	tap_done
fi
path_style=http://127.0.0.1:$port/bucket
host_style=http://bucket.s3.localhost:$port/
stored() { cmp -s report "s3/bucket/$1._S3rver_object"; }
objects() { find s3/bucket -name '*_object' | wc -l; }
send() { sav-send --s3 eu-test-1 --url "$path_style" "$@" report; }

run send --name path-style
is 'the bucket in the path' "$status$err" 0
ok 'the object is the report' stored path-style
run sav-send -v --s3 eu-test-1 --url "$host_style" --name host-style report
is 'the bucket in the host' "$status" 0
ok 'that object, too' stored host-style
is 'no secret in the log' "$(grep -c wJalr err)" 0
run sav-send --s3 eu-test-1 --url "$path_style/a%20b/c+d\$e" --name deep-1.x_y report
is 'a path that is written with percent signs, and could be with more' "$status$err" 0
ok 'is the one that was meant' stored "a b/c+d\$e/deep-1.x_y"
run send --name with-headers --header 'x-amz-storage-class:  STANDARD_IA ' --header 'Content-Type: application/x-sealed' --header 'Accept: a  b'
is 'headers, all of them signed' "$status$err" 0
run send --name path-style
is 'the same name once more' "$status$err" 0
run env AWS_ACCESS_KEY_ID=ID AWS_SECRET_ACCESS_KEY="$secret" AWS_SESSION_TOKEN=session/token+1 sav-send --s3 eu-test-1 \
	--url "$path_style" --name session report
is 'credentials of a session, from the environment' "$status$err" 0
configure "FeedbackURL: $path_style" 'FeedbackS3Region: eu-test-1'
run sav-send --name configured report
is 'the configuration alone' "$status$err" 0
ok 'brings it there' stored configured
before=$(objects)

refuses 'a wrong secret' 69 'refuses this report \(noproxy: answered 403 \(SignatureDoesNotMatch\)\)' \
	env AWS_ACCESS_KEY_ID=ID AWS_SECRET_ACCESS_KEY=wrong sav-send --s3 eu-test-1 --url "$path_style" report
refuses 'an unknown key' 69 '403 \(InvalidAccessKeyId\)' \
	env AWS_ACCESS_KEY_ID=WHO AWS_SECRET_ACCESS_KEY="$secret" sav-send --s3 eu-test-1 --url "$path_style" report
refuses 'another region' 69 '403 \(AuthorizationHeaderMalformed\)' sav-send --s3 us-east-1 --url "$path_style" report
refuses 'a bucket that is not there' 75 '404 \(NoSuchBucket\)' sav-send --s3 eu-test-1 --url "http://127.0.0.1:$port/none" report
refuses 'no signature at all, as the configured region is not that of another URL' 69 '403 \(AccessDenied\)' sav-send --url "$path_style" report
is 'nothing was stored' "$(objects)" "$before"

right=$port
S3_CLOCK_AHEAD_S=86400
export S3_CLOCK_AHEAD_S
peer_s3 ID "$secret" bucket
refuses 'a clock that is a day off' 69 '403 \(RequestTimeTooSkewed\)' sav-send --s3 eu-test-1 --url "http://127.0.0.1:$port/bucket" report
is 'stores nothing either' "$(objects)" "$before"

port=$right
peer_tinyproxy proxy
run env http_proxy="http://127.0.0.1:$proxy_port" no_proxy= sav-send -v --s3 eu-test-1 --url "$path_style" --name proxied report
is 'through a proxy' "$status,$(route)" '0,noproxy proxy'
ok 'arrives as well' stored proxied
tap_done
