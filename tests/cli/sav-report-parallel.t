#!/bin/sh
# The recipes of sav-report(1) for counting on many cores and on many hosts, as they stand there.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
if ! parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
	skip 'counting on many cores' 'no GNU parallel'
	tap_done
fi
HOME=$tmp # where it keeps its own files
export HOME

"$root/tests/fleet/hosts.py" -n 1000 -w 2015-W46 -c 2 >fleet.ndjson
mkdir opened
split -n l/5 fleet.ndjson opened/
sav-report add --db one.db --week 2015-W47 opened/*
sav-report json --db one.db >one
# recipe HEADING: the example below that line of the page
recipe() {
	sed -n "/^$1/,/^\.Ed/p" "$root/man/sav-report.1" | sed -n '/^\.Bd/,/^\.Ed/{/^\./d;s/\\e$/\\/;p}' |
		sed 's/^export WEEK=.*/export WEEK=2015-W47/'
}

recipe 'Count on all cores' >cores
is 'the page has a recipe for many cores' "$(grep -c . cores)" 5
run sh -e cores
is 'it works' "$status,$out" 0,
is 'and leaves no part behind' "$(find . -name 'part.*')" ''
sav-report json --db reports.db >many
ok 'sixteen parts say the same as one process' cmp one many
rm reports.db

if ! [ -x /usr/sbin/sshd ]; then
	skip 'counting on many hosts' 'no sshd'
	tap_done
fi
# Two hosts, both this one, with a server, keys and a home that nobody else has. Where it runs as root it wants a folder to lock
# itself into, which only it sees where it is not there.
# shellcheck disable=SC2016 # the inner shell's
run_sshd='exec /usr/sbin/sshd -D -e -f "$1"'
set -- sh -c "$run_sshd"
if [ "$(id -u)" -eq 0 ] && [ ! -d /run/sshd ]; then
	set -- unshare -m sh -c "mount -t tmpfs none /run && mkdir -m 755 /run/sshd && $run_sshd"
	if ! unshare -m true 2>/dev/null; then
		skip 'counting on many hosts' 'no /run/sshd, and no mounts of its own'
		tap_done
	fi
fi
port=$(free_port)
ssh-keygen -q -t ed25519 -N '' -f host_key
ssh-keygen -q -t ed25519 -N '' -f user_key
cat >sshd_config <<EOF
Port $port
ListenAddress 127.0.0.1
HostKey "$tmp/host_key"
PidFile none
UsePAM no
PasswordAuthentication no
AuthorizedKeysFile "$tmp/user_key.pub"
StrictModes no
PermitRootLogin prohibit-password
MaxStartups 100
SetEnv "PATH=$PATH" "HOME=$tmp"
EOF
server "$@" sh "$tmp/sshd_config"
echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 host_key.pub)" >known_hosts
cat >ssh_config <<EOF
Host counter*
	HostName 127.0.0.1
	HostKeyAlias [127.0.0.1]:$port
	Port $port
	IdentityFile "$tmp/user_key"
	IdentitiesOnly yes
	UserKnownHostsFile "$tmp/known_hosts"
	StrictHostKeyChecking yes
EOF
# The recipe names neither port nor key: those are the administrator's, in ssh's configuration.
mkdir bin
printf '#!/bin/sh\nexec %s -F "%s" "$@"\n' "$(command -v ssh)" "$tmp/ssh_config" >bin/ssh
chmod +x bin/ssh
PATH=$tmp/bin:$PATH
printf '2/counter1.example.com\n2/counter2.example.com\n' >hosts
wait_for ssh counter1.example.com true 2>>"$tmp/server.log"
is 'ssh goes to the server of this test' "$(ssh counter1.example.com 'echo "$SSH_CONNECTION"' | cut -d ' ' -f 3,4)" "127.0.0.1 $port"
recipe 'Count on several hosts' >hosts.recipe
is 'the page has a recipe for many hosts' "$(grep -c . hosts.recipe)" 6
run sh -e hosts.recipe
is 'it works, too' "$status,$out,$err" 0,,
is 'and leaves no part behind either' "$(find . -name 'part.*')" ''
sav-report json --db reports.db >many
ok 'hosts say the same as one process' cmp one many
ok 'and each part was counted over ssh' [ "$(grep -c 'Accepted publickey' "$tmp/server.log")" -ge 18 ]
tap_done
