"""Where the numbered alerts of tests/fault/alerts.py arrive, and the sls-alert that they go through."""
import atexit
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE_S = 60
BATCH = 1 << 20  # bytes of a request, and two are out at most; see lib/alert/output.h


def wait_for(condition, seconds=PATIENCE_S):
    """Whether it comes true in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def put(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def free_ports(count):
    """Below those that the kernel hands out for connections: one of these could take a port while its server is away."""
    probes = []
    while len(probes) < count:
        try:
            probes.append(socket.create_server(("127.0.0.1", random.randrange(20000, 32000))))
        except OSError:
            pass  # somebody has it
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def preload(build, made={}):
    """The library of faults at a path without blanks, which part the list that LD_PRELOAD is."""
    if build not in made:
        folder = tempfile.mkdtemp(prefix="sav-fault.", dir="/tmp")
        atexit.register(shutil.rmtree, folder)
        made[build] = shutil.copy(os.path.join(build, "fault", "preload.so"), folder)
    return made[build]


class Arrived:
    """Counts numbers in a file that grows with what was accepted."""

    def __init__(self, path):
        self.path, self.at, self.rest = path, 0, b""
        self.numbers, self.repeated = set(), 0

    def read(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.at)
                text = self.rest + file.read()
                self.at = file.tell()
        except FileNotFoundError:
            return self
        whole, newline, self.rest = text.rpartition(b"\n")
        found = [int(number) for number in re.findall(rb'^{"n":([0-9]+),.*}$', whole, re.M)] if newline else []
        before = len(self.numbers)
        self.numbers.update(found)
        self.repeated += len(found) - (len(self.numbers) - before)
        return self


class Nginx:
    """nginx over TLS that logs each body it answers with 204, as it came. A file rule.STATUS makes it refuse."""

    def __init__(self, folder):
        self.folder = folder
        self.port, inner = free_ports(2)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", f"{folder}/key.pem", "-out", f"{folder}/ca.pem"],
                       check=True, stderr=subprocess.DEVNULL)
        rules = "".join(f'if (-f "{folder}/rule.{status}") {{ return {status}; }}\n'
                        for status in (400, 401, 413, 503, 504))
        # The body is in memory to be logged once something asks for it: another server of the same nginx.
        put(f"{folder}/conf", f"""
            daemon off; master_process off; pid "{folder}/pid"; error_log "{folder}/error.log";
            events {{}}
            http {{
                map $status $accepted {{ 204 1; default 0; }}
                log_format body escape=none "$request_body";
                log_format status "$status $msec";
                client_body_temp_path "{folder}/b"; proxy_temp_path "{folder}/p"; fastcgi_temp_path "{folder}/f";
                uwsgi_temp_path "{folder}/u"; scgi_temp_path "{folder}/s";
                client_max_body_size 1100k; client_body_buffer_size 2m; keepalive_requests 1000000;
                server {{ listen 127.0.0.1:{self.port} ssl; server_name localhost;
                    ssl_certificate "{folder}/ca.pem"; ssl_certificate_key "{folder}/key.pem";
                    access_log "{folder}/accepted" body if=$accepted;
                    access_log "{folder}/statuses" status;
                    add_header Retry-After $retry always;
                    location / {{ {rules} proxy_pass http://127.0.0.1:{inner}; }} }}
                map $status $retry {{ 503 7; default ""; }}
                server {{ listen 127.0.0.1:{inner}; access_log off; location / {{ return 204; }} }}
            }}""")
        self.url = f"https://localhost:{self.port}/v1/alerts"
        self.ca = f"{folder}/ca.pem"
        self.arrived = Arrived(f"{folder}/accepted")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(["nginx", "-c", f"{self.folder}/conf"], stderr=subprocess.DEVNULL)

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        if not wait_for(listens):
            raise RuntimeError("nginx does not start")

    def stop(self):
        """Takes it away; what was read of its log goes. SIGQUIT: nginx finishes what it is at. At SIGTERM it may end between a
        204 and the line of the log for it, and an alert that arrived would count as lost."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        self.arrived.read()
        if os.path.exists(self.arrived.path):
            os.unlink(self.arrived.path)
        self.arrived.at = 0

    def refuse(self, status):
        put(f"{self.folder}/rule.{status}", "")

    def accept(self):
        for name in os.listdir(self.folder):
            if name.startswith("rule."):
                os.unlink(f"{self.folder}/{name}")

    def statuses(self):
        """Of each request, and when it was answered."""
        try:
            with open(f"{self.folder}/statuses", encoding="ascii") as file:
                lines = [line.split() for line in file]
                return [(status, float(when)) for status, when in lines]
        except FileNotFoundError:
            return []


class Scripted:
    """tests/peers/sink.py: refuses by what is in a body, which nginx cannot."""

    def __init__(self, folder, rule):
        put(f"{folder}/rule", rule)
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "..", "peers", "sink.py"),
                                         f"{folder}/port", folder])
        if not wait_for(lambda: os.path.exists(f"{folder}/port")):
            raise RuntimeError("sink.py does not start")
        with open(f"{folder}/port", encoding="ascii") as file:
            self.url = f"http://127.0.0.1:{int(file.read())}/v1/alerts"
        self.ca = None
        self.arrived = Arrived(f"{folder}/accepted")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Alerts:
    """One sls-alert that follows a file of numbered alerts, however often it is killed and started."""

    def __init__(self, build, folder, sink, dice, spool=None):
        self.build, self.folder, self.sink, self.dice = build, folder, sink, dice
        self.spool = spool or f"{folder}/spool"
        self.file = f"{folder}/alerts.json"
        self.fed = self.kills = 0
        self.process = None
        self.within = []  # a command to start it with
        put(self.file, "")
        put(f"{folder}/c.yaml", "alert_output:\n  outputs:\n  - type: webhook\n"
            f"    url: {sink.url}\n" + (f'    ca_file: "{sink.ca}"\n' if sink.ca else ""))

    def feed(self, count, size=1500):
        """As a sensor does; now and then it rotates its file."""
        if os.path.getsize(self.file) > 16 << 20 and self.caught_up():
            os.replace(self.file, f"{self.file}.1")
        with open(self.file, "a", encoding="ascii") as file:
            for number in range(self.fed + 1, self.fed + count + 1):
                file.write(f'{{"n":{number},"pad":"{"x" * self.dice.randrange(size // 2, size * 3 // 2)}"}}\n')
        self.fed += count

    def start(self, fault=None, cut=None):
        environment = dict(os.environ)
        if os.path.exists(f"{self.folder}/figures.prom"):
            os.unlink(f"{self.folder}/figures.prom")
        if fault:
            environment.update(LD_PRELOAD=preload(self.build), FAULT=fault)
        if cut is not None:
            environment["FAULT_CUT"] = str(cut)
        with open(f"{self.folder}/err", "ab") as errors:
            self.process = subprocess.Popen(
                [*self.within, os.path.join(self.build, "bin", "sls-alert"), "-c", f"{self.folder}/c.yaml",
                 "-s", self.spool, "--follow", self.file, "--metrics", f"{self.folder}/figures.prom"],
                env=environment, stderr=errors)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.kills += self.process.wait() == -signal.SIGKILL

    def end(self):
        """Asks it to end; returns its status."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def dead(self):
        """Numbers in the dead-letter file."""
        try:
            with open(f"{self.spool}/dead.ndjson", encoding="utf-8") as file:
                letters = [json.loads(line) for line in file]
        except FileNotFoundError:
            return []
        return [letter["alert"]["n"] for letter in letters if isinstance(letter["alert"], dict)]

    def missing(self):
        return set(range(1, self.fed + 1)) - self.sink.arrived.read().numbers - set(self.dead())

    def caught_up(self, seconds=0):
        return wait_for(lambda: not self.missing(), seconds)

    def said(self, text):
        with open(f"{self.folder}/err", encoding="utf-8") as file:
            return text in file.read()

    def figure(self, name):
        try:
            with open(f"{self.folder}/figures.prom", encoding="utf-8") as file:
                found = re.search(rf"^{name}(?:{{[^}}]*}})? ([0-9]+)$", file.read(), re.M)
        except FileNotFoundError:
            return None
        return int(found[1]) if found else None

    def runs(self):
        """Whether it has come so far as to write figures, and so to take signals."""
        return wait_for(lambda: os.path.exists(f"{self.folder}/figures.prom"))

    @staticmethod
    def in_flight(size=1500):
        """The most alerts of such a mean size that two requests hold."""
        return 2 * (BATCH // (size * 9 // 10) + 1)
