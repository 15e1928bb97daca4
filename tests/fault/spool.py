#!/usr/bin/env python3
"""spool.py BUILD KILLS [SEED]: what the spool says is durable is there after a kill, a power cut, an error of the disk.

Prints TAP. Every round runs the driver with a fault, then checks with a fresh process, on a spool that goes on from round to round."""
import atexit
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from points import SPOOL, WRITES

build, kills = sys.argv[1], int(sys.argv[2])
seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(1 << 30)
dice = random.Random(seed)
driver = os.path.join(build, "fault", "driver")
# LD_PRELOAD is a list parted by blanks, which the path to here may hold.
preload_home = tempfile.mkdtemp(prefix="sav-fault.", dir="/tmp")
atexit.register(shutil.rmtree, preload_home)
preload = shutil.copy(os.path.join(build, "fault", "preload.so"), preload_home)
top = tempfile.mkdtemp(prefix="sav spool fault.")
number = failed = 0


def ok(good, sentence, *notes):
    global number, failed
    number += 1
    failed += not good
    print("ok" if good else "not ok", number, "-", sentence, flush=True)
    for note in [] if good else notes:
        print("#", note, flush=True)
    return good


class Output:
    """What one output was given: numbers, in order, and how many of them are settled, and settled on the disk."""

    def __init__(self):
        self.order, self.given = [], set()
        self.settled = self.synced = 0


class Known:
    """What a spool has promised so far. Numbers are those in the records' text."""

    def __init__(self):
        self.committed = self.repeated = self.torn = 0
        self.kept_torn = False  # by a power cut, or before there was a place
        self.outputs = {"quick": Output(), "slow": Output()}
        self.wrong = []

    def hear(self, lines, cut=False, settles=True):
        """Takes in what a driver said. After a power cut only what was synced is promised."""
        said = set()
        for output in self.outputs.values():
            kept = output.synced if cut else output.settled
            output.promised, output.there = set(output.order[:kept]), set()
            if settles:
                del output.order[kept:]
                output.settled = output.synced = kept
        for line in lines:
            word, *rest = line.split()
            said.add(word)
            output = self.outputs.get(rest[0]) if rest else None
            if word == "opened":
                if int(rest[0]) < self.committed:
                    self.wrong.append(f"place {rest[0]}, committed {self.committed}")
                self.committed = int(rest[0])
                self.torn += int(rest[1])
                self.kept_torn |= int(rest[1]) > 0 and (cut or int(rest[0]) == 0)
            elif word == "committed":
                self.committed = max(self.committed, int(rest[0]))
            elif word == "given":
                numbers = range(int(rest[1]), int(rest[2]) + 1)
                # What is kept of a torn group is written again by who goes on from the place before it.
                if not self.kept_torn and not output.promised.isdisjoint(numbers):
                    self.wrong.append(f"{line}: again, though settled")
                output.there.update(numbers)
                if settles:
                    self.repeated += sum(n in output.given for n in numbers)
                    output.order += numbers
                    output.given.update(numbers)
            elif word == "settled":
                output.settled = len(output.order)
            elif word == "synced":
                output.synced = output.settled
            elif word == "lost" and int(rest[1]) or word == "wrong":
                self.wrong.append(line)
        return said

    def check_all(self):
        """After a check or a drain: every number is there, or was given."""
        for name, output in self.outputs.items():
            missing = set(range(1, self.committed + 1)) - output.given - output.there
            if missing:
                self.wrong.append(f"{name}: {len(missing)} missing, {min(missing)} first, of {self.committed}")


