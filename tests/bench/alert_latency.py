"""alert_latency.py FOLDER: how long a single alert takes, and what a program at rest does; see alert_latency.sh."""
import glob
import http.client
import http.server
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import threading
import time

from alert_peers import Bench, goal

tmp = sys.argv[1]
REST_S = 10
SETTLE_S = 7  # what was told last is in the figures after 5
PATIENCE_S = 15
PAUSE_S = 0.02  # between one alert's arrival and the next one
DISK_WRITES = 50


class Sink(http.server.BaseHTTPRequestHandler):
    """Answers at once, and says when a request was whole."""
    protocol_version = "HTTP/1.1"
    arrived = threading.Semaphore(0)
    at = 0.0

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        Sink.at = time.perf_counter()
        self.send_response(204)
        self.end_headers()
        Sink.arrived.release()

    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{tmp}/ca.pem", f"{tmp}/key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def one_by_one(put):
    """Milliseconds for each alert; the first, which connects, is left out."""
    times = []
    with open(f"{tmp}/input", "rb") as source:
        for alert in source:
            time.sleep(PAUSE_S)
            began = time.perf_counter()
            put(alert)
            if not Sink.arrived.acquire(timeout=PATIENCE_S):
                return None
            times.append((Sink.at - began) * 1000)
    return times[1:]


def wake_ups(pid):
    """Of all threads, a second, at rest: how often they began to wait."""
    def count():
        counts = {}
        for path in glob.glob(f"/proc/{pid}/task/*/status"):
            with open(path, encoding="ascii") as file:
                counts[path] = sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
        return counts

    time.sleep(SETTLE_S)
    before = count()
    time.sleep(REST_S)
    return sum(waits - before.get(path, 0) for path, waits in count().items()) / REST_S


def row(name, times, rest=None):
    if times is None:
        print(f"{name:44} did not deliver all")
        return None
    times.sort()
    median, late = statistics.median(times), times[len(times) * 99 // 100]
    print(f"{name:44}{median:10.2f}{late:10.2f}" + ("" if rest is None else f"{rest:14.1f}"))
    return median, rest


def measure(name, words, by_pipe=True):
    bench.clear()
    open(f"{tmp}/followed", "w", encoding="ascii").close()
    with open(f"{tmp}/said", "w", encoding="utf-8") as said:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=said, stderr=said)
    with open(f"{tmp}/followed", "ab", buffering=0) as followed:
        to = process.stdin.fileno() if by_pipe else followed.fileno()
        times = one_by_one(lambda alert: os.write(to, alert))
        rest = wake_ups(process.pid)
        process.stdin.close()
        process.terminate()
        process.wait()
    return row(name, times, rest)


def post_alone():
    """What the sink itself takes, over a kept connection."""
    client = http.client.HTTPSConnection("localhost", bench.port, context=ssl.create_default_context(cafile=f"{tmp}/ca.pem"))

    def post(alert):
        client.request("POST", "/v1/alerts", alert)
        client.getresponse().read()

    return one_by_one(post)


def sync_alone():
    """What the disk takes: an alert appended and synced."""
    times = []
    with open(f"{tmp}/synced", "wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, 1 << 20)
        for _ in range(DISK_WRITES):
            time.sleep(PAUSE_S)
            began = time.perf_counter()
            file.write(bytes(2048))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return times


bench = Bench(tmp, serve())
print(f"{'':44}{'median ms':>10}{'p99 ms':>10}{'wake-ups/s':>14}")
trip = row("a POST alone (the round trip)", post_alone())
row("an append and fdatasync alone", sync_alone())
mine = followed = None
if shutil.which("sls-alert"):
    mine = measure("sls-alert, standard input", bench.sls)
    followed = measure("sls-alert, --follow and --metrics",
                       [*bench.sls, "--follow", f"{tmp}/followed", "--metrics", f"{tmp}/figures.prom"], False)
else:
    print("left out: sls-alert is not there")
if shutil.which("syslog-ng"):
    buffer = f'disk-buffer(reliable(yes) disk-buf-size(4294967296) mem-buf-size(16777216) dir("{tmp}/ng"))'
    for name, batches in (("batches as in alert", "batch-lines(1000) batch-timeout(1000)"), ("batches of one", "batch-lines(1)")):
        measure(f"syslog-ng, reliable, {name}", bench.syslog_ng("single.conf", "stdin(flags(no-parse))", f"{batches} {buffer}"))
else:
    print("left out: syslog-ng is not there")
for name, got in (("standard input", mine), ("--follow", followed)):
    if got and trip:
        goal(f"{name}: median ms beyond the round trip", got[0] - trip[0], "< 5", got[0] - trip[0] < 5)
        goal(f"{name}: wake-ups a second at rest", got[1], "0", got[1] == 0)
