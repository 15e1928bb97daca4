#!/bin/sh
# sav-decrypt --ndjson of a folder of blobs against crypto_box_seal_open alone, in turn. By CPU time, since the wall clock of a shared
# machine measures its other users, too. SAV_BENCH_BLOBS: how many (100,000).
set -eu
folder=$(dirname -- "$0")
count=${SAV_BENCH_BLOBS-100000}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# shellcheck disable=SC2046 # words for the compiler
cc -O2 -o "$tmp/blobs" "$folder/blobs.c" -pthread $(pkg-config --cflags --libs libsodium)
sav-keygen -o "$tmp/host"
mkdir "$tmp/drop"
# As long as a report of the newest level: about 2,000 bytes.
printf '{"schema":1,"machine":"%032d","customer":"%032d","facts":[%s0]}' 0 0 "$(seq -f '"fact number %g",' -s '' 90)" >"$tmp/report"
"$tmp/blobs" make "$tmp/drop" "$count" "$(cat "$tmp/host.pub")" "$tmp/report"

python3 - "$count" "$(nproc)" "$tmp" <<'PY'
import os, statistics, sys, time
count, cores, tmp = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
LIMIT = 20000

def run(words):
    """CPU time, wall time in s and the largest size in MiB."""
    start = time.perf_counter()
    null = os.open(os.devnull, os.O_WRONLY)
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
    _, status, usage = os.wait4(pid, 0)
    os.close(null)
    if status != 0:
        sys.exit(f'{words[0]}: ended with status {os.waitstatus_to_exitcode(status)}')
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024

print(f'{count:,} blobs, warm; microseconds of CPU for one, and blobs a second by the wall clock')
for jobs in sorted({1, cores}):
    rows = []
    for _ in range(7):
        limit = run([f'{tmp}/blobs', 'limit', str(LIMIT), str(jobs)])[0] / LIMIT / jobs
        cpu, wall, size = run(['sav-decrypt', '-k', f'{tmp}/host.key', '--ndjson', '-j', str(jobs), f'{tmp}/drop'])
        rows.append((limit * 1e6, cpu / count * 1e6, limit / (cpu / count), count / wall, size))
    limit, ours, ratio, rate, size = (statistics.median(column) for column in zip(*rows))
    print(f'{jobs} job(s): crypto_box_seal_open {limit:6.2f}   sav-decrypt {ours:6.2f}   share of the limit {ratio:.3f} (goal 0.85)   '
          f'{rate:,.0f}/s   {size:.0f} MiB')
PY
