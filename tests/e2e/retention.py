#!/usr/bin/env python3
"""What becomes of runs that have ended: archived, taken out again, erased, by
people and by the machine itself; with them goes the content that nobody else
refers to, and nothing else does, whatever dies in the middle of it.

Usage: retention.py THEMACHINE
"""

import json
import pathlib
import re
import sys
import threading

from harness import (
    HERE,
    Directory,
    Machine,
    Upstream,
    check,
    git,
    make_repository,
    run,
    wait_for,
)
from python_project import CATALOGUE
from steering import HELD, Runs

PAID = """
name: paid
inputs: {what: {type: string}}
steps:
  - id: ask
    model:
      system: giver of words
      prompt: "Say a word for ${{ .inputs.what }}"
      model: e2e-openai
  - {id: write, needs: [ask], command: "echo ${{ .inputs.what }} > word; date +%s%N"}
  - {id: after, needs: [write], set: {seen: 1}}
vars: {seen: 0}
"""

TINY = "{name: tiny, vars: {x: 0}, steps: [{id: a, set: {x: 1}}]}"

BY_HAND = ["retention.archive_after=never", "retention.collect_every=never"]
BY_ITSELF = [
    "retention.archive_after=1s",
    "retention.erase_after=2s",
    "retention.collect_every=1s",
    "retention.blob_grace=0s",
]


def counts(machine, *more):
    """Streams, events and blobs of a sound store."""
    seen = machine.data_of("store", "verify", *more)
    check(seen["corruptions"] == 0, f"a sound store: {seen}")
    return seen


def listed(machine, *more):
    return [x["id"] for x in machine.data_of("run", "list", *more)["items"]]


def news_of(machine, topic):
    """All that the topic has told."""
    result, after = [], "0"
    while after:
        path = f"/api/v1/topics/{topic}/events?after={after}"
        page = json.loads(machine.call("api", "GET", path).stdout)
        result += page["items"]
        after = page["next_cursor"]
    return result


def ledger(machine):
    entries = machine.data_of("project", "ledger", "default")["items"]
    return sorted((x["run"], x["cost"]) for x in entries)


def collect(machine):
    """Twice: what the first marks, the second deletes."""
    machine.call("store", "collect", "--grace", "0s")
    report = machine.data_of("store", "collect", "--grace", "0s")
    return {name: int(number) for name, number in report.items()}


def referred(events):
    """The content that events refer to."""
    results = {x["result"] for x in events if x["type"] == "effect_done"}
    diffs = {x["diff"] for x in events if x["type"] == "work_published"}
    return results | diffs


def ends(runs, workflow, *more):
    started = runs.start(workflow, *more)
    runs.wait(started, "done")
    # Its books are closed a moment later.
    wait_for(
        "a run that is over",
        lambda: "books_closed" in runs.types(started),
    )
    return started


def archives(runs, one, live):
    machine = runs.machine
    before = machine.events_of(one)
    runs.refused(5, "has not ended", "run", "archive", live)
    runs.refused(5, "has not ended", "run", "delete", live)
    runs.refused(3, "there is no run", "run", "archive", "r-nobody")
    runs.refused(3, "there is no run", "run", "delete", "r-nobody")
    for _ in range(2):
        machine.call("run", "archive", one)
    check(listed(machine) == [live], "lists leave it out")
    check(listed(machine, "--archived") == [one], "one of them has it")
    check(listed(machine, "--all") == [live, one], "and one has all")
    check(listed(machine, "--state", "done") == [], "also by its state")
    check(runs.show(one)["archived"], "it says so")
    shown = machine.call("run", "show", one).stdout
    check(re.search(r"archived +yes", shown), shown)
    after = machine.events_of(one)
    check(after[: len(before)] == before, "it is as it was")
    check([x["type"] for x in after[len(before):]] == ["run_archived"], after)
    check("+paid" in machine.call("run", "diff", one).stdout, "its diff")
    machine.call("run", "unarchive", one)
    check(listed(machine) == [live, one], "it is back")
    machine.call("run", "archive", one)


def forks(runs, one):
    """A fork of an archived run has what it needs, also when that is gone."""
    machine = runs.machine
    events = machine.events_of(one)
    at = next(x["seq"] for x in events if x["type"] == "step_done"
              and x["activation"] == "ask")
    fork = machine.call("run", "fork", one, "--at", at).stdout.strip()
    runs.wait(fork, "done")
    wait_for("its books", lambda: "books_closed" in runs.types(fork))
    return fork, [x for x in events if int(x["seq"]) <= int(at)]


