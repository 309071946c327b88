#!/usr/bin/env python3
"""An agent goes in circles: the run asks what to do with the evidence, spends
nothing until somebody answers, also when the machine is killed meanwhile, and
does as it is told.

Usage: loops.py THEMACHINE
"""

import json
import sys

from harness import ROOT, Directory, Machine, check, make_repository, wait_for

SCRIPT = """
rules:
  - when: {last: enough of that}
    call: [{name: finish, arguments: {summary: "I was told to stop."}}]
  - when: {user: stubborn}
    say: I read it again.
    call: [{name: read_file, arguments: {path: README.md}}]
"""

WORKFLOW = """
name: stubborn
steps:
  - id: read
    guard: {repeats: 3}
    agent:
      role: code
      prompt: "Be stubborn."
      output:
        type: object
        required: [summary]
        properties: {summary: {type: string}}
output: .steps.read.output
"""


class Loop:
    """A run whose agent has gone in circles."""

    def __init__(self, machine, repository, workflow):
        self.machine = machine
        self.id = machine.call(
            "run", "--repo", repository, "x", "--workflow", workflow, "--model",
            "demo", "--budget", "1.00", "--detach",
        ).stdout.strip()
        self.wait(1)

    def show(self):
        return self.machine.data_of("run", "show", self.id)

    def events(self, kind):
        return [x for x in self.machine.events_of(self.id) if x["type"] == kind]

    def wait(self, questions):
        """For the question with this number."""
        wait_for(
            f"question {questions}",
            lambda: len(self.events("interrupt_opened")) >= questions,
        )
        # Nobody works on it any more.
        check(self.show()["state"] == "waiting", self.show()["state"])

    def calls(self):
        return sum(
            x["kind"] == "model" for x in self.events("effect_intended")
        )

    def answer(self, question, value):
        self.machine.call(
            "run", "answer", self.id, question, "--value", json.dumps(value)
        )

    def end(self):
        self.machine.call(
            "run", "events", self.id, "--follow", "--json", check=False
        )
        return self.events("run_ended")[0]


def shows_its_evidence(loop):
    data = loop.show()
    asked = [x for x in data["interrupts"] if x["state"] == "open"]
    check([x["id"] for x in asked] == ["loop:read"], asked)
    question = asked[0]["question"]
    for part in (
        "The agent code of step read goes in circles",
        "`read_file README.md` was done 3 times in a row",
        "read#1.2, read#1.4, read#1.6",
        "of $1.00",
    ):
        check(part in question, question)
        shown = loop.machine.call("run", "show", loop.id).stdout
        check(part in " ".join(shown.split()), shown)
    check(loop.calls() == 3, loop.calls())
    check(int(data["spent"]) > 0 and int(data["leased"]) == 0, data)


def costs_nothing(loop):
    before = loop.show()["spent"]
    for end in (loop.machine.kill, loop.machine.stop):
        end()
        loop.machine.start()
        loop.wait(1)
        check(loop.show()["spent"] == before, "it costs money meanwhile")
    check(len(loop.events("interrupt_opened")) == 1, "it asks twice")
    check(loop.calls() == 3, "it calls the model meanwhile")


def main():
    with Directory() as place:
        (place / "script.yaml").write_text(SCRIPT)
        workflow = place / "stubborn.yaml"
        workflow.write_text(WORKFLOW)
        repository = make_repository(
            ROOT / "tests/e2e/project", place / "project"
        )
        (repository / "README.md").touch()
        with Machine(
            sys.argv[1],
            place,
            (ROOT / "deploy/demo/catalogue.toml").read_text(),
            [f"models.scripted={place / 'script.yaml'}"],
        ) as machine:
            told = Loop(machine, repository, workflow)
            shows_its_evidence(told)
            costs_nothing(told)
            told.answer("loop:read", "continue")
            told.wait(2)
            check(told.calls() == 6, told.calls())
            told.answer("loop:read/2", {"hint": "That is enough of that."})
            ended = told.end()
            check(ended["result"] == "done", ended)
            check(ended["output"] == {"summary": "I was told to stop."}, ended)
            check(told.calls() == 7, told.calls())

            stopped = Loop(machine, repository, workflow)
            stopped.answer("loop:read", "stop")
            ended = stopped.end()
            check(ended["result"] == "failed", ended)
            check(ended["code"] == "loop", ended)
            check(stopped.calls() == 3, stopped.calls())
    print("loops are stopped, and cost nothing until somebody answers")


if __name__ == "__main__":
    main()
