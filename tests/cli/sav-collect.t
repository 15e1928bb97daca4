#!/bin/sh
# shellcheck disable=SC2016 # what stands in single quotes is for other programs
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
SAV_HOME=$tmp/sav
export SAV_HOME
mkdir -p sav/bin sav/etc sav/log sav/engine sav/var/run captured
fact() { sav-collect "$@" | jq -c "$jq_path"; } # reads one fact: jq_path=.area.name fact
is_fact() { # is_fact SENTENCE .area.name WANTED-JSON OPTIONS...
	jq_path=$2 fact_wanted=$3 fact_sentence=$1
	shift 3
	is "$fact_sentence" "$(fact "$@")" "$fact_wanted"
}
traced() { ASAN_OPTIONS=detect_leaks=0 strace "$@"; } # the leak checker is a tracer too
why() { sav-collect --explain --json "$@" | jq -r --arg key "$key" '.[] | select(.fact == $key).why'; }

# The form of the document
run sav-collect
is 'measures this host' "$status" 0
is 'says nothing about it' "$err" ''
is 'is compact when piped: one line' "$(wc -l <"$tmp/out")" 1
# Without what changes between two runs, and what other tests may start and end in between.
steady='del(.system.time, .system.memory_used_kib, .system.uptime_seconds) | .server |= with_entries(select(.key | test("_running$|_open$") | not))'
is 'and indented with --pretty, the same otherwise' "$(sav-collect --pretty | jq -c "$steady")" \
	"$(sav-collect | jq -c "$steady")"
ok '--pretty indents' [ "$(sav-collect --pretty | wc -l)" -gt 80 ]
ok 'a terminal indents' [ "$(script -qec sav-collect /dev/null | wc -l)" -gt 80 ]
for level in 9.7 9.8.3 9.11; do
	sav-collect --level $level >report.json
	is "$level: exactly its facts, in order" \
		"$(jq -r '["schema=\(.schema)", "level=\(.level)"] + [to_entries[] | select(.value | objects) | .key as $area | .value | keys_unsorted[] | "\($area).\(.)"] | .[]' report.json)" \
		"$(printf 'schema=1\nlevel=%s\n' $level; awk -v level=$level 'BEGIN { n["9.7"] = 1; n["9.8.3"] = 2; n["9.11"] = 3 } n[$1] <= n[level] { print $2 }' \
			"$root/tests/fixtures/keys.tsv")"
	sav-collect --schema --level $level >schema.json
	ok "$level: fits its schema" "$python3" -c 'import json, jsonschema
schema, report = json.load(open("schema.json")), json.load(open("report.json"))
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.Draft202012Validator(schema).validate(report)'
	sav-collect --root captured --level $level >empty.json
	ok "$level: seals to one of two sizes" "$python3" -c 'import os
for name in ("report.json", "empty.json"): assert 800 <= os.path.getsize(name) <= 2399, os.path.getsize(name)'
done
ok 'the schema refuses a fact too many, one too few, a wrong type' "$python3" -c 'import json, jsonschema
schema, report = json.load(open("schema.json")), json.load(open("report.json"))
def bad(change):
    other = json.loads(json.dumps(report)); change(other)
    try: jsonschema.validate(other, schema)
    except jsonschema.ValidationError: return
    raise SystemExit(1)
bad(lambda r: r["server"].update(host_name="x"))
bad(lambda r: r["server"].pop("perf_installed"))
bad(lambda r: r["server"].update(perf_installed="yes"))
bad(lambda r: r["sophos"].update(machine_id="0123"))
bad(lambda r: r.update(level="9.7"))'
is 'the types of the schema are those of the list' \
	"$(sav-collect --schema | jq -r '.properties | to_entries[] | select(.value.properties) | .key as $a | .value.properties | to_entries[] | "\($a).\(.key)\t\(.value.type[0])"')" \
	"$(cut -f2,3 "$root/tests/fixtures/keys.tsv" | sed 's/hash$/string/')"
