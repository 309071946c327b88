#!/usr/bin/env python3
"""The same graphs run here and with LangGraph, an engine that none of us wrote:
what they leave behind is equal, and where it is not, it is so by design.

Usage: differential.py THEMACHINE [--seed N] [--count N] [--at-once N]
         [--only NAME]

  --seed     of the random graphs and of the order of answers; 1
  --count    how many random graphs; 120
  --at-once  how many checks run at the same time; 4
  --only     one check, with its workflow if something differs
"""

import os
import subprocess
import sys

from harness import ENVIRONMENT, HERE, Directory, Machine, make_repository

# A build that looks for races takes its time.
COUNT = 120 // int(os.environ.get("MACHINE_SLOWNESS", "1"))


def main(binary, *options):
    with Directory() as place:
        repository = make_repository(HERE / "project", place / "repository")
        with Machine(binary, place, "") as machine:
            node = HERE / "node_modules/.bin/node"
            return subprocess.run(
                [
                    str(node) if node.exists() else "node",
                    str(HERE / "differential/main.mjs"),
                    str(machine.data / "endpoint.json"),
                    str(repository),
                    f"--count={COUNT}",
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                env=ENVIRONMENT,
                timeout=570,
            ).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
