#!/usr/bin/env python3
"""Secrets come into the machine, are used by it, and never come out: a provider
is asked with the key that stands in the vault, with another as soon as it is
set, and with none once it is removed; a webhook is signed with another. A new
master key takes all of them, also if the machine is killed meanwhile. With the
wrong one the machine does not start, and loses nothing. At the end all that the
machine has written or said is searched for the values.

Usage: vault.py THEMACHINE
"""

import hashlib
import hmac
import http.server
import json
import pathlib
import random
import subprocess
import sys
import threading
import time

from asking import ask_model, request
from harness import ENVIRONMENT, Directory, Machine, at_terminal, check, wait_for

CATALOGUE = """
[provider.guarded]
protocol = "openai"
url = "{url}/v1"
local = true
keys = [{{secret = "guarded.key"}}]

[provider.by-variable]
protocol = "openai"
url = "{url}/v1"
local = true
key_env = "E2E_NOT_SET"

[model.guarded]
provider = "guarded"
context = 100000
max_output = 1000
price = {{ input = "1.00", output = "5.00" }}

[model.by-variable]
provider = "by-variable"
context = 100000
max_output = 1000
price = {{ input = "1.00", output = "5.00" }}
"""

# Whose keys are set while the machine is killed.
RESTLESS = [f"n{i}" for i in range(5)]

for each in RESTLESS:
    CATALOGUE += f"""
[provider.{each}]
protocol = "openai"
url = "{{url}}/v1"
local = true
keys = [{{{{secret = "{each}"}}}}]

[model.{each}]
provider = "{each}"
context = 100000
max_output = 1000
price = {{{{ input = "1.00", output = "5.00" }}}}
"""

FIRST = "c4n4ry-first-5f0e77aa"
SECOND = "c4n4ry-second-91bd02cc"
TYPED = "c4n4ry-typed-77ab31dd"
HOOK = "c4n4ry-hook-3d1f55ee"
LARGE = "c4n4ry-large-0c12\n" + "x" * 60_000 + "\nc4n4ry-end"
VALUES = [FIRST, SECOND, TYPED, "c4n4ry-large-0c12", "c4n4ry-end", "c4n4ry"]


class Provider:
    """Answers everything, and keeps the keys that it was asked with."""

    def __enter__(self):
        self.keys = []
        self.told = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/hook":
                    outer.told.append((self.headers["X-Machine-Signature"], asked))
                    self.send_response(204)
                    self.end_headers()
                    return
                outer.keys.append(self.headers["Authorization"])
                body = "".join(f"data: {line}\n\n" for line in (
                    '{"choices":[{"index":0,"delta":{"content":"something"}}]}',
                    '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
                    '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}',
                    "[DONE]",
                ))
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def asked_with(machine, provider, model):
    """The key with which the provider is asked."""
    before = len(provider.keys)
    status, body = ask_model(machine, model)
    check(status == 200, f"{status}: {body}")
    check(len(provider.keys) == before + 1, provider.keys)
    return provider.keys[-1]


def set_secret(machine, name, value, check_code=0):
    done = subprocess.run(
        [str(x) for x in [machine.binary, "secret", "set", name, *machine.options]],
        input=value, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=ENVIRONMENT, timeout=60)
    check(done.returncode == check_code, f"{done.returncode}: {done.stderr}")
    check(done.stdout == "", done.stdout)
    for x in VALUES:
        check(x not in done.stderr, done.stderr)
    return done.stderr


def is_listed(machine, model):
    status, body = request(machine, "GET", "/v1/models")
    check(status == 200, body)
    return model in [x["id"] for x in json.loads(body)["data"]]


def use_keys(machine, provider):
    """A key of the vault is the one that a provider is asked with."""
    status, body = ask_model(machine, "guarded")
    check(status >= 400 and "themachine secret set guarded.key" in body, body)
    check(not is_listed(machine, "guarded"), "a model without a key is listed")
    check("themachine secret set guarded.key" in machine.call("model", "list").stdout,
          "nobody says what to do")
    check("version 1" in set_secret(machine, "guarded.key", FIRST + "\n"), "no version")
    check(is_listed(machine, "guarded"), "a model with a key is not listed")
    check(asked_with(machine, provider, "guarded") == "Bearer " + FIRST,
          "the provider got another key")
    set_secret(machine, "guarded.key", SECOND)
    check(asked_with(machine, provider, "guarded") == "Bearer " + SECOND,
          "the provider got the old key")
    status, body = ask_model(machine, "by-variable")
    check(status >= 400 and "E2E_NOT_SET" in body, body)
    set_secret(machine, "E2E_NOT_SET", FIRST)
    check(asked_with(machine, provider, "by-variable") == "Bearer " + FIRST,
          "a secret is no variable")
    machine.call("secret", "rm", "E2E_NOT_SET")
    status, body = ask_model(machine, "by-variable")
    check(status >= 400 and "E2E_NOT_SET" in body, body)


