#!/usr/bin/python3
"""Nothing that names a machine, a person or a place leaves the host: planted everywhere, it must not come out."""
import json
import os
import re
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import hosts  # noqa: E402

PLANTED = [
    "plantedhost", "planted.example.com", "198.51.100.77", "2001:db8:bad::1", "02:00:5e:aa:bb:cc", "S/N-PLANTED",
    "/home/planteduser", "/srv/plantedpath", "planteduser", "plantedsecret", "planted@example.com", "PLANTED",
    "C6336442", "4D6433C6",
]  # fmt: skip
LINE = " ".join(PLANTED)
MACHINE_ID = "deadbeefdeadbeefdeadbeefdeadbeef"
CUSTOMER = "plantedcustomer"

CONFIGURATION = """# %s
Email: planted@example.com
EmailServer: planted.example.com:25
ExcludeFilePaths: [/srv/plantedpath, /home/planteduser]
ExcludeFileOnGlob: ['*plantedhost*']
ExcludeFilesystems: [plantedfs]
NamedScans: {plantedscan: "/srv/plantedpath"}
PrimaryUpdateSourcePath: http://planted.example.com/planted
PrimaryUpdateUsername: planteduser
PrimaryUpdatePassword: plantedsecret
PrimaryUpdateProxyAddress: planted.example.com:3128
PrimaryUpdateProxyUsername: planteduser
PrimaryUpdateProxyPassword: plantedsecret
FeedbackHost: planted.example.com
CustomerID: plantedcustomer
""" % LINE

# Files of a host that facts have no business with, and some of the tables that they read.
MORE = {
    "/etc/hostname": "plantedhost\n",
    "/etc/hosts": "198.51.100.77 plantedhost\n",
    "/etc/passwd": "planteduser:x:1000:1000:PLANTED:/home/planteduser:/bin/sh\n",
    "/proc/sys/kernel/hostname": "plantedhost\n",
    "/proc/sys/kernel/domainname": "planted.example.com\n",
    "/sys/class/net/eth0/address": "02:00:5e:aa:bb:cc\n",
    "/sys/class/dmi/id/product_serial": "S/N-PLANTED\n",
    "/sys/class/dmi/id/product_uuid": "PLANTED\n",
    "/etc/machine-id": MACHINE_ID + "\n",
    "/proc/77/comm": "plantedname\n",
    "/proc/77/cmdline": "planteduser\0",
    "/proc/77/environ": "HOME=/home/planteduser\0",
    "/opt/sophos-av/etc/savd.yaml": CONFIGURATION,
}
MOUNTS = "70 22 0:99 / /srv/plantedpath rw - nfs4 planted.example.com:/home/planteduser rw,vers=4.2,addr=198.51.100.77\n"
SOCKETS = "   9: 4D6433C6:0050 C6336442:1234 0A 00000000:00000000 00:00000000 00000000  1000 0 99\n"
# Whole files that are one value: a second line is no part of it, a first one would be the value itself.
CAPTURED = ("debian-12", "rhel-6-hyper-v", "sav-talpa", "sav-fanotify", "arm64-board", "container-lxc", "power-kvm", "nfs-client")
AS_THEY_ARE = (".gz", "/id.key", "/fdinfo/7", "/proc/net/tcp", "/proc/net/tcp6")


def plant(folder):
    for place, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(place, name)
            if not stat.S_ISREG(os.lstat(path).st_mode) or path.endswith(AS_THEY_ARE) or os.path.getsize(path) > 1 << 20:
                continue
            with open(path, "ab") as file:
                file.write((("#" if path.endswith((".yaml", "/capture")) else "PLANTED: ") + LINE + "\n").encode())
    for path, text in MORE.items():
        os.makedirs(os.path.dirname(folder + path), exist_ok=True)
        with open(folder + path, "w", encoding="utf-8") as file:
            file.write(text)
    os.symlink("/home/planteduser/bin/mysqld", folder + "/proc/77/exe")
    for path, text in (("/proc/self/mountinfo", MOUNTS), ("/proc/net/tcp", SOCKETS)):
        if os.path.isfile(folder + path):
            with open(folder + path, "a", encoding="utf-8") as file:
                file.write(text)


def capture(folder):
    return subprocess.run([hosts.ROOT + "/scripts/capture-host", folder], capture_output=True, check=False).stdout.decode()


def main():
    tap = hosts.Tap()
    pattern = re.compile("|".join(re.escape(word) for word in PLANTED + [MACHINE_ID, CUSTOMER, "planted"]), re.I)
    for name in hosts.names():
        if name == "nothing" or name.startswith("hostile"):
            continue
        folder = hosts.make(name)
        plant(folder)
        run = hosts.collect(folder)
        text = run.stdout.decode() + run.stderr.decode()
        found = pattern.findall(text)
        tap.ok("%s: the report names nobody" % name, run.returncode == 0 and not found, found, text)
        if name in CAPTURED:
            text = capture(folder)
            tap.ok("%s: nor does its capture" % name, text and not pattern.findall(text), pattern.findall(text), text)
        if name == "sav-talpa":
            facts = hosts.flat(json.loads(run.stdout))
            tap.ok("what was planted was read", facts["server.mysql_running"] and facts["server.nfsv4_in_use"]
                   and facts["server.http_port_open"] and facts["on_access.exclusions"] == 4
                   and facts["sophos.customer_id"] is not None and facts["sophos.machine_id"] is not None, facts)
            text = hosts.collect(folder, "--explain").stdout.decode()
            tap.ok("nor does the explanation", not pattern.findall(text), text)
    tap.done()


main()
