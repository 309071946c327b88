"""A provider that keeps a record of its own of what it was asked: a line a
request, on the disk before anything is answered."""

import http.server
import json
import os
import random
import socketserver
import threading
import time

CATALOGUE = """
[provider.witness]
protocol = "openai"
url = "{url}/v1"
key_env = "E2E_KEY"
local = true

[model.witness]
provider = "witness"
context = 100000
max_output = 1000
price = {{ input = "1.00", output = "5.00" }}
"""

ANSWER = "".join(
    f"data: {line}\n\n"
    for line in (
        '{"choices":[{"index":0,"delta":{"content":"something"}}]}',
        '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
        '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}',
        "[DONE]",
    )
)


class Witness(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path, seed):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.path = path
        self.chance = random.Random(seed)
        self.lock = threading.Lock()
        self.file = open(path, "a")

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
        self.file.close()

    def handle_error(self, request, client_address):
        """The other side was killed; that is what this is about."""

    def testify(self, key):
        """Records a request; how long to take for it, and whether to refuse."""
        with self.lock:
            print(json.dumps({"key": key, "at": time.time()}), file=self.file)
            self.file.flush()
            os.fsync(self.file.fileno())
            return self.chance.uniform(0, 0.1), self.chance.random() < 0.03

    def requests(self):
        """When each key was asked for."""
        result = {}
        with self.lock, open(self.path) as file:
            for line in file:
                x = json.loads(line)
                result.setdefault(x["key"], []).append(x["at"])
        return result


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        wait, refuses = self.server.testify(self.headers["Idempotency-Key"])
        # A provider takes its time; nothing waits for it to pass.
        time.sleep(wait)
        self.send_response(429 if refuses else 200)
        if refuses:
            self.send_header("Retry-After", "0.1")
        body = "{}" if refuses else ANSWER
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
