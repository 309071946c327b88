#!/usr/bin/env python3
"""What commands that mean harm achieve: nothing, and the run says why.

Usage: sandbox.py THEMACHINE
"""

import json
import pathlib
import socket
import sys

import harness
from harness import HERE, Directory, Machine, check, git, make_repository

SECRET = "the key of somebody"

WORKFLOW = """
name: attack
steps:
  - id: attack
    timeout: 60s
    command: [/bin/sh, -c, {script}]
"""

# Name, script, code, what the message says.
ATTACKS = [
    (
        "it reads ~/.ssh",
        "cat ~/.ssh/id_rsa {home}/.ssh/id_rsa; ls -a {home} /root /home; exit 1",
        "step_failed",
        "Home directories are not there in the sandbox",
    ),
    (
        "it opens a socket",
        """python3 -c '
import socket
for host in ("127.0.0.1", "::ffff:127.0.0.1", "{address}"):
    try:
        socket.create_connection((host, {port}), 5).sendall(b"here I am")
        print("connected to", host)
    except OSError as why:
        print(host, why)
raise SystemExit(1)'""",
        "step_failed",
        "The sandbox has no network",
    ),
    (
        "it forks without end",
        "f() {{ f | f & }}; f; sleep 1000",
        "limit_exceeded",
        "more than 64 processes and threads; raise sandbox.process_limit",
    ),
    (
        "it allocates 8 GiB",
        """python3 -c '
x = bytearray(8 << 30)
for i in range(0, len(x), 4096):
    x[i] = 1
open("done", "w")'""",
        "limit_exceeded",
        "more than 256 MiB of memory",
    ),
    (
        "it writes outside of the worktree",
        "for to in /usr/local/made /etc/made {repository}/made {home}/made "
        "../made; do echo x > $to; done; exit 1",
        "step_failed",
        "only the worktree and /tmp can be written",
    ),
    (
        "it follows a link out of the worktree",
        "ln -s {repository} out; ln -s {home}/.ssh keys; "
        "echo x > out/made; echo x > keys/made; cat keys/id_rsa; exit 1",
        "step_failed",
        "What links of the worktree lead to outside of it is not there",
    ),
]


def files_below(*places):
    """All that a command could have changed, with its content."""
    return {
        path: path.read_bytes() if path.is_file() else None
        for place in places
        for path in place.rglob("*")
        if ".git" not in path.parts
    }


def listen():
    """A server in whose queue every connection stays to be seen."""
    server = socket.create_server(("", 0))
    server.setblocking(False)
    return server


def own_address():
    """An address of this machine that is not the loopback's, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.2"
        return probe.getsockname()[0]


def attack(machine, place, number, values):
    name, script, code, message = ATTACKS[number]
    workflow = place / f"attack-{number}.yaml"
    workflow.write_text(
        WORKFLOW.format(script=json.dumps(script.format(**values)))
    )
    run_id = machine.call(
        "run", "--repo", values["repository"], "x", "--workflow", workflow, "--detach"
    ).stdout.strip()
    # Its exit code is that of the run, which fails.
    machine.call("run", "events", run_id, "--follow", "--json", check=False)
    events = machine.events_of(run_id)
    ended = [x for x in events if x["type"] == "run_ended"][0]
    check(ended["result"] == "failed", f"{name}: {ended}")
    check(ended["code"] == code, f"{name}: {ended}")
    check(message in ended["message"], f"{name}: {ended}")
    shown = machine.data_of("run", "show", run_id)
    check(message in shown["message"], f"{name}: {shown}")
    told = json.dumps(events) + json.dumps(shown)
    check(SECRET not in told, f"{name}: the secret is told")
    said = [x["output"] for x in events if x["type"] == "step_failed"]
    check("connected to" not in json.dumps(said), f"{name}: {said}")
    print(f"{name}: {ended['message']}")
    return ended


def main(binary):
    with Directory() as place:
        home = place / "home/somebody"
        (home / ".ssh").mkdir(parents=True)
        (home / ".ssh/id_rsa").write_text(SECRET)
        harness.ENVIRONMENT["HOME"] = str(home)
        repository = make_repository(HERE / "project", place / "repository")
        outside = [home, repository]
        before = files_below(*outside)
        with listen() as server, Machine(
            binary,
            place,
            "",
            ["sandbox.memory_limit=256MiB", "sandbox.process_limit=64"],
        ) as machine:
            values = {
                "home": home,
                "repository": repository,
                "port": server.getsockname()[1],
                "address": own_address(),
            }
            for number in range(len(ATTACKS)):
                attack(machine, place, number, values)
            try:
                server.accept()
                raise AssertionError("somebody connected")
            except BlockingIOError:
                pass
            check(files_below(*outside) == before, "something was written")
            for made in ("/usr/local/made", "/etc/made"):
                check(not pathlib.Path(made).exists(), f"{made} was written")
            worktrees = machine.data / "worktrees"
            check(not any(worktrees.iterdir()), "a worktree was left")
        # A link may be committed; what it leads to may not.
        check(SECRET not in git(repository, "log", "--all", "-p"), "committed")
        check(
            len(git(repository, "worktree", "list").splitlines()) == 1,
            "git knows of a worktree that is gone",
        )
        for branch in git(
            repository, "branch", "--format=%(refname:short)", "--list",
            "themachine/*",
        ).splitlines():
            git(repository, "checkout", "--quiet", branch)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
