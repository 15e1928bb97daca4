#!/bin/sh
# sav-collect against pgrep, ps, a bare loop over /proc/*/comm, facter and fastfetch: on this host, with 10,000 more processes, and with
# 20,000 TCP connections (in a network of its own). Then system calls and instructions, which no other user of the machine disturbs.
# SAV_BENCH_PROCESSES, SAV_BENCH_CONNECTIONS: other numbers.
set -eu
folder=$(dirname -- "$0")
processes=${SAV_BENCH_PROCESSES-10000}
connections=${SAV_BENCH_CONNECTIONS-20000}
calls_max=450        # beside one or two a process; measured 370 on Debian 12
tmp=$(mktemp -d)
crowd=
trap '[ -z "$crowd" ] || kill "$crowd" 2>/dev/null; rm -rf "$tmp"' EXIT
cc -O2 -o "$tmp/crowd" "$folder/crowd.c"
ln -s "$tmp/crowd" "$tmp/comm-loop"

count() { find /proc -maxdepth 1 -name '[0-9]*' 2>/dev/null | wc -l; }
start() { # start KIND N: and wait until they are there
	mkfifo "$tmp/ready"
	"$tmp/crowd" "$@" >"$tmp/ready" &
	crowd=$!
	read -r _ <"$tmp/ready"
	rm "$tmp/ready"
}
stop() {
	kill "$crowd"
	wait "$crowd" 2>/dev/null || true
	crowd=
}
against() { # against GOAL PEER...
	goal=$1
	shift
	"$folder/pair.py" -n "$runs" "$goal" sav-collect "$@"
}
by_hand="$tmp/comm-loop comm"

echo "-- $(count) processes"
runs=40
against '<= 0.8' 'pgrep .'
against '<= 0.8' 'ps -e'
against '-' "$by_hand"
runs=5
if command -v facter >/dev/null; then against '<= 0.015' 'sh -c "facter --json 2>/dev/null || :"'; else echo 'left out: facter is not installed'; fi
if command -v fastfetch >/dev/null; then against '-' 'fastfetch -c all'; else echo 'left out: fastfetch is not installed'; fi

start processes "$processes"
echo "-- $(count) processes"
runs=10
against '<= 1.3' "$by_hand"
against '<= 0.15' 'pgrep .'
against '<= 0.15' 'ps -e'
if setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
	chmod 755 "$tmp"
	echo '-- the same without privilege'
	"$folder/pair.py" -n "$runs" '<= 1.3' 'setpriv --reuid 65534 --clear-groups sav-collect' "setpriv --reuid 65534 --clear-groups $by_hand"
fi
stop

if unshare -n true 2>/dev/null; then
	echo "-- $connections TCP connections against none (each in a network of its own)"
	cat >"$tmp/crowded" <<'END'
ip link set lo up
mkfifo "$1/ready"
"$1/crowd" connections "$2" >"$1/ready" &
crowd=$!
read -r _ <"$1/ready"
ss -Htan | wc -l
# One and the same process table for both: only the network differs.
"$3/pair.py" -n 20 '<= 1.1' sav-collect 'unshare -n sav-collect'
"$3/pair.py" -n 5 '-' sav-collect 'cat /proc/net/tcp'
kill "$crowd"
END
	unshare -n sh -eu "$tmp/crowded" "$tmp" "$connections" "$folder"
else
	echo 'left out: TCP connections, without the right to a network of its own'
fi

echo '-- counts'
strace -f -qq -o "$tmp/calls" sav-collect >/dev/null
all=$(wc -l <"$tmp/calls")
table=$(grep -cE 'readlinkat\([0-9]+, "[0-9]+/exe"|"[0-9]+/(comm|stat)"' "$tmp/calls")
printf 'system calls: %s, of them for %s processes %s; beside these %s (bound %s)\n' "$all" "$(count)" "$table" $((all - table)) "$calls_max"
printf 'programs started: %s (bound 0)\n' "$(($(grep -cE 'execve\(' "$tmp/calls") - 1))"
[ $((all - table)) -le "$calls_max" ] || exit
if command -v valgrind >/dev/null; then
	valgrind --tool=callgrind --callgrind-out-file="$tmp/callgrind" sav-collect >/dev/null 2>"$tmp/valgrind"
	printf 'instructions: %s\n' "$(sed -n 's/.*Collected : //p' "$tmp/valgrind")"
	callgrind_annotate "$tmp/callgrind" 2>/dev/null | grep -E '^ *[0-9,]+ \(' | grep -v PROGRAM | head -n 6 | cut -c 1-100 || true
else
	echo 'left out: instructions, valgrind is not installed'
fi
