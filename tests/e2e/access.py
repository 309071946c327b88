#!/usr/bin/env python3
"""Who may do what, from the command line: the first start makes a key for an
administrator and shows it once; that key lets others in, with a key or with a
password; what was taken away opens nothing any more, and no secret is ever
found in the machine's data.

Usage: access.py THEMACHINE
"""

import http.client
import json
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from harness import ENVIRONMENT, Directory, Machine, at_terminal, check, wait_for

OLD = "correct horse battery"
NEW = "another horse battery"


def told(machine):
    return pathlib.Path(machine.log.name).read_text()


def as_key(machine, key, *words, typed="", **more):
    """A command with *key*, as its caller sees it; options as *words*."""
    return subprocess.run(
        [str(x) for x in [machine.binary, *words, *machine.options]],
        input=typed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**ENVIRONMENT, **({"THEMACHINE_KEY": key} if key else {}), **more},
        timeout=60,
    )


def expect(code, done):
    check(done.returncode == code, f"{done.args}: {done.returncode}: {done.stderr}")
    return done.stdout


def endpoint(machine):
    return json.loads((machine.data / "endpoint.json").read_text())


def sign_in(machine, who, password):
    request = urllib.request.Request(
        endpoint(machine)["url"] + "/api/v1/sessions",
        json.dumps({"principal": who, "password": password}).encode(),
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["token"]
    except urllib.error.HTTPError as x:
        check(x.code == 401, x)
        return None


def typed(machine, key, *lines):
    """What a terminal shows of a change of password."""
    words = [machine.binary, "principal", "password", *machine.options]
    return at_terminal(words, lines, THEMACHINE_KEY=key)


def first_start(machine):
    keys = re.findall(r"tm_default_\S+", told(machine))
    check(len(keys) == 1, f"{len(keys)} keys were shown")
    check(keys[0] not in json.dumps(endpoint(machine)), "it stands in a file")
    check(machine.stop() == 0, "it did not stop")
    machine.start()
    check(told(machine).count("tm_default_") == 1, "it was shown again")
    return keys[0]


def keys(machine, root):
    expect(0, as_key(machine, root, "principal", "create", "ann", "--role", "developer"))
    expect(5, as_key(machine, root, "principal", "create", "ann"))
    done = as_key(machine, root, "key", "create", "--principal", "ann",
                  "--name", "laptop")
    ann = expect(0, done).strip()
    check(re.fullmatch(r"tm_default_\S+", ann), "more than the secret was printed")
    check(ann not in done.stderr, "the secret is on both")
    expect(0, as_key(machine, ann, "project", "list"))
    expect(4, as_key(machine, ann, "principal", "list"))
    expect(4, as_key(machine, ann[:-1] + ("A" if ann[-1] != "A" else "E"), "project", "list"))
    page = json.loads(expect(0, as_key(machine, root, "key", "list", "--json")))
    mine = [x for x in page["items"] if x["principal"] == "ann"]
    check(len(mine) == 1 and mine[0]["name"] == "laptop", page)
    check("secret" not in mine[0] and "hash" not in mine[0], mine)
    made = json.loads(expect(0, as_key(machine, root, "key", "rotate", mine[0]["id"], "--json")))
    expect(4, as_key(machine, ann, "project", "list"))
    ann = made["secret"]
    expect(0, as_key(machine, ann, "project", "list"))
    # Elsewhere is reached by its address alone.
    url = endpoint(machine)["url"]
    config = machine.options[machine.options.index("--config") + 1]
    there = subprocess.run(
        [machine.binary, "project", "list", "--url", url, "--config", config, "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
        env={**ENVIRONMENT, "THEMACHINE_KEY": ann},
    )
    check(json.loads(expect(0, there)) == {"items": []}, there.stdout)
    expect(2, as_key(machine, ann, "project", "list", "--url", "http://192.0.2.1:7700"))
    expect(2, as_key(machine, "", "project", "list", "--url", url))
    expect(2, as_key(machine, ann, "down", "--url", url))
    expect(0, as_key(machine, root, "key", "revoke", made["id"]))
    expect(4, as_key(machine, ann, "project", "list"))
    expect(3, as_key(machine, root, "key", "revoke", "000000000000"))


def passwords(machine, root):
    expect(2, as_key(machine, root, "principal", "password", "ann", typed=""))
    expect(2, as_key(machine, root, "principal", "password", "ann", typed="short\n"))
    expect(0, as_key(machine, root, "principal", "password", "ann", typed=OLD + "\n"))
    token = sign_in(machine, "ann", OLD)
    check(token and token.startswith("tms_default_"), "nobody came in")
    expect(0, as_key(machine, token, "project", "list"))
    seen, code = typed(machine, token, OLD, NEW, NEW)
    check(code == 0 and "is changed" in seen, seen)
    check(OLD not in seen and NEW not in seen, "it was shown")
    expect(4, as_key(machine, token, "project", "list"))
    check(sign_in(machine, "ann", OLD) is None, "the old one is good still")
    token = sign_in(machine, "ann", NEW)
    seen, code = typed(machine, token, NEW, OLD, "x")
    check(code == 2 and "differ" in seen, seen)
    expect(0, as_key(machine, root, "principal", "disable", "ann"))
    expect(4, as_key(machine, token, "project", "list"))
    check(sign_in(machine, "ann", NEW) is None, "who is disabled came in")
    expect(0, as_key(machine, root, "principal", "enable", "ann"))
    return token


def tenants(machine, root):
    expect(4, as_key(machine, root, "tenant", "list"))
    machine.call("tenant", "create", "acme")
    names = {x["id"] for x in machine.data_of("tenant", "list")["items"]}
    check(names == {"default", "acme"}, names)
    machine.call("principal", "create", "bob", "--role", "admin", "--tenant", "acme")
    bob = machine.call("key", "create", "--principal", "bob", "--tenant", "acme").stdout.strip()
    check(bob.startswith("tm_acme_"), "a key of another tenant")
    shown = json.loads(expect(0, as_key(machine, bob, "principal", "list", "--json")))
    check([x["id"] for x in shown["items"]] == ["bob"], shown)
    expect(4, as_key(machine, bob, "principal", "list", "--tenant", "default"))
    expect(5, as_key(machine, bob, "principal", "role", "bob", "none"))
    machine.call("tenant", "suspend", "acme")
    expect(4, as_key(machine, bob, "principal", "list"))
    machine.call("tenant", "resume", "acme")
    expect(0, as_key(machine, bob, "principal", "list"))
    return bob


def ask(machine, key, method, path, body=None, **headers):
    """A connection whose answer has begun, and that."""
    url = urllib.parse.urlparse(endpoint(machine)["url"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    known = {"Authorization": f"Bearer {key}", "Accept": "*/*"}
    connection.request(method, path, body and json.dumps(body), {**known, **headers})
    return connection, connection.getresponse()


def streams(binary):
    """One stream each: those of MCP count, the answers of its tools do not."""
    settings = ["limits.streams_per_principal=1"]
    with Directory() as place, Machine(binary, place, "", settings) as machine:
        machine.call("principal", "create", "ann", "--role", "viewer")
        key = machine.call("key", "create", "--principal", "ann").stdout.strip()

        def mcp(method, params, **headers):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            kind = {"Content-Type": "application/json"}
            connection, answer = ask(machine, key, "POST", "/mcp", body, **kind, **headers)
            check(answer.status == 200, answer.status)
            text = answer.read().decode()
            connection.close()
            return answer.headers, text

        hello = {"protocolVersion": "2025-11-25", "capabilities": {},
                 "clientInfo": {"name": "e2e", "version": "1"}}
        name = mcp("initialize", hello)[0]["Mcp-Session-Id"]
        session = {"Mcp-Session-Id": name}
        open_one, answer = ask(machine, key, "GET", "/mcp", Accept="text/event-stream", **session)
        check(answer.status == 200, answer.status)
        other, refused = ask(machine, key, "GET", "/api/v1/topics/runs/events",
                             Accept="text/event-stream")
        check(refused.status == 429 and refused.headers["Retry-After"], refused.status)
        other.close()
        told = mcp("tools/call", {"name": "list_runs", "arguments": {}}, **session)[1]
        check('"items"' in told, told)
        answer.close()
        open_one.close()

        def free_again():
            one, answer = ask(machine, key, "GET", "/api/v1/topics/runs/events",
                              Accept="text/event-stream")
            answer.close()
            one.close()
            return answer.status == 200

        wait_for("place for another stream", free_again)


def main(binary):
    streams(binary)
    with Directory() as place:
        with Machine(binary, place, "") as machine:
            root = first_start(machine)
            keys(machine, root)
            secrets = [root, passwords(machine, root), tenants(machine, root)]
            used = json.loads(expect(0, as_key(machine, root, "key", "list", "--json")))
            check(
                any(x.get("last_used_at") for x in used["items"]),
                "nobody knows that a key was used",
            )
        words = [x[-43:].encode() for x in secrets]
        words += [OLD.encode(), NEW.encode()]
        for file in (place / "data").rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                check(not any(x in content for x in words), f"a secret in {file}")
    print("Who was let in came in, and nobody else.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
