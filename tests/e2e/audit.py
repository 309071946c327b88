#!/usr/bin/env python3
"""The audit log from the command line: what was done is listed, exported and
verified, with a machine and without one; a byte of it that is another, and an
end that is gone, are found.

Usage: audit.py THEMACHINE
"""

import json
import shutil
import sys

from harness import Directory, Machine, check


def export(machine, *options):
    text = machine.call("audit", "export", *options).stdout
    return [json.loads(line) for line in text.splitlines()]


def change(store, text):
    """One byte of each *text* in the file is another; how often it is there."""
    content = bytearray(store.read_bytes())
    count = 0
    at = content.find(text)
    while at >= 0:
        content[at] ^= 1
        count += 1
        at = content.find(text, at)
    store.write_bytes(content)
    return count


def work(machine):
    for name in ("canary1", "canary2", "canary3"):
        machine.call("project", "add", name)
        machine.call("project", "set", name, "--budget", "1")


def main(binary):
    with Directory() as directory, Machine(binary, directory, "") as machine:
        work(machine)
        listed = machine.data_of("audit", "list", "--what", "projects")["items"]
        check(len(listed) == 12, "two records for each act")
        check(listed[0]["target"] == "id=canary3", "the newest record first")
        shown = machine.call("audit", "list").stdout
        check("PATCH /api/v1/projects/{id}" in shown, "what was done")
        check(len(machine.data_of("audit", "list", "--who", "x")["items"]) == 0,
              "nobody else did anything")
        everything = export(machine)
        check([x["seq"] for x in everything]
              == [str(n + 1) for n in range(len(everything))], "no gap")
        check(export(machine, "--until", "1d") == [], "nothing is that old")
        check(export(machine, "--since", "1d") == everything, "all is new")
        live = machine.data_of("audit", "verify")
        check("broken" not in live, "a log in order")
        check(int(live["records"]) == len(everything), "all records")
        machine.stop()

        # Nobody is up: the store says the same, and who has stopped it.
        stored = export(machine)
        check(stored[:len(everything)] == everything, "the same export")
        end = [(x["action"], x["phase"]) for x in stored[len(everything):]]
        check(end == [("POST /api/v1/stop", "intended"),
                      ("POST /api/v1/stop", "done")], "who stopped it")
        everything = stored
        alone = machine.data_of("audit", "verify", "--known", live["head"])
        check("broken" not in alone, "a log in order")
        check(int(alone["records"]) == len(everything), "all records")

        store = machine.data / "store/data.mdb"
        kept = directory / "kept.mdb"
        shutil.copy(store, kept)
        check(change(store, b"id=canary2") > 0, "a record of canary2")
        broken = machine.call("audit", "verify", check=False)
        check(broken.returncode == 1, "a broken log fails")
        first = next(x for x in everything if x["target"] == "id=canary2")
        check(f"record {first['seq']} is not as it was written"
              in broken.stderr, "the first broken record")

        # A log that ends earlier is no other one, unless somebody knows better.
        shutil.copy(kept, store)
        machine.start()
        machine.call("project", "add", "later")
        machine.stop()
        later = machine.data_of("audit", "verify")
        shutil.copy(kept, store)
        check("broken" not in machine.data_of("audit", "verify"),
              "an older store is in order by itself")
        cut = machine.call("audit", "verify", "--known", later["head"],
                           check=False)
        check(cut.returncode == 1, "an end that is gone")
        check(f"record {len(everything) + 1}" in cut.stderr, "and where it was")
        wrong = machine.call("audit", "verify", "--known", "x", check=False)
        check(wrong.returncode != 0 and "64" in wrong.stderr, "what a head is")


if __name__ == "__main__":
    main(sys.argv[1])