def sign_webhook(machine, provider):
    """What a webhook is told is signed with a secret of the vault."""
    set_secret(machine, "hook", HOOK)
    for path, body in (
        ("webhooks/here", {"url": provider.url + "/hook", "secret_id": "hook"}),
        ("budgets/small", {"limit": 100_000, "alerts": [1]}),
    ):
        status, text = request(machine, "PUT", "/api/v1/costs/" + path, body)
        check(status == 200, text)
    # A call costs 20 micro-dollars.
    for _ in range(51):
        asked_with(machine, provider, "guarded")
    wait_for("alert", lambda: provider.told)
    signature, told = provider.told[0]
    time_part, proof = signature.split(",v1=")
    signed = time_part.removeprefix("t=").encode() + b"." + told
    check(proof == hmac.new(HOOK.encode(), signed, hashlib.sha256).hexdigest(),
          "it was signed with something else")
    for path in ("webhooks/here", "budgets/small"):
        check(request(machine, "DELETE", "/api/v1/costs/" + path)[0] == 200, path)
    machine.call("secret", "rm", "hook")


def look_at_commands(machine):
    set_secret(machine, "large", LARGE)
    set_secret(machine, "empty", "", check_code=2)
    set_secret(machine, "too.large", "c4n4ry" + "x" * 65_536, check_code=2)
    seen, code = at_terminal(
        [machine.binary, "secret", "set", "typed", *machine.options], [TYPED, TYPED])
    check(code == 0 and TYPED not in seen, seen)
    seen, code = at_terminal(
        [machine.binary, "secret", "set", "typed", *machine.options], [TYPED, FIRST])
    check(code != 0 and "differ" in seen, seen)
    rows = {x["name"]: x for x in machine.data_of("secret", "list")["items"]}
    check(set(rows) == {"guarded.key", "large", "typed"}, rows)
    check(rows["guarded.key"]["version"] == 2, rows)
    check(len({x["fingerprint"] for x in rows.values()}) == 3, rows)
    text = machine.call("secret", "list").stdout
    check("guarded.key" in text and rows["large"]["fingerprint"] in text, text)
    check(machine.call("secret", "rm", "nobody", check=False).returncode == 3,
          "what is not there was removed")
    # There is no word on the command line that a value could be.
    check(machine.call("secret", "set", "typed", FIRST, check=False).returncode == 2,
          "a value was taken from the command line")
    for path in ("/api/v1/secrets/typed", "/api/v1/secrets/typed/value"):
        check(request(machine, "GET", path)[0] in (404, 405), f"{path} is there")


def change_master_key(machine, provider):
    key = machine.data / "vault.key"
    check(key.stat().st_mode & 0o777 == 0o600, oct(key.stat().st_mode))
    before = key.read_text()
    report = machine.data_of("secret", "rotate")
    check(report["secrets"] == 3 and report["forgotten"] == 1, report)
    check(key.read_text() != before, "the master key is the same")
    check(key.stat().st_mode & 0o777 == 0o600, oct(key.stat().st_mode))
    check(machine.stop() == 0, "it did not stop in order")
    machine.start()
    check(asked_with(machine, provider, "guarded") == "Bearer " + SECOND,
          "the secret is another after a restart")
    return before


def refuse_to_start(machine, word):
    """The machine does not start, and says *word*."""
    log = pathlib.Path(machine.log.name)
    before = log.stat().st_size
    machine.launch()
    code = machine.process.wait(timeout=60)
    said = log.read_text()[before:]
    check(code not in (0, None) and word in said, f"{code}: {said}")


def start_with_wrong_keys(machine, provider, old):
    key = machine.data / "vault.key"
    right = key.read_text()
    check(machine.stop() == 0, "it did not stop in order")
    key.write_text(old)
    refuse_to_start(machine, "the vault stays shut: 3 secrets")
    check(key.read_text() == old, "the file was changed")
    key.unlink()
    refuse_to_start(machine, "there is no " + str(key))
    check(not key.exists(), "a key was made in the place of the right one")
    key.write_text("not a key\n")
    key.chmod(0o600)
    refuse_to_start(machine, "64 hexadecimal digits")
    key.write_text(right)
    key.chmod(0o640)
    refuse_to_start(machine, "chmod 600")
    key.chmod(0o600)
    machine.start()
    check(asked_with(machine, provider, "guarded") == "Bearer " + SECOND,
          "the secret was lost")


