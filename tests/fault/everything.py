#!/usr/bin/env python3
"""everything.py [--memcheck] BUILD [STRIDE [PHASE [SCENARIO...]]]: every call that can fail fails in turn, for typical runs of every tool. TAP.

Each run has one fault: the N-th call of a kind (see tests/fault/nth.c), with each of some errors. Asked of it: no signal, no
hang, no half file and nothing left behind, a status that the manual lists, 0 only when all is done, a message that names the
reason, no output of a run that failed. STRIDE takes every STRIDE-th fault, from a random one on unless PHASE says which.
With --memcheck each run is one of valgrind's, which complains about memory used wrongly or lost, too."""
import base64
import http.server
import json
import os
import random
import shutil
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import hosts  # noqa: E402
from nth import SYSTEM, Campaign, Scenario, Tools, stack_in_words  # noqa: E402

memcheck = sys.argv[1] == "--memcheck"
if memcheck:
    del sys.argv[1]
build = os.path.abspath(sys.argv[1])
stride = int(sys.argv[2]) if len(sys.argv) > 2 else 1
phase = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(stride)
wanted = sys.argv[4:]
# What is still reachable at the end is the system's to free. malloc() stays with nth.so, and libc's below it is watched.
MEMCHECK = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
            "--error-exitcode=99", "--trace-children=no", "--soname-synonyms=somalloc=nouserintercepts"]
tools = Tools(build, MEMCHECK if memcheck else ())
REPORT = b'{"schema":1,"note":"' + b"a report as any other " * 40 + b'"}'


def call(*command, given=b"", **named):
    """What a tool of the build prints when nothing fails."""
    return subprocess.run([os.path.join(tools.bin, command[0]), *command[1:]], input=given, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True, **named).stdout


def put(folder, path, data, mode=0o644):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)


SECRET = base64.b64encode(bytes(range(7, 39))).decode()
PUBLIC = None


def make_keys(folder):
    put(folder, "k.key", SECRET + "\n", 0o600)
    put(folder, "k.pub", call("sav-keygen", "-y", os.path.join(folder, "k.key")))


def opened(folder, path, data):
    """A blob is what it opens to."""
    if not path.endswith("blob") and path != "stdout" and not path.startswith("reports/"):
        return data
    if data == b"":
        return data
    opens = subprocess.run([os.path.join(tools.bin, "sav-decrypt"), "-k", key_file], input=data, capture_output=True, check=False)
    return opens.stdout if opens.returncode == 0 else b"does not open"


key_file = os.path.join(hosts.TMP, "k.key")
make_keys(hosts.TMP)


def is_key(folder, path, data):
    if path not in ("n.key", "n.pub"):
        return data
    text = data.decode()
    return "a key" if len(base64.b64decode(text.splitlines()[-1])) == 32 else text


def make_blobs(folder):
    make_keys(folder)
    for i in range(5):
        put(folder, f"drop/{i}", call("sav-encrypt", "-k", os.path.join(folder, "k.pub"), given=b'{"n":%d}' % i))


def make_bad_blobs(folder):
    make_blobs(folder)
    os.mkdir(os.path.join(folder, "bad"))
    put(folder, "drop/2", os.urandom(848))


def make_home(folder):
    make_keys(folder)
    put(folder, "home/etc/savd.yaml", 'LogMaxSizeMB: 7\nExcludeFilePaths: [/a, "/b"]\nPrimaryUpdatePassword: "hush hush"\n')
    put(folder, "home/etc/policy.yaml", "ManagementType: Cloud\nSendErrorEmail: false\n")
    put(folder, "home/etc/feedback.pub", call("sav-keygen", "-y", os.path.join(folder, "k.key")))
    os.makedirs(os.path.join(folder, "home/var/feedback/waiting"), 0o700)
    put(folder, "home/var/feedback/waiting/" + "ab" * 16, "sealed", 0o600)
    put(folder, "report", REPORT)


