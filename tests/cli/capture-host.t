#!/usr/bin/python3
"""A captured host gives the facts of the host: every fixture, captured again, still does."""
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import hosts  # noqa: E402

LEFT_OUT = {"sophos.machine_id", "sophos.customer_id", "sophos.license", "config.scheduled_scans"}  # on purpose
MOVING = {"system.time", "system.memory_used_kib", "system.uptime_seconds", "config.through_proxy", "server.iptables_rules"}


def capture(*root):
    return subprocess.run([hosts.ROOT + "/scripts/capture-host", *root], capture_output=True, check=True).stdout


def again(name, text):
    with open("%s/%s.host" % (hosts.TMP, name), "wb") as file:
        file.write(text)
    hosts.unpack(file.name, "%s/%s" % (hosts.TMP, name))
    return hosts.flat(json.loads(hosts.collect("%s/%s" % (hosts.TMP, name)).stdout))


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
        got = again("live-%d" % turn, capture())
        wrong = {key: (got[key], live[key]) for key in live if key not in MOVING | LEFT_OUT and got[key] != live[key]}
        if not wrong:
            break
        time.sleep(1)
    if live["sophos.product_version"] is None:
        tap.ok("this host", not wrong, wrong)
    tap.done()


main()
