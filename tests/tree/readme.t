#!/usr/bin/env python3
"""What README.md shows of a terminal is what a terminal shows: types each line of its ```console blocks and compares. In TAP.

Numbers and the architecture are masked: what is measured differs from host to host.
"""
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("SAV_TEST_BIN", str(ROOT / "build/bin"))
MARK = "-- next --"
UNSET = ("SAV_HOME", "DO_NOT_TRACK")


def masked(text):
    text = re.sub(r"\b(x86_64|aarch64|i686|s390x|armv7l|ppc64le|riscv64)\b", "ARCHITECTURE", text)
    return re.sub(r" *\b\d+\b", "N", text).strip()


def blocks(text):
    """For each block: [(command, output shown)]."""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.S | re.M):
        yield [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in re.split(r"^\$ ", block, flags=re.M)[1:]]


def real(commands, folder):
    """What a shell answers to each, in turn."""
    script = "".join(f"{command}\nprintf '%s\\n' '{MARK}'\n" for command in commands)
    environment = {name: value for name, value in os.environ.items() if name not in UNSET}
    environment.update(PATH=f"{BIN}:{environment['PATH']}", LC_ALL="C.UTF-8")
    answer = subprocess.run(["sh", "-c", "exec 2>&1\n" + script], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return answer.stdout.split(MARK + "\n")


def main():
    sessions = list(blocks((ROOT / "README.md").read_text(encoding="utf-8")))
    number = failed = 0
    with tempfile.TemporaryDirectory(prefix="sav test.") as folder:
        for session in sessions:
            answers = real([command for command, _ in session], folder)
            for (command, shown), answer in itertools.zip_longest(session, answers[:-1], fillvalue="no answer"):
                number += 1
                good = masked(answer) == masked(shown)
                failed += not good
                print(f"{'ok' if good else 'not ok'} {number} - $ {command}")
                if not good:
                    print("\n".join(f"# shown: {line}" for line in shown.splitlines()))
                    print("\n".join(f"# real:  {line}" for line in answer.splitlines()))
    if number < 5:
        failed += 1
        print(f"not ok {number + 1} - README shows a terminal")
        number += 1
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
