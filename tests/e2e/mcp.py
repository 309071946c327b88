"""MCP, with clients and judges that none of us wrote: the conformance suite, the
official clients, and the inspector, over HTTP and by `themachine mcp`."""

import http.client
import http.server
import json
import re
import subprocess
import sys
import threading
import urllib.parse

from harness import ENVIRONMENT, HERE, Directory, Machine, check, make_repository, run

NODE = HERE / "node_modules/.bin/node"
SUITE = HERE / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
INSPECTOR = HERE / "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
REVISIONS = ("2025-11-25", "2026-07-28")

# What of the suite is about the protocol alone, and asks for no tool, prompt or
# resource of its own: the program itself has to pass it.
OF_EVERY_SERVER = {
    "2025-11-25": (
        "server-initialize",
        "server-session-lifecycle",
        "ping",
        "tools-list",
        "resources-list",
        "prompts-list",
        "server-sse-multiple-streams",
        "dns-rebinding-protection",
    ),
    "2026-07-28": (
        "tools-list",
        "resources-list",
        "prompts-list",
        "server-sse-multiple-streams",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "caching",
        "http-header-validation",
        "input-required-result-unsupported-methods",
    ),
}

ASKING = """
name: asking
steps:
  - {id: ok, approve: "Go on?"}
output: .steps.ok.output.approved
"""


class Proxy:
    """Adds a key to what goes through it: the suite has none. It says nothing
    else in anybody's place; of names for itself it makes those of the machine."""

    def __init__(self, where):
        target = urllib.parse.urlparse(where["url"])
        token = where["token"]

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length) if length else None
                ours = f":{self.server.server_port}"
                headers = {
                    name: value.replace(ours, f":{target.port}")
                    for name, value in self.headers.items()
                    if name.lower() not in ("connection", "content-length")
                }
                headers["Authorization"] = "Bearer " + token
                to = http.client.HTTPConnection(
                    target.hostname, target.port, timeout=60
                )
                try:
                    to.putrequest(self.command, self.path, True, True)
                    for name, value in headers.items():
                        to.putheader(name, value)
                    if body is not None:
                        to.putheader("Content-Length", str(len(body)))
                    to.endheaders(body)
                    self.give(to.getresponse())
                finally:
                    to.close()
                    self.close_connection = True

            def give(self, answer):
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    while piece := answer.read1(65536):
                        self.wfile.write(piece)
                        self.wfile.flush()
                except OSError:
                    pass  # the client has heard enough

            do_GET = do_POST = do_DELETE = do_PUT = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}/mcp"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Everything:
    """The server with what the suite asks for."""

    def __init__(self, binary):
        self.binary = binary

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.stdin.close()
        check(self.process.wait(timeout=30) == 0, "the server ends well")


