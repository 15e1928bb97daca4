#!/usr/bin/python3
"""What each captured host of tests/fixtures must give; see the README there."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import hosts  # noqa: E402

tap = hosts.Tap()
for name in hosts.names():
    run = hosts.collect(hosts.make(name))
    try:
        got, wanted = json.loads(run.stdout), hosts.expected(name)
        same = got == wanted
        details = [
            "%s: %s, wanted %s" % (key, json.dumps(value), json.dumps(hosts.flat(wanted).get(key)))
            for key, value in hosts.flat(got).items()
            if value != hosts.flat(wanted).get(key)
        ]
    except ValueError:
        same, details = False, [run.stdout]
    size = len(run.stdout)
    tap.ok(name, same and run.returncode == 0 and 800 <= size <= 2399, run.returncode, size, run.stderr, *details)
tap.done()
