#!/usr/bin/env python3
"""What people do with runs that are under way, by the command line: hold them,
let them go on, tell them something, begin anew from the middle, from the step
that failed or from the beginning, cancel them with and without undoing; put
runs of a project in a queue; and have runs begin by schedules.

Usage: steering.py THEMACHINE
"""

import os
import pathlib
import sys

from harness import HERE, Directory, Machine, check, make_repository, wait_for

HELD = """
name: held
steps:
  - {id: before, command: "echo before"}
  - {id: go, needs: [before], wait: {signal: go, schema: {type: integer}}}
  - {id: after, needs: [go], set: {seen: .steps.go.output}}
vars: {seen: 0}
output: .vars.seen
"""

BROKEN = """
name: broken
inputs:
  what: {type: string, default: x}
  fail: {type: boolean, default: true}
steps:
  - {id: first, command: "echo x >> witness"}
  - {id: second, needs: [first], command: "test ${{ .inputs.fail }} = false"}
output: '"done"'
"""

LEFT = """
name: left
workflows:
  kid: {steps: [{id: write, command: "echo of the kid > kid.txt"}]}
steps:
  - {id: sub, call: {workflow: kid}}
  - {id: make, needs: [sub], command: "echo of ours > own.txt"}
  - {id: look, needs: [make],
     command: "cat kid.txt own.txt && test $THEMACHINE_ATTEMPT -gt 1"}
"""

UNDONE = """
name: undone
steps:
  - id: make
    command: touch it
    undo:
      - {id: unmake, set: {made: 0}}
  - {id: note, needs: [make], set: {made: 1}}
  - {id: ask, needs: [note], approve: "Go on?"}
vars: {made: 0}
"""

ASKING = """
name: asking
steps:
  - {id: ok, approve: "Go on?"}
"""


class Runs:
    """Runs of one machine, by their command line."""

    def __init__(self, machine, place):
        self.machine = machine
        self.place = place

    def start(self, workflow, *more):
        path = self.place / "workflow.yaml"
        path.write_text(workflow)
        return self.machine.call(
            "run", "Do this thing", "--workflow", path, "--detach", *more
        ).stdout.strip()

    def show(self, run):
        return self.machine.data_of("run", "show", run)

    def state(self, run):
        return self.show(run)["state"]

    def wait(self, run, *states):
        def there():
            now = self.show(run)
            if now["state"] in states:
                return now
            ended = now["state"] in ("done", "failed", "cancelled")
            check(not ended, f"{run} is {now['state']}: {now['message']}")
            return None

        return wait_for(f"state {states} of {run}", there)

    def wait_for_step(self, run, step, state):
        return wait_for(
            f"step {step} that is {state}",
            lambda: any(
                x["step"] == step and x["state"] == state
                for x in self.show(run)["activations"]
            ),
        )

    def types(self, run):
        return [x["type"] for x in self.machine.events_of(run)]

    def refused(self, code, said, *words):
        done = self.machine.call(*words, check=False)
        check(done.returncode == code, f"{words}: {done.returncode}: {done.stderr}")
        check(said in done.stderr, f"{words}: {done.stderr}")


def pauses_and_signals(runs, repository):
    call = runs.machine.call
    run = runs.start(HELD, "--repo", repository)
    runs.wait_for_step(run, "go", "waiting")
    done = call("run", "pause", run, "--reason", "lunch")
    check(f"run {run} pauses" in done.stderr, done.stderr)
    check(runs.state(run) == "paused", runs.state(run))
    rows = call("run", "list", "--state", "paused").stdout
    check(run in rows, rows)
    # Whoever pauses twice pauses.
    call("run", "pause", run)

    runs.refused(2, "signal go", "run", "signal", run, "go", "--payload", "soon")
    runs.refused(3, "it waits for go", "run", "signal", run, "stop")
    for _ in range(2):
        call("run", "signal", run, "go", "--payload", "7", "--key", "once")
    check(runs.types(run).count("signal_received") == 1, "a signal came twice")
    check("after" not in [x["step"] for x in runs.show(run)["activations"]],
          "a run that pauses begins a step")
    call("run", "resume", run)
    end = runs.wait(run, "done")
    check(end["output"] == 7, end["output"])
    types = runs.types(run)
    check(types.count("run_paused") == 1, types)
    check(types.count("run_resumed") == 1, types)
    runs.refused(5, "only a run that is running can pause", "run", "pause", run)
    runs.refused(5, "takes no signals any more", "run", "signal", run, "go",
                 "--payload", "7")
    runs.refused(3, "r-none", "run", "pause", "r-none")
    return run


