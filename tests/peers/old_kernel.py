#!/usr/bin/env python3
"""old_kernel.py [--terminal] COMMAND...: runs it as a kernel without Landlock would, whose calls it does not know.

With --terminal, standard error is a terminal, and what comes there goes on to ours.
Source: seccomp(2), landlock_create_ruleset(2); the numbers are the same on every architecture.
"""
import ctypes
import errno
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
LOAD_NUMBER, AT_LEAST, MORE_THAN, RETURN = 0x20, 0x35, 0x25, 0x06
FIRST, LAST = 444, 446
ALLOW, ERROR = 0x7FFF0000, 0x00050000


def forget_landlock():
    program = b"".join(
        struct.pack("HBBI", *line)
        for line in (
            (LOAD_NUMBER, 0, 0, 0),
            (AT_LEAST, 0, 2, FIRST),
            (MORE_THAN, 1, 0, LAST),
            (RETURN, 0, 0, ERROR | errno.ENOSYS),
            (RETURN, 0, 0, ALLOW),
        )
    )
    lines = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HP", len(program) // 8, ctypes.addressof(lines))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, header, 0, 0):
        sys.exit("old_kernel: " + os.strerror(ctypes.get_errno()))


def main():
    command = sys.argv[1:]
    if command[0] != "--terminal":
        forget_landlock()
        os.execvp(command[0], command)
    ours, theirs = os.openpty()
    child = os.fork()
    if child == 0:
        os.dup2(theirs, 2)
        forget_landlock()
        os.execvp(command[1], command[1:])
    os.close(theirs)
    while True:
        try:
            said = os.read(ours, 4096)
        except OSError:  # its last holder is gone
            break
        if not said:
            break
        os.write(2, said.replace(b"\r", b""))
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
