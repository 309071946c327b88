#!/usr/bin/env python3
"""Commands that follow a run while machines come and go: one of their own that
another command shares, one that is killed and started again elsewhere, signals
at every moment, and `up` and `down` one after the other.

Usage: machines.py THEMACHINE
"""

import json
import os
import pathlib
import pty
import signal
import socket
import subprocess
import sys
import time

from harness import (
    ENVIRONMENT,
    Directory,
    Machine,
    check,
    run,
    wait_for,
)

ASK = """
name: ask
steps:
  - id: ok
    approve: {question: "Shall it go on?"}
"""


class Desk:
    """Where somebody types commands; no machine is up unless one is started."""

    def __init__(self, binary, place):
        self.binary = pathlib.Path(binary).resolve()
        place.mkdir()
        self.place = place
        self.data = place / "data"
        (place / "ask.yaml").write_text(ASK)
        (place / "config.toml").touch()
        self.options = ["--data-dir", self.data, "--config", place / "config.toml"]

    def words(self, *words):
        return [str(x) for x in [self.binary, *words, *self.options]]

    def start(self, *words, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("stdout", subprocess.PIPE)
        more.setdefault("stderr", subprocess.STDOUT)
        return subprocess.Popen(
            self.words(*words), text=True, env=ENVIRONMENT, cwd=self.place, **more
        )

    def start_run(self, what, **more):
        return self.start("run", what, "--workflow", "ask.yaml", **more)

    def call(self, *words, check=True):
        return run(*self.words(*words), check=check, cwd=self.place)

    def where(self):
        try:
            return json.loads((self.data / "endpoint.json").read_text())
        except (OSError, ValueError):
            return {}

    def runs(self):
        """Of each run, by its title, id and state; none while nobody serves."""
        done = self.call("run", "list", "--json", check=False)
        if done.returncode != 0:
            return {}
        return {x["title"]: x for x in json.loads(done.stdout)["items"]}

    def wait_until_asked(self, title):
        return wait_for(
            f"question of {title}",
            lambda: (x := self.runs().get(title)) and x["state"] == "waiting" and x,
        )["id"]

    def answer(self, run_id):
        return wait_for(
            "machine that takes the answer",
            lambda: self.call("run", "answer", run_id, "--yes", check=False)
            .returncode == 0,
        )


def end_of(process, code, *texts):
    text, _ = process.communicate(timeout=60)
    check(process.returncode == code, f"exit code {process.returncode}: {text}")
    for part in texts:
        check(part in text, f"{part} is missing: {text}")
    return text


def shared(desk):
    """The second run goes on in a machine of its own when the first has ended,
    however it ended."""
    first = desk.start_run("the first")
    one = desk.wait_until_asked("the first")
    check(desk.where()["pid"] == first.pid, "it has no machine of its own")
    second = desk.start_run("the second")
    two = desk.wait_until_asked("the second")
    third = desk.start_run("the third")
    three = desk.wait_until_asked("the third")
    check(desk.where()["pid"] == first.pid, "they do not share")
    desk.answer(one)
    end_of(first, 0, "✔ Done")
    wait_for(
        "machine in the place of the first",
        lambda: desk.where().get("pid") in (second.pid, third.pid),
    )
    owner, other = second, third
    if desk.where()["pid"] == third.pid:
        owner, other, two, three = third, second, three, two
    desk.wait_until_asked("the third")
    owner.kill()
    owner.communicate(timeout=60)
    wait_for("machine in its place", lambda: desk.where().get("pid") == other.pid)
    desk.answer(three)
    end_of(other, 0, "in one of this command's own", "✔ Done")
    # The one that was killed is not lost.
    last = desk.start("up")
    desk.answer(two)
    wait_for("end", lambda: all(x["state"] == "done" for x in desk.runs().values()))
    last.terminate()
    end_of(last, 0, "stopped")


def stopped_by_another(desk):
    """`down` ends a run's own machine, and the run says how it goes on."""
    it = desk.start_run("to be stopped")
    run_id = desk.wait_until_asked("to be stopped")
    check(desk.call("down").returncode == 0, "it cannot be stopped")
    end_of(it, 6, "was stopped", f"themachine run show {run_id} --data-dir")


def started_together(desk):
    """Runs that begin at the same moment find one machine."""
    all_of_them = [desk.start_run(f"number {i}") for i in range(4)]
    ids = [desk.wait_until_asked(f"number {i}") for i in range(4)]
    for run_id in ids:
        desk.answer(run_id)
    for process in all_of_them:
        end_of(process, 0, "✔ Done")


def restarted(machine, desk):
    """Following, cancelling and answering find a machine that was killed and
    listens elsewhere now."""
    desk.options, desk.data = machine.options, machine.data
    follower = desk.start_run("to be cancelled", start_new_session=True)
    desk.wait_until_asked("to be cancelled")
    watcher, typist = pty.openpty()
    answerer = desk.start_run(
        "to be answered", stdin=typist, stdout=typist, stderr=typist
    )
    os.close(typist)
    answered = desk.wait_until_asked("to be answered")
    seen = read_until(watcher, "Approve?")
    before = desk.where()
    machine.kill()
    machine.start()
    now = desk.where()
    check(now["url"] != before["url"] and now["token"] != before["token"], "no move")
    # Before it has noticed, perhaps, that the machine is another one.
    os.write(watcher, b"y\n")
    seen += read_until(watcher, "comment")
    os.write(watcher, b"fine\n")
    seen += read_until(watcher, "Done")
    check(answerer.wait(timeout=60) == 0, seen)
    check(seen.rfind("\x1b[?25l") <= seen.rfind("\x1b[?25h"), "the cursor is gone")
    check(desk.runs()["to be answered"]["state"] == "done", "no answer")
    check(f"{answered}" in seen, seen)
    follower.send_signal(signal.SIGINT)
    end_of(follower, 130, "Cancelling", "✖ Cancelled")
    check(desk.runs()["to be cancelled"]["state"] == "cancelled", "not cancelled")


def cancelled_while_away(machine, desk):
    """Ctrl-C while the machine is away is kept for it."""
    it = desk.start_run("to be cancelled later")
    desk.wait_until_asked("to be cancelled later")
    machine.kill()
    it.send_signal(signal.SIGINT)
    line = wait_for("word", lambda: it.stdout.readline())
    while "when the machine is back" not in line:
        line = wait_for("word", lambda: it.stdout.readline())
    machine.start()
    end_of(it, 130, "✖ Cancelled")


def read_until(descriptor, text):
    """What a terminal shows until it shows *text*."""
    seen = ""
    while text not in seen:
        try:
            seen += os.read(descriptor, 65536).decode(errors="replace")
        except OSError as err:
            raise AssertionError(f"there was no {text}: {seen}") from err
    return seen


def signals(machine, desk):
    """A second Ctrl-C leaves; SIGTERM leaves at once; what is ignored stays so."""
    it = desk.start_run("left with a signal")
    run_id = desk.wait_until_asked("left with a signal")
    it.terminate()
    end_of(it, 130, "it goes on", f"themachine run events {run_id} --follow")
    check(desk.runs()["left with a signal"]["state"] == "waiting", "it is gone")

    it = desk.start("run", "events", run_id, "--follow")
    line = wait_for("line", lambda: it.stdout.readline())
    check("left with a signal" in line, line)
    it.send_signal(signal.SIGINT)
    end_of(it, 130, f"themachine run show {run_id}")
    check(desk.runs()["left with a signal"]["state"] == "waiting", "it is gone")

    # As nohup starts it, and a shell without job control in the background.
    it = desk.start(
        "run", "events", run_id, "--follow",
        preexec_fn=lambda: [
            signal.signal(x, signal.SIG_IGN) for x in (signal.SIGHUP, signal.SIGINT)
        ],
    )
    wait_for("line", lambda: it.stdout.readline())
    it.send_signal(signal.SIGHUP)
    it.send_signal(signal.SIGINT)
    desk.answer(run_id)
    end_of(it, 0, "✔ Done")


def interrupted_early(desk):
    """However early Ctrl-C comes, no run is left behind that nobody speaks of."""
    for i in range(12):
        title = f"early {i}"
        it = desk.start_run(title, start_new_session=True)
        # The moment is what differs; nothing waits for it to pass.
        time.sleep(0.02 * i)
        it.send_signal(signal.SIGINT)
        text, _ = it.communicate(timeout=60)
        check(it.returncode in (130, -signal.SIGINT), f"{it.returncode}: {text}")
        if it.returncode == 130:
            check("before the run began" in text or "Cancelled" in text, text)
    up = desk.start("up")
    wait_for("machine", lambda: desk.where().get("pid") == up.pid)
    states = {x["title"]: x["state"] for x in desk.runs().values()}
    check(set(states.values()) <= {"cancelled"}, f"left behind: {states}")
    up.terminate()
    end_of(up, 0, "stopped")


def up_and_down(desk):
    """`down` returns when there is room for the next `up`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for _ in range(4):
        up = desk.start("up", "--set", f"gateway.port={port}")
        wait_for("machine", lambda: desk.where().get("pid") == up.pid)
        again = desk.call("up", check=False)
        check(again.returncode == 5, f"{again.returncode}: {again.stderr}")
        check(f"process {up.pid} on " in again.stderr, again.stderr)
        check(f"http://127.0.0.1:{port}" in again.stderr, again.stderr)
        check("themachine down --data-dir" in again.stderr, again.stderr)
        check("is down" in desk.call("down").stderr, "it does not say so")
        check(desk.where() == {}, "its address is still there")
        # At once: its end is not waited for.
        check(desk.call("store", "verify").returncode == 0, "the store is taken")
        end_of(up, 0, "stopped")
    check(desk.call("down", check=False).returncode == 6, "down without a machine")
    up = desk.start("up")
    wait_for("machine", lambda: desk.where().get("pid") == up.pid)
    up.kill()
    up.communicate(timeout=60)
    down = desk.call("down", check=False)
    check(down.returncode == 6 and "does not answer" in down.stderr, down.stderr)


def told_of(machine):
    """What becomes of the process is told in a topic, also of one that died."""
    def news():
        path = "/api/v1/topics/nodes/events"
        page = json.loads(machine.call("api", "GET", path).stdout)["items"]
        return [x["type"] for x in page]

    before = news()
    check(before[-1] == "node.started", before)
    machine.kill()
    machine.start()
    check(news() == before + ["node.lost", "node.started"], news())
    machine.stop()
    machine.start()
    check(news()[len(before) + 2:] == ["node.stopped", "node.started"], news())


def main(binary):
    with Directory() as place:
        shared(Desk(binary, place / "shared"))
        stopped_by_another(Desk(binary, place / "stopped"))
        started_together(Desk(binary, place / "together"))
        up_and_down(Desk(binary, place / "up"))
        interrupted_early(Desk(binary, place / "early"))
        with Machine(binary, place, "") as machine:
            desk = Desk(binary, place / "restarted")
            restarted(machine, desk)
            cancelled_while_away(machine, desk)
            signals(machine, desk)
            told_of(machine)
    print("Machines came and went, and no run was lost.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
