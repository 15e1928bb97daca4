"""alert.py FOLDER COUNT ROUNDS: how fast, with how much CPU and memory alerts from a file get to nginx; see alert.sh."""
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time

from alert_peers import Bench, goal

tmp, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
bench = Bench(tmp)
LIMIT = 120  # seconds for one run
BULK_BYTES = 26  # a line of omelasticsearch's for each alert
RSYSLOG_SYNCED_PER_S = 83
SLOW_COUNT = 20000  # alerts for who would take minutes
REST = ("syslog-ng", "env")  # daemons, which do not end by themselves


class Run:
    """One row: a program, how it is started, and what of the input it is given."""

    def __init__(self, name, words, source="input", overhead=0):
        self.name, self.words, self.source = name, words, f"{tmp}/{source}"
        self.count = count if source == "input" else min(count, SLOW_COUNT)
        # Newlines between the alerts are all that bodies differ by.
        self.wanted = os.path.getsize(self.source) + (overhead - 1) * self.count
        self.got = []


def first(amount, name):
    with open(f"{tmp}/input", "rb") as source, open(f"{tmp}/{name}", "wb") as out:
        for _ in range(min(count, amount)):
            out.write(source.readline())


def table():
    floor = [f"{tmp}/floor", bench.url, f"{tmp}/ca.pem", f"{tmp}/floor.spool"]
    sls = [*bench.sls, "--drain", str(LIMIT)]
    source = f'file("{tmp}/input" flags(no-parse) log-fetch-limit(1000) log-iw-size(100000))'
    batches = "batch-lines(1000) batch-bytes(1048576) batch-timeout(1000)"
    reliable = f'disk-buffer(reliable(yes) disk-buf-size(4294967296) mem-buf-size(16777216) dir("{tmp}/ng"))'
    runs = [Run("floor: post", floor), Run("floor: append, sync, post", [*floor, "sync"]),
            Run("floor: scan, append, sync, post", [*floor, "scan", "sync"])]
    if shutil.which("sls-alert"):
        subprocess.run(["sav-keygen", "-o", f"{tmp}/spool"], check=True)
        runs += [Run("sls-alert", sls), Run("sls-alert, encrypted spool", [*sls, "--spool-key", f"{tmp}/spool.key"])]
    else:
        print("left out: sls-alert is not there")
    if shutil.which("syslog-ng"):
        runs += [Run("syslog-ng, reliable disk-buffer", bench.syslog_ng("reliable.conf", source, f"{batches} {reliable}")),
                 Run("syslog-ng, in memory", bench.syslog_ng("memory.conf", source, f"{batches} log-fifo-size(100000)"))]
    else:
        print("left out: syslog-ng is not there")
    first(SLOW_COUNT, "slow")
    rsyslog = bench.rsyslog("rsyslog.conf", f"{tmp}/slow", 'queue.type="disk"')
    if os.access(rsyslog[2], os.X_OK):
        print("rsyslog: Debian has no omhttp; measured through omelasticsearch, the nearest of its own that posts over HTTPS")
        runs.append(Run("rsyslog, disk queue, bulk", rsyslog, "slow", BULK_BYTES))
    else:
        print("left out: rsyslog is not there and cannot be fetched")
    print(f"left out: rsyslog with queue.syncQueueFiles, for it syncs alert by alert: at the {RSYSLOG_SYNCED_PER_S} a second measured once, "
          f"{SLOW_COUNT // RSYSLOG_SYNCED_PER_S // 60} minutes a run")
    print("left out: fluent-bit, for Debian 12 has no package of it")
    return runs


def private_kib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_"))
    except OSError:
        return 0


def measure(run):
    """Events a second, CPU s for 100,000, peak and private MiB; None when not all arrived."""
    bench.clear()
    rests = run.words[0] in REST
    server = bench.serve()
    try:
        start, private, looked = time.perf_counter(), 0, 0
        with open(run.source, encoding="ascii") as source, open(f"{tmp}/said", "w", encoding="utf-8") as said:
            process = subprocess.Popen(run.words, stdin=source, stdout=said, stderr=said)
        while time.perf_counter() - start < LIMIT:
            if time.perf_counter() - looked > 0.2:  # looking costs the process time, too
                looked = time.perf_counter()
                private = max(private, private_kib(process.pid))
            done = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            if done or (rests and bench.received() >= run.wanted):
                break
            time.sleep(0.01)
        took = time.perf_counter() - start
        if not done:
            process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        while bench.received() < run.wanted and time.perf_counter() - start < took + 2:
            time.sleep(0.01)  # nginx writes its line after the answer
        if bench.received() < run.wanted or (not rests and status != 0):
            return None
        cpu = usage.ru_utime + usage.ru_stime
        return run.count / took, cpu * 1e5 / run.count, usage.ru_maxrss / 1024, private / 1024
    finally:
        server.terminate()
        server.wait()


runs = table()
for number in range(rounds):
    for run in runs:
        if number == 0 or run.count == count:
            run.got.append(measure(run))
print(f"{count} alerts, {os.path.getsize(f'{tmp}/input') / count:.0f} bytes each, median of {rounds}")
print(f"{'':34}{'alerts/s':>10}{'CPU s/100,000':>15}{'peak MiB':>10}{'private':>9}")
medians = {}
for run in runs:
    if None in run.got:
        with open(f"{tmp}/said", encoding="utf-8", errors="replace") as said:
            print(f"{run.name:34} did not deliver all: {said.read(200).strip()}")
        continue
    medians[run.name] = row = [statistics.median(column) for column in zip(*run.got)]
    print(f"{run.name:34}{row[0]:10.0f}{row[1]:15.2f}{row[2]:10.1f}{row[3]:9.1f}"
          + (f"  ({run.count} alerts, once)" if run.count != count else ""))
mine = medians.get("sls-alert")
if mine:
    same = medians.get("floor: scan, append, sync, post")
    other = medians.get("syslog-ng, reliable disk-buffer")
    if same:
        goal("of the floor's rate", mine[0] / same[0], ">= 0.85", mine[0] / same[0] >= 0.85)
    if other:
        goal("times syslog-ng's reliable rate", mine[0] / other[0], ">= 3", mine[0] / other[0] >= 3)
    goal("CPU s for 100,000", mine[1], "<= 0.5", mine[1] <= 0.5)
    goal("peak MiB", mine[2], "<= 18", mine[2] <= 18)