is 'the level is the configured one by default' \
	"$(echo 'FeedbackLevel: "9.8.3"' >sav/etc/savd.yaml; sav-collect | jq -r .level; rm sav/etc/savd.yaml)" 9.8.3
is 'sav-facts(5) is made from the same table' "$("$root/scripts/facts-page" "$bin/sav-collect")" "$(cat "$root/man/sav-facts.5")"

# The live host
is_fact 'uname: kernel' .system.kernel_version "\"$(uname -r)\""
is_fact 'uname: machine' .system.architecture "\"$(uname -m)\""
is_fact 'memory' .system.memory_total_kib "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"
is_fact 'CPUs' .system.cpu_cores "$(getconf _NPROCESSORS_ONLN)"
root_type=$(findmnt -no FSTYPE / | tail -n 1) # none in a root that was only changed into
is_fact 'root file system' .system.root_fs_type "$([ -n "$root_type" ] && echo "\"$root_type\"" || echo null)"
is 'time zone from TZ' "$(TZ=:America/New_York sav-collect | jq -r .system.time_zone)" America/New_York
is 'a POSIX rule is no name of a zone' "$(TZ=CET-1CEST sav-collect | jq -r .system.time_zone)" null
is 'TZ that names the file of the host is the host'"'"'s zone' "$(TZ=:/etc/localtime sav-collect | jq -r .system.time_zone)" "$(env -u TZ sav-collect | jq -r .system.time_zone)"
is 'a zone that is none of IANA'"'"'s stays unnamed' "$(TZ=Company/Head_Office sav-collect | jq -r .system.time_zone)" null
like 'time with its offset' "$(TZ=Asia/Kolkata sav-collect | jq -r .system.time)" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\+05:30$'

# Processes: by executable, not by what a process calls itself
sleeper=$(command -v sleep)
cp "$sleeper" postgres
cp "$sleeper" httpd
rename='import ctypes, sys, time
ctypes.CDLL(None).prctl(15, sys.argv[1].encode(), 0, 0, 0)
open(sys.argv[2], "w").close()
time.sleep(60)'
if [ "$(jq_path=.server.postgres_running fact)$(jq_path=.server.mysql_running fact)" = falsefalse ]; then
	server ./postgres 60
	real=$!
	wait_for sh -c 'sav-collect | jq -e .server.postgres_running >/dev/null'
	is_fact 'a process is known by its executable' .server.postgres_running true
	server python3 -c "$rename" mysqld renamed
	disguised=$!
	wait_for [ -e renamed ]
	is_fact 'and not by a name it gave itself' .server.mysql_running false
	if [ "$(id -u)" -eq 0 ]; then
		chmod 755 "$tmp"
		is 'one that ends while it is looked at leaves no doubt about the others' "$(setpriv --reuid 65534 --clear-groups env ASAN_OPTIONS=detect_leaks=0 \
			strace -qq -o /dev/null -P $disguised/stat -e inject=openat:error=ENOENT "$bin/sav-collect" | jq .server.oracle_running)" false
	fi
	rm postgres
	is_fact 'also when that file was replaced since' .server.postgres_running true
	kill $real $disguised # other tests look at the process table too
else
	skip 'a process is known by its executable' 'a database runs here'
fi

# Ports
listen='import socket, sys, time
kept = []
for address, port in zip(sys.argv[2::2], sys.argv[3::2]):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if ":" in address: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1 if address != "::ffff:127.0.0.1" else 0)
    s.bind((address, int(port))); s.listen(); kept.append(s)
