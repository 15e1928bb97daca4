#!/bin/sh
# sls-alert beside the floor (tests/bench/floor.c) and syslog-ng: alerts of 1.55 kB from a file to one nginx over TLS, batches of 1 MB.
# SAV_BENCH_ALERTS: how many (200,000). SAV_BENCH_ROUNDS: how often, each in turn, the median counts (3).
set -eu
folder=$(dirname -- "$0")
tmp=$(mktemp -d "${SAV_BENCH-/tmp}/alert.XXXXXX") # on the disk that is measured, which /tmp may not be
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"

for source in alerts floor; do
	# shellcheck disable=SC2046 # words for the compiler
	cc -O2 -D_GNU_SOURCE -o "$tmp/$source" "$folder/$source.c" $(pkg-config --cflags --libs libcurl)
done
"$tmp/alerts" "${SAV_BENCH_ALERTS-200000}" >"$tmp/input"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$tmp/key.pem" -out "$tmp/ca.pem" 2>/dev/null

exec python3 - "$tmp" "${SAV_BENCH_ALERTS-200000}" "${SAV_BENCH_ROUNDS-3}" <<'PY'
import os, shutil, signal, socket, statistics, subprocess, sys, time

tmp, count, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
size = os.path.getsize(f"{tmp}/input")
LIMIT = 120  # seconds for one run
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
url = f"https://localhost:{port}/v1/alerts"


def put(name, text, mode=0o600):
    with open(f"{tmp}/{name}", "w") as file:
        file.write(text)
    os.chmod(f"{tmp}/{name}", mode)


put("nginx.conf", f"""
daemon off; master_process off; pid {tmp}/nginx.pid; error_log {tmp}/error.log;
events {{}}
http {{
    log_format bytes "$content_length"; access_log {tmp}/received bytes;
    client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p; fastcgi_temp_path {tmp}/f;
    uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s;
    client_max_body_size 8m; client_body_buffer_size 2m; keepalive_requests 1000000;
    server {{ listen 127.0.0.1:{port} ssl; server_name localhost;
        ssl_certificate {tmp}/ca.pem; ssl_certificate_key {tmp}/key.pem;
        location / {{ return 204; }} }}
}}
""")
put("sls.yaml", f"alert_output:\n  outputs:\n    - type: webhook\n      enabled: true\n      url: {url}\n"
    f"      ca_file: {tmp}/ca.pem\n")


def syslog_ng(buffer):
    return f"""@version: 3.38
options {{ stats-freq(0); keep-hostname(yes); log-msg-size(65536); }};
source s {{ file("{tmp}/input" flags(no-parse) log-fetch-limit(1000) log-iw-size(100000)); }};
destination d {{ http(url("{url}") method("POST") headers("Content-Type: application/x-ndjson") body("${{MSG}}")
    delimiter("\\n") batch-lines(1000) batch-bytes(1048576) batch-timeout(1000) workers(1)
    tls(ca-file("{tmp}/ca.pem")) {buffer}); }};
log {{ source(s); destination(d); flags(flow-control); }};
"""


put("reliable.conf", syslog_ng(f'disk-buffer(reliable(yes) disk-buf-size(4294967296) mem-buf-size(16777216) dir("{tmp}/ng"))'))
put("memory.conf", syslog_ng("log-fifo-size(100000)"))
ng = ["syslog-ng", "-F", "--no-caps", "-R", f"{tmp}/ng/persist", "-p", f"{tmp}/ng/pid", "-c", f"{tmp}/ng/control", "-f"]
floor = [f"{tmp}/floor", url, f"{tmp}/ca.pem", f"{tmp}/floor.spool"]
sls = ["sls-alert", "-c", f"{tmp}/sls.yaml", "--spool", f"{tmp}/spool", "--drain", str(LIMIT)]
runs = [
    ("floor: post", floor),
    ("floor: append, sync, post", floor + ["sync"]),
    ("floor: scan, append, sync, post", floor + ["scan", "sync"]),
    ("sls-alert", sls),
    ("sls-alert, encrypted spool", sls + ["--spool-key", f"{tmp}/spool.key"]),
    ("syslog-ng, reliable disk-buffer", ng + [f"{tmp}/reliable.conf"]),
    ("syslog-ng, in memory", ng + [f"{tmp}/memory.conf"]),
]
if shutil.which("sls-alert"):
    subprocess.run(["sav-keygen", "-o", f"{tmp}/spool"], check=True)
for tool in ("sls-alert", "syslog-ng"):
    if not shutil.which(tool):
        print(f"left out: {tool} is not there")
        runs = [run for run in runs if run[1][0] != tool]


def received():
    with open(f"{tmp}/received") as log:
        return sum(int(line) for line in log if line.strip().isdigit())


def private_kib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_"))
    except OSError:
        return 0


def measure(words):
    """Events a second, CPU s for 100,000, peak and private MiB; None when not all arrived."""
    for name in ("spool", "ng"):
        shutil.rmtree(f"{tmp}/{name}", ignore_errors=True)
    os.mkdir(f"{tmp}/ng")
    open(f"{tmp}/received", "w").close()
    server = subprocess.Popen(["nginx", "-c", f"{tmp}/nginx.conf", "-p", tmp], stderr=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            time.sleep(0.02)
        start, private, looked = time.perf_counter(), 0, 0
        with open(f"{tmp}/input") as source, open(f"{tmp}/said", "w") as said:
            process = subprocess.Popen(words, stdin=source, stdout=said, stderr=said)
        # Newlines between the alerts are all that bodies differ by.
        while time.perf_counter() - start < LIMIT:
            if time.perf_counter() - looked > 0.2:  # looking costs the process time, too
                looked = time.perf_counter()
                private = max(private, private_kib(process.pid))
            done = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            if done or (words[0] == "syslog-ng" and received() >= size - count):
                break
            time.sleep(0.01)
        took = time.perf_counter() - start
        if words[0] == "syslog-ng":
            process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        while received() < size - count and time.perf_counter() - start < took + 2:
            time.sleep(0.01)  # nginx writes its line after the answer
        if received() < size - count or (words[0] != "syslog-ng" and status != 0):
            return None
        cpu = usage.ru_utime + usage.ru_stime
        return count / took, cpu * 1e5 / count, usage.ru_maxrss / 1024, private / 1024
    finally:
        server.terminate()
        server.wait()


results = {name: [] for name, _ in runs}
for _ in range(rounds):
    for name, words in runs:
        results[name].append(measure(words))
print(f"{count} alerts, {size / count:.0f} bytes each, median of {rounds}")
print(f"{'':34}{'alerts/s':>10}{'CPU s/100,000':>15}{'peak MiB':>10}{'private':>9}")
medians = {}
for name, got in results.items():
    if None in got:
        with open(f"{tmp}/said") as said:
            print(f"{name:34} did not deliver all: {said.read(200).strip()}")
        continue
    medians[name] = row = [statistics.median(column) for column in zip(*got)]
    print(f"{name:34}{row[0]:10.0f}{row[1]:15.2f}{row[2]:10.1f}{row[3]:9.1f}")


def goal(name, got, wanted, good):
    print(f"{name}: {got:.2f}, goal {wanted}: {'met' if good else 'missed'}")


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
PY
