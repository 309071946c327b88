"""The machine that is abused: how it feels, and whether it still serves."""

import argparse
import json
import os
import pathlib
import re
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from harness import Directory, Machine, check  # noqa: E402
from raw import answers_in, connect, read_all  # noqa: E402

SLOWNESS = int(os.environ.get("MACHINE_SLOWNESS", "1"))
SANITIZED = os.environ.get("MACHINE_SANITIZE", "")

# What the machine may have in memory at any time of an attack, beyond what it
# had before, in MiB. AddressSanitizer keeps 256 MiB of what was freed.
MEMORY = 640 if SANITIZED else 64

# Of anybody who is served while others are slow.
P99 = 0.250 * SLOWNESS

COMPLAINTS = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|"
    r"terminate called|assertion|Assertion|handler of the gateway failed|"
    r"thread of the gateway failed")


class Victim:
    """A machine with its default settings, and somebody who runs it."""

    def __init__(self, binary, directory, *settings):
        self.machine = Machine(binary, directory, "", settings)

    def __enter__(self):
        self.start()
        return self

    def start(self):
        self.machine.start()
        where = json.loads((self.machine.data / "endpoint.json").read_text())
        url = urllib.parse.urlsplit(where["url"])
        self.place = (url.hostname, url.port)
        self.host = f"{url.hostname}:{url.port}".encode()
        self.auth = b"Authorization: Bearer " + where["token"].encode()
        self.wrap = None

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                check(self.machine.stop() == 0, "the machine did not end well")
        finally:
            self.machine.__exit__(kind)
        if kind is None:
            self.check_log()

    def check_log(self):
        text = pathlib.Path(self.machine.log.name).read_text("utf-8", "replace")
        found = COMPLAINTS.search(text)
        check(not found, f"the machine complains: "
              f"{text[found.start():found.start() + 2000] if found else ''}")

    def lives(self):
        """Fails unless a good request on a new connection is answered."""
        code = self.machine.process.poll()
        check(code is None, f"the machine ended with {code}; "
              f"see {self.machine.log.name}")
        answer = self.get("/livez")
        check(answer.status == 200, f"/livez says {answer.status}")

    def get(self, target, source=None):
        with connect(self.place, source, self.wrap) as to:
            to.sendall(b"GET " + target.encode() + b" HTTP/1.1\r\nHost: "
                       + self.host + b"\r\n" + self.auth
                       + b"\r\nConnection: close\r\n\r\n")
            answers = answers_in(read_all(to))
        check(len(answers) == 1, f"{target} has {len(answers)} answers")
        return answers[0]

    def number(self, name):
        """The sum of a metric."""
        text = self.get("/metrics").body.decode()
        return sum(float(x) for x in
                   re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))

    def memory(self, what="VmRSS"):
        """In MiB."""
        path = f"/proc/{self.machine.process.pid}/status"
        with open(path, encoding="ascii") as file:
            return int(re.search(rf"{what}:\s+(\d+)", file.read())[1]) / 1024

    def calm(self):
        """Forgets how much memory it once had."""
        path = f"/proc/{self.machine.process.pid}/clear_refs"
        with open(path, "w", encoding="ascii") as file:
            file.write("5")
        return self.memory()

    def seconds(self):
        """Of processors, that it has used."""
        path = f"/proc/{self.machine.process.pid}/stat"
        with open(path, encoding="ascii") as file:
            words = file.read().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def options_of(description):
    """What an attack that goes on for a while is called with."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("themachine")
    parser.add_argument("--seconds", type=int, default=8,
                        help="how long each attack goes on")
    return parser.parse_args()


class Calm:
    """A part of a test in which memory stays where it was."""

    def __init__(self, victim, name, most=MEMORY):
        self.victim, self.name, self.most = victim, name, most

    def __enter__(self):
        self.victim.lives()
        self.before = self.victim.calm()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        self.victim.lives()
        grown = self.victim.memory("VmHWM") - self.before
        check(grown < self.most, f"{self.name}: the machine has grown by "
              f"{grown:.0f} MiB, which is more than {self.most}")
        print(f"{self.name}: at most {grown:.1f} MiB more in memory",
              flush=True)


class Bystander:
    """Somebody good, who goes on with theirs (`keep_busy`) until it is over, and
    measures how long that takes."""

    def __init__(self, victim):
        self.victim = victim
        self.times = []
        self.failures = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.keep_busy)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


class Patron(Bystander):
    """Comes from another address and asks 25 times a second, every other time on
    a new connection."""

    def keep_busy(self):
        begin = time.monotonic()
        kept = None
        count = 0
        while not self.over.is_set():
            try:
                asked = time.monotonic()
                if count % 2 == 0:
                    answer = self.victim.get("/api/v1/projects", "127.0.0.2")
                else:
                    kept = kept or self.connect()
                    answer = self.ask(kept)
                self.times.append(time.monotonic() - asked)
                if answer.status != 200:
                    self.failures.append(f"status {answer.status}")
            except (OSError, AssertionError) as why:
                self.failures.append(repr(why))
                kept = None
            count += 1
            self.over.wait(max(0, begin + count / 25 - time.monotonic()))
        if kept:
            kept.close()

    def connect(self):
        return connect(self.victim.place, "127.0.0.2", self.victim.wrap)

    def ask(self, kept):
        kept.sendall(b"GET /livez HTTP/1.1\r\nHost: " + self.victim.host
                     + b"\r\n\r\n")
        data = b""
        while b"\r\n\r\n" not in data:
            part = kept.recv(65536)
            check(part, "the machine hung up on somebody good")
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        size = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        while len(body) < size:
            body += kept.recv(65536)
        return answers_in(head + b"\r\n\r\n" + body)[0]

    def report(self, name):
        check(not self.failures, f"{name}: {len(self.failures)} of "
              f"{len(self.times)} good requests failed: {self.failures[:3]}")
        times = sorted(self.times)
        check(len(times) >= 50, f"{name}: only {len(times)} good requests")
        p99 = times[int(len(times) * 0.99)]
        check(p99 < P99, f"{name}: p99 of a good client is {p99 * 1000:.0f} ms")
        print(f"{name}: a good client had {len(times)} answers, p50 "
              f"{times[len(times) // 2] * 1000:.1f} ms, p99 "
              f"{p99 * 1000:.1f} ms, at most {times[-1] * 1000:.1f} ms",
              flush=True)
