#!/bin/sh
# What each tool may no longer do while it reads what others wrote, tried from inside the running tool; and that it works, and says
# so, on a kernel without Landlock. How it is tried: tests/cage/probe.c.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
# shellcheck source=tests/peers/peers.sh
. "$root/tests/peers/peers.sh"
cd "$tmp" || exit

# LD_PRELOAD is a list parted by blanks, which the path to the build may hold.
plain_folder
preload=$plain/probe.so
cp "$bin/../cage/probe.so" "$preload"
SAV_HOME=$tmp/home
export SAV_HOME
mkdir -p home/etc home/var/feedback inside outside drop reports
echo secret >outside/secret
printf '%s\n' 'FeedbackURL: http://127.0.0.1:1/' >home/etc/savd.yaml

caged_tools=
# caged SENTENCE AT WANTED COMMAND...: at that moment the tool is allowed what WANTED says: of write, read, tcp, udp, unix, packet
# and exec those that are named, and nothing else. Files are tried in the folder `outside`. A moment that never comes is a failure.
caged() {
	caged_sentence=$1 caged_at=$2 caged_wanted=$3 caged_status=0
	shift 3
	rm -f seen && : >seen
	env LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 CAGE_AT="$caged_at" CAGE_OUT="$tmp/seen" \
		CAGE_WRITE="$tmp/${caged_place:-outside}/new" CAGE_READ="$tmp/outside/secret" "$@" >out 2>err </dev/null || caged_status=$?
	caged_tools="$caged_tools $1"
	caged_got=$(tr ' ' '\n' <seen | sed -n 's/=allowed$//p' | paste -sd ' ')
	grep -q ' few=' seen || caged_got="never asked: status $caged_status: $(cat err)"
	is "$caged_sentence" "$caged_got" "$caged_wanted"
	ok '  and it gains no rights, and leaves no core' grep -q 'privs=none.* core=no' seen
}
# The memory of a tool that holds secrets can be looked at by nobody else; the leak checker of a sanitized build has to.
hidden() {
	case $bin in
	*/asan/bin) skip "$1" 'a sanitized build' ;;
	*) ok "$1" grep -q ' dump=no ' seen ;;
	esac
}

# goes_on TOOL STATUS COMMAND...: without Landlock the tool does its work, tells a person so, and does not pester cron
goes_on() {
	goes_on_tool=$1 goes_on_status=$2
	shift 2
	run "$root/tests/peers/old_kernel.py" --terminal "$@"
	is "$goes_on_tool works on a kernel without Landlock" "$status" "$goes_on_status"
	ok "  and says that it is confined less" grep -q "^$goes_on_tool: warning: this kernel lacks Landlock or seccomp" err
}
quiet() { # SENTENCE COMMAND...
	quiet_sentence=$1
	shift
	run "$root/tests/peers/old_kernel.py" "$@"
	is "$quiet_sentence" "$(grep -c 'lacks Landlock' err)" 0
}

if ! has_landlock; then
	skip 'every tool is confined' 'this kernel has no Landlock'
	tap_done
fi

# The probe itself: with no sandbox it is allowed everything, and so would be a tool that forgot its own.
run env LD_PRELOAD="$preload" CAGE_AT=read:0 CAGE_OUT="$tmp/seen" CAGE_WRITE="$tmp/outside/new" CAGE_READ="$tmp/outside/secret" cat </dev/null
like 'a program without a sandbox is seen to have none' "$(cat seen)" \
	'write=allowed read=allowed tcp=allowed udp=allowed unix=allowed .* exec=allowed privs=more dump=yes'

# Keys
caged 'sav-keygen -o reaches nothing but its folder' fsync '' sav-keygen -o inside/pair
hidden '  its memory is its own'
caged 'sav-keygen -y reads that file alone' open:inside/pair.key '' sav-keygen -y inside/pair.key
hidden '  its memory is its own'
goes_on sav-keygen 0 sav-keygen -y inside/pair.key
quiet '  unless nobody is there to read it' sav-keygen -y inside/pair.key

# Sealing and opening
echo '{"a":1}' >report
caged 'sav-encrypt reads' open:report read sav-encrypt -k inside/pair.pub report
hidden '  its memory is its own'
caged 'and writes beside its output' fsync read sav-encrypt -k inside/pair.pub -o inside/blob report
goes_on sav-encrypt 0 sav-encrypt -k inside/pair.pub -o drop/blob report
caged 'sav-decrypt reads the key without the network' open:inside/pair.key read sav-decrypt -k inside/pair.key inside/blob
caged 'and blobs' open:inside/blob read sav-decrypt -k inside/pair.key inside/blob
hidden '  its memory is its own'
caged_place=.
caged 'with -o - it writes nowhere, here neither' open:inside/blob read sav-decrypt -k inside/pair.key -o - inside/blob
caged_place=
caged 'each of its threads, too' open:blob read sav-decrypt -k inside/pair.key --ndjson --jobs 2 -o inside/lines drop
goes_on sav-decrypt 0 sav-decrypt -k inside/pair.key inside/blob

# The host
caged 'sav-collect writes its state first, and nothing else' open:id.key 'read tcp udp unix' sav-collect
hidden '  its memory, with the key of the id, is its own'
caged 'then it parses with reading alone' open:/etc/os-release read sav-collect
printf '#!/bin/sh\necho {}\n' >program && mkdir home/bin && cp program home/bin/savdstatus && chmod 755 home/bin/savdstatus
caged 'where there is a savdstatus it may start programs, which may talk on this host' open:/etc/os-release 'read unix exec' sav-collect
rm home/bin/savdstatus
mkdir -p captured/etc && echo ID=x >captured/etc/os-release
caged 'of a captured host it reads its folder' open:/dev/urandom '' sav-collect --root captured
goes_on sav-collect 0 sav-collect
quiet '  but not to cron' sav-collect
run "$root/tests/peers/old_kernel.py" sav-collect --verbose
like '  though with --verbose to its log' "$err" 'lacks Landlock'

