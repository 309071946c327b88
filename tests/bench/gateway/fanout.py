#!/usr/bin/env python3
"""Measures how events reach a thousand clients, beside others, in turns.

Usage: fanout.py PROGRAMS NODE [--rounds N] [--clients N] [--bytes N]

PROGRAMS is the directory of bench_fanout_client, bench_fanout_bare and
bench_fanout_machine, NODE a node.js that is new enough for ws.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def fail(why):
    print(f"cannot measure: {why}", file=sys.stderr)
    sys.exit(1)


class Server:
    """A server, and all of its clients in one process that drives it."""

    def __init__(self, name, command, options, more=()):
        self.name = name
        self.server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=HERE)
        port = self.server.stdout.readline().strip()
        if not port.isdigit():
            fail(f"{name} does not start")
        client = os.path.join(options.programs, "bench_fanout_client")
        self.client = subprocess.Popen(
            [client, port, str(options.clients), *more],
            stdin=subprocess.PIPE, stdout=self.server.stdin,
            stderr=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        line = self.client.stderr.readline()
        try:
            return json.loads(line)
        except ValueError:
            fail(f"{self.name}: {line.strip() or 'its clients ended'}")

    def ask(self, what, forward=False):
        self.client.stdin.write(what + "\n")
        self.client.stdin.flush()
        if forward:
            self.client.stdin.write(self.server.stdout.readline())
            self.client.stdin.flush()
        return self.answer()

    def stop(self):
        self.client.stdin.close()
        self.client.wait(30)
        self.server.stdin.close()
        self.server.wait(30)


def spread(values, digits):
    return (f"{statistics.median(values):,.{digits}f} "
            f"({min(values):,.{digits}f} to {max(values):,.{digits}f})")


def compare(servers, what, scale, goal, rounds):
    """A table of everybody, and what we are of each of them."""
    seen = {x.name: [] for x in servers}
    for x in servers:
        x.ask(what)
    for _ in range(rounds):
        for x in servers:
            seen[x.name].append(x.ask(what))
    print(f"\n{scale}, {rounds} rounds")
    ours = [x["rate"] for x in seen["machine"]]
    for name, values in seen.items():
        rates = [x["rate"] for x in values]
        line = (f"  {name:10} {spread(rates, 0):>38} frames/s   "
                f"p50 {spread([x['p50'] for x in values], 2)} ms   "
                f"p99 {spread([x['p99'] for x in values], 2)} ms")
        if name != "machine":
            ratio = [a / b for a, b in zip(ours, rates)]
            line += f"   ours is {spread(ratio, 2)} of it"
        print(line)
    ratio = statistics.median(
        a / b["rate"] for a, b in zip(ours, seen["ws"]))
    print(f"  goal: at least {goal} of ws, "
          f"{'met' if ratio >= goal else 'MISSED'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs")
    parser.add_argument("node")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=200)
    options = parser.parse_args()
    size = str(options.bytes)
    options.programs = os.path.abspath(options.programs)
    options.node = os.path.abspath(options.node)
    program = lambda name: os.path.join(options.programs, name)
    subscribed = ["/api/v1/socket", "sesame", "tasks"]
    servers = [
        Server("machine", [program("bench_fanout_machine"), size], options,
               subscribed),
        Server("ws", [options.node, os.path.join(HERE, "fanout_ws.mjs"), size],
               options),
        Server("write", [program("bench_fanout_bare"), "write", size], options),
        Server("gather", [program("bench_fanout_bare"), "gather", size],
               options),
    ]
    print(f"{options.clients} clients, events of {size} bytes")
    compare(servers, "one 200", "one event at a time", 1.2, options.rounds)
    compare(servers, "burst 100 10", "bursts of 100 events", 8, options.rounds)
    for x in servers:
        x.stop()
    # The log of the one above has gaps, for nothing of it was committed.
    real = Server("machine", [program("bench_fanout_machine"), size], options,
                  subscribed)
    real.ask("listen 20", forward=True)
    late = [real.ask("listen 100", forward=True) for _ in range(options.rounds)]
    real.stop()
    print(f"\ncommitted 50 times a second, from the commit to each client, "
          f"{options.rounds} rounds")
    for name in ("p50", "p99", "max"):
        print(f"  {name:4} {spread([x[name] for x in late], 2)} ms")


if __name__ == "__main__":
    main()
