#!/usr/bin/env python3
"""What becomes of a run whose provider is in trouble, that is cancelled in the
middle of an answer or a command, or whose budget does not cover a call.

Usage: trouble.py THEMACHINE
"""

import http.server
import json
import os
import pathlib
import socketserver
import sys
import threading
import time

from harness import HERE, Directory, Machine, check, make_repository, wait_for

CATALOGUE = """
[provider.trouble]
protocol = "openai"
url = "{url}/v1"
key_env = "E2E_KEY"
local = true

# Without the version in its address, as its own tools write it.
[provider.anthropic-trouble]
protocol = "anthropic"
url = "{url}"
key_env = "E2E_KEY"
local = true
"""

MODEL = """
[model.{name}]
provider = "{provider}"
context = 200000
max_output = 32000
tools = true
structured_output = true
price = {{ input = "1.00", output = "{output}" }}
quality = {{ general = {quality} }}
"""

ASK = """
name: ask
steps:
  - id: ask
    model: {prompt: "Say something.", max_output_tokens: 1000}
"""

WAIT = """
name: wait
steps:
  - {id: wait, command: "echo up; sleep MARK & sleep MARK; wait"}
"""


USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}'
STOP = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'


def chunk(text):
    return "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": text}}]})


def event(kind, **members):
    return "data: " + json.dumps({"type": kind, **members})


def begin_claude():
    """As the API begins: it says one token of output before there is any."""
    return (
        event("message_start", message={"model": "m", "usage": {
            "input_tokens": 10, "output_tokens": 1}}),
        event("content_block_start", index=0,
              content_block={"type": "text", "text": ""}),
        event("content_block_delta", index=0,
              delta={"type": "text_delta", "text": "hel"}),
    )


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Answers as the name of the model says."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = {}
        self.closed = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def stream(self, *lines):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for line in lines:
            self.wfile.write((line + "\n\n").encode())
            self.wfile.flush()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = body["model"]
        claude = name.startswith("claude")
        if self.path != ("/v1/messages" if claude else "/v1/chat/completions"):
            return self.answer(404, '{"error":{"message":"no such path"}}')
        count = self.server.requests.get(name, 0) + 1
        self.server.requests[name] = count
        getattr(self, name.replace("-", "_"))(count)

    def good(self):
        self.stream(chunk("hello"), STOP, USAGE, "data: [DONE]")

    def uncounted(self, _):
        self.stream(chunk("hello"), STOP, "data: [DONE]")

    def without_an_end(self, _):
        self.stream(chunk("hello"), STOP, USAGE)

    def failing_late(self, _):
        self.stream(
            chunk("hello"), USAGE, 'data: {"error":{"message":"out of memory"}}'
        )

    def missing(self, _):
        self.answer(404, '{"error":{"message":"no such model"}}')

    def spare(self, _):
        self.good()

    def dear(self, _):
        self.good()

    def unauthorized(self, _):
        self.answer(401, '{"error":{"message":"bad key e2e-key"}}')

    def limited_once(self, count):
        if count == 1:
            self.answer(429, "{}", [("Retry-After", "0.2")])
        else:
            self.good()

    def limited_for_long(self, _):
        self.answer(429, "{}", [("Retry-After", "3600")])

    def failing_twice(self, count):
        if count < 3:
            self.answer(500, "oops")
        else:
            self.good()

    def refusing(self, _):
        self.answer(400, '{"error":{"message":"no such parameter"}}')

    def garbage(self, _):
        self.answer(200, "<html>hello</html>")

    def half(self, _):
        self.stream(chunk("hel"))

    def silent(self, _):
        self.stream(chunk("hel"))
        self.watch()

    def nested(self, _):
        self.stream('data: {"choices":' + "[" * 200000 + "]" * 200000 + "}")

    def claude_good(self, _):
        self.stream(
            *begin_claude(),
            event("message_delta", delta={"stop_reason": "end_turn"},
                  usage={"output_tokens": 2}),
            event("message_stop"),
        )

    def claude_unauthorized(self, _):
        self.answer(401, json.dumps({"type": "error", "error": {
            "type": "authentication_error", "message": "bad key e2e-key"}}))

    def claude_limited_once(self, count):
        if count == 1:
            self.answer(429, "{}", [("Retry-After", "0.2")])
        else:
            self.claude_good(count)

    def claude_overloaded(self, count):
        if count == 1:
            self.answer(529, json.dumps({"type": "error", "error": {
                "type": "overloaded_error", "message": "Overloaded"}}))
        else:
            self.claude_good(count)

    def claude_failing_late(self, _):
        self.stream(*begin_claude(), event("error", error={
            "type": "overloaded_error", "message": "Overloaded"}))

    def claude_half(self, _):
        self.stream(*begin_claude())

    def watch(self):
        """Until the other side is gone."""
        while self.connection.recv(1024):
            pass
        self.server.closed.set()