# Sending: one process, then two
caged 'sav-send reads its settings with no right to start anything' open:savd.yaml 'write read tcp udp unix' sav-send report
caged 'sav-send speaks to strangers with the network alone' connect 'tcp udp unix' sav-send report
hidden '  its memory is its own'
for file in /etc/machine-id /etc/ssl/private /etc/pki/tls/private; do
	run env LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 CAGE_AT=connect CAGE_OUT="$tmp/seen" CAGE_READ=$file sav-send report
	like "  and without $file" "$(tail -n 1 seen)" ' read=(refused|No such file)'
done
caged 'and writes to a folder without' fsync '' sav-send --url "file://$(printf %s "$tmp/drop" | sed 's/ /%20/g')" report
peer_ca ca
peer_certificate ca drop DNS:localhost
peer_drop
caged 'what it remembers of an answer is written without the network' fsync '' sav-send --url "http://127.0.0.1:$http_port/" report
goes_on sav-send 0 sav-send --url "file://$(printf %s "$tmp/drop" | sed 's/ /%20/g')" report

# Settings
caged 'savconfig get reads the installation' open:savd.yaml '' savconfig get FeedbackURL
hidden '  its memory is its own'
caged 'savconfig set writes there' fsync '' savconfig set WebUI true
goes_on savconfig 0 savconfig get FeedbackURL
quiet '  but not to sav-feedback, every hour' savconfig get FeedbackURL

# The receiving side
"$root/tests/fleet/hosts.py" -n 40 -w 2015-W46 -c 2 -t truth.json >lines
caged 'sav-report add parses what it reads' open:lines read sav-report add --db reports/db --week 2015-W46 lines
hidden '  its memory is its own'
caged 'sav-report show reads' open:reports/db read sav-report show --db reports/db
caged 'and has nothing to write where add keeps its rows' open:reports/db read env TMPDIR="$tmp/outside" sav-report show --db reports/db
goes_on sav-report 0 sav-report show --db reports/db
caged 'sav-retain reaches nothing but the folders' open:drop '' sav-retain --days 89 drop
goes_on sav-retain 0 sav-retain --days 89 drop

# Alerts
cat >alerts.yaml <<-END
	alert_output:
	  outputs:
	  - {type: webhook, url: "http://127.0.0.1:1"}
	  - {type: file, name: "$tmp/inside/alerts"}
END
caged 'sls-alert parses its settings with no right to start anything' open:alerts.yaml 'write read tcp udp unix' \
	sls-alert -c alerts.yaml -s spool --drain 0
caged 'with --check it only reads' open:alerts.yaml read sls-alert -c alerts.yaml --check
caged 'it reads alerts with the network and its own folders' read:0 'read tcp udp unix' sls-alert -c alerts.yaml -s spool --drain 0
hidden '  its memory is its own'
caged 'it speaks to outputs in the same way' connect 'read tcp udp unix' sls-alert -c alerts.yaml --test-alert
caged_place=inside
caged 'what reads their answers cannot even write where the rest may' connect 'read tcp udp unix' sls-alert -c alerts.yaml --test-alert
caged_place=
# Also the thread that goes on when other settings were refused. It has not spoken to anybody before.
: >live.json
rm -f seen && : >seen
env LD_PRELOAD="$preload" ASAN_OPTIONS=detect_leaks=0 CAGE_AT=connect CAGE_OUT="$tmp/seen" CAGE_WRITE="$tmp/inside/new" \
	CAGE_READ="$tmp/outside/secret" "$bin/sls-alert" -c alerts.yaml -s live --follow live.json --drain 0 2>live.err &
alerts=$!
wait_for test -e live/dead.ndjson
cp alerts.yaml good.yaml
printf '  - {type: mcs, url: "https://127.0.0.1:1", api_key: none}\nmcs_certs: [none]\nmcs_crls: [none]\n' >>alerts.yaml
kill -HUP $alerts
wait_for grep -q '^sls-alert: mcs: ' live.err # once the threads were ended
echo '{"n":1}' >>live.json
wait_for grep -q ' few=' seen
cp good.yaml alerts.yaml
kill $alerts
wait $alerts
is 'and so it is after a reload that was refused' "$(tr ' ' '\n' <seen | sed -n 's/=allowed$//p' | paste -sd ' ')" 'read tcp udp unix'
run "$root/tests/peers/old_kernel.py" sls-alert -c alerts.yaml -s spool --drain 0 </dev/null
is 'sls-alert works on a kernel without Landlock' "$status" 0
like '  and tells its journal' "$err" '^sls-alert: warning: this kernel lacks Landlock or seccomp'

# What the filter of calls still holds where Landlock is missing
caged 'without Landlock a reader of keys still has no network and no programs' open:inside/pair.key 'write read' \
	"$root/tests/peers/old_kernel.py" sav-decrypt -k inside/pair.key inside/blob

for tool in "$root"/cmd/*; do
	tool=${tool##*/}
	case " $caged_tools " in *" $tool "*) ;; *) echo "$tool" ;; esac
done >forgotten
is 'no tool was left out' "$(cat forgotten)" ''
tap_done
