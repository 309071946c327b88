#!/usr/bin/env python3
"""Who goes through a proxy and who does not: a provider does, unless NO_PROXY
names it, in either spelling; a model on this computer does not; and the command
line and its machine never speak through one, whatever the environment says.

Usage: proxies.py THEMACHINE
"""

import http.server
import pathlib
import socketserver
import subprocess
import sys
import threading

from harness import ENVIRONMENT, Directory, check

CATALOGUE = """
[provider.far]
protocol = "openai"
url = "http://{host}:{port}/v1"
key_env = "E2E_KEY"
local = true

[model.far]
provider = "far"
context = 200000
max_output = 32000
structured_output = true
price = {{ input = "1.00", output = "1.00" }}
"""

ASK = """
name: ask
steps:
  - id: ask
    model: {prompt: "Say something.", max_output_tokens: 1000}
"""

ANSWER = "".join(
    f"data: {x}\n\n"
    for x in (
        '{"choices":[{"index":0,"delta":{"content":"hello"}}]}',
        '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
        '{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":2}}',
        "[DONE]",
    )
)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A provider, or a proxy that answers in its place; it keeps what was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("0.0.0.0", 0), Handler)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(ANSWER.encode())

    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_error(502)


def main(binary):
    binary = pathlib.Path(binary).resolve()
    # An address of this computer that is not the one that everybody means.
    far = "127.0.0.2"
    with Directory() as place:
        (place / "ask.yaml").write_text(ASK)
        (place / "config.toml").touch()
        provider, proxy = Server(), Server()
        proxy_url = f"http://127.0.0.1:{proxy.server_address[1]}"
        port = provider.server_address[1]
        for number, (host, through, environment, setting) in enumerate((
            (far, "proxy", {}, proxy_url),
            (far, "proxy", {"http_proxy": proxy_url, "HTTP_PROXY": proxy_url}, ""),
            (far, "proxy", {"all_proxy": proxy_url, "NO_PROXY": "example.org"}, ""),
            (far, "direct", {"NO_PROXY": f"example.org,{far}"}, proxy_url),
            (far, "direct", {"no_proxy": far}, proxy_url),
            (far, "direct", {"no_proxy": far, "http_proxy": proxy_url}, ""),
            (far, "direct", {"NO_PROXY": "127.0.0.0/8", "http_proxy": proxy_url}, ""),
            (far, "direct", {"NO_PROXY": "*"}, proxy_url),
            ("127.0.0.1", "direct", {"ALL_PROXY": proxy_url}, proxy_url),
            ("localhost", "direct", {"NO_PROXY": "example.org"}, proxy_url),
        )):
            provider.asked.clear()
            proxy.asked.clear()
            (place / "catalogue.toml").write_text(
                CATALOGUE.format(host=host, port=port)
            )
            done = subprocess.run(
                [binary, "run", "Say it", "--workflow", "ask.yaml", "--model", "far",
                 "--data-dir", f"data-{number}", "--config", "config.toml",
                 "--set", "models.catalogue=catalogue.toml",
                 "--set", f"net.proxy={setting}",
                 # Such an address is none that anybody keeps from proxies.
                 "--set", "gateway.address=127.0.0.3"],
                cwd=place, env={**ENVIRONMENT, **environment}, text=True,
                stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
            )
            case = f"{host} with {environment} and {setting!r}"
            check(done.returncode == 0, f"{case}: {done.stdout}{done.stderr}")
            asked = proxy.asked if through == "proxy" else provider.asked
            other = provider.asked if through == "proxy" else proxy.asked
            check(len(asked) == 1 and not other, f"{case}: {proxy.asked}")
    print("Everything went the way it should.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
