"""Captured hosts for tests in Python: unpacks tests/fixtures, runs sav-collect on them, speaks TAP."""
import atexit
import importlib.machinery
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("SAV_TEST_BIN", ROOT + "/build/bin")
FIXTURES = ROOT + "/tests/fixtures"
TMP = tempfile.mkdtemp(prefix="sav test.")
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "TZ": "UTC"}
ENVIRONMENT.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})


def _load_unpacker():
    loader = importlib.machinery.SourceFileLoader("unpack_host", ROOT + "/scripts/unpack-host")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("unpack_host", loader))
    loader.exec_module(module)
    return module


unpack = _load_unpacker().unpack


@atexit.register
def _clean():
    for folder, _, _ in os.walk(TMP):
        os.chmod(folder, 0o700)
    shutil.rmtree(TMP, ignore_errors=True)


def names():
    return sorted(name[: -len(".host")] for name in os.listdir(FIXTURES) if name.endswith(".host"))


def layers(name):
    """What lies under a host, from the bottom up, and the host."""
    if name in ("base", "nothing"):
        return [name] if name == "base" else []
    with open("%s/%s.host" % (FIXTURES, name), encoding="utf-8") as file:
        on = [line[len("# on ") :].strip() for line in file if line.startswith("# on ")]
    return layers(on[0] if on else "base") + [name]


def make(name, folder=None):
    """The folder of a host."""
    folder = folder or "%s/%s" % (TMP, name)
    os.makedirs(folder)
    for layer in layers(name):
        unpack("%s/%s.host" % (FIXTURES, layer), folder)
    return folder


def merge(under, over):
    return {
        key: merge(under[key], over[key])
        if isinstance(under.get(key), dict) and isinstance(over.get(key), dict)
        else over.get(key, under.get(key))
        for key in list(under) + [key for key in over if key not in under]
    }


def expected(name):
    with open(FIXTURES + "/base.json", encoding="utf-8") as file:
        facts = json.load(file)
    for layer in layers(name) or ["nothing"]:
        with open("%s/%s.json" % (FIXTURES, layer), encoding="utf-8") as file:
            facts = merge(facts, json.load(file))
    return facts


def collect(folder, *options, wrapper=()):
    return subprocess.run(
        [*wrapper, BIN + "/sav-collect", "--root", folder, *options],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


def flat(facts):
    """{"area.name": value}"""
    return {
        "%s.%s" % (area, name): value
        for area, content in facts.items()
        if isinstance(content, dict)
        for name, value in content.items()
    }


class Tap:
    count = failed = 0

    def ok(self, sentence, good, *details):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, sentence))
        for detail in [] if good else details:
            print("# " + str(detail).replace("\n", "\n# "))

    def done(self):
        print("1..%d" % self.count)
        raise SystemExit(1 if self.failed else 0)
