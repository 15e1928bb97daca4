#!/usr/bin/env python3
"""A drop and a proxy with the faults that real ones cannot be made to show.

faulty.py PORT-FILE FOLDER [PROXY-FAULT]: listens on a free port of 127.0.0.1, writes its number into PORT-FILE and a line for
each request into FOLDER/requests: method, target, Proxy-Authorization, and the headers' names.

As a drop the first part of the path names the fault: PUT /cut-after/NAME. As a proxy (CONNECT, or a whole URL) it
has the fault PROXY-FAULT.
"""
import os
import socket
import struct
import sys
import threading
import time

PATIENCE_S = 20  # longer than any test waits


def reset(connection):
    """Closes so that the other side is told at once, even with bytes unread."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Request:
    def __init__(self, connection):
        self.connection = connection
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(4096)
            if not more:
                raise ConnectionError
            head += more
        head, self.rest = head.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        self.size = int(self.headers.get("content-length", 0))

    def body(self):
        while len(self.rest) < self.size:
            more = self.connection.recv(65536)
            if not more:
                raise ConnectionError
            self.rest += more
        return self.rest

    def answer(self, text):
        self.connection.sendall(text.replace("\n", "\r\n").encode("latin-1"))


def store(request, folder):
    """As the real drop does: whether the name was free."""
    name = os.path.join(folder, request.target.rsplit("/", 1)[1])
    body = request.body()
    if os.path.exists(name):
        return False
    with open(name, "wb") as file:
        file.write(body)
    return True


def cut_before(request, _folder):
    reset(request.connection)


def cut_in(request, _folder):
    while len(request.rest) < request.size // 2:
        request.rest += request.connection.recv(1)
    reset(request.connection)


def cut_after(request, folder):
    if store(request, folder):
        reset(request.connection)
    else:
        request.answer("HTTP/1.1 409 Conflict\nContent-Length: 0\n\n")


def cut_answer(request, folder):
    if store(request, folder):
        request.answer("HTTP/1.1 201 Created\nContent-Le")
    else:
        request.answer("HTTP/1.1 409 Conflict\nContent-Length: 0\n\n")


def cut_page(request, _folder):
    request.body()
    request.answer("HTTP/1.1 200 OK\nContent-Length: 10\n\n")


def endless(request, _folder):
    request.body()
    request.answer("HTTP/1.1 201 Created\nTransfer-Encoding: chunked\n\n")
    while True:
        request.answer("400\n" + "x" * 1024 + "\n")


def header(request, _folder):
    request.body()
    request.answer("HTTP/1.1 201 Created\nX-Large: ")
    for _ in range(10 * 1024):
        request.answer("x" * 1024)
    request.answer("\nContent-Length: 0\n\n")


def headers(request, _folder):
    request.body()
    request.answer("HTTP/1.1 201 Created\n")
    for number in range(10 * 1024):
        request.answer(f"X-{number}: " + "x" * 1016 + "\n")
    request.answer("Content-Length: 0\n\n")


def interim(request, _folder):
    request.body()
    while True:
        request.answer("HTTP/1.1 100 Continue\n\n")


def garbage(request, _folder):
    request.connection.sendall(bytes(range(256)) * 8)


def silent(_request, _folder):
    time.sleep(PATIENCE_S)


def drip(request, _folder):
    request.answer("HTTP/1.1 201 Created\n")
    for _ in range(PATIENCE_S * 10):
        request.answer("X: y\n")
        time.sleep(0.1)


def later(request, _folder):
    request.body()
    request.answer("HTTP/1.1 429 Too Many Requests\nRetry-After: 7200\nContent-Length: 0\n\n")


def later_date(request, _folder):
    request.body()
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600))
    request.answer(f"HTTP/1.1 503 Service Unavailable\nRetry-After: {date}\nContent-Length: 0\n\n")


def later_never(request, _folder):
    request.body()
    request.answer("HTTP/1.1 503 Service Unavailable\nRetry-After: 99999999999\nContent-Length: 0\n\n")


def later_garbage(request, _folder):
    request.body()
    request.answer("HTTP/1.1 503 Service Unavailable\nRetry-After: \x1b[2Jsoon\nContent-Length: 0\n\n")


def portal(request, _folder):
    request.answer("HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 20\n\n<html>Sign in</html>")


def wants_negotiate(request, _folder):
    request.answer("HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Negotiate\nContent-Length: 0\n\n")


def deflect(request, _folder):
    """A proxy that leads every tunnel to the port in FAULTY_DEFLECT: interception."""
    request.answer("HTTP/1.1 200 Connection established\n\n")
    other = socket.create_connection(("127.0.0.1", int(os.environ["FAULTY_DEFLECT"])))
    threading.Thread(target=pump, args=(other, request.connection), daemon=True).start()
    pump(request.connection, other)


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(connection, folder, proxy_fault):
    try:
        request = Request(connection)
        with open(os.path.join(folder, "requests"), "a", encoding="latin-1") as log:
            secret = request.headers.get("proxy-authorization", "-")
            log.write(f"{request.method} {request.target} {secret} {','.join(sorted(request.headers))}\n")
        proxied = request.method == "CONNECT" or not request.target.startswith("/")
        fault = proxy_fault if proxied and proxy_fault else request.target.rsplit("/", 2)[1]
        globals()[fault.replace("-", "_")](request, folder)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    except (OSError, ConnectionError):
        pass


def main():
    port_file, folder = sys.argv[1:3]
    proxy_fault = sys.argv[3] if len(sys.argv) > 3 else None
    listener = socket.create_server(("127.0.0.1", 0))
    with open(port_file + ".new", "w", encoding="ascii") as file:
        file.write(f"{listener.getsockname()[1]}\n")
    os.rename(port_file + ".new", port_file)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, folder, proxy_fault), daemon=True).start()


main()
