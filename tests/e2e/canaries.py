#!/usr/bin/env python3
"""No secret is ever found where it does not belong. Every route of the machine's
own OpenAPI document is asked with secrets in every place that can have one, by
somebody who may and by somebody who may not, and then all is searched that the
machine has written or said: answers, numbers, log, output, data directory and
traces.

Usage: canaries.py THEMACHINE
"""

import http.client
import http.server
import json
import re
import secrets
import sys
import threading
import urllib.parse

import harness
from harness import Directory, Machine, check


class Canaries:
    """Secrets that are like no others; each knows what it is."""

    def __init__(self):
        self.all = {}

    def make(self, what, shape="{}"):
        word = "c4n4ry" + secrets.token_hex(10)
        self.all[word] = what
        return shape.format(word)

    def add(self, what, secret):
        """A secret of the machine's own."""
        self.all[secret] = what
        return secret

    def found_in(self, content):
        if isinstance(content, str):
            content = content.encode()
        return [what for word, what in self.all.items()
                if word.encode() in content]


class Collector:
    """Takes traces, and keeps what comes."""

    def __enter__(self):
        self.batches = []
        self.keys = set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                size = int(self.headers["Content-Length"])
                outer.batches.append((self.path, self.rfile.read(size)))
                outer.keys.add(self.headers["X-Collector-Key"])
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def spans(self):
        return [span for _, batch in self.batches
                for resource in json.loads(batch)["resourceSpans"]
                for scope in resource["scopeSpans"]
                for span in scope["spans"]]


class Client:
    def __init__(self, machine):
        where = json.loads((machine.data / "endpoint.json").read_text())
        self.token = where["token"]
        self.place = urllib.parse.urlsplit(where["url"])

    def ask(self, method, target, body=None, headers=None, token=None):
        """Status and all of the answer; of a stream, what comes first."""
        connection = http.client.HTTPConnection(
            self.place.hostname, self.place.port, timeout=30
        )
        more = {"Authorization": f"Bearer {token or self.token}"}
        more.update(headers or {})
        connection.request(method, target, body=body, headers=more)
        answer = connection.getresponse()
        text = str(answer.getheaders())
        if "event-stream" in answer.getheader("Content-Type", ""):
            text += answer.fp.readline().decode()
        else:
            text += answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, text

    def get(self, target):
        status, text = self.ask("GET", target)
        check(status == 200, text)
        return text[text.index("{", text.index("]")):]

    def make(self, target, body):
        status, text = self.ask("POST", target, json.dumps(body))
        check(status in (200, 201), text)
        return json.loads(text[text.rindex("]{") + 1:] if "]{" in text else "{}")


# As keys look: their secret has 43 characters.
KEY = "tm_default_000000000000_{}" + "x" * 17

# What somebody who runs the machine does not want to happen to it.
LEFT_OUT = {("POST", "/api/v1/stop")}


def target_of(path, query, canaries):
    """A path whose parameters lead somewhere, and a query with secrets."""
    values = {"id": "default", "project": "default", "task": "t-1",
              "topic": "runs", "hash": "0" * 64, "tenant": "nobodys",
              "key": "000000000000"}
    filled = re.sub(r"\{(\w+)\}", lambda x: values.get(x[1], "x"), path)
    pairs = [(name, canaries.make(f"a query of {path}")) for name in query]
    # One that the route does not know.
    yield filled
    if pairs:
        yield filled + "?" + urllib.parse.urlencode(pairs)
    yield filled + "?token=" + canaries.make(f"a token in the query of {path}")


def bodies(method, path, canaries):
    if method not in ("POST", "PUT", "PATCH"):
        yield None
        return

    def secret(how):
        return canaries.make(f"{how} of {method} {path}")

    yield json.dumps({"password": secret("a password"),
                      "old": secret("an old password"),
                      "new": secret("a new password"),
                      "secret": secret("a secret")})
    yield '{"password":"' + secret("a body that ends early")
    yield '{"password":' + secret("a body that is no JSON") + "}"


def headers_of(canaries):
    return {
        "Cookie": canaries.make("a cookie", "session={}"),
        "X-Api-Key": canaries.make("X-Api-Key"),
        "Proxy-Authorization": canaries.make("Proxy-Authorization", "Basic {}"),
        "Referer": canaries.make("Referer", "https://x/?token={}"),
    }


