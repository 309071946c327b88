#!/usr/bin/env python3
"""What the command line prints, and how it fails: one document of JSON however
long a list is, plain columns in a pipe, a diff that does nothing to a terminal,
paths that mean the same everywhere, and one clear message with the right exit
code for whatever is wrong.

Usage: command_line.py THEMACHINE
"""

import json
import os
import pathlib
import pty
import subprocess
import sys
import urllib.request

from harness import ENVIRONMENT, HERE, Directory, Machine, at_terminal, check, git, make_repository, run

WRITE = r"""
name: write
steps:
  - id: write
    command: "printf 'one\\033]0;hidden\\007two\\n' > odd.txt"
"""

NEEDS = """
name: needs
inputs:
  what: {type: string}
  count: {type: integer}
steps:
  - {id: a, command: "true"}
"""


def on_terminal(words, where):
    """What a terminal without colours gets of a command, and its exit code."""
    return at_terminal(words, cwd=where, TERM="xterm", NO_COLOR="")


def call_api(machine, path, body):
    where = json.loads((machine.data / "endpoint.json").read_text())
    request = urllib.request.Request(
        where["url"] + path,
        json.dumps(body).encode(),
        {"Authorization": "Bearer " + where["token"],
         "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def workflows(machine, place):
    """A project's workflows, from one file to its versions and runs of them."""
    path = place / "sum.yaml"
    machine.call("project", "add", "flows")

    def workflow(*words, check=True):
        return machine.call("workflow", *words, "--project", "flows", check=check)

    def start(word, check=True):
        return machine.call("run", "Add", "--workflow", word, "--project", "flows",
                            "--detach", check=check)

    def publish(number, *more):
        path.write_text(
            f"name: sum\nvars: {{x: {number}}}\nsteps:\n"
            "  - {id: one, set: {x: .vars.x + 1}}\noutput: .vars.x\n"
        )
        return workflow("publish", path, *more).stdout.strip()

    check(publish(1, "--note", "the first").endswith("version 1"), "version 1")
    check(publish(1).endswith("version 1"), "the same again is no new version")
    check(publish(2).endswith("version 2"), "version 2")
    rows = workflow("versions", "sum").stdout
    check("the first" in rows and len(rows.splitlines()) == 3, rows)
    check("sum" in workflow("list").stdout, "it is listed")
    text = workflow("text", "sum", "--version", "1").stdout
    check("x: 1" in text and text.startswith("name: sum"), text)
    for word, output in (("sum", 3), ("sum@1", 2)):
        run_id = start(word).stdout.strip()
        machine.call("run", "events", run_id, "--follow")
        found = machine.data_of("run", "show", run_id)["output"]
        check(found == output, f"{word} comes to {found}")
    done = start("sum@x", check=False)
    check(done.returncode == 2 and "number of a version" in done.stderr, done.stderr)
    workflow("withdraw", "sum")
    done = start("sum", check=False)
    check(done.returncode != 0 and "no workflow sum" in done.stderr, done.stderr)


def lists(machine):
    for i in range(430):
        call_api(machine, "/api/v1/projects/default/tasks",
                 {"title": f"Task\t{i}\n\x1b[31mred", "labels": ["a b"] if i % 2 else []})
    text = machine.call("task", "list", "--limit", "1000", "--json").stdout
    page = json.loads(text)
    check(len({x["id"] for x in page["items"]}) == 430, "rows are missing")
    check("next_cursor" not in page, "there cannot be more")
    page = json.loads(machine.call("task", "list", "--limit", "250", "--json").stdout)
    check(len(page["items"]) == 250 and page["next_cursor"], "where to go on is lost")

    done = machine.call("task", "list", "--limit", "1000")
    check("\x1b" not in done.stdout, "there are colours in a pipe")
    rows = done.stdout.splitlines()
    check(len(rows) == 431, f"{len(rows)} rows")
    for column in ("state", "priority", "labels", "title"):
        at = rows[0].index(column)
        check(
            all(len(x) <= at or x[at - 1] == " " for x in rows),
            f"the column {column} is crooked",
        )
    check(
        all(len(x.split()) >= 5 for x in rows), "a cell is empty and moves the others"
    )
    done = machine.call("task", "list")
    check("only the first 50" in done.stderr, "nobody says that there are more")
    seen, code = on_terminal([machine.binary, "task", "list", *machine.options], ".")
    check(code == 0 and "\x1b[2m" in seen and "\x1b[31m" not in seen, seen[:500])


def diffs(machine, repository, workflow):
    machine.call("run", "Write it down", "--repo", repository, "--workflow", workflow)
    run_id = machine.data_of("run", "list")["items"][0]["id"]
    raw = machine.call("run", "diff", run_id).stdout
    check("+one\x1b]0;hidden\x07two\n" in raw, raw)
    seen, code = on_terminal(
        [machine.binary, "run", "diff", run_id, *machine.options], repository
    )
    check(code == 0 and "+one^[]0;hidden^Gtwo" in seen, seen)
    check("\x1b[32m+one" in seen and "\x1b]" not in seen, seen)


def places(binary, place):
    """A relative directory is the same wherever it is spoken of."""
    (place / "here").mkdir()
    (place / "config.toml").touch()
    (place / "here/write.yaml").write_text(
        "name: w\nsteps:\n  - {id: a, approve: {question: 'Ready?'}}\n"
    )
    process = subprocess.Popen(
        [binary, "run", "Ask me", "--workflow", "write.yaml", "--data-dir", "../d/",
         "--config", "../config.toml"],
        cwd=place / "here", env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    hint = ""
    while "run answer" not in hint:
        hint = process.stdout.readline()
        check(hint, "it ended")
    where = str(place.resolve() / "d")
    check(hint.rstrip().endswith(f"--data-dir {where}"), hint)
    words = hint[hint.index("run answer"):].split()
    run(binary, *words, "--yes", "--config", place / "config.toml", cwd="/")
    text = process.communicate(timeout=60)[0]
    check(process.returncode == 0, text)
    check((place / "d/log").exists(), "the log is elsewhere")
    shown = run(binary, "config", "show", "--data-dir", "d", "--config",
                place / "config.toml", cwd=place).stdout
    check(where in shown, shown)


def errors(machine, repository, place):
    (place / "needs.yaml").write_text(NEEDS)
    (place / "none").mkdir()
    big = place / "big.yaml"
    big.touch()
    os.truncate(big, 100 << 20)
    empty = place / "empty"
    empty.mkdir()
    git(empty, "init", "--quiet")
    here = ("--repo", repository)
    start = ("run", "Do this thing")
    for code, said, *words in (
        (2, "did you mean run?", "rnu"),
        (2, "did you mean list?", "task", "lsit"),
        (2, "did you mean --budget?", *start, "--bugdet", "1"),
        (2, "in quotes", "run", "do", "this"),
        (2, "there is no directory", *start, "--repo", place / "nowhere"),
        (2, "is no git repository", *start, "--repo", place / "none"),
        (2, "abc", *start, *here, "--budget", "abc"),
        (2, "-1", *start, *here, "--budget", "-1"),
        (2, "1e9", *start, *here, "--budget", "1e9"),
        (2, "six decimals", *start, *here, "--budget", "0.0000001"),
        (2, "no amount", *start, *here, "--budget", ""),
        (3, "did you mean known?", *start, *here, "--model", "knwon"),
        (2, "did you mean approve?", *start, *here, "--input", "aprove=true"),
        (2, "expected", *start, *here, "--input", "approve=7"),
        (2, "count", *start, "--workflow", place / "needs.yaml", "--input", "count=x"),
        (3, "feature", *start, *here, "--workflow", "nosuch"),
        (3, "no.yaml", *start, *here, "--workflow", place / "no.yaml"),
        (2, "at most 1048576", *start, *here, "--workflow", big),
        (2, "at most 1048576", "workflow", "check", big),
        (3, "directory", *start, *here, "--workflow", place / "none/"),
        (2, "cannot read", *start, *here, "--input", f"what=@{place}"),
        (2, "--model: it is empty", *start, *here, "--model", ""),
        (3, "r-nothing", "run", "show", "r-nothing"),
        (2, "did you mean run.budget?", "config", "check", "--set", "run.budgte=1"),
    ):
        done = machine.call(*words, check=False)
        check(done.returncode == code, f"{words}: {done.returncode}: {done.stderr}")
        check(said in done.stderr, f"{words}: {done.stderr}")
        check(done.stdout == "", f"{words} on stdout: {done.stdout}")
        message = [x for x in done.stderr.splitlines() if not x.startswith("See ")]
        check(len(message) == 1, f"{words} says more than one thing: {done.stderr}")
    # A repository without a commit has nothing to begin from.
    done = machine.call(*start, "--repo", empty, check=False)
    check(done.returncode != 0 and "commit" in done.stdout + done.stderr, done.stdout)


def changed_files(machine, repository, workflow):
    """What is not committed is not part of a run, which says so."""
    (repository / "README.md").write_text("changed\n")
    done = machine.call("run", "Write it down", "--repo", repository,
                        "--workflow", workflow)
    check("not committed" in done.stderr, done.stderr)
    check("README.md" in git(repository, "status", "--porcelain"), "it was touched")


def main(binary):
    binary = pathlib.Path(binary).resolve()
    with Directory() as place:
        repository = make_repository(HERE / "project", place / "repository")
        workflow = place / "write.yaml"
        workflow.write_text(WRITE)
        places(binary, place)
        catalogue = """
[model.known]
provider = "ollama"
context = 1000
max_output = 100
price = { input = "0.00", output = "0.00" }
"""
        with Machine(binary, place, catalogue) as machine:
            errors(machine, repository, place)
            diffs(machine, repository, workflow)
            changed_files(machine, repository, workflow)
            workflows(machine, place)
            lists(machine)
    print("The command line says what is, and what is wrong.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
