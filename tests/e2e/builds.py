#!/usr/bin/env python3
"""The machine is killed while a command builds. What the command was writing
looks new and is half done; when it runs again it is built again, and what was
built before it is not.

Usage: builds.py THEMACHINE
"""

import sys

from harness import Directory, Machine, begin_repository, check, git, wait_for

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


def main(binary):
    with Directory() as place:
        repository = place / "repository"
        repository.mkdir()
        (repository / ".gitignore").write_text("/out/\n")
        (repository / "Makefile").write_text(MAKEFILE)
        (repository / "source").write_text("")
        begin_repository(repository)
        workflow = place / "builds.yaml"
        workflow.write_text(WORKFLOW)
        with Machine(binary, place, "") as machine:
            run_id = machine.call(
                "run", "--repo", repository, "x", "--workflow", workflow,
                "--budget", "1.00", "--detach",
            ).stdout.strip()
            tree = place / "data" / "worktrees" / run_id
            half = tree / "out" / "second"
            wait_for("build", lambda: half.exists() and half.read_text() == "half")
            machine.kill()
            (tree / "go").write_text("")
            machine.start()
            machine.call("run", "events", run_id, "--follow", "--json", check=False)
            events = machine.events_of(run_id)
            done = [x for x in events if x["type"] == "step_done"]
            said = [x["output"]["output"] for x in done]
            check(said == ["", "wholefirst\n"], f"the commands say {said}")
            check(
                [x["type"] for x in events].count("effect_lost") == 1,
                "the command was not cut off",
            )
            names = git(repository, "ls-tree", "--name-only", "themachine/" + run_id)
            check("out" not in names.split(), f"what is built is committed: {names}")
    print("What was half built is built again.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