def make_small_home(folder):
    put(folder, "home/etc/savd.yaml", "ExcludeFilePaths: [/a]\n")


HOME = {"SAV_HOME": "{work}/home"}


def nulls(run, reference):
    """Whether a report has every fact, as in the reference or unknown."""
    got, wanted = hosts.flat(json.loads(run.out)), hosts.flat(json.loads(reference.out))
    return list(got) == list(wanted) and all(got[key] in (None, wanted[key]) for key in got)


def same_keys(run, reference):
    return list(hosts.flat(json.loads(run.out))) == list(hosts.flat(json.loads(reference.out)))


def is_id(folder, path, data):
    """The key of ids, whole or not at all; what is made with it."""
    if path.endswith("id.key"):
        return "id" if len(data) == 32 else None
    return data


FLEET = os.path.join(hosts.ROOT, "tests/fleet/hosts.py")
# More than sav-report reads at once, so that a line is in two pieces.
fleet = subprocess.run([FLEET, "-n", "60", "-w", "2015-W46", "-c", "2"], stdout=subprocess.PIPE, check=True).stdout


def make_fleet(folder):
    put(folder, "fleet.ndjson", fleet)


def make_db(folder):
    make_fleet(folder)
    call("sav-report", "add", "--db", os.path.join(folder, "db"), "--week", "2015-W46", "--min-cell", "2", given=fleet)


def make_parts(folder):
    make_fleet(folder)
    for i in "12":
        put(folder, "part." + i, call("sav-report", "count", "--week", "2015-W46", "--part", i + "/2", given=fleet))


def in_words(folder, path, data):
    """A database is what it says, once SQLite has rolled back what was not finished."""
    if path != "db" or data == b"":
        return data
    with tempfile.TemporaryDirectory() as place:
        for name in ("db", "db-journal"):
            if os.path.exists(os.path.join(folder, name)):
                shutil.copy(os.path.join(folder, name), place)
        base = sqlite3.connect(os.path.join(place, "db"))
        try:
            return "\n".join(base.iterdump())
        except sqlite3.Error:
            return None
        finally:
            base.close()


def make_drop(folder):
    for i in range(6):
        put(folder, f"drop/{i}", "raw")
        if i % 2 == 0:
            os.utime(os.path.join(folder, f"drop/{i}"), (1e9, 1e9))