def bearers(canaries, good):
    yield good
    # Who runs the machine.
    yield None
    yield canaries.make("a bearer")
    yield canaries.make("a bearer like a key", KEY)
    yield canaries.make("a bearer like a session",
                        KEY.replace("tm_", "tms_"))
    yield canaries.make("a token of an issuer",
                        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.{}")


def ask_everything(client, canaries, good):
    """Answers in which a secret was found, and how many there were."""
    document = json.loads(client.get("/api/v1/openapi.json"))
    leaks = []
    asked = 0
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            method = method.upper()
            if (method, path) in LEFT_OUT:
                continue
            query = [x["name"] for x in route.get("parameters", [])
                     if x["in"] == "query"]
            for target in target_of(path, query, canaries):
                for body in bodies(method, path, canaries):
                    for token in bearers(canaries, good):
                        status, text = client.ask(
                            method, target, body, headers_of(canaries), token)
                        asked += 1
                        check(status != 500, f"{method} {target}: {text}")
                        for what in canaries.found_in(text):
                            leaks.append(f"{what}, in the answer to {method} "
                                         f"{target}: {text[-300:]}")
    return leaks, asked


def secrets_of_people(client, canaries):
    """Somebody with a key, a password and a session; the key."""
    password = canaries.make("a good password", "{} and more")
    client.make("/api/v1/principals", {"id": "ann", "role": "admin"})
    client.make("/api/v1/principals/ann/password", {"password": password})
    made = client.make("/api/v1/keys", {"principal": "ann"})
    key = canaries.add("a key", made["secret"])
    # tm, the tenant, the id, and what may have such signs of its own.
    canaries.add("the secret part of a key", key.split("_", 3)[3])
    begun = client.make("/api/v1/sessions",
                        {"principal": "ann", "password": password})
    canaries.add("a session", begun["token"])
    canaries.add("the word of the machine", client.token)
    return key


def search(place, canaries, but):
    """All files below *place* that have a secret."""
    found = []
    for file in sorted(place.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.name not in but:
            for what in canaries.found_in(file.read_bytes()):
                found.append(f"{what}, in {file.relative_to(place)}")
    return found


def main(binary):
    canaries = Canaries()
    harness.ENVIRONMENT.update(
        OPENAI_API_KEY=canaries.make("a key in the environment", "sk-{}"),
        OTEL_EXPORTER_OTLP_HEADERS="x-collector-key="
        + canaries.make("the key of a collector"))
    with Directory() as directory, Collector() as collector:
        settings = (
            "log.level=trace",
            f"log.file={directory / 'machine.trace'}",
            "models.anthropic_key="
            + canaries.make("a key in the settings", "sk-ant-{}"),
            f"telemetry.otlp_endpoint={collector.url}",
            # All of this comes from one address.
            "limits.address_rate=0",
            "limits.key_rate=0",
            "limits.principal_rate=0",
        )
        with Machine(binary, directory, "", settings) as machine:
            client = Client(machine)
            # A path may have one by mistake, too.
            by_mistake = canaries.make("a key in a path", KEY)
            client.ask("DELETE", "/api/v1/keys/" + by_mistake)
            key = secrets_of_people(client, canaries)
            leaks, asked = ask_everything(client, canaries, key)
            for target in ("/metrics", "/api/v1/config", "/api/v1/audit",
                           "/api/v1/audit/events", "/api/v1/keys"):
                text = client.ask("GET", target)[1]
                leaks += [f"{x}, in {target}" for x in canaries.found_in(text)]
            for words in (("config", "show", "--origin"), ("audit", "list"),
                          ("audit", "export"), ("key", "list")):
                told = machine.call(*words)
                leaks += [f"{x}, in {' '.join(words)}" for x in
                          canaries.found_in(told.stdout + told.stderr)]
            log = (directory / "machine.trace").read_text()
            check("was not let in" in log, "a log that says something")
            # The word of the machine is meant to stand there.
            leaks += search(directory, canaries, ["endpoint.json"])
            machine.stop()
            leaks += search(directory, canaries, ["endpoint.json"])
        spans = collector.spans()
        check(len(spans) > asked / 2, f"{len(spans)} spans of {asked} requests")
        for path, batch in collector.batches:
            check(path == "/v1/traces", path)
            leaks += [f"{x}, in a trace" for x in canaries.found_in(batch)]
        check(len(collector.keys) == 1 and canaries.found_in(
            str(collector.keys)) == ["the key of a collector"], collector.keys)
        check(asked > 1_000, f"only {asked} requests")
        check(not leaks, f"{len(leaks)} leaks:\n" + "\n".join(leaks[:40]))
    print(f"{len(canaries.all)} secrets in {asked} requests, none of them found")


if __name__ == "__main__":
    main(sys.argv[1])
