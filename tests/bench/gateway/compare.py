#!/usr/bin/env python3
"""Measures the gateway beside a bare Beast server, in turns.

Usage: compare.py THEMACHINE BARE [--rounds N] [--seconds N] [--connections N]
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

QUICK = """
name: quick
vars: {x: 1}
steps:
  - {id: one, set: {x: .vars.x + 1}}
  - {id: two, needs: [one], set: {x: .vars.x + 1}}
output: .vars.x
"""
PATIENCE = 20


def fail(why):
    print(f"cannot measure: {why}", file=sys.stderr)
    sys.exit(1)


# Every request is counted, and there is room for all of them.
LIMITS = [
    word
    for of in ("address", "key", "principal", "tenant")
    for kind in ("rate", "burst")
    for word in ("--set", f"limits.{of}_{kind}=1000000")
]


class Machine:
    """A machine of its own, with one run that has ended, and somebody's key."""

    def __init__(self, program, directory):
        self.process = subprocess.Popen(
            [program, "up", "--data-dir", directory, "--set", "gateway.port=0",
             *LIMITS],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        path = os.path.join(directory, "endpoint.json")
        end = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            if time.monotonic() > end or self.process.poll() is not None:
                fail("the machine does not start")
            time.sleep(0.02)
        with open(path, encoding="utf-8") as file:
            where = json.load(file)
        self.url, self.token = where["url"], where["token"]
        self.ask("/api/v1/principals", {"id": "ann", "role": "viewer"})
        self.key = self.ask("/api/v1/keys", {"principal": "ann"})["secret"]
        made = self.ask("/api/v1/runs", {"title": "x", "workflow": QUICK})
        self.run = f"/api/v1/runs/{made['id']}"
        while self.ask(self.run)["state"] != "done":
            if time.monotonic() > end:
                fail("the run does not end")
            time.sleep(0.02)

    def ask(self, path, body=None):
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": f"Bearer {self.token}"},
            data=json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def size(self):
        return len(json.dumps(self.ask(self.run), separators=(",", ":")))

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def wrk(url, options, headers=()):
    """Requests a second, and the 99th percentile of latency in ms."""
    command = ["wrk", "-t2", f"-c{options.connections}",
               f"-d{options.seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command + [url], capture_output=True, text=True,
                          check=True, timeout=options.seconds + PATIENCE).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        fail(f"not every request was answered: {text}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return rate, float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]


def spread(values, digits):
    return (f"{statistics.median(values):,.{digits}f} "
            f"({min(values):,.{digits}f} to {max(values):,.{digits}f} "
            f"in {len(values)} rounds)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("themachine")
    parser.add_argument("bare")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        machine = Machine(options.themachine, directory)
        bare = subprocess.Popen([options.bare, str(machine.size()), "2"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = int(bare.stdout.readline())
        ours, limit, ratios, late = [], [], [], []
        try:
            for _ in range(options.rounds):
                rate, _ = wrk(f"http://127.0.0.1:{port}/", options)
                mine, slowest = wrk(machine.url + machine.run, options,
                                    [f"Authorization: Bearer {machine.key}"])
                limit.append(rate)
                ours.append(mine)
                ratios.append(mine / rate)
                late.append(slowest)
        finally:
            bare.stdin.close()
            bare.wait(PATIENCE)
            machine.stop()
    print(f"GET /api/v1/runs/{{id}} with {options.connections} connections")
    print(f"  requests a second            {spread(ours, 0)}")
    print(f"  a bare Beast server          {spread(limit, 0)}")
    print(f"  of that                      {spread(ratios, 2)}")
    print(f"  99th percentile, ms          {spread(late, 2)}")
    met = statistics.median(ratios) >= 0.6
    print(f"  goal: at least 0.6, {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
