#!/usr/bin/env python3
"""A feature for a Python project, by models behind a server that none of us
wrote: once in the protocol of OpenAI, once in that of Anthropic, streamed and
with tool calls.

Usage: python_project.py THEMACHINE
"""

import sys

from harness import (
    HERE,
    Directory,
    Machine,
    Upstream,
    check,
    git,
    make_repository,
    run,
)

CATALOGUE = """
[provider.e2e-openai]
protocol = "openai"
url = "{url}/v1"
key_env = "E2E_KEY"
local = true

[provider.e2e-anthropic]
protocol = "anthropic"
url = "{url}/v1"
key_env = "E2E_KEY"
local = true

[model.e2e-openai]
provider = "e2e-openai"
name = "gpt-e2e"
context = 200000
max_output = 32000
tools = true
structured_output = true
price = {{ input = "1.00", cached = "0.10", output = "5.00" }}
quality = {{ general = 0.5 }}

[model.e2e-anthropic]
provider = "e2e-anthropic"
name = "claude-e2e"
context = 200000
max_output = 32000
tools = true
structured_output = true
price = {{ input = "1.00", cached = "0.10", output = "5.00" }}
quality = {{ general = 0.5 }}
"""

# One plan, three turns of the coder, three of the debugger; each of 1000
# tokens in and 100 out.
CALLS = 7
COST = CALLS * (1000 * 1 + 100 * 5)


def perform(machine, upstream, repository, model, path):
    before = git(repository, "rev-parse", "HEAD")
    already = len(upstream.requests(path))
    started = machine.call(
        "run",
        "--repo",
        repository,
        "Add split(cents, people) to bill.py",
        "--model",
        model,
        "--budget",
        "2.00",
        "--json",
    )
    # The journal of the run as it was told while it ran, and as it is stored.
    events = machine.events_of(created_id(machine, model))
    told = [line for line in started.stdout.splitlines() if line]
    check(len(told) == len(events), "what was told is not what is stored")
    check(
        [int(x["seq"]) for x in events] == list(range(1, len(events) + 1)),
        "the log has gaps",
    )
    ended = [x for x in events if x["type"] == "run_ended"]
    check(len(ended) == 1 and ended[0]["result"] == "done", f"{ended}")
    check(int(ended[0]["spent"]) == COST, f"it cost {ended[0]['spent']}")
    states = [x["type"] for x in events]
    check(states.count("step_failed") == 1, "the tests fail once")
    check(states.count("block_started") == 1, "one repair is enough")

    requests = upstream.requests(path)[already:]
    check(len(requests) == CALLS, f"{len(requests)} requests at {path}")
    check(all(x["body"]["stream"] is True for x in requests), "not streamed")
    check(
        all(x["response"]["status"] == 200 for x in requests), "a call failed"
    )

    # The work is a branch with a commit for each step; nothing else changed.
    branch = [x for x in events if x["type"] == "work_published"][0]["branch"]
    check(git(repository, "rev-parse", "HEAD") == before, "HEAD has moved")
    check(git(repository, "status", "--porcelain") == "", "the checkout changed")
    log = git(repository, "log", "--format=%(trailers:key=Step,valueonly)",
              f"{before}..{branch}")
    steps = sorted(filter(None, log.split()))
    check(len(steps) == 2, f"commits of these steps: {steps}")
    changed = git(repository, "diff", "--name-only", f"{before}..{branch}")
    check(changed.split() == ["bill.py", "tests/test_split.py"], changed)
    diff = machine.call("run", "diff", created_id(machine, model)).stdout
    check("divmod" in diff, "the diff lacks the repair")

    with Directory() as place:
        git(repository, "worktree", "add", "--quiet", "--detach",
            place / "look", branch)
        tests = run("python3", "-m", "unittest", "discover", "-s", "tests",
                    cwd=place / "look", check=False)
        git(repository, "worktree", "remove", "--force", place / "look")
    check(tests.returncode == 0, tests.stderr)
    check("skipped" not in tests.stderr, "the agreed tests did not run")
    print(f"{model}: {len(events)} events, {len(requests)} requests")


def created_id(machine, model):
    """The newest run, which is the one of *model*."""
    newest = machine.data_of("run", "list", "--limit", "1")["items"][0]["id"]
    check(
        any(x["model"] == model
            for x in machine.data_of("run", "show", newest)["bill"]),
        f"run {newest} is not the one of {model}",
    )
    return newest


def main(binary):
    with Directory() as place, Upstream() as upstream:
        repository = make_repository(HERE / "project", place / "repository")
        with Machine(
            binary, place, CATALOGUE.format(url=upstream.url)
        ) as machine:
            perform(machine, upstream, repository, "e2e-openai",
                    "/v1/chat/completions")
            perform(machine, upstream, repository, "e2e-anthropic",
                    "/v1/messages")
            spent = sum(
                int(x["cost"])
                for x in machine.data_of("project", "ledger", "default")["items"]
            )
            check(spent == 2 * COST, f"the ledger says {spent}")
            check(machine.stop() == 0, "the machine did not stop cleanly")
    print("Both protocols lead to the same work.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
