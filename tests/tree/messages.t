#!/usr/bin/env python3
"""Messages as a set: every text that a failure can have, in one grammar. In TAP.

"object: reason", in small letters, without a full stop; what the reader can do stands in a hint, or in the reason itself.
Reads the calls in lib/ and cmd/, and in the commands that are shell scripts; with -l it prints the list.
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The names of the functions that take a message, and the object that they put before it by themselves, if any.
CALLS = {"fail_set": "", "fail_errno": "errno", "fail_hint": "hint", "cli_usage": "usage", "cli_warn": "", "yaml_node_fail": "place",
         "template_lex_fail": "place", "fail_at": "place"}
# These say the reason alone: whoever calls them knows the object, and puts it in front (fail_prefix, yaml_node_fail).
REASON_ALONE = {"lib/net/url.c", "lib/net/wire.c", "lib/format/seal.c", "lib/format/jsonscan.c", "lib/report/cells.c",
                "lib/conf/param.c"}
# fail STATUS MESSAGE [HINT] of the commands that are shell scripts.
SCRIPTS = ("cron/sav-feedback", "scripts/receiver", "scripts/capture-host")
TEXT = r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)")"""
STATUSES = {str(getattr(os, name)): name for name in dir(os) if name.startswith("EX_")}


def arguments(text, start):
    """The text between the parenthesis at `start` and its partner."""
    depth, at = 0, start
    while True:
        if text[at] == '"':
            at += 1
            while text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        elif text[at] in "()":
            depth += 1 if text[at] == "(" else -1
            if depth == 0:
                return text[start + 1:at]
        at += 1


def messages():
    """(kind, file, line, message) for each string that may be the format of such a call."""
    for path in sorted(ROOT.glob("lib/*/*.c")) + sorted(ROOT.glob("cmd/*/*.c")):
        text = path.read_text(encoding="utf-8")
        for call in re.finditer(r"(?<!int )\b(%s)\(" % "|".join(CALLS), text):
            inner = arguments(text, call.end() - 1)
            line = text.count("\n", 0, call.start()) + 1
            where = str(path.relative_to(ROOT))
            joined = re.sub(r'"\s*(?:PRI\w+\s*)?"', "", inner)
            found = re.search(r'"((?:[^"\\]|\\.)*)"(?:\s*:\s*"((?:[^"\\]|\\.)*)")?', joined)
            for message in filter(None, found.groups() if found else ()):
                status = re.search(r"\bEX_\w+", inner)
                yield CALLS[call.group(1)], where, line, message.replace('\\"', '"'), status.group() if status else ""
    for where in SCRIPTS:
        for line, text in enumerate((ROOT / where).read_text(encoding="utf-8").splitlines(), 1):
            for call in re.finditer(r"\bfail (\d+|\"\$\w+\") %s(?: %s)?" % (TEXT, TEXT), text):
                status = STATUSES.get(call.group(1), "")
                message, hint = (re.sub(r"\$\w+", "%s", call.group(at) or call.group(at + 1) or "") for at in (2, 4))
                yield "usage" if status == "EX_USAGE" else "", where, line, message, status
                if hint:
                    yield "hint", where, line, hint, ""


def faults(kind, where, message):
    if message[-1] in ".!\n" and not message.endswith("..."):
        yield "ends with a full stop"
    first = re.sub(r'^[%"].*|^--?.*', "x", message)[0]
    if kind not in ("hint", "place") and first.isupper() and not re.match(r"[A-Z][A-Za-z0-9_]*[A-Z0-9]|Argon2id|FeedbackHost|NamedScans|ManagementType", message):
        yield "begins with a capital"
    if re.search(r"\b(failed to|unable to|invalid|illegal|fatal|please|oops|sorry|could not|error:)\b", message, re.I):
        yield "says that it failed, not why"
    if kind in ("", "usage") and where not in REASON_ALONE and ": " not in message and not message.startswith("%s"):
        yield 'is not "object: reason"'


def main():
    found = list(messages())
    if sys.argv[1:] == ["-l"]:
        for kind, where, line, message, status in found:
            print(f"{where}:{line}\t{kind}\t{status}\t{message}")
        return 0
    wrong = [f"{where}:{line}: {fault}: {message}" for kind, where, line, message, status in found
             for fault in faults(kind, where, message)]
    hinted = {(where, line) for kind, where, line, message, status in found if kind == "hint"}
    helpless = [f"{where}:{line}: {message}" for kind, where, line, message, status in found
                if status == "EX_NOPERM" and kind == "" and "; " not in message and not any((where, line + step) in hinted for step in range(5))]
    results = [(len(found) > 300, "the messages are found", []),
               (not wrong, "every message is of one grammar", wrong),
               (not helpless, "what is not allowed comes with what to do", helpless)]
    for number, (good, name, details) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        for detail in details:
            print(f"# {detail}")
    print(f"1..{len(results)}")
    return 0 if all(good for good, _, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
