#!/usr/bin/env python3
"""alerts.py BUILD KILLS [SEED]: the loss table, each row a test, as TAP.
alerts.py BUILD soak SECONDS [SEED]: all faults in any order for so long; prints counts, and fails when one alert is lost.

Numbered alerts go from a growing file through the real sls-alert. At the end each number has arrived at least once, or is
in the dead-letter file when nobody would ever take it."""
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import types

from points import LETTERS, SPOOL, WRITES
from sinks import Alerts, Nginx, Scripted, wait_for

build = os.path.abspath(sys.argv[1])
soaks = sys.argv[2] == "soak"
amount = int(sys.argv[3 if soaks else 2])
given = sys.argv[4 if soaks else 3:]
seed = int(given[0]) if given else random.SystemRandom().randrange(1 << 30)
dice = random.Random(seed)
top = tempfile.mkdtemp(prefix="sls alert fault.")
children = []
lock = threading.Lock()
number = failed = 0


def ok(good, sentence, *notes):
    global number, failed
    with lock:
        number += 1
        failed += not good
        print("ok" if good else "not ok", number, "-", sentence, flush=True)
        for note in [] if good else (f"seed {seed}", *notes):
            print("#", note, flush=True)


def alerts_to(sink, spool=None):
    alerts = Alerts(build, tempfile.mkdtemp(prefix="alerts ", dir=top), sink, dice, spool)
    children.extend((sink, alerts))
    return alerts


def alerts_to_nginx(spool=None):
    return alerts_to(Nginx(tempfile.mkdtemp(prefix="nginx ", dir=top)), spool)


def settle(alerts, sentence, repeats=0, dead=()):
    """The end of a row: nothing is missing, little came twice, nothing else is dead."""
    whole = alerts.caught_up(60) and alerts.runs()
    status = alerts.end()
    missing, repeated = alerts.missing(), alerts.sink.arrived.repeated
    ok(whole and status == 0 and repeated <= repeats and sorted(alerts.dead()) == sorted(dead),
       f"{sentence}: {alerts.fed} fed, {len(missing)} lost, {repeated} repeated, {len(alerts.dead())} dead",
       f"status {status}, missing {sorted(missing)[:5]}, at most {repeats} repeated, dead {alerts.dead()[:8]}",
       *tail(alerts))


def tail(alerts):
    with open(f"{alerts.folder}/err", encoding="utf-8") as file:
        return file.read().splitlines()[-4:]


def some_point():
    """Where it ends: a named point of the queue, or any call of libc that the disk sees."""
    if dice.random() < 0.5:
        point = dice.choice([point for point, mode in SPOOL.items() if mode in ("run", "drain")])
        at = dice.randrange(1, 5) if point.startswith(("group", "cursor")) else 1
        return f"{point}:{at}:{at}:{dice.choice(('kill', 'torn')) if point in WRITES else 'kill'}"
    operation = dice.choice(("any", "write", "sync", "rename", "write", "sync"))
    at = dice.randrange(1, {"rename": 3, "write": 12, "sync": 8}.get(operation, 30))
    return f"{operation}:{at}:{at}:{dice.choice(('kill', 'torn'))}"


def killed():
    alerts = alerts_to_nginx()
    for turn in range(amount):
        alerts.feed(1500)
        if turn % 2 == 0:
            alerts.start()
            time.sleep(dice.uniform(0.01, 0.3))
        else:
            alerts.start(some_point())
            wait_for(lambda: alerts.process.poll() is not None or alerts.caught_up(), 5)
        alerts.kill()
    alerts.start()
    settle(alerts, f"kill -9, {alerts.kills} times", alerts.kills * alerts.in_flight())


