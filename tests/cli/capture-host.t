#!/usr/bin/python3
"""A captured host gives the facts of the host: every fixture, captured again, still does."""
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import hosts  # noqa: E402

LEFT_OUT = {"sophos.machine_id", "sophos.customer_id", "sophos.license"}  # on purpose
MOVING = {"system.time", "system.memory_used_kib", "system.uptime_seconds", "config.through_proxy", "server.iptables_rules"}

# Settings as savconfig and people write them; what is named "hush" must not be captured.
SETTINGS = {
    "lists that were emptied": "ExcludeFilePaths: []\nExcludeFileOnGlob: [ ] # none\nNamedScans: {}\n",
    "lists on a line": "ExcludeFilePaths: ['/hush,hush', \"/hush, ]\"] # [a\nExcludeFilesystems: [hush,\n  hush]\n",
    "a list an item a line": "ExcludeFileOnGlob:\n  # hush\n  - hush\n\n  - 'hush'\nExcludeFilePaths:\n- /hush\n",
    "scans": "NamedScans:\n  # hush\n  hush one: |\n    /hush: a\n    - /hush\n\n  two: hush\nWebUI: true\n",
    "names in other letters": "liveprotection: disabled\nAUTOMATICACTION: Delete\nexcludefilepaths: [/hush]\n",
    "a share": "PrimaryUpdateSourcePath: \\\\hush\\sav\nSecondaryUpdateSourcePath: 'SMB://hush/'\n",
    "folders": "PrimaryUpdateSourcePath: file:///hush\nSecondaryUpdateSourcePath: HTTPS://hush/\n",
    "a source of another kind": "PrimaryUpdateSourcePath: ftp://hush/\n",
}
BUILDS = {
    "a failure in other words": "hush\nExited, hush, with code: 12\nBuilding...\n",
    "the last code of a line": "error code 3: code 7\n",
    "a code of no failure": "Building...\ncode 5\nfailed with code 0\n",
}


def capture(*root, path=os.environ["PATH"], wrapper=()):
    return subprocess.run([*wrapper, hosts.ROOT + "/scripts/capture-host", *root], capture_output=True, check=True,
                          env={**os.environ, "PATH": path}).stdout


def again(name, text):
    with open("%s/%s.host" % (hosts.TMP, name), "wb") as file:
        file.write(text)
    hosts.unpack(file.name, "%s/%s" % (hosts.TMP, name))
    return hosts.flat(json.loads(hosts.collect("%s/%s" % (hosts.TMP, name)).stdout))


def written(tap, path, forms):
    """That file of an installation, in each of its forms."""
    for form, text in forms.items():
        root = hosts.make("sav", "%s/%s" % (hosts.TMP, form))
        with open(root + "/opt/sophos-av/" + path, "w", encoding="utf-8") as file:
            file.write(text)
        wanted = hosts.flat(json.loads(hosts.collect(root).stdout))
        captured = capture(root)
        got = again(form + " again", captured)
        wrong = {key: (got[key], wanted[key]) for key in wanted if key not in LEFT_OUT and got[key] != wanted[key]}
        tap.ok(form, not wrong and b"hush" not in captured.lower(), wrong, captured.decode())


def processes(tap):
    root = hosts.make("sav", hosts.TMP + "/short")
    for pid, name in (("77", "chromium-browse"), ("78", "ora_pmon_HUSH")):  # whose executable only root may read
        os.makedirs("%s/proc/%s" % (root, pid))
        for file, text in (("comm", name + "\n"), ("stat", "%s (%s) S 1 1 1 0 -1 4194560\n" % (pid, name))):
            with open("%s/proc/%s/%s" % (root, pid, file), "w", encoding="utf-8") as out:
                out.write(text)
    captured = capture(root)
    got = again("short again", captured)
    tap.ok("a program known by what it calls itself", got["server.chrome_running"] is got["server.oracle_running"] is True and
           b"HUSH" not in captured, captured.decode())


def somebody(tap):
    """What may not be read is unknown of the captured host too, and not absent."""
    wrapper = ("setpriv", "--reuid", "65534", "--clear-groups") if os.geteuid() == 0 else ()
    root = hosts.make("sav-talpa", hosts.TMP + "/unread")
    os.makedirs(root + "/proc/1", exist_ok=True)
    for path in ("/proc/1/environ", "/opt/sophos-av/etc/savd.yaml", "/proc/fs/nfsd/versions", "/etc/os-release"):
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "a", encoding="utf-8"):
            os.chmod(root + path, 0)
    os.chmod(hosts.TMP, 0o755)
    wanted = hosts.flat(json.loads(hosts.collect(root, wrapper=wrapper).stdout))
    for turn in ("once", "again"):
        text = capture(root, wrapper=wrapper)
        got = again("unread-" + turn, text)
        wrong = {key: (got[key], wanted[key]) for key in wanted if key not in LEFT_OUT and got[key] != wanted[key]}
        tap.ok("what may not be read, captured " + turn, not wrong and
               [wanted[key] for key in ("on_access.delete", "system.containers", "server.nfsv3_in_use", "system.distro_id")] == [None] * 4,
               wrong, text.decode())
        root = hosts.TMP + "/unread-" + turn


