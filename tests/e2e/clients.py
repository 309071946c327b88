"""Those who use the machine while it is killed: clients that have runs done and
follow each of them, remembering all that they are shown, and the operator who
says what became of effects that nobody knows of."""

import http.client
import json
import pathlib
import queue
import threading
import time
import urllib.parse

from crash_checks import effect_of
from crash_workflows import WITNESS
from harness import check

# What a client sees when the machine dies under its hands.
GONE = (OSError, http.client.HTTPException, ValueError)

# Before who met nobody tries again, in seconds.
PAUSE = 0.05


class Refused(Exception):
    """The machine answered, and not with yes."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status


class Shared:
    """What clients know together."""

    def __init__(self, machine, repository):
        self.machine = machine
        self.repository = repository
        self.closing = threading.Event()
        self.lock = threading.Lock()
        # Of each run, all events that were ever shown.
        self.logs = {}
        # Of each run that a client began, what it has to leave in files.
        self.wanted = {}
        # Answers that were taken.
        self.answered = []
        self.compared = 0
        self.problem = None

    def raise_problem(self):
        if self.problem:
            raise self.problem

    def words(self):
        with self.lock:
            events = sum(len(x) for x in self.logs.values())
            return (f"{len(self.logs)} runs, {events} events,"
                    f" {len(self.answered)} answers")

    def connect(self):
        """A connection to the machine that is up, and what to say to it."""
        where = json.loads((self.machine.data / "endpoint.json").read_text())
        url = urllib.parse.urlparse(where["url"])
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        return connection, {"Authorization": "Bearer " + where["token"]}

    def ask_once(self, method, path, body=None, headers=()):
        connection, known = self.connect()
        try:
            connection.request(
                method, path, body and json.dumps(body), {**known, **dict(headers)}
            )
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        # Of one that is ending, or that cannot do it now.
        busy = answer.status == 409 and answer.getheader("Retry-After")
        if answer.status in (401, 429, 503, 504) or busy:
            raise OSError(text)
        if answer.status >= 400:
            raise Refused(answer.status, text)
        return json.loads(text)

    def ask(self, *words, **more):
        """Asks until somebody answers."""
        while True:
            self.raise_problem()
            try:
                return self.ask_once(*words, **more)
            except GONE:
                time.sleep(PAUSE)

    def read_log(self, run):
        events, after = [], "0"
        while after:
            page = self.ask("GET", f"/api/v1/runs/{run}/events?limit=1000&after={after}")
            events += page["items"]
            after = page["next_cursor"]
        return events

    def show(self, run, event):
        """Somebody is shown *event*: it is new, or as it was before."""
        with self.lock:
            log = self.logs.setdefault(run, [])
            seq = int(event["seq"])
            if seq <= len(log):
                self.compared += 1
                check(log[seq - 1] == event, f"{run}: {log[seq - 1]} became {event}")
                return False
            check(seq == len(log) + 1, f"{run}: {event} comes after {len(log)}")
            log.append(event)
            return True


class Worker(threading.Thread):
    """A thread whose first problem is everybody's."""

    def __init__(self, shared):
        super().__init__(daemon=True)
        self.shared = shared

    def run(self):
        try:
            self.work()
        except BaseException as problem:  # whatever it is, the test must end
            self.shared.problem = self.shared.problem or problem