def forks(runs, run):
    """From the middle: what was done there is not done again."""
    events = runs.machine.events_of(run)
    at = next(x["seq"] for x in events if x["type"] == "wait_started")
    other = runs.machine.call("run", "fork", run, "--at", at).stdout.strip()
    check(other != run, other)
    runs.wait_for_step(other, "go", "waiting")
    runs.machine.call("run", "signal", other, "go", "--payload", "8")
    end = runs.wait(other, "done")
    check(end["output"] == 8, end["output"])
    check(runs.show(run)["output"] == 7, "the origin has changed")
    own = [x for x in runs.machine.events_of(other) if x["type"] == "attempt_started"]
    check(not any(x["activation"] == "before" for x in own), "it was done again")
    last = events[-1]["seq"]
    runs.refused(2, "fork it at an event before", "run", "fork", run, "--at", last)
    runs.refused(2, "the last event", "run", "fork", run, "--at", "99999")


def retries_and_reruns(runs, repository):
    run = runs.start(BROKEN, "--repo", repository)
    end = runs.wait(run, "failed")
    check("second" in end["message"], end["message"])

    again = runs.machine.call("run", "retry", run).stdout.strip()
    end = runs.wait(again, "failed")
    began = [x["activation"] for x in runs.machine.events_of(again)
             if x["type"] == "attempt_started"]
    check("second" in began and "first" not in began, began)

    new = runs.machine.call("run", "rerun", run, "--input", "fail=false",
                            "--budget", "0.25").stdout.strip()
    end = runs.wait(new, "done")
    check(end["inputs"]["fail"] is False and end["inputs"]["what"] == "Do this thing",
          end["inputs"])
    check(end["budget"] == "250000", end["budget"])
    made = runs.machine.data_of("run", "rerun", run, "--input", "fail=false")
    check(made["origin"] == run, made)
    runs.wait(made["id"], "done")
    runs.refused(5, "no step that failed", "run", "retry", new)
    runs.refused(2, "inputs", "run", "rerun", run, "--input", "fail=maybe")


def worktrees(runs, repository):
    """Whoever goes on from another run has its files, however it got them."""
    run = runs.start(LEFT, "--repo", repository)
    runs.wait(run, "failed")

    def has_all(other):
        diff = runs.machine.call("run", "diff", other).stdout
        check("+of the kid" in diff and "+of ours" in diff, diff)

    again = runs.machine.call("run", "retry", run).stdout.strip()
    runs.wait(again, "done")
    has_all(again)
    # Between what a step did and its checkpoint, there is nothing of it in git.
    at = next(x["seq"] for x in runs.machine.events_of(run)
              if x["type"] == "effect_done" and x["effect"].startswith("make#"))
    other = runs.machine.call("run", "fork", run, "--at", at).stdout.strip()
    runs.wait(other, "failed")
    has_all(other)


def cancels(runs, repository):
    for words, undone in (((), True), (("--no-undo",), False)):
        run = runs.start(UNDONE, "--repo", repository)
        runs.wait_for_step(run, "ask", "waiting")
        runs.machine.call("run", "cancel", run, "--reason", "enough", *words)
        end = runs.wait(run, "cancelled")
        check(end["message"] == "enough", end["message"])
        check(end["vars"]["made"] == (0 if undone else 1), end["vars"])
        check(("undo_started" in runs.types(run)) == undone, runs.types(run))
        # Whoever cancels it again changes nothing.
        events = len(runs.types(run))
        runs.machine.call("run", "cancel", run)
        check(len(runs.types(run)) == events, "it was cancelled twice")