def judge(directory, url, *words):
    """What the suite says of the server at *url*."""
    seen = subprocess.run(
        [NODE, SUITE, "server", "--url", url, *words],
        cwd=directory,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    text = seen.stdout + seen.stderr
    if seen.returncode != 0:
        print(text[-6000:])
    check(seen.returncode == 0, f"the suite is content with {' '.join(words)}")
    return text


def protocol(directory, everything):
    """All that a revision requires, on its own wire."""
    with Everything(everything) as url:
        for revision in REVISIONS:
            text = judge(directory, url, "--requirements", revision)
            met = [x for x in text.splitlines() if re.match(r"✓ \S+: \d+ passed", x)]
            check(len(met) >= 30, f"it was judged by {len(met)} scenarios")
            print(f"conformance {revision}: {len(met)} scenarios, all that it requires")


def program(directory, machine):
    """The program itself, with what it really offers."""
    where = json.loads((machine.data / "endpoint.json").read_text())
    with Proxy(where) as url:
        for revision, scenarios in OF_EVERY_SERVER.items():
            for name in scenarios:
                judge(
                    directory, url, "--scenario", name, "--spec-version", revision
                )
            print(f"the program, {revision}: {len(scenarios)} scenarios")


def words_of(machine):
    return [str(x) for x in [machine.binary, "mcp", *machine.options]]


def clients(machine, repository):
    """The official clients, each over HTTP with a key of its own and by the
    command."""
    machine.call("principal", "create", "mcp", "--role", "developer")
    made = machine.call("key", "create", "--principal", "mcp", "--json").stdout
    key = json.loads(made)["secret"]
    where = json.loads((machine.data / "endpoint.json").read_text())
    facts = json.dumps(
        {
            "url": where["url"],
            "key": key,
            "command": words_of(machine),
            "repository": str(repository),
            "workflow": ASKING,
        }
    )
    for which in ("first", "second"):
        for how in ("http", "stdio"):
            seen = run(NODE, HERE / "mcp.mjs", which, how, facts)
            said = json.loads(seen.stdout.splitlines()[-1])
            wanted = REVISIONS[0] if which == "first" else REVISIONS[1]
            check(said["era"] == wanted, f"{which} over {how} speaks {wanted}: {said}")
            print(f"official client, {said['era']} over {how}: {said['tools']} tools")
    return where["url"], key


def inspector(machine, url, key):
    def ask(*words):
        return json.loads(run(NODE, INSPECTOR, "--cli", *words).stdout)

    over_http = [
        f"{url}/mcp", "--transport", "http", "--header", f"Authorization: Bearer {key}"
    ]
    # It fails for schemas that some model could not use.
    tools = ask(*over_http, "--method", "tools/list", "--strict")["tools"]
    check(any(x["name"] == "start_run" for x in tools), "it sees start_run")
    made = ask(
        *over_http, "--method", "tools/call", "--tool-name", "create_task",
        "--tool-arg", "title=inspected"
    )
    check(made["structuredContent"]["title"] == "inspected", "it makes a task")
    prompts = ask(*over_http, "--method", "prompts/list")["prompts"]
    check(prompts, "it sees prompts")
    # Of a command the words stand before its own options.
    script = machine.data / "mcp"
    quoted = " ".join("'" + x + "'" for x in words_of(machine))
    script.write_text(f"#!/bin/sh\nexec {quoted}\n")
    script.chmod(0o700)
    listed = ask(str(script), "--method", "tools/list")["tools"]
    check(len(listed) == len(tools), "it sees the same by the command")
    print(f"inspector: {len(tools)} tools")


def say(machine, text, **more):
    return subprocess.run(
        words_of(machine), input=text, capture_output=True, text=True,
        env=ENVIRONMENT, timeout=60, **more
    )


HELLO = json.dumps(
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "e2e", "version": "1"},
        },
    }
)
PING = '{"jsonrpc":"2.0","id":2,"method":"ping"}'


def command(machine):
    """The command on its own: only messages on the standard output, an end with
    that of the input, and what it says when nobody is there."""
    seen = say(machine, f"{HELLO}\n\nno json\n[]\n{PING}\n")
    check(seen.returncode == 0, f"it ends well: {seen.stderr}")
    lines = [json.loads(x) for x in seen.stdout.splitlines()]
    by_id = {x["id"]: x for x in lines if x.get("id") is not None}
    check(by_id[1]["result"]["protocolVersion"] == "2025-11-25", "a greeting")
    check(by_id[2]["result"] == {}, "an answer after what was no message")
    codes = sorted(x["error"]["code"] for x in lines if "error" in x)
    check(codes == [-32700, -32600], f"what was wrong: {codes}")
    check(say(machine, "").stdout == "", "who says nothing hears nothing")
    late = {
        "jsonrpc": "2.0",
        "id": "x",
        "method": "server/discover",
        "params": {
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
            }
        },
    }
    seen = say(machine, json.dumps(late))
    found = json.loads(seen.stdout)["result"]["supportedVersions"]
    check(found[0] == "2026-07-28", "the late revision, and no line end")


def restarts(machine):
    """The machine comes again under a client that stays."""
    process = subprocess.Popen(
        words_of(machine), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env=ENVIRONMENT,
    )

    def ask(text):
        process.stdin.write(text + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    check("result" in ask(HELLO), "a greeting")
    machine.kill()
    gone = ask(PING)
    check(gone["error"]["code"] == -32000, f"nobody is there: {gone}")
    machine.start()
    check("result" in ask(PING.replace('"id":2', '"id":3')), "again")
    process.stdin.close()
    check(process.wait(timeout=60) == 0, "it ends well")


def nobody(machine):
    machine.stop()
    seen = say(machine, HELLO + "\n")
    check(seen.returncode == 6, f"exit code 6 without a machine: {seen}")
    check(seen.stdout == "", "nothing that is no message")
    check("themachine up" in seen.stderr, f"what to do: {seen.stderr}")


def main(binary, everything):
    with Directory() as directory:
        protocol(directory, everything)
        repository = make_repository(HERE / "project", directory / "project")
        # Of people with keys.
        place = f"run.repositories={directory}"
        with Machine(binary, directory, "", [place]) as machine:
            program(directory, machine)
            url, key = clients(machine, repository)
            inspector(machine, url, key)
            command(machine)
            restarts(machine)
            nobody(machine)


if __name__ == "__main__":
    main(*sys.argv[1:])