class Operator(Worker):
    """Looks at what was done outside, and tells runs that ask."""

    def __init__(self, shared, chance):
        super().__init__(shared)
        self.chance = chance
        self.questions = queue.PriorityQueue()

    def take(self, run, interrupt, directory):
        # Takes a while, so that more is killed before the answer.
        due = time.monotonic() + self.chance.uniform(0, 4)
        self.questions.put((due, run, interrupt, directory))

    def end(self):
        self.questions.put((0, "", "", ""))
        self.join()

    def work(self):
        while True:
            due, run, interrupt, directory = self.questions.get()
            if not run:
                return
            if (wait := due - time.monotonic()) > 0:
                self.questions.put((due, run, interrupt, directory))
                time.sleep(min(wait, PAUSE))
                continue
            self.answer(run, interrupt, directory)

    def answer(self, run, interrupt, directory):
        state = self.shared.ask("GET", f"/api/v1/runs/{run}")["state"]
        check(state == "needs_reconcile", f"{run} asks {interrupt} and is {state}")
        happened = stands_there(run, effect_of(interrupt), directory)
        try:
            self.shared.ask(
                "POST",
                f"/api/v1/runs/{run}/answers",
                {"interrupt": interrupt, "answer": {"happened": happened}},
            )
        except Refused as refused:
            # The answer was taken, and the machine killed before it could say.
            check("answered already" in str(refused), f"{run}: {refused}")
        self.shared.answered.append((run, interrupt))


def stands_there(run, effect, directory):
    """Whether the effect of a command left its line."""
    activation, _, attempt = effect.rpartition(".")[0].rpartition("#")
    mark = f"{run}:{activation} {attempt} "
    path = pathlib.Path(directory) / WITNESS
    return path.exists() and any(
        x.startswith(mark) for x in path.read_text().splitlines()
    )


class Client(Worker):
    """Has one run done after the other, and follows each to its end."""

    def __init__(self, shared, operator, workflows, number, chance):
        super().__init__(shared)
        self.operator = operator
        self.workflows = workflows
        self.number = number
        self.chance = chance
        self.run_id = ""

    def work(self):
        begun = 0
        while not self.shared.closing.is_set():
            begun += 1
            name, text, entries, files = self.chance.choice(self.workflows)
            self.run_id = self.shared.ask(
                "POST",
                "/api/v1/runs",
                {
                    "title": f"{name} {self.number}.{begun}",
                    "workflow": text,
                    "workflow_file": f"{name}.yaml",
                    "repository": str(self.shared.repository),
                    "model": "witness",
                    "budget": "200000",
                },
                headers={"Idempotency-Key": f"client-{self.number}-{begun}"},
            )["id"]
            self.shared.wanted[self.run_id] = (entries, files)
            Follower(self.shared, self.operator, self.run_id).work()


class Follower(Worker):
    """Follows one run through all deaths of the machine."""

    def __init__(self, shared, operator, run_id):
        super().__init__(shared)
        self.operator = operator
        self.run_id = run_id
        self.children = []
        self.directory = ""
        self.over = False

    def work(self):
        while not self.over:
            self.shared.raise_problem()
            try:
                self.follow()
            except GONE:
                time.sleep(PAUSE)
        for child in self.children:
            child.join()

    def follow(self):
        """From the first event on: what was shown before must still be so."""
        connection, known = self.shared.connect()
        try:
            connection.request(
                "GET",
                f"/api/v1/runs/{self.run_id}/events",
                headers={**known, "Accept": "text/event-stream"},
            )
            answer = connection.getresponse()
            if answer.status == 404:
                self.miss()
            kind = ""
            for line in answer:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind == "event":
                    event = json.loads(value)
                    if self.shared.show(self.run_id, event):
                        self.see(event)
        finally:
            connection.close()

    def miss(self):
        """There is no such run: its parent has not come to begin it yet."""
        check(self.run_id not in self.shared.logs, f"{self.run_id} is gone")
        raise OSError("not yet")

    def see(self, event):
        kind = event["type"]
        if kind == "run_created" and event.get("workspace"):
            self.directory = event["workspace"]["directory"]
        elif kind == "workspace_opened":
            self.directory = event["directory"]
        elif kind == "child_started":
            child = Follower(self.shared, self.operator, event["run"])
            self.children.append(child)
            child.start()
        elif kind == "interrupt_opened":
            check(effect_of(event["interrupt"]), f"{self.run_id}: {event}")
            self.operator.take(self.run_id, event["interrupt"], self.directory)
        elif kind == "books_closed":
            self.over = not event["parent_waits"]
        elif kind == "parent_told":
            self.over = True