def queues(runs):
    call = runs.machine.call
    call("project", "add", "shop", "--max-runs", "1")
    here = ("--project", "shop")
    first = runs.start(ASKING, *here)
    runs.wait(first, "waiting")
    low = runs.start(ASKING, *here)
    runs.wait(low, "queued")
    task = call("task", "add", "It is urgent", "--priority", "8", *here).stdout.strip()
    urgent = runs.start(ASKING, *here, "--task", task)
    runs.wait(urgent, "queued")
    top = runs.start(ASKING, *here, "--priority", "9")
    runs.wait(top, "queued")
    queue = runs.machine.data_of("project", "show", "shop")["queue"]
    check([x["run"] for x in queue] == [top, urgent, low], queue)
    text = call("project", "show", "shop").stdout
    check("1 of 1 runs" in text and text.index(top) < text.index(low), text)
    check("number 3 in the queue" in call("run", "show", low).stdout, "no place")

    # The queue outlives the machine, also a machine without time to say so.
    runs.machine.kill()
    runs.machine.start()
    call("run", "cancel", top)
    runs.wait(top, "cancelled")
    call("run", "answer", first, "--yes")
    runs.wait(first, "done")
    runs.wait(urgent, "waiting")
    check(runs.state(low) == "queued", runs.state(low))
    call("project", "set", "shop", "--max-runs", "2", "--budget", "3")
    runs.wait(low, "waiting")
    shown = runs.machine.data_of("project", "show", "shop")
    check(shown["budget"] == "3000000" and shown["max_runs"] == 2, shown)
    shown = runs.machine.data_of(
        "project", "set", "shop", "--no-budget", "--no-max-runs")
    check("budget" not in shown and "max_runs" not in shown, shown)
    for run in (urgent, low):
        call("run", "answer", run, "--yes")
        runs.wait(run, "done")
    wait_for("end of all leases", lambda: runs.machine.data_of(
        "project", "show", "shop")["running"] == "0")


def schedules(runs):
    call, data = runs.machine.call, runs.machine.data_of
    path = runs.place / "scheduled.yaml"
    path.write_text(ASKING)
    made = data("schedule", "add", "nightly", "Look at it", "--cron", "0 3 * * *",
                "--zone", "Europe/Berlin", "--workflow", path, "--budget", "0.10")
    check(made["state"] == "active" and len(made["upcoming"]) == 5, made)
    check("nightly" in call("schedule", "list").stdout, "it is not listed")
    runs.refused(5, "nightly", "schedule", "add", "nightly", "Again", "--cron",
                 "@daily", "--workflow", path)
    runs.refused(2, "hour", "schedule", "add", "other", "It", "--cron", "0 25 * * *",
                 "--workflow", path)

    run = call("schedule", "trigger", "nightly").stdout.strip()
    runs.wait(run, "waiting")
    check(runs.show(run)["schedule"] == "default.nightly", "nobody has begun it")
    runs.refused(5, run, "schedule", "trigger", "nightly")
    # What it has begun it knows after its death, and hears of the end.
    runs.machine.kill()
    runs.machine.start()
    call("run", "answer", run, "--yes")
    runs.wait(run, "done")
    shown = wait_for("end that the schedule knows", lambda: (
        x := data("schedule", "show", "nightly"))["running"] == "0" and x)
    check(shown["firings"][0]["run"] == run, shown["firings"])
    check(shown["firings"][0]["result"] == "done", shown["firings"])
    text = call("schedule", "show", "nightly").stdout
    check("Europe/Berlin" in text and run in text, text)

    call("schedule", "pause", "nightly", "--reason", "holidays")
    check("holidays" in call("schedule", "show", "nightly").stdout, "no reason")
    call("schedule", "resume", "nightly")
    shown = data("schedule", "edit", "nightly", "--cron", "@weekly", "--overlap",
                 "queue_one", "--budget", "0.20")
    check(shown["cron"] == "@weekly" and shown["budget"] == "200000", shown)
    call("schedule", "delete", "nightly")
    runs.refused(3, "nightly", "schedule", "show", "nightly")
    check(data("schedule", "list")["items"] == [], "it is still listed")


def main(binary):
    binary = pathlib.Path(binary).resolve()
    with Directory() as place:
        repository = make_repository(HERE / "project", place / "repository")
        # Where there is no repository, a run has none.
        os.chdir(place)
        with Machine(binary, place, "") as machine:
            runs = Runs(machine, place)
            run = pauses_and_signals(runs, repository)
            forks(runs, run)
            retries_and_reruns(runs, repository)
            worktrees(runs, repository)
            cancels(runs, repository)
            queues(runs)
            schedules(runs)
    print("Runs do what they are told.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
