#!/usr/bin/env python3
"""everything.py BUILD [STRIDE [PHASE [SCENARIO...]]]: every call that can fail fails in turn, for typical runs of every tool. TAP.

Each run has one fault: the N-th call of a kind (see tests/fault/nth.c), with each of some errors. Asked of it: no signal, no
hang, no half file and nothing left behind, a status that the manual lists, 0 only when all is done, a message that names the
reason, no output of a run that failed. STRIDE takes every STRIDE-th fault, from a random one on unless PHASE says which."""
import base64
import json
import os
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import hosts  # noqa: E402
from nth import Campaign, Scenario, Tools, stack_in_words  # noqa: E402

build = os.path.abspath(sys.argv[1])
stride = int(sys.argv[2]) if len(sys.argv) > 2 else 1
phase = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(stride)
wanted = sys.argv[4:]
tools = Tools(build)
REPORT = b'{"schema":1,"note":"' + b"a report as any other " * 40 + b'"}'


def call(*command, given=b"", **named):
    """What a tool of the build prints when nothing fails."""
    return subprocess.run([os.path.join(tools.bin, command[0]), *command[1:]], input=given, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True, **named).stdout


def put(folder, path, data, mode=0o644):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)


SECRET = base64.b64encode(bytes(range(7, 39))).decode()
PUBLIC = None


def make_keys(folder):
    put(folder, "k.key", SECRET + "\n", 0o600)
    put(folder, "k.pub", call("sav-keygen", "-y", os.path.join(folder, "k.key")))


def opened(path, data):
    """A blob is what it opens to."""
    if not path.endswith("blob") and path != "stdout":
        return data
    if data == b"":
        return data
    opens = subprocess.run([os.path.join(tools.bin, "sav-decrypt"), "-k", key_file], input=data, capture_output=True, check=False)
    return opens.stdout if opens.returncode == 0 else b"does not open"


key_file = os.path.join(hosts.TMP, "k.key")
make_keys(hosts.TMP)


def is_key(path, data):
    if path not in ("n.key", "n.pub"):
        return data
    text = data.decode()
    return "a key" if len(base64.b64decode(text.splitlines()[-1])) == 32 else text


def make_blobs(folder):
    make_keys(folder)
    for i in range(5):
        put(folder, f"drop/{i}", call("sav-encrypt", "-k", os.path.join(folder, "k.pub"), given=b'{"n":%d}' % i))


def make_bad_blobs(folder):
    make_blobs(folder)
    os.mkdir(os.path.join(folder, "bad"))
    put(folder, "drop/2", os.urandom(848))


def make_home(folder):
    make_keys(folder)
    put(folder, "home/etc/savd.yaml", 'LogMaxSizeMB: 7\nExcludeFilePaths: [/a, "/b"]\nPrimaryUpdatePassword: "hush hush"\n')
    put(folder, "home/etc/policy.yaml", "ManagementType: Cloud\nSendErrorEmail: false\n")
    put(folder, "home/etc/feedback.pub", call("sav-keygen", "-y", os.path.join(folder, "k.key")))
    os.makedirs(os.path.join(folder, "home/var/feedback/waiting"), 0o700)
    put(folder, "home/var/feedback/waiting/" + "ab" * 16, "sealed", 0o600)
    put(folder, "report", REPORT)


HOME = {"SAV_HOME": "{work}/home"}
SCENARIOS = [
    Scenario("keygen makes a pair", ["sav-keygen", "-o", "n"], normal=is_key, secrets=[SECRET.encode()]),
    Scenario("keygen prints the public key", ["sav-keygen", "-y", "k.key"], make_keys, secrets=[SECRET.encode()]),
    Scenario("keygen helps", ["sav-keygen", "--help"]),
    Scenario("encrypt to a file", ["sav-encrypt", "-k", "k.pub", "-o", "blob", "report"], make_home, normal=opened),
    Scenario("encrypt in a pipe", ["sav-encrypt"], make_home, given=REPORT, environment=HOME, normal=opened),
    Scenario("decrypt in a pipe", ["sav-decrypt", "-k", "k.key", "-k", "k.key", "drop/3"], make_blobs, secrets=[SECRET.encode()]),
    Scenario("decrypt to a file", ["sav-decrypt", "-k", "k.key", "-o", "out", "drop/3"], make_blobs, secrets=[SECRET.encode()]),
    Scenario("savconfig gets", ["savconfig", "get", "ExcludeFilePaths"], make_home, environment=HOME),
    Scenario("savconfig shows all", ["savconfig", "--all", "query"], make_home, environment=HOME, secrets=[b"hush hush"]),
    Scenario("savconfig sets", ["savconfig", "set", "LogMaxSizeMB", "50"], make_home, environment=HOME, secrets=[b"hush hush"]),
    Scenario("savconfig adds", ["savconfig", "add", "ExcludeFilePaths", "/c"], make_home, environment=HOME),
    Scenario("savconfig sets a secret", ["savconfig", "set", "PrimaryUpdatePassword", "-"], make_home, given=b"whisper\n",
             environment=HOME, secrets=[b"hush hush", b"whisper"]),
    Scenario("savconfig resets", ["savconfig", "reset", "LogMaxSizeMB"], make_home, environment=HOME),
    Scenario("savconfig turns feedback off", ["savconfig", "set", "DisableFeedback", "true"], make_home, environment=HOME),
    Scenario("savconfig helps", ["savconfig", "--advanced", "--help"], partial=True),
]


def first_of_each(bad):
    """Of those that went wrong in the same way, one."""
    seen = {}
    for order, run, wrong in bad:
        seen.setdefault((order.split(":")[0], run.status, *wrong, run.err), (order, run, wrong))
    return list(seen.values())


def main():
    campaign = Campaign(tools, stride, phase, os.cpu_count() or 1)
    number = failed = met_in_all = 0
    print(f"# every {stride}. fault, from {phase} on")
    for scenario in SCENARIOS:
        if wanted and not any(word in scenario.name for word in wanted):
            continue
        reference, met, bad = campaign.try_all(scenario)
        number += 1
        met_in_all += met
        failed += bool(bad)
        print(f"{'not ok' if bad else 'ok'} {number} - {scenario.name}: {met} faults", flush=True)
        for order, run, wrong in first_of_each(bad)[:20]:
            print(f"# NTH={order} status {run.status}: {'; '.join(wrong)}")
            print(f"#   said: {run.err.strip()[:300]!r}")
            print(f"#   at: {' < '.join(stack_in_words(tools, run.stack)[:9])}")
    print(f"# {met_in_all} faults")
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
