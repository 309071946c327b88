#!/usr/bin/env python3
"""The clients of OpenAI and of Anthropic, which none of us wrote, call models
through the machine, whichever protocol their providers speak.

Usage: models.py THEMACHINE
"""

import json
import os
import subprocess
import sys

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


def main(binary):
    with ModelUpstream() as upstream, Directory() as directory:
        with Machine(binary, directory, catalogue_of(upstream.url)) as machine:
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
