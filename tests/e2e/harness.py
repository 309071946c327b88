"""What the end-to-end tests share: a machine, an upstream, a repository."""

import json
import os
import pathlib
import pty
import shutil
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Nothing of whoever runs the tests may matter to them.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("THEMACHINE_", "GIT_"))
    and not name.endswith("_API_KEY")
    and name.lower() not in ("http_proxy", "https_proxy", "all_proxy")
}
ENVIRONMENT.update(
    E2E_KEY="e2e-key",
    GIT_CONFIG_GLOBAL="/dev/null",
    GIT_CONFIG_SYSTEM="/dev/null",
    NO_COLOR="1",
)


def run(*words, check=True, **more):
    """Runs a command to its end and returns what it wrote."""
    done = subprocess.run(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        timeout=300,
        **more,
    )
    if check and done.returncode != 0:
        raise AssertionError(
            f"{' '.join(map(str, words))}: exit code {done.returncode}\n"
            f"{done.stdout}\n{done.stderr}"
        )
    return done


def at_terminal(words, lines=(), cwd=None, **more):
    """What a terminal shows of a command to which *lines* are typed, and its
    exit code; *more* stands in its environment."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(x) for x in words],
        stdin=theirs, stdout=theirs, stderr=theirs,
        env={**ENVIRONMENT, **more}, cwd=cwd,
    )
    os.close(theirs)
    seen = b""
    for line in lines:
        # What is typed before it is asked for is thrown away.
        while not seen.endswith(b": "):
            seen += os.read(ours, 1)
        os.write(ours, line.encode() + b"\n")
        seen += b"|"
    while True:
        try:
            seen += os.read(ours, 65536)
        except OSError:
            break
    os.close(ours)
    return seen.decode(), process.wait(timeout=60)


def wait_for(what, until, seconds=60):
    """Calls *until* again and again and returns its first true value."""
    end = time.monotonic() + seconds
    while True:
        value = until()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"there was no {what} within {seconds} s")
        time.sleep(0.02)


class Directory:
    """A directory that goes away, but stays for a look if a test fails."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="themachine-e2e-"))
        return self.path

    def __exit__(self, kind, *_):
        if kind is None:
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            print(f"left for a look: {self.path}")


def make_repository(source, where):
    """A git repository with one commit of the files of *source*."""
    shutil.copytree(
        source, where, ignore=shutil.ignore_patterns("__pycache__", "build")
    )
    begin_repository(where)
    return where


def begin_repository(where):
    """Makes a repository of the directory *where*, with one commit of all in it."""
    git(where, "init", "--quiet", "--initial-branch=main")
    git(where, "add", "--all")
    git(where, "-c", "user.name=Somebody", "-c", "user.email=somebody@localhost",
        "commit", "--quiet", "--allow-empty", "--message=Begin")


def git(where, *words):
    return run("git", "-C", where, *words).stdout.strip()


class Upstream:
    """A server that speaks the protocols of providers."""

    def __enter__(self):
        node = HERE / "node_modules/.bin/node"
        self.process = subprocess.Popen(
            [str(node) if node.exists() else "node", str(HERE / "upstream.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE,
            env=ENVIRONMENT,
        )
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http"):
            raise AssertionError(
                "the upstream did not start; scripts/setup installs it"
            )
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)

    def requests(self, path):
        """The bodies of what was asked at *path*, oldest first."""
        request = urllib.request.Request(
            self.url + "/__aimock/journal",
            headers={"Authorization": "Bearer e2e-key"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            entries = json.load(answer)
        return [x for x in entries if x["path"] == path]


class Machine:
    """`themachine up` with a data directory of its own."""

    def __init__(self, binary, directory, catalogue, settings=()):
        self.binary = pathlib.Path(binary).resolve()
        self.data = directory / "data"
        self.place = directory / "elsewhere"
        if not self.place.exists():
            self.place.mkdir()
            begin_repository(self.place)
        (directory / "catalogue.toml").write_text(catalogue)
        (directory / "config.toml").touch()
        self.options = [
            "--data-dir", self.data, "--config", directory / "config.toml"
        ]
        for setting in (
            f"models.catalogue={directory / 'catalogue.toml'}",
            "gateway.port=0",
            *settings,
        ):
            self.options += ["--set", setting]
        self.log = open(directory / "machine.log", "a")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)
        self.log.close()

    def start(self):
        self.launch()
        wait_for("machine", self.is_up)

    def launch(self):
        """Starts it, and does not wait until it serves."""
        self.process = subprocess.Popen(
            [str(x) for x in [self.binary, "up", *self.options]],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env=ENVIRONMENT,
            start_new_session=True,
        )

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(
                f"the machine ended with {self.process.returncode}; "
                f"see {self.log.name}"
            )
        try:
            where = json.loads((self.data / "endpoint.json").read_text())
        except (OSError, ValueError):
            return False
        return where["pid"] == self.process.pid

    def kill(self):
        """As if the power had failed."""
        self.process.kill()
        self.process.wait(timeout=60)

    def stop(self):
        """As people stop it; returns its exit code."""
        run(self.binary, "down", *self.options)
        return self.process.wait(timeout=60)

    def call(self, *words, check=True):
        """Not where these tests stand: a run's repository is where it is started,
        unless that is said."""
        return run(self.binary, *words, *self.options, check=check, cwd=self.place)

    def data_of(self, *words):
        return json.loads(self.call(*words, "--json").stdout)

    def events_of(self, run_id):
        text = self.call("run", "events", run_id, "--json").stdout
        return [json.loads(line) for line in text.splitlines()]


def check(condition, what):
    if not condition:
        raise AssertionError(what)
