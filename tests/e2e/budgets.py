#!/usr/bin/env python3
"""Two hundred clients spend one dollar while the machine is killed under their
hands. A call costs $0.013, whatever comes of it once the provider has taken it; a
third of the clients give up in the middle of an answer. The budget is never
passed, in the end nothing is leased, and the ledger is what the provider has
served.

Usage: budgets.py THEMACHINE
"""

import http.client
import json
import sys
import threading
import time
import urllib.parse
import urllib.request

from harness import Directory, Machine, check, wait_for
from models import ModelUpstream

CLIENTS = 200
LIMIT = 1_000_000
PRICE = 13_000
KEY = {"Content-Type": "application/json"}

CATALOGUE = """
[provider.one]
protocol = "openai"
url = "{url}/v1"
local = true

[model.m]
provider = "one"
context = 100000
max_output = 8000
price = {{ input = "0", output = "0", call = "0.013" }}
"""

# What a client sees when the machine dies under its hands.
GONE = (OSError, http.client.HTTPException, ValueError)


class Door:
    """The way to a machine that may be started again."""

    def __init__(self, machine):
        self.machine = machine

    def open(self):
        where = json.loads((self.machine.data / "endpoint.json").read_text())
        url = urllib.parse.urlparse(where["url"])
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        return connection, {**KEY, "Authorization": "Bearer " + where["token"]}

    def ask(self, method, path, body=None):
        connection, headers = self.open()
        try:
            connection.request(method, path, body and json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            check(answer.status < 300, f"{method} {path}: {answer.status} {text}")
            return json.loads(text)
        finally:
            connection.close()

    def budget(self):
        return self.ask("GET", "/api/v1/costs/budgets/all")


class Client(threading.Thread):
    def __init__(self, door, number, seen):
        super().__init__(daemon=True)
        self.door = door
        self.number = number
        self.seen = seen
        self.done = []

    def run(self):
        """Calls until the money is used up."""
        for turn in range(100):
            try:
                outcome = self.call((self.number + turn) % 3)
            except GONE:
                outcome = "gone"
                time.sleep(0.05)
            self.done.append(outcome)
            if outcome == "refused":
                return

    def call(self, kind):
        connection, headers = self.door.open()
        body = {
            "model": "m",
            "max_tokens": 100,
            "stream": kind != 0,
            "messages": [{"role": "user", "content": "count slowly"}],
        }
        try:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            answer = connection.getresponse()
            if answer.status == 402:
                answer.read()
                return "refused"
            if answer.status != 200:
                return f"{answer.status} {answer.read().decode()[:200]}"
            if kind == 2:
                answer.read1(200)
                return "cut"
            text = answer.read().decode()
            check("ten" in text, f"an answer is not whole: {text[-300:]}")
            return "answered"
        finally:
            connection.close()


def served(upstream):
    with urllib.request.urlopen(upstream.url + "/__aimock/journal", timeout=30) as answer:
        entries = json.load(answer)
    return len([x for x in entries if x["path"] == "/v1/chat/completions"])


def watch(door, stop, worst):
    """Looks at the budget all the time."""
    while not stop.is_set():
        try:
            now = door.budget()
            worst.append(int(now["settled"]) + int(now["leased"]))
        except GONE:
            pass
        time.sleep(0.01)


def main(binary):
    with ModelUpstream(LATENCY=20) as upstream, Directory() as directory:
        limits = [
            f"limits.{of}_{kind}=1000000"
            for of in ("address", "key", "principal", "tenant")
            for kind in ("rate", "burst")
        ]
        with Machine(
            binary, directory, CATALOGUE.format(url=upstream.url), limits
        ) as machine:
            door = Door(machine)
            door.ask("PUT", "/api/v1/costs/budgets/all", {"limit": str(LIMIT)})
            stop, sums = threading.Event(), []
            watcher = threading.Thread(
                target=watch, args=(door, stop, sums), daemon=True
            )
            watcher.start()
            clients = [Client(door, i, sums) for i in range(CLIENTS)]
            for client in clients:
                client.start()
            wait_for("calls under way", lambda: served(upstream) > 20)
            machine.kill()
            machine.start()
            for client in clients:
                client.join(timeout=120)
                check(not client.is_alive(), "a client never ended")
            rest = wait_for(
                "rest", lambda: (x := door.budget())["leased"] == "0" and x
            )
            stop.set()
            watcher.join(timeout=30)
            count = served(upstream)
            settled = int(rest["settled"])
            outcomes = {}
            for client in clients:
                for x in client.done:
                    outcomes[x] = outcomes.get(x, 0) + 1
            print(f"served {count}, settled {settled}, outcomes {outcomes}, "
                  f"looked {len(sums)} times, at most {max(sums)}")
            check(max(sums) <= LIMIT, f"at most {LIMIT}, was {max(sums)}")
            check(settled <= LIMIT, f"settled {settled}")
            check(settled == count * PRICE, f"{count} calls were served: "
                  f"{count * PRICE}, and {settled} is in the ledger")
            check(settled > LIMIT - PRICE, f"{LIMIT - settled} was left unused")


if __name__ == "__main__":
    main(*sys.argv[1:])
