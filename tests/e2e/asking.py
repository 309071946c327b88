"""Requests to a machine, with the word of who runs it."""

import json
import urllib.error
import urllib.request


def request(machine, method, path, body=None):
    where = json.loads((machine.data / "endpoint.json").read_text())
    asked = urllib.request.Request(
        where["url"] + path, None if body is None else json.dumps(body).encode(),
        {"Authorization": "Bearer " + where["token"]}, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as x:
        return x.code, x.read().decode()


def ask_model(machine, model):
    return request(machine, "POST", "/v1/chat/completions", {
        "model": model, "max_tokens": 100,
        "messages": [{"role": "user", "content": "Hello"}]})
