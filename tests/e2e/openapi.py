#!/usr/bin/env python3
"""The OpenAPI document of the machine, read by a validator that we did not
write; and every route is in it that `themachine api` lists.

Usage: openapi.py THEMACHINE
"""

import json
import subprocess
import sys

from harness import ENVIRONMENT, HERE, Directory, Machine, check


def main(binary):
    with Directory() as place:
        with Machine(binary, place, "") as machine:
            text = machine.call("api", "GET", "/api/v1/openapi.json").stdout
            listed = machine.call("api").stdout
    node = HERE / "node_modules/.bin/node"
    seen = subprocess.run(
        [str(node if node.exists() else "node"), str(HERE / "openapi.mjs")],
        input=text, capture_output=True, text=True, env=ENVIRONMENT, timeout=60,
    )
    check(seen.returncode == 0, f"the document is wrong: {seen.stderr}")
    check(seen.stdout.strip() == "3.1", f"version {seen.stdout}")
    document = json.loads(text)
    operations = [
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
    ]
    check(len(operations) > 90, f"{len(operations)} operations")
    for method, path in operations:
        check(
            any(x.split()[:2] == [method, path] for x in listed.splitlines()),
            f"{method} {path} is listed",
        )
    print(f"{len(operations)} operations, as OpenAPI 3.1 wants them.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
