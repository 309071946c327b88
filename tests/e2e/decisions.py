#!/usr/bin/env python3
"""Calls of models can be explained and replayed: the header of an answer names
its decision, the command line says why, also after a kill, and what another
policy would have made of the calls.

Usage: decisions.py THEMACHINE
"""

import json
import sys
import urllib.request

from harness import Directory, Machine, check
from models import ModelUpstream

CALLS = 3

# By name: the quality and the price of a token of the answer, in micro-dollars.
MODELS = {"plain": (0.7, 2), "clever": (0.95, 40)}


def catalogue_of(url):
    text = f"""
[provider.near]
protocol = "openai"
url = "{url}/v1"
local = true

[model.unpriced]
provider = "near"
context = 100000
max_output = 8000
"""
    for name, (quality, price) in MODELS.items():
        text += f"""
[model.{name}]
provider = "near"
context = 100000
max_output = 8000
price = {{ input = "1", output = "{price}" }}
quality = {{ general = {quality} }}
"""
    return text


def ask(where, model, words="hello"):
    """The headers and the text of an answer."""
    body = {"model": model, "max_tokens": 200,
            "messages": [{"role": "user", "content": words}]}
    request = urllib.request.Request(
        where["url"] + "/v1/chat/completions", json.dumps(body).encode(),
        {"Authorization": "Bearer " + where["token"],
         "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = json.load(answer)["choices"][0]["message"]["content"]
        return answer.headers, text


def get(where, path):
    request = urllib.request.Request(
        where["url"] + "/api/v1" + path,
        headers={"Authorization": "Bearer " + where["token"]},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def check_decision(x, call, cost):
    check(x["id"] == call, "the header names the decision")
    check(x["asked"]["model"] == "auto:cheap", x["asked"])
    best = x["chosen"]["candidates"][0]
    check(best["model"] == "plain", best)
    check(abs(best["quality"] - 0.7) < 0.01, best)
    check(0 < int(best["expected"]) <= int(best["worst_case"]), best)
    others = {y["model"] for y in x["chosen"]["candidates"]}
    check(others >= set(MODELS), f"candidates: {others}")
    reasons = {y["model"]: y["reason"] for y in x["chosen"]["rejections"]}
    check("price" in reasons["unpriced"], reasons)
    check([y["model"] for y in x["tries"]] == ["plain"], x["tries"])
    usage = x["tries"][0]["usage"]
    check((usage["input"], usage["output"]) == ("20", "10"), usage)
    # 20 tokens of a micro-dollar, and 10 of two.
    check(x["result"]["cost"] == "40", x["result"])
    check(abs(float(cost) - 40e-6) < 1e-9, cost)
    check(x["result"]["end"] == "answered", x["result"])
    check(x["whose"]["principal"] != "", x["whose"])
    check("hello" not in json.dumps(x), "nothing of what was said is kept")


def check_explanation(machine, call):
    text = machine.call("model", "explain", call).stdout
    for part in (call, "auto:cheap", "candidates", "clever", "rejected",
                 "unpriced", "price", "tries", "estimate", "expected",
                 "happened", "$0.00004"):
        check(part in text, f"{part} is explained:\n{text}")
    check(machine.data_of("model", "explain", call)["id"] == call, "as JSON")
    unknown = machine.call("model", "explain", "d-1", check=False)
    check(unknown.returncode == 3, unknown)
    check("X-Machine-Call" in unknown.stderr, unknown.stderr)
    listed = machine.data_of("model", "decisions", "--model", "plain")["items"]
    check(len(listed) == CALLS and listed[0]["id"] == call, listed)


def check_replay(machine, directory):
    policy = directory / "best.toml"
    policy.write_text('[policy.splendid]\nprefer = "best"\n')
    words = ("model", "replay", "--policy", policy, "--since", "1h")
    report = machine.data_of(*words)
    check(report["policy"] == "splendid", report)
    check(report["calls"] == report["changed"] == str(CALLS), report)
    was, would = report["was"], report["would"]
    check(was["cost"] == str(40 * CALLS), was)
    check(was["chosen"] == {"plain": str(CALLS)}, was)
    check(would["chosen"] == {"clever": str(CALLS)}, would)
    # 20 tokens of a micro-dollar, and 10 of forty.
    check(would["cost"] == str(420 * CALLS), would)
    check(would["quality"] > was["quality"] + 0.1, report)
    text = machine.call(*words).stdout
    for part in ("splendid", "would be", "cost", "quality", "calls of clever",
                 f"{CALLS} calls would go to another model"):
        check(part in text, f"{part} is said:\n{text}")
    wrong = machine.call("model", "replay", "--policy", "nowhere", check=False)
    check(wrong.returncode != 0 and "no policy nowhere" in wrong.stderr, wrong)


def main(binary):
    with ModelUpstream() as upstream, Directory() as directory:
        policies = directory / "policies.toml"
        policies.write_text("[policy.default]\nexploration = { on = false }\n")
        machine = Machine(binary, directory, catalogue_of(upstream.url),
                          [f"models.policies={policies}"])
        with machine:
            where = get_where(machine)
            for _ in range(CALLS):
                headers, _ = ask(where, "auto:cheap")
            call = headers["x-machine-call"]
            found = get(where, "/decisions/" + call)
            check_decision(found, call, headers["x-machine-cost"])
            check_explanation(machine, call)
            asked = len(get(where, "/decisions")["items"])
            check_replay(machine, directory)
            check(len(get(where, "/decisions")["items"]) == asked,
                  "a replay asks no model")
            # What can be read has been written.
            machine.kill()
            machine.start()
            check(get(get_where(machine), "/decisions/" + call) == found,
                  "a decision survives a kill")
            check_replay(machine, directory)
    print(f"{CALLS} calls explained and replayed, also after a kill.")


def get_where(machine):
    return json.loads((machine.data / "endpoint.json").read_text())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