# Micro-dollars of an answer that was counted to its end: 10 tokens in, 2 out.
COUNTED = 20

# What is charged for a call whose cost nobody knows: all that was set aside.
LEASE = "lease"

# Model, result, code, a part of the message, requests, what each costs.
TABLE = [
    ("unauthorized", "failed", "provider_auth", "check the key", 1, [0]),
    ("limited-once", "done", "", "", 2, [0, COUNTED]),
    ("limited-for-long", "failed", "provider_rate_limited", "3600000 ms", 1, [0]),
    ("failing-twice", "done", "", "", 3, [0, 0, COUNTED]),
    ("refusing", "failed", "provider_rejected", "no such parameter", 1, [0]),
    ("missing", "failed", "provider_rejected", "no such model", 1, [0]),
    ("garbage", "failed", "provider_garbled", "not as the API says", 4, [LEASE] * 4),
    ("nested", "failed", "provider_garbled", "not as the API says", 4, [LEASE] * 4),
    ("half", "failed", "provider_interrupted", "before its end", 4, [LEASE] * 4),
    ("failing-late", "failed", "provider_failed", "out of memory", 4, [LEASE] * 4),
    ("silent", "failed", "timeout", "was silent for", 4, [LEASE] * 4),
    ("uncounted", "done", "", "", 1, [LEASE]),
    ("without-an-end", "done", "", "", 1, [COUNTED]),
    ("claude-good", "done", "", "", 1, [COUNTED]),
    ("claude-unauthorized", "failed", "provider_auth", "check the key", 1, [0]),
    ("claude-limited-once", "done", "", "", 2, [0, COUNTED]),
    ("claude-overloaded", "done", "", "", 2, [0, COUNTED]),
    ("claude-failing-late", "failed", "provider_failed", "Overloaded", 4, [LEASE] * 4),
    ("claude-half", "failed", "provider_interrupted", "before its end", 4, [LEASE] * 4),
]


def start(machine, repository, workflow, model=None, budget="1.00"):
    words = ["run", "--repo", repository, "x", "--workflow", workflow,
             "--budget", budget, "--detach"]
    if model:
        words += ["--model", model]
    return machine.call(*words).stdout.strip()


def end_of(machine, run_id):
    # Its exit code is that of the run, which may have failed.
    machine.call("run", "events", run_id, "--follow", "--json", check=False)
    events = machine.events_of(run_id)
    return events, [x for x in events if x["type"] == "run_ended"][0]


def providers(machine, server, repository, workflow):
    for model, result, code, message, requests, costs in TABLE:
        events, ended = end_of(
            machine, start(machine, repository, workflow, model)
        )
        check(ended["result"] == result, f"{model}: {ended}")
        check(ended["code"] == code, f"{model}: {ended}")
        check(message in ended["message"], f"{model}: {ended}")
        check("e2e-key" not in json.dumps(events), f"{model}: the key is told")
        check(
            server.requests[model] == requests,
            f"{model}: {server.requests[model]} requests",
        )
        check_costs(model, events, ended, costs)
        print(f"{model}: {result} {code} after {requests} requests, "
              f"{ended['spent']} micro-dollars")


def check_costs(model, events, ended, costs):
    leases = [int(x["lease"]) for x in events if x["type"] == "effect_intended"]
    charged = [
        int(x["cost"]) for x in events
        if x["type"] in ("effect_done", "effect_failed")
    ]
    wanted = [
        lease if cost == LEASE else cost for lease, cost in zip(leases, costs)
    ]
    check(len(leases) == len(costs), f"{model}: {len(leases)} calls")
    check(charged == wanted, f"{model}: {charged} instead of {wanted}")
    check(int(ended["spent"]) == sum(wanted), f"{model}: {ended}")


def models_asked(events):
    return [x["subject"] for x in events if x["type"] == "effect_intended"]


def another_model(machine, workflow, repository):
    """Where none was asked for by name, another model takes over."""
    events, ended = end_of(machine, start(machine, repository, workflow))
    check(ended["result"] == "done", f"{ended}")
    check(models_asked(events) == ["missing", "spare"], f"{events}")
    decision = [x for x in events if x["type"] == "effect_intended"][1]["decision"]
    check(decision["candidates"][0]["model"] == "spare", f"{decision}")
    why = {x["model"]: x["reason"] for x in decision["rejections"]}
    check("no such model" in why["missing"], f"{decision}")
    print("a model that is gone is replaced by the next: " + why["missing"])