open(sys.argv[1], "w").close()
time.sleep(60)'
if unshare -n true 2>/dev/null; then
	# In a network of its own, nothing that listens here can be reached from anywhere.
	in_network() {
		unshare -n sh -c 'ip link set lo up; ip address add 192.0.2.1/24 dev lo; ip address add 2001:db8::1/64 dev lo nodad
			python3 -c "$0" ready "$@" & pid=$!
			for _ in $(seq 200); do [ -e ready ] && break; sleep 0.05; done
			sav-collect | jq -c ".server | [.http_port_open, .https_port_open, .nfs_port_open, .cifs_port_open]"
			kill $pid; wait $pid 2>/dev/null; rm -f ready' "$listen" "$@"
	}
	is 'listeners on loopback are no open ports' "$(in_network 127.0.0.1 80 127.8.9.1 443 ::1 2049 ::ffff:127.0.0.1 445)" '[false,false,false,false]'
	is 'those on any address are' "$(in_network 0.0.0.0 80 :: 443)" '[true,true,false,false]'
	is 'and those on one that others reach' "$(in_network 192.0.2.1 2049 2001:db8::1 139)" '[false,false,true,true]'
else
	skip 'listeners' 'no right to a network of its own'
fi

# An installation
echo '9.15.1' >sav/engine/version
cat >sav/etc/savd.yaml <<'END'
LiveProtection: disabled
AutomaticAction: delete
ScanArchives: enabled
ExcludeFilePaths: [/a, /b]
ExcludeFileOnGlob: ['*.iso']
CustomerID: a customer
PrimaryUpdateSourcePath: 'sophos:'
SecondaryUpdateSourcePath: http://updates.example.com/sav
END
cat >sav/bin/savdstatus <<'END'
#!/bin/sh
printf 'Build Revision = 1\nThreat detection engine  = 3.79.0\nThreat data = 5.74\nenvironment = %s\n' "$(env | sort | tr '\n' ' ')"
END
chmod +x sav/bin/savdstatus
echo active >sav/var/run/onaccess.status
echo $(($(date +%s) - 3 * 86400 - 5)) >sav/etc/update.last_update
printf '%s\n' 'x SUCCESSFULLY_UPDATED_FROM Primary' 'BAD-PRIMARY-URL' 'trying secondary source' 'SUCCESSFULLY_UPDATED_FROM' >sav/log/savupdate-debug.log
is 'facts of an installation' "$(sav-collect | jq -c '[.sophos.product_version, .sophos.virus_data_version, .sophos.virus_engine_version, .sophos.regression_suite,
	.on_access.enabled, .on_access.disinfect, .on_access.delete, .on_access.archives, .on_access.exclusions,
	.config.live_protection, .config.email_notifications, .config.days_since_update, .config.update_succeeded, .config.update_source, .config.update_sources, .config.managed, .config.management_type]')" \
	'["9.15.1","5.74","3.79.0",false,true,false,true,true,3,false,true,3,true,"secondary",["sophos","http"],false,null]'
echo 'ManagementType: Cloud' >sav/etc/policy.yaml
is 'a policy layer manages it' "$(sav-collect | jq -c '.config | [.managed, .management_type]')" '[true,"Cloud"]'
rm sav/etc/policy.yaml
through() { env "$@" sav-collect | jq -c .config.through_proxy; }
proxy=https_proxy=http://127.0.0.1:9
is 'no drop, no route' "$(through "$proxy")" null
echo 'FeedbackURL: https://drop.example/' >>sav/etc/savd.yaml
is 'no proxy in the environment' "$(through)" false
is 'a proxy in the environment' "$(through "$proxy")" true
is 'that the drop needs none of' "$(through "$proxy" no_proxy=.example)" false
is 'or that is for another scheme' "$(through http_proxy=http://127.0.0.1:9)" false
# What sav-send itself notes, of a delivery to a folder.
mkdir drop
echo x | sav-send --url "file://$(printf %s "$PWD" | sed 's/ /%20/g')/drop"
is 'the last delivery counts more' "$(cat sav/var/feedback/route) $(through "$proxy")" 'file direct false'
echo 'secondary proxy' >sav/var/feedback/route
is 'and may have gone through a proxy of ours' "$(through)" true
echo garbage >sav/var/feedback/route
is 'garbage is not taken for a route' "$(through)" null
rm sav/var/feedback/route
touch sav/etc/free_version
is_fact 'the free licence' .sophos.license '"free"'