class Drop(http.server.BaseHTTPRequestHandler):
    """Takes REPORT under any name, and remembers how often."""
    protocol_version = "HTTP/1.1"
    taken = {}

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        good = body == REPORT
        self.taken[self.path] = self.taken.get(self.path, 0) + good
        self.send_response(201 if good else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.setdefault(self.path, []).extend(body.splitlines())
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that goes away is what is tested."""


def serve(tls=None):
    """The port of a drop."""
    server = Server(("127.0.0.1", 0), Drop)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


certificate = os.path.join(hosts.TMP, "drop.pem")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                "/CN=drop", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate, "-out", certificate + ".crt"],
               stderr=subprocess.DEVNULL, check=True)
with open(certificate + ".crt", "rb") as crt, open(certificate, "ab") as pem:
    pem.write(crt.read())
http_port, https_port = serve(), serve(certificate)


def forget(bench):
    Drop.taken.pop("/" + os.path.basename(bench.home), None)


def has_arrived(run, _):
    return bool(Drop.taken.get("/" + os.path.basename(run.bench.home)))


def is_route(folder, path, data):
    """sav-send remembers the route, or does not: that is no part of the delivery."""
    return "remembered" if path.endswith("feedback/route") else data


ALERTS = [b'{"StrategyName":"one","n":1}', b'{"StrategyName":"two","n":2}', b'{"StrategyName":"three","n":3}']
INPUT = b"\n".join([ALERTS[0], b"no alert", *ALERTS[1:], b""])


def alerts_and_spool(folder, path, data):
    """Whole alerts are good, however many; the spool's files are judged by the run after the failure."""
    if path.startswith("alerts"):
        return data if all(line in ALERTS for line in data.splitlines()) else None
    if path == "spool/dead.ndjson":
        return [json.loads(line)["alert"] for line in data.splitlines()]
    return "spool" if path.startswith("spool/") else data


def is_kept(run):
    """The line that is no alert is in the dead-letter file."""
    return "no alert" in run.tree.get("spool/dead.ndjson", (0, []))[1]


def all_written(run, _):
    return is_kept(run) and sorted(run.tree.get("alerts", (0, b""))[1].splitlines()) == sorted(ALERTS)


def all_posted(run, _):
    return is_kept(run) and set(Drop.taken.get("/" + os.path.basename(run.bench.home), [])) >= set(ALERTS)


def alert_settings(bench, output):
    put(bench.work, "c.yaml", json.dumps({"alert_output": {"outputs": [output]}}), 0o600)


def to_file(bench):
    alert_settings(bench, {"type": "file", "name": bench.work + "/alerts"})


def to_webhook(bench):
    forget(bench)
    alert_settings(bench, {"type": "webhook", "url": f"http://127.0.0.1:{http_port}/{os.path.basename(bench.home)}"})


def feedback_url(bench):
    os.makedirs(os.path.join(bench.work, "reports"), exist_ok=True)
    put(bench.work, "home/etc/savd.yaml", f"FeedbackURL: file://{bench.work}/reports/\nFeedbackKeyFile: {key_file[:-4]}.pub\n")


SQLITE = ("malformed", "disk I/O error", "disk is full", "unable to open", "readonly database")  # what it calls what the system said
SEND = ["sav-send", "--max-time", "60" if memcheck else "5", "--name"]
SLS = ["sls-alert", "-c", "c.yaml", "-s", "spool", "--drain", "2"]
FLUSH = [*SLS, "--flush"]
FULL = r"(size|write|open|sync|descriptor|allocate|start):\d+\+"  # the input waits for better times
SCENARIOS = [
    Scenario("keygen makes a pair", ["sav-keygen", "-o", "n"], normal=is_key, secrets=[SECRET.encode()]),
    Scenario("keygen prints the public key", ["sav-keygen", "-y", "k.key"], make_keys, secrets=[SECRET.encode()]),
    Scenario("keygen helps", ["sav-keygen", "--help"]),
    Scenario("encrypt to a file", ["sav-encrypt", "-k", "k.pub", "-o", "blob", "report"], make_home, normal=opened),
    Scenario("encrypt in a pipe", ["sav-encrypt"], make_home, given=REPORT, environment=HOME, normal=opened),
    Scenario("decrypt in a pipe", ["sav-decrypt", "-k", "k.key", "-k", "k.key", "drop/3"], make_blobs, secrets=[SECRET.encode()],
             always="allocate:[1-4]:ENOMEM"),
    Scenario("decrypt to a file", ["sav-decrypt", "-k", "k.key", "-o", "out", "drop/3"], make_blobs, secrets=[SECRET.encode()]),
    Scenario("savconfig gets", ["savconfig", "get", "ExcludeFilePaths"], make_home, environment=HOME),
    Scenario("savconfig shows all", ["savconfig", "--all", "query"], make_home, environment=HOME, secrets=[b"hush hush"]),
    Scenario("savconfig sets", ["savconfig", "set", "LogMaxSizeMB", "50"], make_home, environment=HOME, secrets=[b"hush hush"]),
    Scenario("savconfig adds", ["savconfig", "add", "ExcludeFilePaths", "/c"], make_home, environment=HOME),
    Scenario("savconfig adds, short of memory", ["savconfig", "add", "ExcludeFilePaths", "/c"], make_small_home, environment=HOME,
             kinds=["allocate"], always=r"allocate:\d+:ENOMEM"),
    Scenario("savconfig sets a secret", ["savconfig", "set", "PrimaryUpdatePassword", "-"], make_home, given=b"whisper\n",
             environment=HOME, secrets=[b"hush hush", b"whisper"]),
    Scenario("savconfig resets", ["savconfig", "reset", "LogMaxSizeMB"], make_home, environment=HOME),
    Scenario("savconfig turns feedback off", ["savconfig", "set", "DisableFeedback", "true"], make_home, environment=HOME),
    Scenario("savconfig helps", ["savconfig", "--advanced", "--help"], partial=True),
    Scenario("decrypt many", ["sav-decrypt", "-k", "k.key", "--ndjson", "-j", "2", "-o", "out", "drop"], make_blobs, leaves="out.*",
             reasons=("another run is writing it", "drop: "), secrets=[SECRET.encode()], always=r"allocate:1\d\+?:ENOMEM"),
    Scenario("decrypt many, bad ones too", ["sav-decrypt", "-k", "k.key", "--ndjson", "--bad", "bad", "--resume", "-o", "out", "drop"],
             make_bad_blobs, leaves="out.*|bad/2", ends=65, reasons=("another run is writing it", "out.state: ", "drop: "),
             always=r"allocate:1\d\+?:ENOMEM"),
    Scenario("collect from a captured host", ["sav-collect", "--root", hosts.make("sav-talpa")], complete=nulls),
    Scenario("collect explains", ["sav-collect", "--root", hosts.make("xen-dom0"), "--explain", "--json"],
             complete=lambda run, reference: len(json.loads(run.out)) == len(json.loads(reference.out))),
    Scenario("collect on this host", ["sav-collect"], make_home, environment=HOME, complete=same_keys, normal=is_id,
             leaves="home/var/feedback/id.key"),
    Scenario("collect tells the schema", ["sav-collect", "--schema"]),
    Scenario("send to a folder", [*SEND, "n", "--url", "file://{work}/drop", "report"], lambda folder: (make_home(folder), os.mkdir(
        os.path.join(folder, "drop"))), environment=HOME, complete=lambda run, _: run.tree["drop/n"][1] == REPORT,
        normal=is_route),
    Scenario("send by HTTP", [*SEND, "{bench}", "--url", f"http://127.0.0.1:{http_port}/", "report"], make_home, environment=HOME,
             before=forget, complete=has_arrived, normal=is_route, reasons=("no route worked", "libcurl: "),
             always="start:.*"),
    Scenario("send by HTTPS", [*SEND, "{bench}", "--url", f"https://127.0.0.1:{https_port}/", "--cacert", certificate + ".crt",
                               "report"], make_home, environment=HOME, before=forget, complete=has_arrived, normal=is_route,
             reasons=("no route worked", "libcurl: ")),
    Scenario("report counts into a new database", ["sav-report", "add", "--db", "db", "--week", "2015-W46", "--min-cell", "2", "fleet.ndjson"],
             make_fleet, normal=in_words, leaves="db(-journal)?", reasons=SQLITE),
    Scenario("report counts another week", ["sav-report", "add", "--db", "db", "--week", "2015-W47", "--min-cell", "2"], make_db,
             given=fleet, normal=in_words, leaves="db-journal", reasons=SQLITE, follow_up=["sav-report", "show", "--db", "db"],
             always=r"allocate:2\d:ENOMEM"),
    Scenario("report counts a part", ["sav-report", "count", "--week", "2015-W46", "fleet.ndjson"], make_fleet, partial=True),
    Scenario("report merges", ["sav-report", "merge", "--db", "db", "--min-cell", "2", "part.1", "part.2"], make_parts, normal=in_words,
             leaves="db(-journal)?", reasons=SQLITE),
    Scenario("report shows", ["sav-report", "show", "--db", "db"], make_db, normal=in_words, reasons=SQLITE),
    Scenario("report as CSV", ["sav-report", "csv", "--db", "db"], make_db, normal=in_words, reasons=SQLITE),
    Scenario("report as JSON", ["sav-report", "json", "--db", "db"], make_db, normal=in_words, reasons=SQLITE),
    Scenario("report as a page", ["sav-report", "html", "--db", "db"], make_db, normal=in_words, reasons=SQLITE),
    Scenario("retain removes", ["sav-retain", "--days", "89", "drop"], make_drop, partial=True, always="status:.*"),
    Scenario("retain only looks", ["sav-retain", "--days", "89", "-n", "drop"], make_drop, partial=True),
    Scenario("alerts to a file", SLS, before=to_file, given=INPUT, normal=alerts_and_spool, complete=all_written,
             leaves="spool.*|alerts", follow_up=FLUSH, reasons=("alert",), waits=FULL),
    Scenario("alerts by HTTP", [*SLS, "--metrics", "figures"], before=to_webhook, given=INPUT,
             normal=alerts_and_spool, complete=all_posted, leaves="spool.*|figures", follow_up=FLUSH, reasons=("alert",), waits=FULL),
    *(Scenario("alerts: " + " ".join(options), ["sls-alert", "-c", "c.yaml", *options], before=to_file, partial=True,
               always=r"allocate:\d+:ENOMEM", normal=lambda folder, path, data: data.replace(folder.encode(), b""))
      for options in (["--check"], ["--check", "--json"])),
    Scenario("alerts: --test-alert", ["sls-alert", "-c", "c.yaml", "--test-alert", "--drain", "2"], before=to_file, partial=True,
             leaves="alerts", always="(status|wait):.*", complete=lambda run, _: b"delivered" in run.out and b"not delivered" not in run.out,
             normal=lambda folder, path, data: "alert" if path == "alerts" else data),
    *(Scenario(f"feedback, with faults in {tool}", ["sav-feedback", "now"], make_home, environment=HOME, before=feedback_url,
               only=tool, normal=opened, leaves="home/(var|log)/.*|reports/[0-9a-f]{32}", reasons=("sav-feedback: ",),
               complete=lambda run, _: len([path for path in run.tree if path.startswith("reports/")]) == 1)
      for tool in ("savconfig", "sav-collect", "sav-encrypt", "sav-send")),
    # Those of the system fail as they like where there is no memory (dash ends by a signal): only files, for them.
    *(Scenario(f"feedback, with faults in {tool}", ["sav-feedback", "now"], make_home, environment=HOME, before=feedback_url,
               only=tool, normal=opened, leaves="home/(var|log)/.*|reports/[0-9a-f]{32}", reasons=(": ",),
               kinds=["read", "write", "open", "close", "sync", "rename", "unlink", "status", "folder", "lock"],
               complete=lambda run, _: len([path for path in run.tree if path.startswith("reports/")]) == 1)
      for tool in SYSTEM),
]


def first_of_each(bad):
    """Of those that went wrong in the same way, one."""
    seen = {}
    for order, run, wrong in bad:
        seen.setdefault((order.split(":")[0], run.status, *wrong, run.err), (order, run, wrong))
    return list(seen.values())


def main():
    campaign = Campaign(tools, stride, phase, os.cpu_count() or 1)
    number = failed = met_in_all = 0
    print(f"# every {stride}. fault, from {phase} on")
    for scenario in SCENARIOS:
        if wanted and not any(word in scenario.name for word in wanted):
            continue
        if memcheck and scenario.only is not None:
            continue  # a shell starts the tools there; each of them has scenarios of its own
        if tools.sanitized and scenario.kinds == ["allocate"]:
            continue  # the sanitizer's own allocator is asked first
        reference, met, bad = campaign.try_all(scenario)
        number += 1
        met_in_all += met
        if not bad and met == 0:
            bad = [("none", reference, ["no fault was met"])]
        failed += bool(bad)
        print(f"{'not ok' if bad else 'ok'} {number} - {scenario.name}: {met} faults", flush=True)
        for order, run, wrong in first_of_each(bad)[:20]:
            print(f"# NTH={order} status {run.status}: {'; '.join(wrong)}")
            print(f"#   said: {run.err.strip()[:300]!r}")
            print(f"#   at: {' < '.join(stack_in_words(tools, run.stack)[:9])}")
    print(f"# {met_in_all} faults")
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
