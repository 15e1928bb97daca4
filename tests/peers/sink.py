#!/usr/bin/env python3
"""An alert receiver that answers as it is told.

sink.py PORT-FILE FOLDER: listens on a free port of 127.0.0.1 and writes its number into PORT-FILE. FOLDER/script holds a
line for each answer to come: STATUS [RETRY-AFTER], or `close` (no answer at all); it is used up line by line. Without one, FOLDER/rule
decides: `refuse TEXT STATUS` for a body with that text, `limit BYTES` with 413; else 200. Accepted bodies are appended to
FOLDER/accepted, and each request is a line of FOLDER/requests: time, status, size, Idempotency-Key, Authorization, Content-Type.
"""
import http.server
import os
import sys
import threading
import time

port_file, folder = sys.argv[1:]
lock = threading.Lock()


def path(name):
    return os.path.join(folder, name)


def read(name):
    try:
        with open(path(name), encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def next_answer(body):
    """The status line of the script, or what the rule says."""
    script = read("script")
    if script:
        with open(path("script.new"), "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in script[1:]))
        os.replace(path("script.new"), path("script"))
        return script[0].split()
    for line in read("rule"):
        words = line.split()
        if words[0] == "refuse" and words[1].encode() in body:
            return [words[2]]
        if words[0] == "limit" and len(body) > int(words[1]):
            return ["413"]
    return ["200"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            answer = next_answer(body)
            if answer[0] == "200":
                with open(path("accepted"), "ab") as file:
                    file.write(body)
            names = ("Idempotency-Key", "Authorization", "Content-Type")
            words = [f"{time.monotonic():.3f}", answer[0], str(len(body)), self.path]
            words += [(self.headers[name] or "-").replace(" ", "_") for name in names]
            with open(path("requests"), "a", encoding="utf-8") as file:
                file.write(" ".join(words) + "\n")
        if answer[0] == "close":
            self.close_connection = True
            return
        text = b"as told\n"
        self.send_response(int(answer[0]))
        if len(answer) > 1:
            self.send_header("Retry-After", answer[1])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that is killed."""


server = Server(("127.0.0.1", 0), Handler)
with open(port_file + ".new", "w", encoding="utf-8") as out:
    out.write(f"{server.server_address[1]}\n")
os.replace(port_file + ".new", port_file)
server.serve_forever()
