#!/usr/bin/env python3
"""A syslog service that writes down what it hears.

listen.py KIND ADDRESS OUT [CERTIFICATE KEY [CLIENTS]]: KIND is udp, tcp, tls, unix-dgram or unix-stream; ADDRESS the file that a free port of 127.0.0.1 is
written to, or the socket's path. Messages go to OUT, a line each: datagrams as they come, framed ones (octet counting)
without their length. Of CLIENTS' certificates a client needs one; in TLS 1.2, which says no while hands are shaken.
"""
import os
import socket
import ssl
import sys
import threading

kind, address, out_path = sys.argv[1:4]
out = open(out_path, "ab", buffering=0)
lock = threading.Lock()


def note(message):
    with lock:
        out.write(message.rstrip(b"\n") + b"\n")


def announce(port):
    with open(address + ".new", "w", encoding="utf-8") as file:
        file.write(f"{port}\n")
    os.replace(address + ".new", address)


def frames(connection):
    """Octet counting: LENGTH SP MESSAGE."""
    held = b""
    while True:
        more = connection.recv(65536)
        if not more:
            return
        held += more
        while True:
            if kind == "unix-stream":
                message, newline, rest = held.partition(b"\n")
                if not newline:
                    break
            else:
                length, blank, rest = held.partition(b" ")
                if not blank or len(rest) < int(length):
                    break
                message, rest = rest[: int(length)], rest[int(length) :]
            note(message)
            held = rest


def serve(connection):
    try:
        frames(connection)
    except OSError:
        pass


if kind in ("udp", "unix-dgram"):
    if kind == "udp":
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.bind(("127.0.0.1", 0))
        announce(bound.getsockname()[1])
    else:
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        bound.bind(address)
    while True:
        note(bound.recv(1 << 20))
if kind == "unix-stream":
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(address)
    bound.listen()
else:
    bound = socket.create_server(("127.0.0.1", 0))
    announce(bound.getsockname()[1])
context = None
if kind == "tls":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    if len(sys.argv) > 6:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(sys.argv[6])
while True:
    peer, _ = bound.accept()
    try:
        if context is not None:
            peer = context.wrap_socket(peer, server_side=True)
    except OSError:
        continue
    threading.Thread(target=serve, args=(peer,), daemon=True).start()
