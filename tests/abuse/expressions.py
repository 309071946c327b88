#!/usr/bin/env python3
"""A tenant whose workflows are full of expressions that never end, that grow, or
that are given as much as there may be, and two whose workflows take long to be
checked: all others read and write as ever, and the machine ends as soon as it is
told to.

Usage: expressions.py THEMACHINE [--seconds N]
"""

import json
import statistics
import threading
import time
import urllib.error
import urllib.request

from victim import (SLOWNESS, Bystander, Calm, Directory, Victim, check,
                    options_of)

RUNS = 8
STEPS = 20
# Of somebody else's write, beside as many evaluators as there are processors.
SLOWEST = 1 * SLOWNESS
P50 = 0.1 * SLOWNESS
# Of the machine's end.
GOODBYE = 12 * SLOWNESS

VARIABLES = "vars:\n" + "".join(f"  x{i}: 0\n" for i in range(STEPS))

ENDLESS = "name: endless\nsteps:\n" + "".join(
    f"  - {{id: s{i}, set: {{x{i}: 'def f: f; f'}}, on_failure: continue}}\n"
    for i in range(STEPS)
) + VARIABLES

# Tame by their spelling (see workflow/jq_plan.hpp), but for what they are given.
LARGE = "name: large\ninputs: {text: {type: string}}\nsteps:\n" + "".join(
    f"  - {{id: s{i}, on_failure: continue, set: {{x{i}: '"
    + " + ".join(["(.inputs.text | length)"] * 4) + "'}}\n"
    for i in range(STEPS)
) + VARIABLES


# Grow, and compare each with each.
GREEDY = "name: greedy\nsteps:\n" + "".join(
    f"  - {{id: s{i}, on_failure: continue, set: {{x{i}: '{text}'}}}}\n"
    for i, text in enumerate((
        '("x" * 999 * 999 * 700) / "x" | length',
        '(("xa" * 999 * 200) / "x") - (("xb" * 999 * 200) / "x") | length',
        f'("{"a" * 8000}" / "") - ("{"b" * 8000}" / "") | length',
        '"x" * 99 * 99 * 99 * 99 * 99',
    ))
) + VARIABLES

# Compiles for seconds.
SLOW = "name: slow\nsteps:\n" + "".join(
    f"  - {{id: s{i}, set: {{x{i}: '{'label $l|' * 1600}{i}|break $l'}}}}\n"
    for i in range(STEPS)
) + VARIABLES


def ask(victim, path, body=None, tenant=None):
    headers = {"Authorization": victim.auth.decode().partition(": ")[2]}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if tenant:
        headers["X-Tenant"] = tenant
    request = urllib.request.Request(
        f"http://{victim.host.decode()}{path}", headers=headers,
        data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as why:
        raise AssertionError(f"{path}: {why.read().decode()}") from why


def begin_runs(victim, tenant, workflow, **more):
    for i in range(RUNS):
        ask(victim, "/api/v1/runs",
            {"title": str(i), "workflow": workflow, **more}, tenant)


class Writer(Bystander):
    """Of another tenant, writes ten times a second, and looks at what there is.
    """

    def keep_busy(self):
        begin = time.monotonic()
        try:
            while not self.over.is_set():
                asked = time.monotonic()
                ask(self.victim, "/api/v1/projects/default/tasks",
                    {"title": str(len(self.times))})
                self.times.append(time.monotonic() - asked)
                ask(self.victim, "/api/v1/runs")
                self.over.wait(max(
                    0, begin + len(self.times) / 10 - time.monotonic()))
        except (OSError, AssertionError) as why:
            self.failures.append(repr(why))

    def report(self, name):
        check(not self.failures,
              f"{name}: what somebody else does fails: {self.failures}")
        check(len(self.times) > 20, f"{name}: only {len(self.times)} writes")
        p50 = statistics.median(self.times)
        print(f"{name}: somebody else wrote {len(self.times)} times, p50 "
              f"{p50 * 1000:.1f} ms, at most {max(self.times) * 1000:.0f} ms",
              flush=True)
        check(p50 < P50 and max(self.times) < SLOWEST,
              f"{name}: somebody else's writes take long")


def attack(victim, name, seconds, workflow, **more):
    with Calm(victim, name), Writer(victim) as writer:
        begin_runs(victim, "acme", workflow, **more)
        writer.over.wait(seconds)
    writer.report(name)


def slow_workflows(victim):
    """Two tenants have workflows checked that take as long as may be."""
    refused = []

    def send(tenant):
        try:
            begin_runs(victim, tenant, SLOW)
        except AssertionError as why:
            refused.append(str(why))

    with Calm(victim, "slow workflows"), Writer(victim) as writer:
        senders = [threading.Thread(target=send, args=(tenant,))
                   for tenant in ("acme", "beta") * 2]
        for x in senders:
            x.start()
        for x in senders:
            x.join()
    writer.report("slow workflows")
    check(len(refused) == 4 and all("in time" in x for x in refused), refused)


def main():
    options = options_of(__doc__)
    with Directory() as directory:
        with Victim(options.themachine, directory) as victim:
            victim.machine.call("tenant", "create", "acme")
            victim.machine.call("tenant", "create", "beta")
            slow_workflows(victim)
            attack(victim, "greedy expressions", options.seconds, GREEDY)
            attack(victim, "large values", options.seconds, LARGE,
                   inputs={"text": "x" * 200_000})
            attack(victim, "endless expressions", options.seconds, ENDLESS)
            began = time.monotonic()
            check(victim.machine.stop() == 0, "the machine did not end well")
            took = time.monotonic() - began
            print(f"the machine ended in {took:.1f} s")
            check(took < GOODBYE, "the machine takes long to end")
            # Everything goes on where it was.
            victim.start()
            runs = ask(victim, "/api/v1/runs?limit=100", tenant="acme")["items"]
            check(len(runs) == 3 * RUNS, f"{len(runs)} runs")


if __name__ == "__main__":
    main()