def cheaper_model(machine, workflow, repository):
    """The best is too dear for what is left, and the next fits."""
    events, ended = end_of(
        machine, start(machine, repository, workflow, budget="0.01")
    )
    check(ended["result"] == "done", f"{ended}")
    check(models_asked(events) == ["spare"], f"{events}")
    check(int(ended["spent"]) == COUNTED, f"{ended}")
    events, ended = end_of(
        machine, start(machine, repository, workflow, budget="0.000001")
    )
    check(ended["code"] == "budget_exceeded", f"{ended}")
    check("of the run's budget of $0.000001" in ended["message"], f"{ended}")
    print("a cheaper model that fits the budget is taken")


def within(seconds, what, until):
    began = time.monotonic()
    wait_for(what, until, seconds=10)
    took = time.monotonic() - began
    # ThreadSanitizer makes everything ten times slower.
    seconds *= int(os.environ.get("MACHINE_SLOWNESS", "1"))
    check(took < seconds, f"{what} took {took:.1f} s")
    print(f"{what}: {took:.2f} s")


def processes_with(mark):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "cmdline").read_text():
                    found.append(entry.name)
            except OSError:
                pass
    return found


def state_of(machine, run_id):
    return machine.data_of("run", "show", run_id)["state"]


def cancel_stream(machine, server, repository, workflow):
    server.closed.clear()
    already = server.requests.get("silent", 0)
    run_id = start(machine, repository, workflow, "silent")
    wait_for("request", lambda: server.requests.get("silent", 0) > already)
    machine.call("run", "cancel", run_id)
    within(2, "the provider's connection is closed", server.closed.is_set)
    within(2, "a run is cancelled in an answer",
           lambda: state_of(machine, run_id) == "cancelled")


def cancel_command(machine, repository, place):
    mark = f"1{os.getpid()}7"
    workflow = place / "wait.yaml"
    workflow.write_text(WAIT.replace("MARK", mark))
    run_id = start(machine, repository, workflow)
    wait_for("command", lambda: len(processes_with("sleep\0" + mark)) > 0)
    machine.call("run", "cancel", run_id)
    within(2, "a run is cancelled in a command",
           lambda: state_of(machine, run_id) == "cancelled")
    check(not processes_with("sleep\0" + mark), "a process of it lives")


def small_budget(machine, server, repository, workflow):
    already = server.requests.get("refusing", 0)
    events, ended = end_of(
        machine, start(machine, repository, workflow, "refusing", "0.001")
    )
    check(ended["code"] == "budget_exceeded", f"{ended}")
    check("could cost up to $0.005" in ended["message"], f"{ended}")
    check(server.requests["refusing"] == already, "it was asked all the same")
    check(ended["spent"] == "0", f"{ended}")
    print("a call beyond the budget is not made: " + ended["message"])


def model(name, output="5.00", quality=0.7):
    provider = "anthropic-trouble" if name.startswith("claude") else "trouble"
    return MODEL.format(
        name=name, provider=provider, output=output, quality=quality
    )


def main(binary):
    with Directory() as place:
        server = Server()
        repository = make_repository(HERE / "project", place / "repository")
        workflow = place / "ask.yaml"
        workflow.write_text(ASK)
        providers_of = CATALOGUE.format(url=server.url)
        catalogue = providers_of + "".join(model(row[0]) for row in TABLE)
        with Machine(
            binary, place, catalogue, ["models.idle_timeout=400ms"]
        ) as machine:
            providers(machine, server, repository, workflow)
        with Machine(binary, place, catalogue) as machine:
            cancel_stream(machine, server, repository, workflow)
            cancel_command(machine, repository, place)
            small_budget(machine, server, repository, workflow)
        catalogue = providers_of + model("missing", "1.00") + model("spare")
        with Machine(binary, place, catalogue) as machine:
            another_model(machine, workflow, repository)
        # None is good enough, so the best comes first, whatever it costs.
        catalogue = (providers_of + model("dear", "50.00", 0.5)
                     + model("spare", quality=0.4))
        with Machine(binary, place, catalogue) as machine:
            cheaper_model(machine, workflow, repository)
        log = (place / "machine.log").read_text()
        check("e2e-key" not in log, "the log tells the key")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