def power_cut():
    """What was not synced is gone; so may be the cursors, and then what they had settled comes again."""
    alerts = alerts_to_nginx()
    for _ in range(max(3, amount // 5)):
        alerts.feed(1000)
        alerts.start(some_point(), dice.randrange(1 << 30))
        wait_for(lambda: alerts.process.poll() is not None or alerts.caught_up(), 5)
        alerts.kill()
    alerts.start()
    settle(alerts, f"power cuts, {alerts.kills} times", alerts.fed * alerts.kills)


def server_away():
    """Killed while it waits to try again; or with half of a group written, which the followed file still has."""
    for point in (None, f"group-appended:{dice.randrange(2, 5)}:9:torn"):
        alerts = alerts_to_nginx()
        alerts.sink.stop()
        alerts.feed(5000)
        alerts.start(point)
        wait_for(lambda: alerts.process.poll() is not None or not point and alerts.said("retry"))
        alerts.kill()
        alerts.start()
        alerts.sink.start()
        settle(alerts, f"server away, kill -9{' within a write' if point else ''}, server back")


def refused(status, word, least, most):
    """All is refused for a while."""
    alerts = alerts_to_nginx()
    alerts.sink.refuse(status)
    alerts.feed(5000)
    alerts.start()
    told = wait_for(lambda: alerts.said(word) and len(alerts.sink.statuses()) >= least)
    time.sleep(2)  # the time in which it must not try too often
    tries = len(alerts.sink.statuses())
    ok(told and tries <= most, f"{status}: said, and tried {tries} times", *tail(alerts))
    alerts.sink.accept()
    if word == "held":
        alerts.process.send_signal(1)  # SIGHUP: somebody has mended it
    return alerts


def one_bad():
    """One alert among many is refused by what is in it."""
    alerts = alerts_to(Scripted(tempfile.mkdtemp(prefix="sink ", dir=top), 'refuse "n":1234, 400\nlimit 300000\n'))
    alerts.feed(3000)
    alerts.start()
    settle(alerts, "400 for one alert, 413 for large requests", dead=[1234])


def letters():
    """Killed about a dead letter: it may be kept twice, never not at all."""
    for point in LETTERS:
        alerts = alerts_to(Scripted(tempfile.mkdtemp(prefix="sink ", dir=top), 'refuse "n":77, 400\n'))
        alerts.feed(100)
        alerts.start(f"{point}:1:1:kill")
        reached = wait_for(lambda: alerts.process.poll() is not None)
        alerts.kill()
        alerts.start()
        whole = alerts.caught_up(60) and alerts.runs()
        status = alerts.end()
        dead = alerts.dead()
        ok(reached and alerts.kills == 1 and whole and status == 0 and set(dead) == {77} and len(dead) <= 2,
           f"killed at {point}: {alerts.fed} fed, {len(alerts.missing())} lost, {len(dead)} letters of one alert",
           f"reached {reached}, status {status}, dead {dead}", *tail(alerts))


def disk_errors():
    """Some end it, as a service that is started again."""
    alerts = alerts_to_nginx()
    for fault in ("sync:2:2:EIO", "sync:6:8:EIO", "write:5:5:EIO", "write:9:10:ENOSPC,sync:4:4:EIO"):
        alerts.feed(1500)
        alerts.start(fault)
        wait_for(lambda: alerts.process.poll() is not None or alerts.caught_up() and alerts.runs(), 10)
        alerts.end()
    alerts.start()
    settle(alerts, "fdatasync and write fail with EIO and ENOSPC", 4 * alerts.in_flight())


def damaged():
    """Bytes of a spool that waits for its server: all but those records come, and the figures tell of them."""
    alerts = alerts_to_nginx()
    alerts.sink.stop()
    alerts.feed(3000)
    alerts.start()
    segments = lambda: [name for name in os.listdir(alerts.spool) if name.endswith(".seg")]
    wait_for(lambda: alerts.figure("sls_alert_queued_alerts") == 3000)
    alerts.kill()
    with open(f"{alerts.spool}/{sorted(segments())[0]}", "r+b") as file:
        file.seek(dice.randrange(100000, 3000000))
        at = file.tell()
        old = file.read(4)
        file.seek(at)
        file.write(bytes(byte ^ 0xff for byte in old))
    alerts.start()
    alerts.sink.start()
    wait_for(lambda: len(alerts.missing()) <= 2)
    # Only the end tells which are gone for good.
    status = alerts.end()
    missing = alerts.missing()
    told = alerts.figure("sls_alert_damaged_alerts_total")
    ok(status == 0 and len(missing) <= 2 and told is not None and (told > 0) == bool(missing),
       f"four bytes of the spool flipped: {len(missing)} lost, the figures tell of {told}",
       f"status {status}, at {at}, missing {sorted(missing)[:9]}", *tail(alerts))


def cpu_seconds(process):
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def full_disk():
    """A small file system of its own, which only sls-alert sees; the input waits."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False).returncode:
        ok(True, "a full disk # SKIP needs root and a mount namespace")
        return
    disk = os.path.join(top, "disk")
    os.mkdir(disk)
    holder = subprocess.Popen(["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=44m,mode=700 none "$1" && exec sleep 600',
                               "sh", disk])
    children.append(types.SimpleNamespace(process=holder))
    inside = f"/proc/{holder.pid}/root{disk}"
    wait_for(lambda: os.path.ismount(inside))
    alerts = alerts_to_nginx(spool=f"{disk}/spool")
    alerts.within = ["nsenter", "-t", str(holder.pid), "-m"]
    alerts.sink.stop()
    alerts.feed(40000)
    alerts.start()

    def waits():
        return wait_for(lambda: alerts.figure("sls_alert_spool_waits") == 1, 15)

    full = waits()
    before = cpu_seconds(alerts.process)
    time.sleep(3)
    spent = cpu_seconds(alerts.process) - before
    ok(full and spent < 0.2, f"a full disk: it sleeps between its tries, {spent} s of processor time in 3 s", *tail(alerts))
    alerts.sink.start()
    whole = alerts.caught_up(60)
    repeated = alerts.sink.arrived.repeated
    ok(full and whole and repeated == 0,
       f"disk full, server back later: {alerts.fed} fed, {len(alerts.missing())} lost, {repeated} repeated", *tail(alerts))
    alerts.sink.stop()
    alerts.feed(40000)
    full = waits()
    alerts.kill()
    try:
        with open(f"{inside}/filler", "wb", buffering=0) as filler:
            while filler.write(bytes(4096)):
                pass
    except OSError:
        pass  # not a byte is left now
    ok(full and os.statvfs(inside).f_bavail == 0, "a full disk makes the input wait, and the figures say so", *tail(alerts))
    alerts.start()
    alerts.sink.start()
    alerts.spool = f"{inside}/spool"
    settle(alerts, "disk full, kill -9 and restart on the full disk, server back")
    holder.kill()
    holder.wait()


def retry_after():
    alerts = alerts_to_nginx()
    alerts.sink.refuse(503)
    alerts.feed(4000)
    alerts.start()
    wait_for(alerts.sink.statuses)
    first = alerts.sink.statuses()[0][1]
    time.sleep(max(0.0, first + 20 - time.time()))  # the 20 s of the loss table
    tries = sum(when < first + 20 for _, when in alerts.sink.statuses())
    alerts.sink.accept()
    ok(2 <= tries <= 3, f"503 with Retry-After: 7 for 20 s: {tries} requests", *tail(alerts))
    settle(alerts, "503 with Retry-After")


def all_poison():
    """A server that refuses everything is at fault itself; the few alerts it was asked about one by one are kept aside."""
    for status in (400, 413):
        alerts = refused(status, "held", 4, 40)
        dead = alerts.dead()
        ok(len(dead) <= 4, f"{status} for all: a few are tried alone, then it is held", f"dead {dead}")
        settle(alerts, f"{status} for a while", dead=dead)


def table():
    """Rows that mostly wait do so beside the others."""
    rows = (retry_after, killed, power_cut, server_away, lambda: settle(refused(401, "held", 1, 2), "401 for a while"),
            lambda: settle(refused(504, "retry", 2, 12), "504 for a while"), all_poison, one_bad, letters, disk_errors, damaged, full_disk)
    with concurrent.futures.ThreadPoolExecutor(3) as several:
        for row in [several.submit(row) for row in rows]:
            row.result()


def soak():
    """Any fault, in any order, on one spool."""
    alerts = alerts_to_nginx()
    sink = alerts.sink
    count = {"outages": 0, "refusals": 0, "cuts": 0, "errors": 0}
    cut_fed = 0  # what may come again after a power cut took the cursors
    until = time.monotonic() + amount
    tell = time.monotonic() + 10

    def is_gone():
        return alerts.process.poll() is not None

    while time.monotonic() < until:
        alerts.feed(dice.randrange(2000), 400)
        what = dice.choice(("random", "point", "cut", "outage", "refusal", "error"))
        if what == "cut":
            alerts.start(some_point(), dice.randrange(1 << 30))
            count["cuts"] += 1
            cut_fed = alerts.fed
        elif what in ("point", "error"):
            first = dice.randrange(1, 9)
            error = f"{dice.choice(('sync', 'write'))}:{first}:{first + dice.choice((0, 3))}:{dice.choice(('EIO', 'ENOSPC'))}"
            alerts.start(some_point() if what == "point" else error)
            count["errors"] += what == "error"
        elif what == "outage":
            alerts.start()
            time.sleep(dice.uniform(0, 0.2))
            sink.stop()
            count["outages"] += 1
        else:
            if what == "refusal":
                sink.refuse(dice.choice((401, 503, 504)))
                count["refusals"] += 1
            alerts.start()
        wait_for(is_gone, dice.uniform(0.05, 1))
        alerts.feed(dice.randrange(500), 400)
        wait_for(is_gone, dice.uniform(0.01, 0.3))
        alerts.kill()
        sink.accept()
        if what == "outage":
            sink.start()
        if time.monotonic() > tell:
            report(alerts, count)
            tell = time.monotonic() + 10
    alerts.start()
    whole = alerts.caught_up(120)
    status = alerts.end()
    report(alerts, count)
    most = (alerts.kills + count["outages"]) * alerts.in_flight(400) + cut_fed * count["cuts"]
    ok(whole and status == 0 and not alerts.dead() and sink.arrived.repeated <= most,
       f"{amount} s of faults: {len(alerts.missing())} of {alerts.fed} lost", f"status {status}", *tail(alerts))


def report(alerts, count):
    lost = len(alerts.missing())
    print(f"# {alerts.fed} fed, {len(alerts.sink.arrived.numbers)} delivered, {alerts.sink.arrived.repeated} repeated, "
          f"{len(alerts.dead())} dead, {lost} waiting or lost; {alerts.kills} kills, {count['cuts']} of them with a power cut "
          f"ordered, {count['outages']} outages, {count['refusals']} refusals, {count['errors']} disk errors", flush=True)


try:
    started = time.monotonic()
    if soaks:
        soak()
    else:
        table()
    print(f"# {time.monotonic() - started:.0f} s, seed {seed}")
    print(f"1..{number}")
finally:
    for child in children:
        if child.process is not None and child.process.poll() is None:
            child.process.kill()
            child.process.wait()
    if failed:
        print(f"# left for a look: {top}")
    else:
        shutil.rmtree(top, ignore_errors=True)
sys.exit(failed > 0)
