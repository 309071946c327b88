#!/usr/bin/env python3
"""TLS by those who do not mean it: old versions, weak ciphers, plain text,
handshakes that stop half-way, renegotiation, garbage. Nothing of it is answered
with data, and somebody good is served as ever.

Usage: tls.py THEMACHINE [--connections N]
"""

import argparse
import concurrent.futures
import os
import random
import ssl
import struct
import subprocess
import time
import warnings

import large
from raw import connect, read_all, send_pieces, talk
from victim import MEMORY, SLOWNESS, Calm, Directory, Patron, Victim, check

from harness import wait_for

warnings.simplefilter("ignore", DeprecationWarning)

ALERT, HANDSHAKE, DATA = 21, 22, 23


def client(least=None, most=None, ciphers=None, alpn=None):
    """A client that would take anything."""
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.check_hostname = False
    result.verify_mode = ssl.CERT_NONE
    result.set_ciphers(ciphers or "ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    result.minimum_version = least or ssl.TLSVersion.MINIMUM_SUPPORTED
    result.maximum_version = most or ssl.TLSVersion.MAXIMUM_SUPPORTED
    if alpn:
        result.set_alpn_protocols(alpn)
    return result


def record(kind, payload, version=0x0303, length=None):
    return struct.pack("!BHH", kind, version,
                       len(payload) if length is None else length) + payload


def hello(version=0x0303, session=32, ciphers=b"\xc0\x2f\xc0\x30\x13\x01"):
    """A ClientHello of few words."""
    body = struct.pack("!H", version) + bytes(32)
    body += bytes([session]) + bytes(session)
    body += struct.pack("!H", len(ciphers)) + ciphers + b"\x01\x00"
    return b"\x01" + len(body).to_bytes(3, "big") + body


def refused_handshakes(victim):
    v = ssl.TLSVersion
    cases = {
        "TLS 1.0": client(v.TLSv1, v.TLSv1),
        "TLS 1.1": client(v.TLSv1_1, v.TLSv1_1),
        "no encryption": client(most=v.TLSv1_2, ciphers="eNULL:@SECLEVEL=0"),
        "nobody's certificate": client(most=v.TLSv1_2,
                                       ciphers="aNULL:@SECLEVEL=0"),
        "CBC": client(most=v.TLSv1_2, ciphers="SHA1:SHA256:@SECLEVEL=0"),
        "no forward secrecy": client(most=v.TLSv1_2, ciphers="kRSA"),
        "no forward secrecy, GCM": client(most=v.TLSv1_2,
                                          ciphers="AES128-GCM-SHA256"),
        "h2 and nothing else": client(alpn=["h2"]),
    }
    for name, context in cases.items():
        try:
            connect(victim.place, wrap=context).close()
        except (ssl.SSLError, ConnectionError):
            victim.lives()
            continue
        raise AssertionError(f"{name}: it took it")
    for name, context in {"TLS 1.2": client(v.TLSv1_2, v.TLSv1_2),
                          "TLS 1.3": client(v.TLSv1_3, v.TLSv1_3),
                          "h2 beside others": client(alpn=["h2", "http/1.1"]),
                          }.items():
        with connect(victim.place, wrap=context) as good:
            check(name[:3] != "TLS" or good.version() == name.replace(" ", "v"),
                  f"{name}: {good.version()}")
            check(good.compression() is None, "it compresses")
    return len(cases)


def no_tls(victim):
    """What is no TLS, or stops being it."""
    dice = random.Random(7)
    cases = {
        "plain HTTP": b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
        "garbage": dice.randbytes(4096),
        "zeros": bytes(4096),
        "SSL 2": b"\x80\x2e\x01\x00\x02" + bytes(43),
        "SSL 3": record(HANDSHAKE, hello(0x0300), 0x0300),
        "a hello cut short": record(HANDSHAKE, hello()[:40] + bytes(8)),
        "a hello without ciphers": record(HANDSHAKE, hello(ciphers=b"")),
        "a session of 255 bytes": record(HANDSHAKE, hello(session=255)),
        "a record of 65,535 bytes": record(HANDSHAKE, b"x" * 65535),
        "a message of 16 MiB": record(HANDSHAKE, b"\x01\xff\xff\xff"
                                      + b"x" * 16000) * 4,
        "data first": record(DATA, b"GET / HTTP/1.1\r\n\r\n"),
        "an alert first": record(ALERT, b"\x02\x28"),
        "an unknown record": record(99, b"x"),
        "a heartbeat": record(24, b"\x01\x40\x00"),
        "a finish first": record(HANDSHAKE, b"\x14\x00\x00\x0c" + bytes(12)),
        "a change of ciphers first": record(20, b"\x01") * 100
                                     + record(DATA, b"x"),
        "hellos": record(HANDSHAKE, hello()) * 50,
        "empty records": record(HANDSHAKE, b"") * 5_000,
        "warnings": record(ALERT, b"\x01\x5a") * 5_000,
    }
    for name, data in cases.items():
        got = talk(victim.place, data)
        # An alert, or the beginning of a handshake; nothing of HTTP.
        check(b"HTTP" not in got, f"{name}: {got[:100]!r}")
        check(not got or got[0] in (ALERT, HANDSHAKE), f"{name}: {got[:9]!r}")
        victim.lives()
    return len(cases)


def broken_later(victim):
    """A good handshake, and garbage after it, or in the middle of a request."""
    for before in (b"", b"GET /livez HT"):
        for after in (b"\x00" * 100, record(DATA, b"x" * 100),
                      record(HANDSHAKE, hello()), record(99, b""),
                      record(DATA, b"", length=65535) + b"x" * 65535):
            link = connect(victim.place, wrap=client())
            if before:
                link.sendall(before)
            bare = link.detach()
            os.set_blocking(bare, True)
            os.write(bare, after)
            got = b""
            # Tickets of TLS 1.3 come first, then an alert.
            try:
                while part := os.read(bare, 65536):
                    got += part
            except ConnectionError:
                pass
            os.close(bare)
            check(b"HTTP" not in got, "something was answered")
            victim.lives()


def renegotiation(victim, count):
    """`R` in s_client asks for another handshake in the same connection."""
    begin = victim.seconds()

    def once(_):
        return subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % victim.place,
             "-tls1_2"], input="R\n" * 20, text=True, check=False, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for done in pool.map(once, range(count)):
            check("RENEGOTIATING" in done.stdout, done.stdout[-500:])
            check(done.returncode != 0, "it was done")
    used = victim.seconds() - begin
    check(used < count * 0.1 * SLOWNESS + 1, f"it took {used:.1f} s")


