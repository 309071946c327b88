#!/usr/bin/env python3
"""Clients ask for things with an `Idempotency-Key` while the machine is killed
under their hands, and ask again with the same key until they are answered. What
was answered was done once, what counts is never done twice, and what is harmless
to do again is always done.

Usage: keys.py THEMACHINE [SEED]
"""

import collections
import http.client
import json
import random
import sys
import threading
import time
import urllib.parse

from harness import Directory, Machine, check

KILLS = 12
CLIENTS = 6
# From a start to the next kill, in seconds, at most.
LONGEST = 0.4

TASKS = "/api/v1/projects/default/tasks"
WORKFLOW = '{name: w, vars: {x: 0}, steps: [{id: one, set: {x: "1"}}]}'

# What a client sees when the machine dies under its hands.
GONE = (OSError, http.client.HTTPException, ValueError)


class Answer:
    def __init__(self, status, headers, text):
        self.status = status
        self.retry = headers.get("Retry-After")
        self.replayed = headers.get("Idempotency-Replayed") == "true"
        self.text = text


def ask_once(machine, method, path, body=None, headers=()):
    where = json.loads((machine.data / "endpoint.json").read_text())
    url = urllib.parse.urlparse(where["url"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    known = {"Authorization": "Bearer " + where["token"]}
    try:
        connection.request(
            method, path, body and json.dumps(body), {**known, **dict(headers)}
        )
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()


class Client(threading.Thread):
    """Makes tasks and runs, each under a name of its own."""

    def __init__(self, machine, number, closing):
        super().__init__(daemon=True)
        self.machine = machine
        self.number = number
        self.closing = closing
        # By title: what was answered.
        self.tasks = {}
        self.runs = {}
        self.cut_off = set()
        self.replayed = 0
        self.problem = None

    def run(self):
        try:
            count = 0
            while not self.closing.is_set():
                count += 1
                title = f"{self.number}.{count}"
                self.make(TASKS, {"title": title}, self.tasks)
                if count % 5 == 0:
                    body = {"title": title, "workflow": WORKFLOW}
                    self.make("/api/v1/runs", body, self.runs)
        except BaseException as problem:
            self.problem = problem

    def make(self, path, body, into):
        title = body["title"]
        key = {"Idempotency-Key": f"{path}-{title}"}
        while True:
            try:
                answer = ask_once(self.machine, "POST", path, body, key)
            except GONE:
                time.sleep(0.02)
                continue
            # Another machine has the port, or this one begins or ends, or the
            # request of a connection that died is still under way.
            if answer.status in (401, 404, 429, 503, 504) or answer.retry:
                time.sleep(0.02)
                continue
            break
        if answer.status == 409:
            check("nobody knows" in answer.text, answer.text)
            check(into is self.tasks, f"a run was cut off: {answer.text}")
            self.cut_off.add(title)
            return
        check(answer.status == 201, f"{answer.status}: {answer.text}")
        self.replayed += answer.replayed
        into[title] = json.loads(answer.text)["id"]


def all_of(machine, path):
    """Every row of a list."""
    result, cursor = [], ""
    while True:
        more = f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""
        answer = ask_once(machine, "GET", f"{path}?limit=1000{more}")
        check(answer.status == 200, answer.text)
        page = json.loads(answer.text)
        result += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return result


def compare(machine, clients):
    tasks = all_of(machine, TASKS)
    titles = collections.Counter(x["title"] for x in tasks)
    twice = [title for title, count in titles.items() if count > 1]
    check(not twice, f"made twice: {twice}")
    ids = {x["title"]: x["id"] for x in tasks}
    runs = all_of(machine, "/api/v1/runs")
    of_title = collections.Counter(x["title"] for x in runs)
    for client in clients:
        for title, task in client.tasks.items():
            check(ids.get(title) == task, f"{title} is {ids.get(title)}, not {task}")
        for title, run in client.runs.items():
            check(of_title[title] == 1, f"{of_title[title]} runs {title}")
        known = set(client.tasks) | client.cut_off
        mine = {x for x in titles if x.startswith(f"{client.number}.")}
        check(mine <= known, f"nobody asked for {mine - known}")
    # Once more, now that nothing dies: the same answer.
    for client in clients:
        for title, task in list(client.tasks.items())[-5:]:
            key = {"Idempotency-Key": f"{TASKS}-{title}"}
            again = ask_once(machine, "POST", TASKS, {"title": title}, key)
            check(again.replayed and json.loads(again.text)["id"] == task, again.text)
            other = ask_once(machine, "POST", TASKS, {"title": "other"}, key)
            check(other.status == 422, f"{other.status}: {other.text}")
    return len(tasks), len(runs)


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 30)
    print(f"keys: seed {seed}")
    chance = random.Random(seed)
    with Directory() as directory, Machine(sys.argv[1], directory, "") as machine:
        closing = threading.Event()
        clients = [Client(machine, i, closing) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(KILLS):
            # The moment is what is random here; nothing waits for it to pass.
            time.sleep(chance.uniform(0, LONGEST))
            machine.kill()
            machine.start()
        closing.set()
        for client in clients:
            client.join(timeout=120)
            check(not client.is_alive(), "a client is not answered")
            if client.problem:
                raise client.problem
        tasks, runs = compare(machine, clients)
        cut_off = sum(len(x.cut_off) for x in clients)
        replayed = sum(x.replayed for x in clients)
        check(tasks > KILLS and runs > 0, f"{tasks} tasks and {runs} runs")
        print(
            f"keys: {KILLS} kills, {tasks} tasks, {runs} runs, {replayed} answers"
            f" given again, {cut_off} cut off, 0 done twice"
        )


if __name__ == "__main__":
    main()
    print("keys: all is well")
