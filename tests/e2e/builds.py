#!/usr/bin/env python3
"""A command is killed while it builds, with the machine or because its time is
over. What it was writing looks new and is half done; when the command runs again
it is built again, and what was built before it is not.

Usage: builds.py THEMACHINE
"""

import os
import sys

from harness import Directory, Machine, begin_repository, check, git, wait_for

# ThreadSanitizer makes everything slower.
SLOWNESS = int(os.environ.get("MACHINE_SLOWNESS", "1"))

MAKEFILE = """\
out/first: source
\tmkdir -p out
\techo first >> $@

out/second: out/first
\tprintf half > $@
\twhile ! test -e go; do sleep 0.01; done
\tprintf whole > $@
"""

WORKFLOW = """
name: builds
steps:
  - id: first
    command: make -s out/first
  - id: second
    needs: [first]
    command: make -s out/second && cat out/second out/first
"""


TIMED = f"""
name: timed
steps:
  - id: first
    command: make -s out/first
  - id: second
    needs: [first]
    timeout: {2 * SLOWNESS}s
    retry: {{max: 5, backoff: 10ms, on: [timeout]}}
    command: >-
      test $THEMACHINE_ATTEMPT = 1 || touch go;
      make -s out/second && cat out/second out/first
"""


def begin(machine, repository, text, place):
    workflow = place / "workflow.yaml"
    workflow.write_text(text)
    return machine.call(
        "run", "--repo", repository, "x", "--workflow", workflow,
        "--budget", "1.00", "--detach",
    ).stdout.strip()


def check_run(machine, repository, run_id, cut_off):
    """Its events have one of the type *cut_off* or more."""
    machine.call("run", "events", run_id, "--follow", "--json", check=False)
    events = machine.events_of(run_id)
    said = [x["output"]["output"] for x in events if x["type"] == "step_done"]
    check(said == ["", "wholefirst\n"], f"the commands say {said}")
    check(any(x["type"] == cut_off for x in events), "nothing was cut off")
    names = git(repository, "ls-tree", "--name-only", "themachine/" + run_id)
    check("out" not in names.split(), f"what is built is committed: {names}")


def main(binary):
    with Directory() as place:
        repository = place / "repository"
        repository.mkdir()
        (repository / ".gitignore").write_text("/out/\n")
        (repository / "Makefile").write_text(MAKEFILE)
        (repository / "source").write_text("")
        begin_repository(repository)
        with Machine(binary, place, "") as machine:
            run_id = begin(machine, repository, WORKFLOW, place)
            tree = place / "data" / "worktrees" / run_id
            half = tree / "out" / "second"
            wait_for("build", lambda: half.exists() and half.read_text() == "half")
            machine.kill()
            (tree / "go").write_text("")
            machine.start()
            check_run(machine, repository, run_id, "effect_lost")
            run_id = begin(machine, repository, TIMED, place)
            check_run(machine, repository, run_id, "attempt_failed")
    print("What was half built is built again.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
