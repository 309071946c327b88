#!/usr/bin/env python3
"""The demo's run: once in one go, once with the machine killed in the middle
of it, again and again. The work is the same, and nothing is paid for twice.
Then `scripts/demo` itself, as somebody sees it at a terminal and as a file.

Usage: demo.py THEMACHINE
"""

import os
import pty
import re
import subprocess
import sys

from harness import (
    ENVIRONMENT,
    ROOT,
    Directory,
    Machine,
    check,
    git,
    make_repository,
    run,
    wait_for,
)

DEMO = ROOT / "deploy/demo"
WHAT = "Add human_size(bytes), which says 1.5 KiB for 1536"


def machine_for(binary, place):
    place.mkdir()
    return Machine(
        binary,
        place,
        (DEMO / "catalogue.toml").read_text(),
        [f"models.scripted={DEMO / 'script.yaml'}"],
    )


def start(machine, repository):
    return machine.call(
        "run", "--repo", repository, WHAT, "--workflow", DEMO / "workflow.yaml",
        "--model", "demo", "--budget", "5.00", "--detach",
    ).stdout.strip()


def look(machine, run_id):
    """The events of a run, whose question is answered as soon as it is asked."""
    events = machine.events_of(run_id)
    open_questions = {
        x["interrupt"] for x in events if x["type"] == "interrupt_opened"
    } - {x["interrupt"] for x in events if x["type"] == "interrupt_answered"}
    for interrupt in open_questions:
        machine.call("run", "answer", run_id, interrupt, "--yes")
    return events


def is_over(events):
    return events[-1]["type"] == "books_closed"


def finish(machine, run_id):
    events = wait_for(
        "end", lambda: is_over(seen := look(machine, run_id)) and seen, 300
    )
    ended = [x for x in events if x["type"] == "run_ended"]
    check(len(ended) == 1 and ended[0]["result"] == "done", f"{ended}")
    check(
        [int(x["seq"]) for x in events] == list(range(1, len(events) + 1)),
        "the log has gaps",
    )
    return events


def paid(events):
    """Effects of models that were done, with how often."""
    begun = {
        x["effect"]: x
        for x in events
        if x["type"] == "effect_intended" and x["kind"] == "model"
    }
    return [
        x["effect"]
        for x in events
        if x["type"] == "effect_done" and x["effect"] in begun
    ]


def tree_of(repository, events):
    branch = [x for x in events if x["type"] == "work_published"][0]["branch"]
    return git(repository, "rev-parse", branch + "^{tree}")


def in_one_go(binary, place):
    repository = make_repository(DEMO / "project", place / "one")
    with machine_for(binary, place / "one-machine") as machine:
        events = finish(machine, start(machine, repository))
    begun = [x["activation"] for x in events if x["type"] == "step_started"]
    ended = [x["activation"] for x in events if x["type"] == "step_done"]
    check(begun.index("tests") < begun.index("check"), f"{begun}")
    check(begun.count("builds") == 1 and "builds[3].build" in ended, f"{ended}")
    types = [(x["type"], x.get("activation")) for x in events]
    check(
        max(types.index(("step_started", x)) for x in ("code", "tests"))
        < min(types.index(("step_done", x)) for x in ("code", "tests")),
        "code and tests were not written at the same time",
    )
    return tree_of(repository, events), paid(events)


def demo(place, binary, *words):
    """What is written where there is no terminal."""
    text = run(
        "env", f"TMPDIR={place}", ROOT / "scripts/demo", "--binary", binary,
        "--clean", *words,
    ).stdout
    check("(scripted)" in text, "the model is not labelled")
    check("✔ Done" in text, text)
    check(re.search(r"git -C \S+ diff [0-9a-f]+\.\.themachine/", text), text)
    check("so this script says yes" in text, text)
    check("100% tests passed" in text, text)
    check("\x1b" not in text, "there are escape sequences")
    check(text.count("● Plan the change") == 1, "something is shown twice")
    return text


def demo_at_a_terminal(place, binary, *words):
    """What somebody sees who says yes."""
    reader, typist = pty.openpty()
    process = subprocess.Popen(
        [str(ROOT / "scripts/demo"), "--binary", str(binary), "--clean", *words],
        stdin=typist, stdout=typist, stderr=typist,
        env={**ENVIRONMENT, "TMPDIR": str(place), "TERM": "xterm"},
    )
    os.close(typist)
    seen = b""
    answers = {b"[y/n]": b"y\n", b"Enter for none": b"\n"}
    while True:
        try:
            seen += os.read(reader, 65536)
        except OSError:
            break
        # A picture may be drawn many times before it changes.
        for question in [x for x in answers if x in seen[-8192:]]:
            os.write(reader, answers.pop(question))
    text = seen.decode(errors="replace")
    check(process.wait(timeout=60) == 0, text)
    check("so this script did" not in text, "it was answered by the script")
    check(text.rfind("\x1b[?25l") < text.rfind("\x1b[?25h"), "the cursor is gone")
    return text


def check_kill(text):
    """The numbers are counted in the log, and they are as they should be."""
    check("✂ kill -9 " in text, text)
    for pattern in (
        r"[1-9]\d* before it, [1-9]\d* after; 0 missing, the first \d+ unchanged",
        r"[1-9]\d* paid before it, [1-9]\d* after; 0 begun a second time",
        r"cut off +run_command sh .themachine/test, which ran again",
        r"done twice +0",
    ):
        check(re.search(pattern, re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", text)), text)


def killed(binary, place, after):
    """Kills the machine each time when *after* more events were stored."""
    name = f"killed-{after}"
    repository = make_repository(DEMO / "project", place / name)
    with machine_for(binary, place / (name + "-machine")) as machine:
        run_id = start(machine, repository)
        kills = 0
        goal = after
        while True:
            events = wait_for(
                "progress",
                lambda: (seen := look(machine, run_id))
                and (len(seen) >= goal or is_over(seen))
                and seen,
                300,
            )
            if any(x["type"] == "run_ended" for x in events):
                break
            machine.kill()
            kills += 1
            machine.start()
            goal = len(events) + after
        events = finish(machine, run_id)
    check(kills > 0, "it was never killed")
    effects = paid(events)
    check(len(effects) == len(set(effects)), "an effect was paid for twice")
    print(f"killed {kills} times, each {after} events")
    return tree_of(repository, events), effects


def main(binary):
    with Directory() as place:
        tree, effects = in_one_go(binary, place)
        # Two agents at a time begin again with eight events.
        for after in (15, 31):
            other_tree, other_effects = killed(binary, place, after)
            check(other_tree == tree, "the work differs")
            check(len(other_effects) == len(effects), "the calls differ")
        print("Killed or not, the work is the same.")
        demo(place, binary)
        check_kill(demo(place, binary, "--kill"))
        check_kill(demo_at_a_terminal(place, binary, "--kill"))
    print("The demo shows it.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
