#!/usr/bin/env python3
"""The whole machine is killed (`kill -9`) again and again under the load of many
runs at a time. Whoever followed them finds all that was ever shown in the log;
no effect is done twice, none is forgotten, every run comes to its end.

Usage: crashes.py THEMACHINE [--kills N] [--runs N] [--seed S]

What is done outside leaves lines that the machine cannot take back: see
crash_workflows.py and witness.py; what has to hold is in crash_checks.py.
"""

import argparse
import os
import random
import threading
import time
from collections import Counter

from clients import Client, Operator, Shared
from crash_checks import check_lines, check_log, check_requests, count
from crash_workflows import LEDGER, WITNESS, WORKFLOWS
from harness import Directory, Machine, check, git, make_repository, wait_for
from witness import CATALOGUE, Witness

SETTINGS = ["run.max_parallel_attempts=24"]

# In seconds; a kill comes at any moment after the start, also before the
# machine serves.
LONGEST_LIFE = 4
ONE_IN = 6
LONGEST_START = 0.6

# ThreadSanitizer makes everything slower, so less is asked for.
SLOWNESS = int(os.environ.get("MACHINE_SLOWNESS", "1"))

# For the runs that are under way when the last kill is over.
PATIENCE = 400


def kill_again_and_again(machine, shared, chance, kills):
    for number in range(kills):
        if chance.randrange(ONE_IN) == 0:
            machine.kill()
            machine.launch()
            moment = chance.uniform(0, LONGEST_START)
        else:
            wait_for("machine", machine.is_up)
            moment = chance.uniform(0, LONGEST_LIFE)
        # The moment is what is random here; nothing waits for it to pass.
        time.sleep(moment)
        shared.raise_problem()
        machine.kill()
        machine.launch()
        if (number + 1) % 20 == 0:
            print(f"{number + 1} kills: {shared.words()}", flush=True)


def lines_of(repository, branch):
    """Of each key and attempt, when it was written on the branch."""
    result = {}
    for line in git(repository, "show", f"{branch}:{WITNESS}").splitlines():
        key, attempt, at = line.split()
        result.setdefault(f"{key}#{attempt}", []).append(int(at) / 1e9)
    return result


def check_files(run, repository, branch, entries, files):
    """Edits are in place once, and whole."""
    ledger = git(repository, "show", f"{branch}:{LEDGER}").splitlines()
    check(ledger == ["begin", *entries, "end"], f"{run}: the ledger is {ledger}")
    for name in files:
        text = git(repository, "show", f"{branch}:{name}")
        check(text == "done", f"{run}: {name} is {text}")


def of_run(all_of_them, run):
    return {k: v for k, v in all_of_them.items() if k.startswith(run + ":")}


def check_family(shared, repository, requests, root):
    """A run and those that it called, which share its branch."""
    total = Counter()
    family = [x for x in shared.logs if x == root or x.startswith(root + ".")]
    known = {run: check_log(run, shared.logs[run]) for run in family}
    published = [x for x in shared.logs[root] if x["type"] == "work_published"]
    branch = published[0]["branch"]
    lines = lines_of(repository, branch)
    for run, effects in known.items():
        check_requests(run, effects, of_run(requests, run))
        check_lines(run, effects, of_run(lines, run))
        total += count(effects)
        total["runs"] += 1
    check(
        all(x.split(":")[0] in family for x in lines),
        f"{root}: lines of others: {lines}",
    )
    entries, files = shared.wanted[root]
    check_files(root, repository, branch, entries, files)
    return total


def check_books(machine, shared):
    """What was set aside is given back, and what was spent is in the ledger."""
    listed, cursor = [], ""
    while True:
        page = shared.ask("GET", f"/api/v1/runs?limit=1000&cursor={cursor}")
        listed += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    check(
        sorted(x["id"] for x in listed) == sorted(shared.logs),
        f"{len(listed)} runs are listed, {len(shared.logs)} were begun",
    )
    check(all(x["leased"] == "0" for x in listed), "a run has money set aside")
    project = [x for x in shared.ask("GET", "/api/v1/projects")["items"]][0]
    check(project["leased"] == "0", f"money is set aside: {project}")
    spent = sum(
        int(x["cost"]) for log in shared.logs.values() for x in log
        if x["type"] in ("effect_done", "effect_failed", "effect_lost")
    )
    check(int(project["settled"]) == spent, f"{project} but {spent} was spent")
    check(machine.stop() == 0, "no clean stop")
    machine.call("store", "verify")


def check_all(machine, shared, witness, repository):
    # Once more, from the first event to the last.
    for run, log in shared.logs.items():
        check(shared.read_log(run) == log, f"{run}: the log has changed")
    requests = witness.requests()
    total = Counter()
    for root in shared.wanted:
        total += check_family(shared, repository, requests, root)
    check(
        all(x.split(":")[0] in shared.logs for x in requests),
        "the provider was asked for runs that nobody knows",
    )
    # What a machine says of itself, and at its first start of its first key.
    usual = (" is up at ", " key of its administrator", ": keep it where you ")
    with open(machine.data.parent / "machine.log") as log:
        odd = [x for x in log if not any(said in x for said in usual)]
    check(not odd, f"the machine says: {odd[:5]}")
    for run, interrupt in shared.answered:
        check(
            any(
                x["type"] == "interrupt_answered" and x["interrupt"] == interrupt
                for x in shared.logs[run]
            ),
            f"{run}: the answer to {interrupt} was taken and is gone",
        )
    check_books(machine, shared)
    total["events"] = sum(len(x) for x in shared.logs.values())
    return total


def main(options):
    chance = random.Random(options.seed)
    print(f"seed {options.seed}", flush=True)
    with Directory() as place:
        source = place / "source"
        source.mkdir()
        (source / LEDGER).write_text("begin\nend\n")
        repository = make_repository(source, place / "repository")
        with Witness(place / "requests", options.seed) as witness, Machine(
            options.themachine, place, CATALOGUE.format(url=witness.url), SETTINGS
        ) as machine:
            shared = Shared(machine, repository)
            operator = Operator(shared, random.Random(chance.random()))
            clients = [
                Client(shared, operator, WORKFLOWS, i, random.Random(chance.random()))
                for i in range(options.runs)
            ]
            for x in [operator, *clients]:
                x.start()
            kill_again_and_again(machine, shared, chance, options.kills)
            shared.closing.set()
            wait_for("machine", machine.is_up)
            end = time.monotonic() + PATIENCE
            for x in clients:
                while x.is_alive() and time.monotonic() < end:
                    x.join(timeout=0.2)
                    shared.raise_problem()
                check(not x.is_alive(), f"{x.run} does not end")
            operator.end()
            shared.raise_problem()
            total = check_all(machine, shared, witness, repository)
    print(
        f"{options.kills} kills with {options.runs} runs at a time: all"
        f" {total['runs']} runs are done.\n"
        f"{total['events']} events, none lost; {shared.compared} times one was"
        " shown again, as it was.\n"
        f"Effects: {total['once']} done at once, {total['retried']} retried,"
        f" {total['failed']} failed and were recorded so,"
        f" {total['reconciled']} asked about"
        f" ({total['happened']} had happened, {total['not']} had not)."
    )
    check(total["once"] > 0, "nothing was done")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("themachine")
    parser.add_argument("--kills", type=int, default=20 // SLOWNESS)
    parser.add_argument("--runs", type=int, default=50 // SLOWNESS)
    parser.add_argument("--seed", type=int, default=20)
    main(parser.parse_args())
