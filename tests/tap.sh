# TAP for shell tests: source it, call ok/is/status..., end with `tap_done`. Every test has a folder of its own, $tmp,
# removed at the end together with the servers that `server` started.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
bin=${SAV_TEST_BIN:-$root/build/bin}
PATH=$bin:$PATH
export PATH
unset NOTIFY_SOCKET SAV_HOME DO_NOT_TRACK http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
LC_ALL=C.UTF-8 TZ=UTC
export LC_ALL TZ
umask 022
tmp=$(mktemp -d "${TMPDIR:-/tmp}/sav test.XXXXXX") # with a blank, so that no script forgets its quotes
python3=/usr/bin/python3 # the one that Debian's packages are for
tap_count=0
tap_failed=0
tap_pids=
tap_plain=

tap_end() {
	tap_status=$?
	for tap_pid in $tap_pids; do
		kill "$tap_pid" 2>/dev/null
	done
	for tap_pid in $tap_pids; do
		wait "$tap_pid" 2>/dev/null
	done
	chmod -R u+rwX "$tmp" 2>/dev/null
	rm -rf "$tmp" ${tap_plain:+"$tap_plain"}
	exit "$tap_status"
}
trap tap_end EXIT
trap 'exit 130' INT TERM

# ok SENTENCE COMMAND...: the command ends with status 0
ok() {
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		printf 'ok %d - %s\n' "$tap_count" "$tap_name"
	else
		tap_failed=$((tap_failed + 1))
		printf 'not ok %d - %s\n' "$tap_count" "$tap_name"
		printf '%s\n' "command: $*" | sed 's/^/# /' >&2
		return 1
	fi
}

# is SENTENCE GOT WANTED
is() {
	if ! ok "$1" [ "$2" = "$3" ]; then
		printf 'got:    %s\nwanted: %s\n' "$2" "$3" | sed 's/^/# /' >&2
	fi
}

# like SENTENCE TEXT EXTENDED-REGULAR-EXPRESSION
like() {
	tap_text=$2 tap_pattern=$3
	if ! ok "$1" tap_matches; then
		printf 'got:     %s\npattern: %s\n' "$2" "$3" | sed 's/^/# /' >&2
	fi
}
tap_matches() { printf '%s\n' "$tap_text" | grep -Eq -- "$tap_pattern"; }

# run COMMAND...: sets $status, $out and $err (trailing newlines cut; the bytes stay in $tmp/out and $tmp/err)
run() {
	"$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

# refuses SENTENCE STATUS MESSAGE-PATTERN COMMAND...: that status, the message, and nothing on standard output
refuses() {
	tap_sentence=$1 tap_wanted=$2 tap_message=$3
	shift 3
	run "$@"
	if [ "$status" = "$tap_wanted" ] && [ ! -s "$tmp/out" ] && grep -Eq -- "$tap_message" "$tmp/err"; then
		ok "$tap_sentence" true
	else
		ok "$tap_sentence" false
		printf 'status %s, wanted %s\nmessage: %s\nwanted:  %s\n' "$status" "$tap_wanted" "$err" "$tap_message" |
			sed 's/^/# /' >&2
	fi
}

# skip SENTENCE REASON
skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

# wait_for COMMAND...: tries 20 times a second until it succeeds, for at least 30 seconds; says what it waited for in vain
wait_for() {
	for _ in $(seq 600); do
		"$@" && return 0
		sleep 0.05
	done
	echo "# waited in vain for: $*" >&2
	[ ! -s "$tmp/server.log" ] || tail -n 3 "$tmp/server.log" | sed 's/^/# /' >&2
	return 1
}

# server COMMAND...: starts a program that ends with the test; its number is $! afterwards
server() {
	"$@" >>"$tmp/server.log" 2>&1 &
	tap_pids="$tap_pids $!"
}

# free_port: prints a TCP port of 127.0.0.1 that nothing listens on, another one each time
free_port() {
	while :; do
		tap_port=$(shuf -i 20000-31999 -n 1) # below the ports the kernel hands out for connections
		if ! ss -Hltn "sport = :$tap_port" | grep -q . && ! grep -qxs "$tap_port" "$tmp/.ports"; then
			echo "$tap_port" | tee -a "$tmp/.ports"
			return
		fi
	done
}

# plain_folder: makes $plain, a folder with a short name without blanks, where such a name is needed; removed at the end
plain_folder() {
	tap_plain=$(mktemp -d /tmp/sav-test.XXXXXX) && plain=$tap_plain
}

# has_landlock: whether this kernel can confine a process. Source: landlock_create_ruleset(2), call 444 on every architecture.
has_landlock() {
	python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'
}

# confines SENTENCE COMMAND...: the command gives up its rights by Landlock; in the file `trace`
confines() {
	tap_sentence=$1
	shift
	if has_landlock; then
		strace -f -qq -e trace=%network,execve,landlock_restrict_self -o trace "$@" >/dev/null 2>&1
		ok "$tap_sentence" grep -q 'landlock_restrict_self.*= 0$' trace
	else
		skip "$tap_sentence" 'this kernel has no Landlock'
	fi
}

# not_of_coverage: what strace printed, without the file of counters that a program of `make coverage` opens
not_of_coverage() {
	if [ -d "${bin%/bin}/profiles" ]; then
		grep -vE '\.profraw|mkdir\(.* = -1 EEXIST'
	else
		cat
	fi
}

mode_of() { stat -c %a "$1"; }

tap_done() {
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}
