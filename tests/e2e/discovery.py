#!/usr/bin/env python3
"""Servers of models on this computer are found by the machine, as Ollama and
llama.cpp speak: their models are listed as such, are really asked, never stand
in the place of what is configured, and are gone when the server is.

Usage: discovery.py THEMACHINE
"""

import http.server
import json
import sys
import threading

from asking import ask_model
from harness import Directory, Machine, check, wait_for

CATALOGUE = """
[provider.elsewhere]
protocol = "openai"
url = "http://127.0.0.1:9/v1"
local = true

[model."mine:1b"]
provider = "elsewhere"
context = 1000
max_output = 100
price = { input = "1.00", output = "5.00" }
"""

ANSWER = "".join(f"data: {line}\n\n" for line in (
    '{"choices":[{"index":0,"delta":{"content":"something"}}]}',
    '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
    '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}',
    "[DONE]",
))


class Server:
    """Answers by path, and keeps which models it was asked to use."""

    def __init__(self, answers, port=0):
        self.used = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def reply(self, status, body, media="application/json"):
                self.send_response(status)
                self.send_header("Content-Type", media)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def do_GET(self):
                if self.path in answers:
                    self.reply(200, json.dumps(answers[self.path]))
                else:
                    self.reply(404, "{}")

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/v1/chat/completions":
                    outer.used.append(body["model"])
                    self.reply(200, ANSWER, "text/event-stream")
                elif self.path in answers:
                    self.reply(200, json.dumps(answers[self.path]))
                else:
                    self.reply(404, "{}")

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# As their documentation has it: docs/api.md of Ollama, tools/server/README.md
# of llama.cpp.
OLLAMA = {
    "/api/tags": {"models": [
        {"name": "qwen3:8b", "model": "qwen3:8b", "size": 1},
        {"name": "mine:1b", "model": "mine:1b", "size": 1},
    ]},
    "/api/ps": {"models": [{"model": "qwen3:8b", "context_length": 16384}]},
    "/api/show": {
        "model_info": {"qwen3.context_length": 40960},
        "capabilities": ["completion", "tools"],
    },
}
LLAMA = {
    "/v1/models": {"object": "list", "data": [{"id": "/models/gemma-3.gguf"}]},
    "/props": {
        "default_generation_settings": {"n_ctx": 8192},
        "chat_template": "{% if tools %}",
    },
}


def models_of(machine):
    return {x["id"]: x for x in machine.data_of("model", "list")["items"]}


def main():
    with Directory() as directory:
        ollama = Server(OLLAMA)
        llama = Server(LLAMA)
        with Machine(sys.argv[1], directory, CATALOGUE, [
            "models.discover_interval=1s",
            f"models.discover_ollama={ollama.url}",
            f"models.discover_llama_cpp={llama.url}",
        ]) as machine:
            wait_for("model of Ollama", lambda: "qwen3:8b" in models_of(machine))
            wait_for("model of llama.cpp", lambda: "gemma-3" in models_of(machine))
            all_models = models_of(machine)
            found = all_models["qwen3:8b"]
            check(found["discovered"] and found["local"] and found["usable"], found)
            check(int(found["context"]) == 16384, found)
            check(all_models["gemma-3"]["discovered"], all_models["gemma-3"])
            check(not all_models["mine:1b"]["discovered"], all_models["mine:1b"])
            check(all_models["mine:1b"]["provider"] == "elsewhere",
                  all_models["mine:1b"])
            text = machine.call("model", "list").stdout
            check("qwen3:8b (discovered)" in text, text)
            for model, server, name in (("qwen3:8b", ollama, "qwen3:8b"),
                                        ("gemma-3", llama, "/models/gemma-3.gguf")):
                status, body = ask_model(machine, model)
                check(status == 200 and "something" in body, body)
                check(server.used == [name], server.used)
            ollama.close()
            wait_for("end of them", lambda: "qwen3:8b" not in models_of(machine))
            check("gemma-3" in models_of(machine), "another server went with it")
            status, body = ask_model(machine, "qwen3:8b")
            check(status == 404, f"{status}: {body}")
            again = Server(OLLAMA, ollama.port)
            wait_for("model that is back", lambda: "qwen3:8b" in models_of(machine))
            check(machine.stop() == 0, "it did not stop in order")
            machine.options += ["--set", "models.discover=false"]
            machine.start()
            check("qwen3:8b" not in models_of(machine), "it looked all the same")
            again.close()
        llama.close()
    print("what is on this computer is found")


if __name__ == "__main__":
    main()