def half_open(victim, count):
    """Handshakes that begin, and go no further: each is closed in time."""
    starts = (b"", b"\x16", b"\x16\x03\x01", record(HANDSHAKE, hello())[:60],
              record(HANDSHAKE, hello()))
    held = []
    for i in range(count):
        held.append(connect(victim.place))
        held[-1].sendall(starts[i % len(starts)])
    begin = time.monotonic()
    for one in held:
        one.settimeout(30 * SLOWNESS)
        read_all(one)
        one.close()
    took = time.monotonic() - begin
    check(8 < took < 15 * SLOWNESS, f"they were closed after {took:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("themachine")
    parser.add_argument("--connections", type=int, default=400)
    options = parser.parse_args()
    with Directory() as directory:
        with Victim(options.themachine, directory,
                    "gateway.tls=on") as victim:
            victim.wrap = client()
            with Calm(victim, "handshakes that are refused"):
                refused = refused_handshakes(victim)
            with Calm(victim, "what is no TLS"):
                others = no_tls(victim)
                broken_later(victim)
            with Calm(victim, "renegotiation"):
                renegotiation(victim, 10)
            name = f"{options.connections} handshakes that stop half-way"
            # OpenSSL has buffers for each.
            more = options.connections * 0.1
            with Calm(victim, name, MEMORY + more), Patron(victim) as patron:
                half_open(victim, options.connections)
            patron.report(name)
            wait_for("end of all connections", lambda: victim.number(
                "themachine_http_connections") <= 2)
            large.bodies(victim, 48 << 20)
            print(f"{refused} handshakes and {others} other beginnings refused")
        # The other way round: TLS to a machine that has none.
        with Victim(options.themachine, directory) as victim:
            got = talk(victim.place, record(HANDSHAKE, hello(), 0x0301))
            check(got.startswith(b"HTTP/1.1 400 ") or got == b"", f"{got!r}")
            send_pieces(connect(victim.place), [b"\x16"], 1)
            victim.lives()


if __name__ == "__main__":
    main()
