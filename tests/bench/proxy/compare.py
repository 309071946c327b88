#!/usr/bin/env python3
"""Measures the model proxy beside npm's Portkey gateway, a bare Beast proxy, and
the provider itself, in turns.

Usage: compare.py THEMACHINE PROGRAMS PORTKEY [--rounds N] [--seconds N]
"""

import argparse
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 20

BODY = json.dumps({
    "model": "m",
    "max_tokens": 100,
    "messages": [
        {"role": "system", "content": "You are a helpful assistant. " * 20},
        {"role": "user", "content": "Say hello to whoever reads this. " * 20},
    ],
}, separators=(",", ":"))

LIMITS = [
    word
    for of in ("address", "key", "principal", "tenant")
    for kind in ("rate", "burst")
    for word in ("--set", f"limits.{of}_{kind}=1000000")
]


def fail(why):
    print(f"cannot measure: {why}", file=sys.stderr)
    sys.exit(1)


def wait_until(what, until):
    end = time.monotonic() + PATIENCE
    while not until():
        if time.monotonic() > end:
            fail(f"{what} does not start")
        time.sleep(0.02)


class Printer:
    """A program that prints its port and ends with its input."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.headers = []

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)


class Machine:
    def __init__(self, program, directory, upstream):
        catalogue = os.path.join(directory, "catalogue.toml")
        with open(catalogue, "w", encoding="utf-8") as file:
            file.write(f"""
[provider.bench]
protocol = "openai"
url = "{upstream}/v1"
local = true

[model.m]
provider = "bench"
context = 100000
max_output = 4000
price = {{ input = "1", output = "2" }}
""")
        self.process = subprocess.Popen(
            [program, "up", "--data-dir", directory, "--set", "gateway.port=0",
             "--set", f"models.catalogue={catalogue}", *LIMITS],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        path = os.path.join(directory, "endpoint.json")
        wait_until("the machine", lambda: os.path.exists(path))
        with open(path, encoding="utf-8") as file:
            where = json.load(file)
        self.url, self.token = where["url"], where["token"]
        self.ask("/api/v1/principals", {"id": "ann", "role": "developer"})
        key = self.ask("/api/v1/keys", {"principal": "ann"})["secret"]
        self.ask("/api/v1/costs/budgets/all", {
            "scope": "tenant", "limit": "1000000000", "window": "month",
            "kind": "hard"}, "PUT")
        self.headers = [f"Authorization: Bearer {key}"]

    def ask(self, path, body=None, method=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            headers={"Authorization": f"Bearer {self.token}",
                     "Content-Type": "application/json"},
            data=json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"null")

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


class Portkey:
    def __init__(self, script, upstream):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        self.process = subprocess.Popen(
            ["node", script, f"--port={port}", "--headless"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        self.headers = ["x-portkey-provider: openai",
                        f"x-portkey-custom-host: {upstream}/v1",
                        "Authorization: Bearer none"]

        def is_up():
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", port)) == 0

        wait_until("Portkey", is_up)

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def memory_of(process):
    """Resident, in MiB."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024


UNITS = {"us": 1e-3, "ms": 1, "s": 1e3}


def wrk(server, connections, seconds):
    """Requests a second, and the 50th and 99th percentile of latency in ms."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
               "--timeout", "20s",
               "-s", str(HERE / "post.lua")]
    for header in server.headers:
        command += ["-H", header]
    text = subprocess.run(
        command + [server.url + "/v1/chat/completions"], capture_output=True,
        text=True, check=True, env={**os.environ, "BODY": BODY},
        timeout=seconds + PATIENCE).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        fail(f"not every request was answered: {text}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    late = []
    for percent in ("50", "99"):
        number, unit = re.search(percent + r"%\s+([\d.]+)(us|ms|s)", text).groups()
        late.append(float(number) * UNITS[unit])
    return rate, *late


def spread(values, digits):
    return (f"{statistics.median(values):,.{digits}f} "
            f"({min(values):,.{digits}f}-{max(values):,.{digits}f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("themachine")
    parser.add_argument("programs")
    parser.add_argument("portkey")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    programs = pathlib.Path(options.programs)
    with tempfile.TemporaryDirectory() as directory:
        upstream = Printer(str(programs / "bench_proxy_upstream"))
        port = upstream.url.rsplit(":", 1)[1]
        servers = {
            "provider": upstream,
            "bare": Printer(str(programs / "bench_proxy_bare"), port, "2"),
            "machine": Machine(options.themachine, directory, upstream.url),
            "portkey": Portkey(options.portkey, upstream.url),
        }
        seen = {}
        try:
            for server in servers.values():
                wrk(server, 8, 1)
            for _ in range(options.rounds):
                for connections in (1, 8, 64):
                    for name, server in servers.items():
                        seen.setdefault((name, connections), []).append(
                            wrk(server, connections, options.seconds))
            memory = {name: memory_of(servers[name].process)
                      for name in ("machine", "portkey", "bare")}
        finally:
            for server in servers.values():
                server.stop()
    for connections in (1, 8, 64):
        print(f"{connections} connections, {options.rounds} rounds: "
              "requests a second; ms added to the provider's p50 and p99")
        direct = seen["provider", connections]
        print(f"  provider  {spread([x[0] for x in direct], 0)}")
        for name in ("bare", "machine", "portkey"):
            ours = seen[name, connections]
            added = [[x[i] - y[i] for x, y in zip(ours, direct)] for i in (1, 2)]
            print(f"  {name:9} {spread([x[0] for x in ours], 0)}; "
                  f"p50 +{spread(added[0], 3)}, p99 +{spread(added[1], 3)}")

    def ratio(one, other, connections, of=0):
        return [x[of] / y[of] for x, y in
                zip(seen[one, connections], seen[other, connections])]

    def added(name, connections):
        return [x[1] - y[1] for x, y in
                zip(seen[name, connections], seen["provider", connections])]

    faster = ratio("machine", "portkey", 64)
    of_bare = ratio("machine", "bare", 64)
    late = [y / max(x, 1e-6) for x, y in
            zip(added("machine", 8), added("portkey", 8))]
    small = memory["machine"] / memory["portkey"]

    def goal(what, values, least):
        met = statistics.median(values) >= least
        print(f"  {what}: {spread(values, 2)}; goal {least}, "
              f"{'met' if met else 'MISSED'}")

    print("goals")
    goal("times Portkey's requests a second, 64 connections", faster, 12)
    goal("of the bare proxy's", of_bare, 0.4)
    goal("Portkey's added p50 for each of ours, 8 connections", late, 15)
    print("  resident memory, MiB: "
          + ", ".join(f"{k} {v:.0f}" for k, v in memory.items())
          + f"; {small:.2f} of Portkey's, goal 0.25, "
          + ("met" if small <= 0.25 else "MISSED"))


if __name__ == "__main__":
    main()
