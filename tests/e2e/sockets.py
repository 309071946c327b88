#!/usr/bin/env python3
"""Clients that follow what happens: five hundred of a WebSocket of which fifty
never read, whom the others do not feel; and a hundred, half of them of
server-sent events, while the machine is killed again and again, who miss
nothing and see nothing twice.

Usage: sockets.py THEMACHINE [--seconds N] [--kills N]
"""

import argparse
import json
import os
import re
import subprocess
import time
import urllib.request

from harness import ENVIRONMENT, HERE, Directory, Machine, check, wait_for

READERS = 450
SILENT = 50
RUNS = 10
# Of events, a second; what a client in one process can read for 450.
RATE = 100
# The memory that the machine may need for all of them, in MiB.
# AddressSanitizer keeps what was freed.
MEMORY = 640 if os.environ.get("MACHINE_SANITIZE") else 100

STEPS = "name: long\nvars: {x: 0}\nsteps:\n" + "".join(
    f"  - {{id: s{i}, needs: [{f's{i - 1}' if i else ''}], set: {{x: .vars.x + 1}}}}\n"
    f"  - {{id: w{i}, needs: [s{i}], wait: 200ms}}\n"
    for i in range(25)
) + "  - {id: go, needs: [w24], wait: {signal: go}}\noutput: .vars.x\n"


class Clients:
    """Clients in a process of their own."""

    def __init__(self, machine, mode, *words):
        node = HERE / "node_modules/.bin/node"
        self.process = subprocess.Popen(
            [str(x) for x in (node if node.exists() else "node",
                              HERE / "sockets.mjs", mode,
                              machine.data / "endpoint.json", *words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=HERE, env=ENVIRONMENT)
        self.hear()

    def hear(self):
        line = self.process.stdout.readline()
        check(line, "the clients ended")
        result = json.loads(line)
        check("failed" not in result, result.get("failed"))
        return result

    def ask(self, what):
        try:
            self.process.stdin.write(what + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # They have said why they are gone.
        return self.hear()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def ask(machine, path, body=None):
    where = json.loads((machine.data / "endpoint.json").read_text())
    request = urllib.request.Request(
        where["url"] + path,
        headers={"Authorization": f"Bearer {where['token']}"},
        data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def memory_of(machine):
    """What the machine has in memory, in MiB."""
    with open(f"/proc/{machine.process.pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


def metric(machine, name):
    text = ask(machine, "/metrics")
    return sum(float(x) for x in
               re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))


def crowd(machine, seconds):
    clients = Clients(machine, "crowd", READERS, SILENT)
    check(metric(machine, "themachine_http_sockets") == READERS + SILENT,
          "there are more or fewer sockets than clients")
    before = memory_of(machine)
    begin = time.monotonic()
    made = 0
    largest = before
    padding = "x" * 400
    while time.monotonic() < begin + seconds:
        ask(machine, "/api/v1/projects/default/tasks",
            {"title": f"{made} {padding}"})
        made += 1
        largest = max(largest, memory_of(machine))
        # So many a second, whoever is slow.
        time.sleep(max(0, begin + made / RATE - time.monotonic()))
    outcome = clients.ask(str(made))
    check(outcome["has"] == [made, made], f"{outcome}")
    largest = max(largest, memory_of(machine))
    grown = largest - before
    check(grown < MEMORY, f"the machine has grown by {grown:.0f} MiB")
    dropped = metric(machine, "themachine_http_sockets_dropped_total")
    # They have not answered, which is known after 20 s.
    if seconds >= 30:
        check(dropped == SILENT, f"{dropped} clients were dropped")
    clients.stop()
    print(f"{made} events for {READERS} clients beside {SILENT} that do not "
          f"read: every one, in order; {dropped:.0f} dropped, "
          f"{grown:.1f} MiB more in memory")


def kills(machine, count):
    runs = [json.loads(ask(machine, "/api/v1/runs",
                           {"title": "long", "workflow": STEPS}))["id"]
            for _ in range(RUNS)]
    clients = Clients(machine, "follow", 50, 50, *runs)
    for _ in range(count):
        # All have come back, and see something.
        wait_for("connection of every client", lambda: metric(
            machine, "themachine_http_sockets") + metric(
            machine, "themachine_http_streams") == 100)
        machine.kill()
        machine.start()
    logs = {}
    for run in runs:
        # Until here it cannot have ended.
        wait_for(
            f"step of {run} that waits for its signal",
            lambda run=run: machine.call(
                "run", "signal", run, "go", check=False
            ).returncode == 0)
        machine.call("run", "events", run, "--follow", "--json")
        logs[run] = machine.events_of(run)
        check([int(x["seq"]) for x in logs[run]]
              == list(range(1, len(logs[run]) + 1)), "a log has gaps")
        ended = [x for x in logs[run] if x["type"] == "run_ended"]
        check(len(ended) == 1 and ended[0]["result"] == "done", f"{ended}")
    outcome = clients.ask(json.dumps({x: len(y) for x, y in logs.items()}))
    check(outcome["runs"] == logs, "clients saw something else than the log")
    check(outcome["cuts"]["socket"] == 50, f"{outcome['cuts']}")
    check(outcome["cuts"]["stream"] == 50, f"{outcome['cuts']}")
    clients.stop()
    events = sum(len(x) for x in logs.values())
    print(f"{count} kills under 100 clients of {RUNS} runs: {events} events, "
          f"each seen once by everybody")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("themachine")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--kills", type=int, default=3)
    options = parser.parse_args()
    # What AddressSanitizer keeps of what was freed is no growth.
    ENVIRONMENT.setdefault("ASAN_OPTIONS", "quarantine_size_mb=8")
    with Directory() as directory:
        with Machine(options.themachine, directory, "") as machine:
            crowd(machine, options.seconds)
    with Directory() as directory:
        with Machine(options.themachine, directory, "") as machine:
            kills(machine, options.kills)


if __name__ == "__main__":
    main()