def awks(tap):
    """It is the same under each awk that is here: the host has the one it has."""
    roots = [hosts.make(name, "%s/%s-awk" % (hosts.TMP, name)) for name in ("sav-talpa", "sav-fanotify", "nfs-client", "s390x-zvm")]
    for awk in ("mawk", "gawk", "busybox awk"):
        if shutil.which(awk.split()[0]) is None:
            tap.ok("under %s # SKIP not installed" % awk, True)
            continue
        folder = "%s/%s" % (hosts.TMP, awk)
        os.makedirs(folder)
        with open(folder + "/awk", "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nexec %s "$@"\n' % awk)
        os.chmod(folder + "/awk", 0o755)
        wrong = [root for root in roots if capture(root, path=folder + ":" + os.environ["PATH"]) != capture(root)]
        tap.ok("under " + awk, not wrong, wrong)


def every_program(tap):
    """What the table of facts looks for is in the two lists of the script."""
    with open(hosts.ROOT + "/lib/facts/fact.def", encoding="utf-8") as file:
        rows = re.findall(r'^FACT\("[^"]+", \w+, \w+, (?:"(?:[^"\\]|\\.)*", ){2}(NULL|"[^"]*"(?: "[^"]*")*), (NULL|"[^"]*"), (\w+)', file.read(), re.M)
    with open(hosts.ROOT + "/scripts/capture-host", encoding="utf-8") as file:
        words = re.split(r"[\s']+", file.read())
    looked_for = {word for programs, _, _ in rows for word in programs.replace('"', "").split() if word != "NULL"}
    looked_for |= {given.strip('"') for _, given, probe in rows if probe == "probe_server_installed"}
    tap.ok("knows every program that a fact asks for", len(rows) == 75 and len(looked_for) > 50 and
           not {word.replace("*", "X") for word in looked_for} - set(words), len(rows), looked_for - set(words))


def unpacking(tap):
    """A record leads nowhere outside, by no link of an earlier one."""
    outside = hosts.TMP + "/outside"
    os.makedirs(outside + "/below")
    for form, text in {
        "an absolute link": "link /a %s\nfile /a/made\n x\n" % outside,
        "a relative one": "link /a ../outside\nfile /a/made\n x\n",
        "two in a row": "link /a b\nlink /b ../outside\ndir /a/below/made\n",
        "a process's": "link /proc %s\nprocess 1 init /sbin/init\n" % outside,
        "one to remove through": "link /a %s\nremove /a/below\n" % outside,
        "a path upwards": "file /../outside/made\n x\n",
    }.items():
        name = "%s/%s" % (hosts.TMP, form)
        with open(name + ".host", "w", encoding="utf-8") as file:
            file.write(text)
        run = subprocess.run([hosts.ROOT + "/scripts/unpack-host", name + ".host", name], capture_output=True, check=False)
        tap.ok("unpack-host: " + form, run.returncode == 1 and b"not a path of the host" in run.stderr and
               os.listdir(outside) == ["below"] and os.listdir(outside + "/below") == [], run.stderr.decode())
    for form, content, message in (
            ("a name that a terminal would obey", b"file ../\033[2J\n", b"unpack-host: ../\\x1b[2J: not a path of the host\n"),
            ("a record without its path", b"file\n", b"unpack-host: broken: not a host captured as text\n"),
            ("a size that is none", b"size /a 1x\n", b"unpack-host: broken: not a host captured as text\n"),
            ("what is no text", b"\xff\xfe\n", b"unpack-host: broken: not a host captured as text\n")):
        with open(hosts.TMP + "/broken", "wb") as file:
            file.write(content)
        run = subprocess.run([hosts.ROOT + "/scripts/unpack-host", "broken", name], cwd=hosts.TMP, capture_output=True, check=False)
        tap.ok("unpack-host: " + form, run.returncode == 1 and run.stderr == message, run.stderr.decode())
    run = subprocess.run([hosts.ROOT + "/scripts/unpack-host", "/nowhere", name], capture_output=True, check=False)
    tap.ok("unpack-host: a file that is not there", run.stderr == b"unpack-host: /nowhere: No such file or directory\n", run.stderr.decode())


def refusals(tap):
    for name, arguments, out, status in (("a host that is not there", ["/nowhere"], os.devnull, 66), ("two hosts", ["/", "/"], os.devnull, 64),
                                         ("a full disk", [], "/dev/full", 74)):
        with open(out, "wb") as full:
            ended = subprocess.run([hosts.ROOT + "/scripts/capture-host", *arguments], stdout=full, stderr=subprocess.DEVNULL, check=False)
        tap.ok("no success: " + name, ended.returncode == status, ended.returncode)


def main():
    tap = hosts.Tap()
    for name in hosts.names():
        if name.startswith("hostile") or name in ("nothing", "sav-broken"):
            continue
        got = again(name + "-again", capture(hosts.make(name)))
        wanted = hosts.flat(hosts.expected(name))
        tap.ok(name, all(got[key] == wanted[key] for key in wanted if key not in LEFT_OUT),
               {key: (got[key], wanted[key]) for key in wanted if got[key] != wanted[key]})
    # Programs start and end between two looks, those of other tests too: what differs must differ for a while.
    for turn in range(15):
        live = hosts.flat(json.loads(subprocess.run([hosts.BIN + "/sav-collect"], capture_output=True, check=True).stdout))
        captured = capture()
        got = again("live-%d" % turn, captured)
        unsaid = set() if b"\n hypervisor=" in captured else {"system.vm_type"}  # where no tool tells the signature, it is unknown
        wrong = {key: (got[key], live[key]) for key in live if key not in MOVING | LEFT_OUT and got[key] != live[key] and
                 not (key in unsaid and got[key] is None)}
        if not wrong:
            break
        time.sleep(1)
    if live["sophos.product_version"] is None:
        tap.ok("this host", not wrong, wrong)
    written(tap, "etc/savd.yaml", SETTINGS)
    written(tap, "log/talpaselect.log", BUILDS)
    processes(tap)
    somebody(tap)
    awks(tap)
    every_program(tap)
    unpacking(tap)
    refusals(tap)
    tap.done()


main()