def run(mode, folder, count, options=(), fault=None, cut=None, after=None, limit=64):
    """Runs the driver; kills it `after` so many seconds. Returns its lines and status."""
    environment = dict(os.environ)
    if fault or cut is not None:
        environment["LD_PRELOAD"] = preload
        environment["FAULT"] = fault or ""
        if cut is not None:
            environment["FAULT_CUT"] = str(cut)
    command = [driver, mode, folder, str(limit), str(dice.randrange(1 << 30)), str(count), *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        out, _ = process.communicate(timeout=after or 60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        if after is None:
            out += "wrong hangs\n"
    lines = out.split("\n")
    return [line for line in lines[:-1] if line], process.returncode


def rounds(sentence, count, fault_of, options=(), records=4000, weak=False):
    folder = os.path.join(top, f"spool {number}")
    known, killed, was_cut = Known(), 0, False
    for turn in range(count):
        fault, cut, after = fault_of(turn)
        lines, status = run("run", folder, records, options, fault, cut, after)
        said = known.hear(lines, was_cut)
        # A disk that refuses to store a cursor makes the end of the process a power cut for it.
        was_cut = weak or cut is not None and status == -signal.SIGKILL
        killed += status == -signal.SIGKILL
        if status not in (0, -signal.SIGKILL) and "opened" in said:
            known.wrong.append(f"round {turn} ({fault}): status {status}: {lines[-1:]}")
        if turn % 3 == 2 or known.wrong:
            lines, status = run("check", folder, 0, options)
            known.hear(lines, was_cut, settles=False)
            known.check_all()
            if status != 0:
                known.wrong.append(f"check after round {turn} ({fault}): status {status}: {lines[-1:]}")
        if known.wrong:
            known.wrong.append(f"in round {turn}: FAULT={fault} FAULT_CUT={cut}")
            break
    lines, status = run("drain", folder, 0, options)
    known.hear(lines, was_cut)
    known.check_all()
    good = status == 0 and not known.wrong
    ok(good, f"{sentence}: {killed} kills, {known.committed} records, {known.repeated} repeated, "
       f"{known.torn} torn", f"seed {seed}", *known.wrong[:8])
    shutil.rmtree(folder, ignore_errors=True)
    return killed


def killed_at_random(turn):
    return None, None, dice.uniform(0.005, 0.3)


def killed_at_a_call(turn):
    operation = ("any", "write", "sync", "rename", "any")[turn % 5]
    at = dice.randrange(1, {"rename": 4, "write": 24, "sync": 16}.get(operation, 50))
    return f"{operation}:{at}:{at}:{dice.choice(('kill', 'torn'))}", None, None


def cut_at_a_call(turn):
    fault, _, _ = killed_at_a_call(turn)
    return fault, dice.randrange(1 << 30), None


def disk_errors(turn):
    """Errors at random, long and short; then a kill in most rounds."""
    faults = []
    for operation in ("write", "sync", "rename", "allocate", "unlink"):
        if dice.random() < 0.6:
            at = dice.randrange(1, 4 if operation in ("rename", "allocate", "unlink") else 24)
            what = dice.choice(("EIO", "ENOSPC", "EINTR") + (("short",) if operation == "write" else ()))
            if what == "EINTR" and operation not in ("write", "sync", "allocate"):
                what = "EIO"
            faults.append(f"{operation}:{at}:{at + dice.choice((0, 0, 1, 5))}:{what}")
    if dice.random() < 0.7:
        faults.append(f"any:{dice.randrange(20, 80)}:9999:kill")
    return ",".join(faults) or None, None, None


def first_steps(turn):
    """A new spool, killed at each of its first calls in turn."""
    return f"any:{turn + 1}:{turn + 1}:torn", None, None


def killed_at(point, mode):
    """Twice: by a kill, and by a power cut."""
    folder = os.path.join(top, point)
    known, was_cut, reached = Known(), False, []
    for cut in (None, dice.randrange(1 << 30)):
        if mode == "new":
            shutil.rmtree(folder, ignore_errors=True)
            known = Known()
        elif mode != "run":  # something to pass
            lines, _ = run("run", folder, 12000)
            known.hear(lines, was_cut)
            was_cut = False
        what = dice.choice(("kill", "torn")) if point in WRITES else "kill"
        lines, status = run("drain" if mode in ("drain", "resized") else "run", folder, 12000, (), f"{point}:1:1:{what}", cut,
                            limit=128 if mode == "resized" else 64)
        known.hear(lines, was_cut)
        was_cut = cut is not None
        reached.append(status == -signal.SIGKILL)
        lines, status = run("check", folder, 0)
        known.hear(lines, was_cut, settles=False)
        known.check_all()
        if status != 0:
            known.wrong.append(f"check: status {status}: {lines[-1:]}")
    lines, status = run("drain", folder, 0)
    known.hear(lines, was_cut)
    known.check_all()
    ok(all(reached) and status == 0 and not known.wrong, f"killed at {point}: {known.committed} records, {known.repeated} repeated",
       f"seed {seed}", f"reached: {reached}", f"status {status}", *known.wrong[:8])
    shutil.rmtree(folder, ignore_errors=True)
    return len(reached)


def damage():
    """Bytes flipped and cut anywhere: what is whole comes, in order; what is missing is little."""
    for turn in range(max(4, kills // 5)):
        folder = os.path.join(top, "damaged")
        run("run", folder, 3000)
        segments = sorted(name for name in os.listdir(folder) if name.endswith(".seg"))
        name = os.path.join(folder, dice.choice(segments))
        width = (0, 1, 4, 4096)[turn % 4]
        with open(name, "r+b") as file:
            at = dice.randrange(min(os.path.getsize(name), 4600000))
            if width == 0:
                file.truncate(at)
            else:
                file.seek(at)
                file.write(os.urandom(width))
        # "slow" settled little before; what "quick" settled is not read again.
        lines, status = run("check", folder, 0)
        given = [line.split() for line in lines if line.startswith("given slow")]
        missing = sum(int(b[2]) - int(a[3]) - 1 for a, b in zip(given, given[1:]))
        missing += 3000 - int(given[-1][3]) if given else 0
        limit = {0: 3000, 1: 1, 4: 2, 4096: 140}[width]  # records that so many bytes can touch
        ok(status == 0 and not any(line.startswith("wrong") for line in lines) and missing <= limit,
           f"{width or 'all'} bytes damaged: {missing} records lost", f"seed {seed}",
           f"{name} at {at}: status {status}", *lines[-3:])
        shutil.rmtree(folder)


def full_disk():
    """A small file system of its own, in a mount namespace; called again inside it."""
    inside = [sys.executable, __file__, build, "0", str(seed), "inside"]
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode:
        ok(True, "a full disk # SKIP needs root and a mount namespace")
        return
    result = subprocess.run(["unshare", "-m", *inside, top], stdout=subprocess.PIPE, text=True, check=False)
    for line in result.stdout.split("\n"):
        if line.startswith("#"):
            print(line)
        elif line and not line.startswith("1.."):
            good, _, sentence = line.partition(" - ")
            ok(good.startswith("ok"), sentence)


def full_disk_inside(place):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=44m,mode=700", "none", place], check=True)
    folder, known = os.path.join(place, "spool"), Known()
    # A first run fills the disk, with nobody taking from "slow" fast enough, and is killed while it waits.
    lines, status = run("run", folder, 60000, after=4, limit=1024)
    said = known.hear(lines)
    ok("full" in said and status == -signal.SIGKILL and not known.wrong, "a full disk makes the input wait",
       *lines[-3:], *known.wrong)
    try:
        with open(os.path.join(place, "filler"), "wb", buffering=0) as filler:
            while filler.write(bytes(4096)):
                pass
    except OSError:
        pass  # not a byte is left now
    free = os.statvfs(place).f_bavail
    lines, status = run("check", folder, 0, limit=1024)
    known.hear(lines, settles=False)
    known.check_all()
    ok(free == 0 and status == 0 and not known.wrong, "it starts on the full disk, and all is there",
       f"free {free}", *lines[-3:], *known.wrong)
    lines, status = run("drain", folder, 0, limit=1024)
    known.hear(lines)
    known.check_all()
    ok(status == 0 and not known.wrong, "it drains on the full disk",
       *lines[-3:], *known.wrong)
    lines, status = run("run", folder, 3000, limit=1024)
    known.hear(lines)
    ok(status == 0 and not known.wrong, "and takes more then, in the space it has", *lines[-3:], *known.wrong)


try:
    if len(sys.argv) > 4:
        full_disk_inside(sys.argv[5])
    else:
        started = time.monotonic()
        part = max(4, kills // 5)
        done = rounds("killed at random", part, killed_at_random, records=40000)
        done += rounds("killed at a call", part, killed_at_a_call)
        done += rounds("killed at a call, with a key", part, killed_at_a_call, ("key",))
        done += rounds("power cut at a call", part, cut_at_a_call)
        done += rounds("a new spool killed at each call", part, first_steps, records=100)
        done += rounds("errors of the disk", part, disk_errors, weak=True)
        done += sum(killed_at(point, mode) for point, mode in SPOOL.items())
        while done < kills:
            done += rounds("once more, killed at a call", kills - done, killed_at_a_call)
        damage()
        full_disk()
        print(f"# {done} kills in {time.monotonic() - started:.0f} s, seed {seed}")
    print(f"1..{number}")
finally:
    shutil.rmtree(top, ignore_errors=True)
sys.exit(failed > 0)
