#!/usr/bin/env python3
"""The machine is killed at twenty random moments of runs whose models live
behind a server that counts. Every run ends as if nothing had happened: no
finished effect is done again, no call is paid for twice, the log has no gap.

Usage: kills.py THEMACHINE [SEED]
"""

import random
import sys
import time

from harness import HERE, Directory, Machine, Upstream, check, git, make_repository
from python_project import CATALOGUE

KILLS = 20
MODEL = "e2e-openai"
PATH = "/v1/chat/completions"
# One run takes about this long on its own, in seconds.
LONGEST = 1.2


def begun(events):
    """How often each effect of a model was begun."""
    result = {}
    for x in events:
        if x["type"] == "effect_intended" and x["kind"] == "model":
            result[x["effect"]] = result.get(x["effect"], 0) + 1
    return result


def one_run(machine, upstream, repository, chance, kills):
    """Performs one run with some kills in it; how many there were."""
    already = len(upstream.requests(PATH))
    run_id = machine.call(
        "run", "--repo", repository, "Add split(cents, people) to bill.py",
        "--model", MODEL, "--budget", "2.00", "--detach",
    ).stdout.strip()
    done = 0
    while done < kills:
        # The moment is what is random here; nothing waits for it to pass.
        time.sleep(chance.uniform(0, LONGEST / 4))
        ended = any(x["type"] == "run_ended" for x in machine.events_of(run_id))
        if ended:
            break
        machine.kill()
        machine.start()
        done += 1
    machine.call("run", "events", run_id, "--follow", "--json")
    events = machine.events_of(run_id)
    check(
        [int(x["seq"]) for x in events] == list(range(1, len(events) + 1)),
        "the log has gaps",
    )
    ended = [x for x in events if x["type"] == "run_ended"]
    check(len(ended) == 1 and ended[0]["result"] == "done", f"{ended}")

    finished = [x["effect"] for x in events if x["type"] == "effect_done"]
    check(len(finished) == len(set(finished)), "an effect was done twice")
    steps = [x["activation"] for x in events if x["type"] == "step_done"]
    check(len(steps) == len(set(steps)), "a step was done twice")
    seen = set()
    for x in events:
        if x["type"] == "effect_done":
            seen.add(x["effect"])
        if x["type"] == "effect_intended":
            check(x["effect"] not in seen, f"{x['effect']} was begun again")

    # A call that was cut off by a kill may have been served, and is made
    # again; every other one was served once.
    intents = begun(events)
    requests = len(upstream.requests(PATH)) - already
    paid = sum(1 for effect in intents if effect in seen)
    check(paid == len(intents), "a call is missing")
    check(
        paid <= requests <= sum(intents.values()),
        f"{requests} requests for {intents}",
    )
    lost = sum(int(x["cost"]) for x in events if x["type"] == "effect_lost")
    settled = sum(
        int(x["cost"]) for x in events if x["type"] in ("effect_done", "effect_failed")
    )
    check(int(ended[0]["spent"]) == lost + settled, "the bill is wrong")
    branch = [x for x in events if x["type"] == "work_published"][0]["branch"]
    tree = git(repository, "rev-parse", branch + "^{tree}")
    print(f"{run_id}: {done} kills, {len(events)} events, {requests} requests"
          f" for {len(intents)} calls")
    return done, tree, int(ended[0]["spent"])


def main(binary, seed):
    chance = random.Random(seed)
    print(f"seed {seed}")
    with Directory() as place, Upstream() as upstream:
        repository = make_repository(HERE / "project", place / "repository")
        with Machine(
            binary, place, CATALOGUE.format(url=upstream.url)
        ) as machine:
            _, tree, spent = one_run(machine, upstream, repository, chance, 0)
            kills = 0
            while kills < KILLS:
                more, other, cost = one_run(
                    machine, upstream, repository, chance, min(5, KILLS - kills)
                )
                check(other == tree, "the work differs")
                spent += cost
                kills += more
            page = machine.data_of("project", "ledger", "default", "--limit", "1000")
            ledger = sum(int(x["cost"]) for x in page["items"])
            check(ledger == spent, f"the ledger says {ledger}, the bills {spent}")
            check(machine.call("down", check=False).returncode == 0, "no clean stop")
            machine.process.wait(timeout=60)
            verified = machine.call("store", "verify")
            check(verified.returncode == 0, verified.stdout)
    print(f"{KILLS} kills, and the work is the same.")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 20)
