#!/usr/bin/env python3
"""Before an upgrade: does this program go on with what is stored as the one
before would? Asked of a machine that is up, of one that is not, and of a copy;
what is looked at stays as it is.

Usage: upgrade.py THEMACHINE
"""

import hashlib
import sys

from harness import Directory, Machine, check, wait_for

WAITS = """
name: waits
vars: {n: 0}
reducers: {n: add}
steps:
  - {id: before, set: {n: "1"}}
  - {id: each, foreach: {items: "[1, 2, 3]", steps: [{id: x, set: {n: .item}}]}}
  - {id: go, needs: [before], wait: {signal: go}}
  - {id: ask, needs: [before], approve: "Go on?"}
"""

ENDS = """
name: ends
steps:
  - {id: only, fail: "as it has to"}
"""


def start(machine, place, workflow):
    path = place / "workflow.yaml"
    path.write_text(workflow)
    return machine.call(
        "run", "Do this thing", "--workflow", path, "--detach"
    ).stdout.strip()


def state(machine, run):
    return machine.data_of("run", "show", run)["state"]


def answer(machine, *more, check_it=True):
    return machine.call("workflow", "check-upgrade", *more, check=check_it)


def main(binary):
    with Directory() as place, Machine(binary, place, "") as machine:
        live = start(machine, place, WAITS)
        ended = start(machine, place, ENDS)
        wait_for("a run that waits", lambda: state(machine, live) == "waiting")
        wait_for("a run that ended", lambda: state(machine, ended) == "failed")
        machine.call("run", "signal", live, "go", "--payload", "1")

        up = answer(machine).stdout
        check(up.startswith("1 runs and 4 other logs"), up)
        check("goes on with all of them" in up, up)
        left = [x.name for x in machine.data.iterdir() if "check" in x.name]
        check(not left, f"the copy is gone: {left}")
        machine.call("store", "backup", place / "copy")
        check(machine.stop() == 0, "a machine that stops")

        stored = machine.data / "store/data.mdb"
        before = hashlib.sha256(stored.read_bytes()).digest()
        both = answer(machine, "--ended").stdout
        check(both.startswith("2 runs and 4 other logs"), both)
        data = machine.data_of("workflow", "check-upgrade", live)
        check(data["logs"] == "1" and data["different"] == [], data)
        check(int(data["decisions"]) > 2, data)
        check(data["unexplained"] == "0", data)
        # That it was copied stands in the audit log.
        copied = answer(machine, "--store", place / "copy").stdout
        check(copied.startswith("1 runs and 4 other logs"), copied)
        check("goes on with all of them" in copied, copied)
        gone = answer(machine, "r-nothing", check_it=False)
        check(gone.returncode == 3, gone.stderr)
        check("there is no run r-nothing" in gone.stderr, gone.stderr)
        none = answer(machine, "--store", place / "no", check_it=False)
        check(none.returncode == 3, none.stderr)
        check("there is no store in" in none.stderr, none.stderr)
        after = hashlib.sha256(stored.read_bytes()).digest()
        check(before == after, "what is looked at stays as it is")
        machine.start()
        check(state(machine, live) == "waiting", "it goes on")
    print("an upgrade is checked before it is made, and changes nothing")


if __name__ == "__main__":
    main(sys.argv[1])
