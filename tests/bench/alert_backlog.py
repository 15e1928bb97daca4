"""alert_backlog.py FOLDER MEGABYTES...: peak memory with so much in the spool; see alert_backlog.sh."""
import os
import subprocess
import sys
import time

from alert_peers import Bench, goal

tmp, sizes = sys.argv[1], [int(size) for size in sys.argv[2:]]
ALERT_BYTES = 1556  # the mean of alerts.c
bench = Bench(tmp)
sls = [*bench.sls, "--spool-size", str(2 * max(sizes) + 100)]


def run(words, source):
    """Its status, seconds and peak MiB."""
    began = time.perf_counter()
    process = subprocess.Popen(words, stdin=source, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.perf_counter() - began, usage.ru_maxrss / 1024


peaks = []
print(f"{'backlog':>10}{'alerts':>10}{'filled in s':>13}{'peak MiB':>10}{'delivered in s':>16}{'peak MiB':>10}")
for size in sizes:
    bench.clear()
    count = size * 1000000 // ALERT_BYTES
    with subprocess.Popen([f"{tmp}/alerts", str(count)], stdout=subprocess.PIPE) as alerts:
        filled = run([*sls, "--drain", "0"], alerts.stdout)
    server = bench.serve()
    delivered = run([*sls, "--flush", "--drain", "600"], subprocess.DEVNULL)
    server.terminate()
    server.wait()
    if (filled[0], delivered[0]) != (75, 0):
        print(f"{size:7} MB  ended {filled[0]} and {delivered[0]}, not 75 and 0")
        continue
    peaks.append(max(filled[2], delivered[2]))
    print(f"{size:7} MB{count:10}{filled[1]:13.1f}{filled[2]:10.1f}{delivered[1]:16.1f}{delivered[2]:10.1f}")
if len(peaks) == len(sizes) > 1:
    goal("MiB more at the largest than at the smallest backlog", peaks[-1] - peaks[0], "< 1", peaks[-1] - peaks[0] < 1)
    goal("peak MiB", max(peaks), "<= 18", max(peaks) <= 18)
