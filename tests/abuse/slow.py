#!/usr/bin/env python3
"""Clients that take their time: slowhttptest has a thousand of them send
headers slowly, send bodies slowly, and read slowly, while somebody good is
served as ever. Then connections that say nothing at all.

Usage: slow.py THEMACHINE [--seconds N]
"""

import csv
import shutil
import socket
import struct
import subprocess
import time

from raw import connect
from victim import (SLOWNESS, Calm, Directory, Patron, Victim, check,
                    options_of)

from harness import wait_for

CONNECTIONS = 1_000


def attack(victim, directory, name, seconds, *how, path="/livez"):
    url = f"http://{victim.place[0]}:{victim.place[1]}{path}"
    # Who attacks does it with other processors than ours.
    words = ["nice", "-n", "10", "slowhttptest", *how, "-c", str(CONNECTIONS),
             "-r", "500", "-l", str(seconds), "-u", url, "-v", "1", "-p", "5",
             "-g", "-o", str(directory / "slow")]
    used = victim.seconds()
    with Calm(victim, name), Patron(victim) as patron:
        done = subprocess.run(
            words, cwd=directory, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            timeout=seconds + 120)
        check(done.returncode == 0, f"{words}: {done.stdout[-2000:]}")
    patron.report(name)
    with open(directory / "slow.csv", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    most = max(int(x["Connected"]) for x in rows)
    check(most >= CONNECTIONS * 0.8,
          f"{name}: at most {most} connections were open at a time")
    print(f"{name}: up to {most} connections at a time, {len(rows)} s, of "
          f"which a processor worked {victim.seconds() - used:.1f} s",
          flush=True)
    # Nobody holds a place for ever.
    wait_for("end of all slow connections", lambda: victim.number(
        "themachine_http_connections") <= 2, 60 * SLOWNESS)


def silent(victim):
    """As many connections as an address may have, that say nothing."""
    with Calm(victim, "silent connections"), Patron(victim) as patron:
        held = [connect(victim.place) for _ in range(CONNECTIONS)]
        # One too many is closed, and closes none of the others.
        with connect(victim.place) as one:
            check(one.recv(1) == b"", "a connection too many is open")
        for one in held[::2]:
            one.sendall(b"G")
        begin = time.monotonic()
        # The half of them has ten seconds for a header.
        for one in held[::2]:
            one.settimeout(30 * SLOWNESS)
            while one.recv(4096):
                pass
        took = time.monotonic() - begin
        for one in held:
            one.close()
    check(8 < took < 15 * SLOWNESS, f"they were closed after {took:.1f} s")
    patron.report("silent connections")


def churn(victim, count):
    """Connections that come and go at once, in every way there is."""
    with Calm(victim, f"{count} connections that come and go"):
        for i in range(count):
            one = connect(victim.place)
            if i % 4 == 1:
                one.sendall(b"GET /livez HTTP/1.1\r\n")
            elif i % 4 == 2:
                one.sendall(b"GET /livez HTTP/1.1\r\nHost: " + victim.host
                            + b"\r\n\r\n")
            elif i % 4 == 3:
                # Closed with a reset.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
            one.close()
        wait_for("end of all connections", lambda: victim.number(
            "themachine_http_connections") <= 2)


def main():
    options = options_of(__doc__)
    check(shutil.which("slowhttptest"),
          "there is no slowhttptest; scripts/setup installs it")
    with Directory() as directory:
        with Victim(options.themachine, directory) as victim:
            seconds = options.seconds
            attack(victim, directory, "slow headers", seconds, "-H", "-i", "2",
                   "-t", "GET", "-x", "24")
            attack(victim, directory, "slow bodies", seconds, "-B", "-i", "2",
                   "-t", "POST", "-s", "8192", "-x", "10",
                   path="/api/v1/sessions")
            attack(victim, directory, "slow reading", seconds, "-X", "-w", "1",
                   "-y", "8", "-n", "2", "-z", "4", "-k", "3", "-t", "GET",
                   path="/api/v1/openapi.json")
            silent(victim)
            churn(victim, 2_000)


if __name__ == "__main__":
    main()
