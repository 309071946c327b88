#!/usr/bin/env python3
"""The clients of OpenAI and of Anthropic, which none of us wrote, call models
through the machine, whichever protocol their providers speak.

Usage: models.py THEMACHINE
"""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

from harness import ENVIRONMENT, HERE, Directory, Machine, check

NODE = HERE / "node_modules/.bin/node"

# By the name of a model: its provider's protocol and where that is served.
PROTOCOLS = {
    "by-openai": ("openai", "/v1"),
    "by-anthropic": ("anthropic", "/v1"),
    "by-responses": ("openai_responses", "/v1"),
    "by-gemini": ("gemini", "/v1beta"),
    "by-bedrock": ("bedrock", ""),
}


class ModelUpstream:
    """Serves providers' protocols; see `models_upstream.mjs`."""

    def __init__(self, **settings):
        self.settings = settings

    def __enter__(self):
        self.process = subprocess.Popen(
            [str(NODE) if NODE.exists() else "node", str(HERE / "models_upstream.mjs")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE,
            env={**ENVIRONMENT, **{k: str(v) for k, v in self.settings.items()}},
        )
        self.url = self.process.stdout.readline().strip()
        check(self.url.startswith("http"), "the upstream did not start")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def catalogue_of(url):
    text = ""
    for model, (protocol, path) in PROTOCOLS.items():
        text += f"""
[provider.{model}]
protocol = "{protocol}"
url = "{url}{path}"
local = true

[model.{model}]
provider = "{model}"
context = 100000
max_output = 8000
tools = true
structured_output = true
takes = ["image"]
price = {{ input = "1", output = "2" }}
"""
        if protocol == "bedrock":
            text = text.replace(f'url = "{url}"', f'url = "{url}"\nauth = "bearer"\nkey_env = "E2E_KEY"')
    return text + """
[model.vectors]
provider = "by-openai"
embeddings = true
context = 8000
price = { input = "0.1", output = "0" }
"""


# Of two models the cheaper is not quite good enough: where an answer can be
# checked, it is asked first.
LADDER = """
[provider.ladder]
protocol = "openai"
url = "{url}/v1"
local = true

[model.cheap]
provider = "ladder"
context = 100000
max_output = 8000
structured_output = true
price = {{ input = "0.1", output = "0.1" }}
quality = {{ general = 0.7 }}

[model.dear]
provider = "ladder"
context = 100000
max_output = 8000
structured_output = true
price = {{ input = "10", output = "10" }}
quality = {{ general = 0.9 }}
"""

POLICIES = """
[policy.ladder]
prefer = "cheap"
minimum_quality = 0.75
allowed_providers = ["ladder"]
exploration = { on = false }

[policy.near]
prefer = "cheap"
exploration = { on = false }
cache = { semantic = 0.8 }
"""

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}


class Caller:
    """Calls models over HTTP, and looks at the headers."""

    def __init__(self, machine):
        where = json.loads((machine.data / "endpoint.json").read_text())
        self.url, self.token = where["url"], where["token"]

    def post(self, path, body, **headers):
        request = urllib.request.Request(
            self.url + path,
            json.dumps(body).encode(),
            {
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **{f"X-Machine-{k}": v for k, v in headers.items()},
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), json.load(error)

    def ask(self, model, text, more={}, **headers):
        status, seen, answer = self.post(
            "/v1/chat/completions",
            {
                "model": model,
                "max_tokens": 200,
                "messages": [{"role": "user", "content": text}],
                **more,
            },
            **headers,
        )
        check(status == 200, f"{status} {answer}")
        return seen, answer["choices"][0]["message"]["content"]


def ladder(caller):
    """A cheaper model first; what it was worth is told later."""
    by_schema = {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "weather", "schema": SCHEMA, "strict": True},
        }
    }
    seen, text = caller.ask("auto", "which city", by_schema, Policy="ladder")
    check(json.loads(text)["city"] == "Oslo", text)
    check(seen["X-Machine-Model"] == "dear", seen)
    check(seen["X-Machine-Tries"] == "2", seen)
    check(seen["X-Machine-Schema"] == "valid", seen)
    seen, text = caller.ask("auto", "as JSON", by_schema, Policy="ladder")
    check(seen["X-Machine-Model"] == "cheap", seen)
    check(seen["X-Machine-Tries"] == "1", seen)

    place = f"/api/v1/decisions/{seen['X-Machine-Call']}/verdict"
    for verdict, status in [
        ({"tests_passed": True}, 200),
        ({"tests_passed": True, "accepted": True}, 200),
        ({"tests_passed": False}, 409),
        ({}, 400),
        ({"accepted": "yes"}, 400),
    ]:
        told = caller.post(place, verdict)
        check(told[0] == status, f"{verdict}: {told}")
    told = caller.post("/api/v1/decisions/d-nobody/verdict", {"accepted": True})
    check(told[0] == 404, told)


def near(caller):
    """Nearly the same is answered again, where a policy says so."""

    def ask(text, **headers):
        seen, said = caller.ask("cheap", text, Policy="near", **headers)
        return seen["X-Machine-Cache"], seen["X-Machine-Cost"], said

    first = ask("hello, what is on page 12?")
    check(first[0] == "miss" and float(first[1]) > 0, first)
    again = ask("hello, what is on page 12?")
    check(again[0] == "hit" and float(again[1]) == 0, again)
    close = ask("hello! What's on the page 12")
    check(close[0] == "semantic" and float(close[1]) == 0, close)
    check(close[2] == first[2], close)
    check(ask("hello! What's on the page 13")[0] == "miss", "another number")
    check(ask("hello! What's not on the page 12")[0] == "miss", "a negation")
    check(ask("hello! What's on the page 12", Cache="off")[0] == "miss", "off")
    seen, _ = caller.ask("cheap", "hello, what is on page 12?")
    check(seen["X-Machine-Cache"] == "miss", "another policy keeps nothing")


def main(binary):
    with ModelUpstream() as upstream, Directory() as directory:
        policies = directory / "policies.toml"
        policies.write_text(POLICIES)
        with Machine(
            binary,
            directory,
            catalogue_of(upstream.url) + LADDER.format(url=upstream.url),
            [f"models.policies={policies}"],
        ) as machine:
            ladder(Caller(machine))
            near(Caller(machine))
            where = json.loads((machine.data / "endpoint.json").read_text())
            done = subprocess.run(
                [str(NODE) if NODE.exists() else "node", str(HERE / "models.mjs"),
                 where["url"], where["token"], *PROTOCOLS],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, cwd=HERE, env=ENVIRONMENT,
                timeout=300,
            )
            check(done.returncode == 0, done.stdout)
            print(done.stdout.strip())


if __name__ == "__main__":
    main(*sys.argv[1:])
