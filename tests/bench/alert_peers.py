"""What the benchmarks of sls-alert share: one nginx that takes alerts over TLS, and how each program is told to send them there."""
import os
import shutil
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(port):
    while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
        time.sleep(0.02)


class Bench:
    """A folder with a certificate, the configurations and what they write."""

    def __init__(self, tmp, port=None):
        self.tmp, self.port = tmp, port or free_port()
        self.url = f"https://localhost:{self.port}/v1/alerts"
        self.sls = ["sls-alert", "-c", f"{tmp}/sls.yaml", "--spool", f"{tmp}/spool"]
        self.ng = ["syslog-ng", "-F", "--no-caps", "-R", f"{tmp}/ng/persist", "-p", f"{tmp}/ng/pid", "-c", f"{tmp}/ng/control", "-f"]
        self.put("sls.yaml", f"alert_output:\n  outputs:\n    - type: webhook\n      enabled: true\n      url: {self.url}\n"
                 f"      ca_file: {tmp}/ca.pem\n")

    def put(self, name, text):
        with open(f"{self.tmp}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(f"{self.tmp}/{name}", 0o600)

    def clear(self):
        """Nothing is left of what was kept for later."""
        for name in ("spool", "ng", "rs"):
            shutil.rmtree(f"{self.tmp}/{name}", ignore_errors=True)
        for name in ("ng", "rs"):
            os.mkdir(f"{self.tmp}/{name}")

    def syslog_ng(self, name, source, options):
        """A configuration, and the command that it is for."""
        self.put(name, f"""@version: 3.38
options {{ stats-freq(0); keep-hostname(yes); log-msg-size(65536); }};
source s {{ {source}; }};
destination d {{ http(url("{self.url}") method("POST") headers("Content-Type: application/x-ndjson") body("${{MSG}}")
    delimiter("\\n") workers(1) tls(ca-file("{self.tmp}/ca.pem")) {options}); }};
log {{ source(s); destination(d); flags(flow-control); }};
""")
        return [*self.ng, f"{self.tmp}/{name}"]

    def rsyslog(self, name, source, queue):
        """As syslog_ng. Debian has no omhttp, so it sends to the bulk interface of omelasticsearch, which costs a line of 26 bytes
        an alert; nginx answers as that service would."""
        self.put(name, f"""global(workDirectory="{self.tmp}/rs" maxMessageSize="64k")
module(load="imfile")
module(load="omelasticsearch")
template(name="raw" type="string" string="%msg%")
ruleset(name="r") {{
  action(type="omelasticsearch" server="localhost" serverport="{self.port}" usehttps="on" tls.cacert="{self.tmp}/ca.pem"
    searchIndex="a" searchType="" bulkmode="on" maxbytes="1m" template="raw" action.resumeRetryCount="-1"
    queue.filename="q" queue.maxdiskspace="4g" queue.size="10000000" queue.dequeuebatchsize="1000" queue.workerthreads="1"
    queue.saveonshutdown="on" {queue})
}}
input(type="imfile" File="{source}" Tag="a" ruleset="r")
""")
        root = os.environ.get("RSYSLOG_ROOT", "")
        library = next((place for place in (f"{root}/usr/lib/{os.uname().machine}-linux-gnu", "/usr/lib/rsyslog") if os.path.isdir(place)), "")
        return ["env", f"LD_LIBRARY_PATH={library}", shutil.which("rsyslogd") or f"{root}/usr/sbin/rsyslogd", "-n",
                "-M", f"{library}/rsyslog", "-f", f"{self.tmp}/{name}", "-i", f"{self.tmp}/rs/pid"]

    def serve(self):
        """Starts nginx: it takes alerts, and writes the size of each request to the file `received`."""
        tmp = self.tmp
        self.put("nginx.conf", f"""
daemon off; master_process off; pid {tmp}/nginx.pid; error_log {tmp}/error.log;
events {{}}
http {{
    log_format bytes "$content_length"; access_log {tmp}/received bytes;
    client_body_temp_path {tmp}/b; proxy_temp_path {tmp}/p; fastcgi_temp_path {tmp}/f;
    uwsgi_temp_path {tmp}/u; scgi_temp_path {tmp}/s;
    client_max_body_size 8m; client_body_buffer_size 2m; keepalive_requests 1000000;
    server {{ listen 127.0.0.1:{self.port} ssl; server_name localhost;
        ssl_certificate {tmp}/ca.pem; ssl_certificate_key {tmp}/key.pem;
        location /_bulk {{ default_type application/json; return 200 '{{"took":1,"errors":false,"items":[]}}'; }}
        location / {{ return 204; }} }}
}}
""")
        open(f"{tmp}/received", "w", encoding="ascii").close()
        server = subprocess.Popen(["nginx", "-c", f"{tmp}/nginx.conf", "-p", tmp], stderr=subprocess.DEVNULL)
        wait_until(self.port)
        return server

    def received(self):
        with open(f"{self.tmp}/received", encoding="ascii") as log:
            return sum(int(line) for line in log if line.strip().isdigit())


def goal(name, got, wanted, good):
    print(f"{name}: {got:.2f}, goal {wanted}: {'met' if good else 'missed'}")