def kill_meanwhile(machine, provider, chance):
    """Whatever the machine was doing, all secrets are there afterwards, each as
    it was set last, or as it was about to be."""
    was, may_be = {}, {name: [] for name in RESTLESS}

    def work(number):
        for i in range(200):
            name, value = RESTLESS[i % 5], f"c4n4ry-{number}-{i}"
            try:
                status, _ = request(machine, "PUT", f"/api/v1/secrets/{name}",
                                    {"value": value})
            except OSError:
                may_be[name].append(value)
                return
            if status == 200:
                was[name], may_be[name] = value, []
            else:
                may_be[name].append(value)

    def rotate():
        try:
            request(machine, "POST", "/api/v1/vault/rotate", {})
        except OSError:
            pass  # It was killed; that is what this is about.

    for number in range(12):
        worker = threading.Thread(target=work, args=(number,))
        worker.start()
        rotator = threading.Thread(target=rotate)
        time.sleep(chance.uniform(0.02, 0.2))
        rotator.start()
        time.sleep(chance.uniform(0.0, 0.06))
        machine.kill()
        worker.join()
        rotator.join()
        machine.start()
        check(asked_with(machine, provider, "guarded") == "Bearer " + SECOND,
              "the secret was lost")
    report = machine.data_of("secret", "rotate")
    check(report["forgotten"] == 1, report)
    lines = [x for x in (machine.data / "vault.key").read_text().splitlines()
             if x and not x.startswith("#")]
    check(len(lines) == 1, f"{len(lines)} keys are left")
    check(was, "nothing was set")
    for name, value in was.items():
        key = asked_with(machine, provider, name)
        check(key in ["Bearer " + x for x in [value, *may_be[name]]],
              f"{name}: {key}, and not {value} or one of {may_be[name]}")


def move_to_a_setting(machine, provider):
    """The master key may be a setting, and become another at a start."""
    key = [x for x in (machine.data / "vault.key").read_text().splitlines()
           if x and not x.startswith("#")][0]
    check(machine.stop() == 0, "it did not stop in order")
    first, second = "1" * 64, "2" * 64
    (machine.data / "vault.key").unlink()
    for new, old in ((first, key), (second, first)):
        ENVIRONMENT.update(THEMACHINE_VAULT_KEY=new, THEMACHINE_VAULT_OLD_KEY=old)
        machine.start()
        check(asked_with(machine, provider, "guarded") == "Bearer " + SECOND,
              "the secret was lost")
        done = machine.call("secret", "rotate", check=False)
        check(done.returncode == 5 and "vault.old_key" in done.stderr, done.stderr)
        shown = machine.call("config", "show").stdout
        check(new not in shown and old not in shown, "a master key is shown")
        check(machine.stop() == 0, "it did not stop in order")
    del ENVIRONMENT["THEMACHINE_VAULT_OLD_KEY"]
    machine.start()
    check(asked_with(machine, provider, "guarded") == "Bearer " + SECOND,
          "the secret was lost")
    check(machine.stop() == 0, "it did not stop in order")
    # Without it, the next start removes what nobody can open, if it is told to.
    del ENVIRONMENT["THEMACHINE_VAULT_KEY"]
    refuse_to_start(machine, "there is no ")
    machine.options += ["--set", "vault.forget_lost=true"]
    machine.start()
    check(machine.data_of("secret", "list")["items"] == [], "they are there still")
    status, body = ask_model(machine, "guarded")
    check(status >= 400 and "themachine secret set guarded.key" in body, body)


def search(directory):
    """Nothing that was written down has a value."""
    found = []
    for path in directory.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [f"{path}: {x}" for x in VALUES if x.encode() in content]
    check(not found, found)


def main():
    chance = random.Random(7)
    with Directory() as directory, Provider() as provider:
        machine = Machine(sys.argv[1], directory, CATALOGUE.format(url=provider.url),
                          ["models.discover=false", "log.level=trace",
                           "costs.webhook_addresses=loopback"])
        with machine:
            use_keys(machine, provider)
            sign_webhook(machine, provider)
            look_at_commands(machine)
            records = machine.call("audit", "export").stdout
            check('"target":"secret=guarded.key"' in records, records)
            check("c4n4ry" not in records, "the audit log has a value")
            search(directory)
            old = change_master_key(machine, provider)
            start_with_wrong_keys(machine, provider, old)
            kill_meanwhile(machine, provider, chance)
            search(directory)
            move_to_a_setting(machine, provider)
        search(directory)
    print("secrets stay where they belong")


if __name__ == "__main__":
    main()