# The hashes
like 'a machine hash of 32 digits' "$(sav-collect | jq -r .sophos.machine_id)" '^[0-9a-f]{32}$'
is 'the secret behind it is for its owner only, in a folder that is too' "$(mode_of sav/var/feedback/id.key),$(mode_of sav/var/feedback),$(wc -c <sav/var/feedback/id.key)" 600,700,32
is 'it stays the same' "$(sav-collect | jq -r .sophos.machine_id)" "$(sav-collect | jq -r .sophos.machine_id)"
is 'it is the documented BLAKE2b' "$(sav-collect | jq -r .sophos.machine_id)" "$("$python3" -c 'import hashlib, sys, time
key, machine = open(sys.argv[1], "rb").read(), open("/etc/machine-id").read().strip()
print(hashlib.blake2b(b"machine %d %s" % (time.time() // 86400 // 90, machine.encode()), key=key, digest_size=16).hexdigest())' sav/var/feedback/id.key)"
customer=$(sav-collect | jq -r .sophos.customer_id)
is 'the customer hash is the documented Argon2id' "$customer" "$("$python3" -c 'import nacl.pwhash, time
message = b"customer %d a customer" % (time.time() // 86400 // 90)
print(nacl.pwhash.argon2id.kdf(16, message, b"sav customer id1", nacl.pwhash.argon2id.OPSLIMIT_INTERACTIVE, nacl.pwhash.argon2id.MEMLIMIT_INTERACTIVE).hex())')"
traced -qq -e trace=mmap -o mmap.log sav-collect >/dev/null
is 'and is remembered, not computed again' "$(grep -cE ', (6[7-9]|[7-9][0-9])[0-9]{6},' mmap.log)" 0
sed -i 's/[0-9a-f]\{32\}$/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz/' sav/var/feedback/customer
is 'unless it was spoilt' "$(sav-collect | jq -r .sophos.customer_id)" "$customer"
mv sav/var/feedback/customer kept
mkdir sav/var/feedback/customer
is 'where it cannot be, it is computed again' "$(sav-collect | jq -r .sophos.customer_id)" "$customer"
rmdir sav/var/feedback/customer
mv kept sav/var/feedback/customer
sed -i 's/a customer/another/' sav/etc/savd.yaml
ok 'another customer, another hash' [ "$(sav-collect | jq -r .sophos.customer_id)" != "$customer" ]

# Kernel modules that this host compiled itself
talpa_type() { sav-collect --explain --json | jq -r '.[] | select(.fact == "on_access.talpa_type") | "\(.value) \(.why)"'; }
mkdir -p sav/talpa/compiled sav/log
echo 'failed with code 4' >sav/log/talpaselect.log
touch sav/talpa/compiled/notes sav/talpa/compiled/.tar.gz
is 'a folder of no kernel modules says nothing' "$(talpa_type)" 'null log/talpaselect.log: names none'
touch sav/talpa/compiled/talpa-x.tar.gz
is 'one with an archive does' "$(talpa_type | cut -d' ' -f1)" compiled
rm -r sav/talpa/compiled
touch sav/talpa/compiled
is 'what is no folder cannot be listed' "$(talpa_type)" 'null talpa/compiled: Not a directory'
rm -r sav/talpa sav/log/talpaselect.log
mkdir -p epochs/etc epochs/opt
cp -r sav epochs/opt/sophos-av
echo 0123456789abcdef0123456789abcdef >epochs/etc/machine-id
hashes() { # hashes TIME: of a captured host then
	echo "time=$1" >epochs/capture
	sav-collect --root epochs | jq -r '.sophos | .machine_id, .customer_id'
}
is 'they stay the same for 90 days' "$(hashes 2026-12-03T00:00:00Z)" "$(hashes 2027-03-02T23:59:59Z)"
is 'both change with the epoch' "$({ hashes 2027-03-02T23:59:59Z; hashes 2027-03-03T00:00:00Z; } | grep -cxE '[0-9a-f]{32}'),$({ hashes 2027-03-02T23:59:59Z; hashes 2027-03-03T00:00:00Z; } | sort -u | wc -l)" 4,4
rm -r sav/var/feedback
pids=
for _ in 1 2 3 4 5 6 7 8; do
	sav-collect >>many.json &
	pids="$pids $!"
done
# shellcheck disable=SC2086 # numbers
wait $pids
is 'eight that start at once agree on one secret' "$(jq -r .sophos.machine_id many.json | sort | uniq -c | awk '{ print $1, length($2) }')" '8 32'
chmod 644 sav/var/feedback/id.key
key=sophos.machine_id
like 'a secret that others can read is not used' "$(why)" 'id.key: a secret that others can read'
chmod 600 sav/var/feedback/id.key
head -c 31 /dev/urandom >sav/var/feedback/id.key
like 'nor one that is too short' "$(why)" 'id.key: not 32 bytes'
rm -r sav/var/feedback
ln -s /nowhere sav/var/feedback
like 'no folder for it: unknown, and why' "$(why)" 'var/feedback: (No such file|File exists)'
rm sav/var/feedback

# savdstatus
key=sophos.virus_data_version
is 'savdstatus gets an environment of its own' \
	"$(SECRET=x traced -f -qq -v -s 4000 -e trace=execve sav-collect 2>&1 >/dev/null | grep 'savdstatus", ' | grep -oE '\["PATH=.*\]')" '["PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C"]'
printf '#!/bin/sh\necho Threat data = 5.75\n' >sav/bin/savdstatus
is 'its end is seen by one that was started with SIGCHLD ignored' \
	"$(env --ignore-signal=CHLD sav-collect | jq -r .sophos.virus_data_version)" 5.75
printf '#!/bin/sh\nsleep 30 & sleep 30\n' >sav/bin/savdstatus
began=$(date +%s)
like 'it has 2 seconds' "$(why)" 'savdstatus: no answer within 2000 ms'
ok 'and no more, nor has what it started' [ $(($(date +%s) - began)) -lt 25 ] # of 30
run env ASAN_OPTIONS=detect_leaks=0 timeout 20 strace -qq -o /dev/null -e inject='?poll,?ppoll:error=ENOMEM' sav-collect
is 'it is not waited for without a clock' "$status,$(jq -r .sophos.virus_data_version out)" 0,null
printf '#!/bin/sh\nhead -c 4000000 /dev/zero\n' >sav/bin/savdstatus
like 'output of megabytes is not kept' "$(why)" 'tells no Threat data'
printf '#!/bin/sh\necho Threat data = 1\nexit 3\n' >sav/bin/savdstatus
like 'a failure says nothing' "$(why)" 'savdstatus: failed'
chmod -x sav/bin/savdstatus
like 'nor does one that cannot be run' "$(why)" 'Permission denied'
rm sav/bin/savdstatus

# What it may do
traced -f -qq -e trace=connect,bind,sendto,sendmsg,socket,execve,clone,clone3,vfork,fork -o calls.log sav-collect >/dev/null
is 'it talks to nothing but the kernel' "$(grep -E '(connect|bind)\(|sendmsg|sendto' calls.log | grep -v 'AF_NETLINK')" ''
is 'has no socket that could reach anything' "$(grep -E 'socket\(' calls.log | grep -vE 'AF_NETLINK|AF_INET6?, SOCK_DGRAM')" ''
is 'and starts nothing' "$(grep -cE 'execve|clone|fork' calls.log)" 1
traced -f -qq -e trace=openat,open,mkdir,unlink,unlinkat,rename,renameat2 -o files.log sav-collect >/dev/null
is 'it writes nowhere but in var/feedback' "$(not_of_coverage <files.log | grep -E 'O_WRONLY|O_RDWR|O_CREAT|mkdir|unlink|rename' | grep -vE 'var/feedback|id\.key|customer|sav/var"')" ''
is 'reads no file twice, by whatever name' "$(traced -qq -y -e trace=openat,open -o /dev/stdout sav-collect 2>/dev/null | grep O_RDONLY | grep -vE 'O_DIRECTORY|O_PATH' | grep -vE 'id\.key|/maps' | grep -oE '= [0-9]+<[^>]+>$' | sed 's/^[^<]*//' | sort | uniq -d)" ''

for host in / captured; do
	if [ $host = / ]; then set --; else set -- --root $host; fi
	traced -qq -e trace=landlock_create_ruleset,landlock_restrict_self,prctl -o rights.log sav-collect "$@" >/dev/null
	if grep -qE 'landlock_create_ruleset\(NULL.*= [1-9]' rights.log; then
		ok "$host: the kernel holds it to that" grep -qE 'landlock_restrict_self\([0-9]+, 0\) += 0' rights.log
	else
		skip "$host: the kernel holds it to that" 'this kernel has no Landlock'
	fi
	ok "$host: and it can gain no rights" grep -qE 'PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0\) += 0' rights.log
done
traced -qq -e trace=openat2,landlock_restrict_self,prctl -o order.log sav-collect --root epochs >/dev/null
is 'of a captured host it reads nothing before that, no settings either' \
	"$(grep -oE 'NO_NEW_PRIVS|openat2' order.log | head -n 1),$(grep -cE 'openat2.*etc/savd\.yaml' order.log)" NO_NEW_PRIVS,1

# A captured host
mkdir -p captured/etc captured/proc/1 captured/proc/2 captured/proc/self captured/usr/bin
printf 'ID=first\nPRETTY_NAME="a \\"quoted\\" $(touch run) `id` name"\n' >captured/etc/os-release
printf 'time=2014-08-19T09:59:22+01:00\nmachine=ia64\n' >captured/capture
is 'a captured host tells of itself only' "$(SAV_HOME=$tmp/sav sav-collect --root captured | jq -c '[.system.distro_id, .system.distro_description, .system.time, .system.architecture, .system.memory_total_kib, .sophos.product_version, .server.perf_installed]')" \
	'["first","a \"quoted\" $(touch run) `id` name","2014-08-19T09:59:22+01:00","ia64",null,null,null]'
ok 'and nothing in it is run' [ ! -e run ]
ln -s /etc/passwd captured/etc/timezone
ln -s ../../../../../../../../../../../../etc/hostname captured/etc/machine-id
ln -s / captured/sys
is 'its links lead nowhere outside' "$(traced -f -qq -y -e trace=openat,openat2,open,read -o /dev/stdout sav-collect --root captured | grep -E '/etc/(passwd|hostname)>' | head -n 2)" ''
rm captured/etc/os-release captured/sys
key=system.distro_id
mkfifo captured/etc/os-release
like 'a fifo does not hold it up' "$(why --root captured)" '/etc/os-release: not a regular file'
rm captured/etc/os-release
truncate -s 1G captured/etc/os-release
like 'a huge file is not read' "$(why --root captured)" '/etc/os-release: more than 65536 bytes'
rm captured/etc/os-release
ln -s os-release captured/etc/os-release
like 'a loop of links ends' "$(why --root captured)" '/etc/os-release: Too many levels'
rm captured/etc/os-release
mkdir captured/etc/os-release
like 'a folder in its place' "$(why --root captured)" '/etc/os-release: not a regular file'
rmdir captured/etc/os-release
if [ "$(id -u)" -eq 0 ] && mknod captured/etc/os-release c 1 5 2>/dev/null; then
	like 'a device is not opened' "$(why --root captured)" '/etc/os-release: not a regular file'
	rm captured/etc/os-release
fi
echo 'ID=debian' >captured/etc/os-release
chmod 000 captured/etc/os-release
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$tmp"
	like 'a file without permission, and why' \
		"$(setpriv --reuid 65534 --clear-groups "$bin/sav-collect" --root captured --explain --json | jq -r '.[] | select(.fact == "system.distro_id").why')" \
		'/etc/os-release: Permission denied'
else
	like 'a file without permission, and why' "$(why --root captured)" '/etc/os-release: Permission denied'
fi
chmod 644 captured/etc/os-release
ok 'nothing is made in a captured host' [ ! -e captured/opt ]

# Words
like '--explain is a table' "$(sav-collect --explain)" '^server\.x_running +9\.7 +(yes|no|unknown)$'
is '--explain tells of every fact' "$(sav-collect --explain | grep -cE '^[a-z_]+\.[a-z0-9_]+ +9\.')" 75
is '--explain fits 80 columns' "$(sav-collect --explain --root captured | awk 'length > 80 && !/unknown: /')" ''
is '--explain --json: a reason exactly where there is no value' "$(sav-collect --explain --json | jq -c 'map((.value == null) == (.why == null)) | any')" false
like '-v writes the product'"'"'s line' "$(sav-collect -v 2>&1 >/dev/null)" '^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}: Preparing feedback data$'
is 'and leaves the report alone' "$(sav-collect -v 2>/dev/null | jq -r .schema)" 1

# --diff
sav-collect --root captured >old.json
is 'nothing is new against the same' "$(sav-collect --root captured --diff old.json)" ''
jq '.system.distro_id = "\u001b[31m" | del(.server.perf_installed) | .server.x_running = true' old.json >older.json
is '--diff tells what is' "$(sav-collect --root captured --diff older.json)" \
	"$(printf '%s\n' 'system.distro_id: "\u001B[31m" -> "debian"' 'server.x_running: true -> false' 'server.perf_installed: (not sent) -> null')"
is 'from standard input too' "$(sav-collect --root captured --diff - <old.json)" ''
refuses 'an older report that is not there' 66 'none.json: No such file' sav-collect --diff none.json
refuses 'one that is no JSON' 65 'capture:1:[0-9]+: not JSON' sav-collect --diff captured/capture
echo '{}' >other.json
refuses 'one that is none' 65 'other.json: not a report' sav-collect --diff other.json
head -c 100000 /dev/zero >huge.json
refuses 'a huge one' 65 'huge.json: more than 65536 bytes' sav-collect --diff huge.json

# Refusals
refuses 'another level' 64 '10: no such level' sav-collect --level 10
refuses 'another level, for a schema too' 64 '9.7.1: no such level' sav-collect --schema --level 9.7.1
refuses 'a root that is not there' 66 'nowhere: No such file' sav-collect --root nowhere
refuses 'a root that is no folder' 66 'report.json: Not a directory' sav-collect --root report.json
refuses 'an operand' 64 'x: one operand too many' sav-collect x
refuses '--json alone' 64 '--json: goes with' sav-collect --json
refuses '--explain with --schema' 64 'one at a time' sav-collect --explain --schema
refuses '--explain with --pretty' 64 '--pretty: goes with' sav-collect --explain --pretty
refuses 'an installation that is no absolute path' 78 'SAV_HOME: here: not an absolute path' env SAV_HOME=here sav-collect
refuses 'a full disk behind standard output' 74 'standard output: No space left' sh -c 'sav-collect >/dev/full'
refuses 'a closed standard output' 74 'standard output: Bad file descriptor' sh -c 'sav-collect >&-'
run sh -c 'sav-collect <&- 2>&-'
is 'works with the other streams closed' "$status,$(wc -l <"$tmp/out")" 0,1
printf 'AutomaticAction: [\n' >sav/etc/savd.yaml
key=on_access.delete
like 'a broken configuration: unknown, with the place' "$(why)" 'savd.yaml:[0-9]+'
is 'and the rest is measured' "$(sav-collect | jq -r .system.os_name)" Linux
run sav-collect --help
is '--help ends 0' "$status" 0
tap_done