def erases(runs, one, live, fork, shared, repository):
    machine = runs.machine
    kept = referred(shared)
    check(kept, "the fork has something of the other")
    for other in (fork, live):
        kept |= referred(machine.events_of(other))
    paid = ledger(machine)
    check(one in [x for x, _ in paid], f"it has paid: {paid}")
    branch = runs.show(one)["branch"]
    before = counts(machine)
    done = machine.call("run", "delete", one)
    check("stay" in done.stderr, done.stderr)
    for what in ("show", "events", "diff", "archive", "delete", "fork"):
        more = ["--at", "3"] if what == "fork" else []
        runs.refused(3, f"there is no run {one}", "run", what, one, *more)
    check(one not in listed(machine, "--all"), "no list has it")
    check(ledger(machine) == paid, "the ledger is complete")
    check(git(repository, "show", f"{branch}:word"), "its branch is there")
    after = counts(machine)
    check(after["streams"] == before["streams"] - 1, f"{before}, {after}")
    check(after["blobs"] == before["blobs"], "blobs go by themselves")
    report = collect(machine)
    left = counts(machine)
    check(left["blobs"] < before["blobs"], f"{before}, {left}")
    check(left["blobs"] == len(kept), f"{left}, {kept}")
    check(report["blobs"] - report["deleted"] == left["blobs"], report)
    check(runs.show(fork)["state"] == "done", "the fork is there")
    check("+paid" in machine.call("run", "diff", fork).stdout, "and its diff")
    # What the fork had from the other is read as it was.
    again = machine.call(
        "run", "fork", fork, "--at",
        next(x["seq"] for x in machine.events_of(fork)
             if x["type"] == "history_ended"),
    ).stdout.strip()
    runs.wait(again, "done")
    return paid


def sweeps(runs, live):
    """The machine archives, erases and collects by itself."""
    machine = runs.machine
    paid = ledger(machine)
    one = runs.start(TINY)
    runs.wait(one, "done")
    wait_for(
        "end of all that had ended", lambda: listed(machine, "--all") == [live]
    )
    check(
        any(x["subject"] == f"run/{one}" and x["data"]["archived"]
            for x in news_of(machine, "runs")),
        f"{one} was archived before it was erased",
    )
    # What the run that lives refers to is all that is left.
    kept = referred(machine.events_of(live))
    check(kept, "it refers to something")
    wait_for(
        "end of the blobs", lambda: counts(machine)["blobs"] == len(kept)
    )
    check(ledger(machine) == paid, "the ledger is complete")
    check(runs.state(live) == "running", runs.state(live))


def dies(runs, live):
    """The machine is killed while runs are being erased, again and again."""
    machine = runs.machine
    all_of_them = [runs.start(TINY) for _ in range(12)]
    for one in all_of_them:
        runs.wait(one, "done")
    logs = {}
    for one in all_of_them:
        wait_for("its books", lambda: "books_closed" in runs.types(one))
        logs[one] = machine.events_of(one)
    erased = set()
    for _ in range(3):
        some = [x for x in all_of_them if x not in erased][:4]
        said = {}

        def erase(one):
            said[one] = machine.call("run", "delete", one, check=False)

        threads = [threading.Thread(target=erase, args=[x]) for x in some]
        for thread in threads:
            thread.start()
        # The first word of a success is when the others are in the midst.
        wait_for("success", lambda: any(
            x.returncode == 0 for x in list(said.values())
        ))
        machine.kill()
        for thread in threads:
            thread.join()
        offline = run(
            machine.binary, "store", "verify", *machine.options
        ).stdout
        check("as they were written" in offline, offline)
        machine.start()
        for one in some:
            there = machine.call("run", "show", one, check=False)
            if said[one].returncode == 0:
                check(there.returncode == 3, f"{one} was erased, and is there")
            if there.returncode == 3:
                erased.add(one)
                check(one not in listed(machine, "--all"), f"{one} is gone")
            else:
                check(machine.events_of(one) == logs[one], f"{one} is whole")
    check(len(erased) >= 3, f"some were erased: {erased}")
    for one in all_of_them:
        machine.call("run", "delete", one, check=one not in erased)
    check(listed(machine, "--all") == [live], "all are gone")


def main(binary):
    with Directory() as place, Upstream() as upstream:
        repository = make_repository(HERE / "project", place / "repository")
        catalogue = CATALOGUE.format(url=upstream.url)
        with Machine(binary, place, catalogue, BY_HAND) as machine:
            runs = Runs(machine, place)
            one = ends(
                runs, PAID, "--repo", repository, "--input", "what=paid"
            )
            live = runs.start(HELD)
            runs.wait_for_step(live, "go", "waiting")
            archives(runs, one, live)
            fork, shared = forks(runs, one)
            paid = erases(runs, one, live, fork, shared, repository)
            machine.stop()
            # The same without a machine.
            offline = machine.call("store", "collect").stdout
            check(offline.startswith("deleted 0 of "), offline)
            refused = machine.call("store", "collect", "--grace", "x",
                                   check=False)
            check(refused.returncode == 2, refused.stderr)
        with Machine(binary, place, catalogue, BY_ITSELF) as machine:
            runs = Runs(machine, place)
            sweeps(runs, live)
            check(set(paid) <= set(ledger(machine)), "what was paid is known")
            machine.stop()
        with Machine(binary, place, catalogue, BY_HAND) as machine:
            runs = Runs(machine, place)
            dies(runs, live)
            runs.machine.call("run", "signal", live, "go", "--payload", "7")
            runs.wait(live, "done")
            counts(machine)
    print("retention: all is well")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
