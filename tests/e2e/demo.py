#!/usr/bin/env python3
"""The demo's run: once in one go, once with the machine killed in the middle
of it, again and again. The work is the same, and nothing is paid for twice.

Usage: demo.py THEMACHINE
"""

import re
import sys

from harness import ROOT, Directory, Machine, check, git, make_repository, wait_for

DEMO = ROOT / "deploy/demo"
WHAT = "Add human_size(bytes): a number of bytes as people read it, like 1.5 KiB"


def machine_for(binary, place):
    place.mkdir()
    return Machine(
        binary,
        place,
        (DEMO / "catalogue.toml").read_text(),
        [f"models.scripted={DEMO / 'script.yaml'}"],
    )


def start(machine, repository):
    return machine.call(
        "run", "--repo", repository, WHAT, "--model", "demo", "--budget", "0.50",
        "--detach",
    ).stdout.strip()


def finish(machine, run_id):
    machine.call("run", "events", run_id, "--follow", "--json")
    events = machine.events_of(run_id)
    ended = [x for x in events if x["type"] == "run_ended"]
    check(len(ended) == 1 and ended[0]["result"] == "done", f"{ended}")
    check(
        [int(x["seq"]) for x in events] == list(range(1, len(events) + 1)),
        "the log has gaps",
    )
    return events


def paid(events):
    """Effects of models that were done, with how often."""
    begun = {
        x["effect"]: x
        for x in events
        if x["type"] == "effect_intended" and x["kind"] == "model"
    }
    return [
        x["effect"]
        for x in events
        if x["type"] == "effect_done" and x["effect"] in begun
    ]


def tree_of(repository, events):
    branch = [x for x in events if x["type"] == "work_published"][0]["branch"]
    return git(repository, "rev-parse", branch + "^{tree}")


def in_one_go(binary, place):
    repository = make_repository(DEMO / "project", place / "one")
    with machine_for(binary, place / "one-machine") as machine:
        text = machine.call(
            "run", "--repo", repository, WHAT, "--model", "demo", "--budget",
            "0.50",
        ).stdout
        run_id = machine.data_of("run", "list")["items"][0]["id"]
        events = finish(machine, run_id)
    check("(scripted)" in text, "the model is not labelled")
    check("✔ Done" in text, text)
    check(re.search(r"git -C \S+ diff [0-9a-f]+\.\.themachine/", text), text)
    return tree_of(repository, events), paid(events)


def killed(binary, place, after):
    """Kills the machine each time when *after* more events were stored."""
    name = f"killed-{after}"
    repository = make_repository(DEMO / "project", place / name)
    with machine_for(binary, place / (name + "-machine")) as machine:
        run_id = start(machine, repository)
        kills = 0
        goal = after
        while True:
            events = wait_for(
                "progress",
                lambda: (seen := machine.events_of(run_id))
                and (len(seen) >= goal or seen[-1]["type"] == "books_closed")
                and seen,
            )
            if any(x["type"] == "run_ended" for x in events):
                break
            machine.kill()
            kills += 1
            machine.start()
            goal = len(events) + after
        events = finish(machine, run_id)
    check(kills > 0, "it was never killed")
    effects = paid(events)
    check(len(effects) == len(set(effects)), "an effect was paid for twice")
    print(f"killed {kills} times, each {after} events")
    return tree_of(repository, events), effects


def main(binary):
    with Directory() as place:
        tree, effects = in_one_go(binary, place)
        for after in (7, 23):
            other_tree, other_effects = killed(binary, place, after)
            check(other_tree == tree, "the work differs")
            check(len(other_effects) == len(effects), "the calls differ")
    print("Killed or not, the work is the same.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
