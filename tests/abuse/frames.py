#!/usr/bin/env python3
"""Frames of WebSocket that are wrong in one way each: the socket is closed with
the code of RFC 6455 for it. Messages that are wrong are answered, and the
socket stays. Nobody makes the machine grow.

Usage: frames.py THEMACHINE
"""

import argparse
import itertools
import json
import struct

from raw import answers_in, connect, read_all, send_pieces
from victim import Calm, Directory, Victim, check

MIB = 1 << 20
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x12\x34\x56\x78"


def masked(payload):
    key = MASK * (len(payload) // 4 + 1)
    size = len(payload)
    return (int.from_bytes(payload, "big")
            ^ int.from_bytes(key[:size], "big")).to_bytes(size, "big")


def frame(kind, payload=b"", fin=True, mask=True, bits=0, length=None,
          form=None):
    """A frame of a client; *length* is what it says that it has, spelled with
    7, 16 or 64 bits as *form* says."""
    size = len(payload) if length is None else length
    form = form or (7 if size < 126 else 16 if size < 65536 else 64)
    first = (0x80 if fin else 0) | bits << 4 | kind
    m = 0x80 if mask else 0
    head = {7: lambda: struct.pack("!BB", first, m | size),
            16: lambda: struct.pack("!BBH", first, m | 126, size),
            64: lambda: struct.pack("!BBQ", first, m | 127, size)}[form]()
    return head + (MASK + masked(payload) if mask else payload)


class Socket:
    def __init__(self, victim, protocol="json"):
        self.link = connect(victim.place)
        self.data = b""
        self.link.sendall(hello(victim, protocol=protocol))
        while b"\r\n\r\n" not in self.data:
            part = self.link.recv(4096)
            check(part, f"no handshake: {self.data!r}")
            self.data += part
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        check(head.startswith(b"HTTP/1.1 101 "), f"{head!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def send(self, data):
        send_pieces(self.link, [data], len(data) or 1)

    def take(self, count):
        while len(self.data) < count:
            part = self.link.recv(65536)
            if not part:
                return None
            self.data += part
        result, self.data = self.data[:count], self.data[count:]
        return result

    def next(self):
        """Kind and payload of the next frame; none at the end."""
        try:
            head = self.take(2)
            if head is None:
                return None
            check(head[0] & 0x70 == 0 and head[0] & 0x80, f"{head!r}")
            check(head[1] & 0x80 == 0, "a frame of the machine has a mask")
            size = head[1]
            if size == 126:
                size, = struct.unpack("!H", self.take(2))
            elif size == 127:
                size, = struct.unpack("!Q", self.take(8))
            return head[0] & 15, self.take(size)
        except ConnectionError:
            return None

    def end(self):
        """The code with which the machine closes, whatever it says before."""
        while got := self.next():
            if got[0] == CLOSE:
                code, = struct.unpack("!H", got[1][:2])
                got[1][2:].decode()
                return code
        return None


def hello(victim, method=b"GET", version=b"HTTP/1.1", protocol="json",
          **changes):
    headers = {
        "Host": victim.host, "Upgrade": b"websocket", "Connection": b"Upgrade",
        "Sec-WebSocket-Version": b"13",
        "Sec-WebSocket-Key": b"dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol": b"themachine.v1." + protocol.encode(),
    }
    headers.update({k.replace("_", "-"): v for k, v in changes.items()})
    lines = [method + b" /api/v1/socket " + version, victim.auth]
    lines += [k.encode() + b": " + v for k, v in headers.items()
              if v is not None]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def handshakes(victim):
    wrong = {
        "no key": hello(victim, Sec_WebSocket_Key=None),
        "a short key": hello(victim, Sec_WebSocket_Key=b"c2hvcnQ="),
        "a key that is no Base64": hello(victim, Sec_WebSocket_Key=b"!" * 24),
        "no version": hello(victim, Sec_WebSocket_Version=None),
        "version 8": hello(victim, Sec_WebSocket_Version=b"8"),
        "no protocol": hello(victim, Sec_WebSocket_Protocol=None),
        "another protocol": hello(victim, Sec_WebSocket_Protocol=b"mqtt"),
        "no upgrade": hello(victim, Upgrade=None),
        "another upgrade": hello(victim, Upgrade=b"h2c"),
        "no connection": hello(victim, Connection=None),
        "POST": hello(victim, method=b"POST"),
        "HTTP/1.0": hello(victim, version=b"HTTP/1.0"),
        "a page of others": hello(victim, Origin=b"https://evil.example"),
        "a page of nobody": hello(victim, Origin=b"null"),
        "two tokens": hello(victim, Sec_WebSocket_Protocol=b"themachine.v1.json"
                            b", themachine.bearer.a, themachine.bearer.b"),
        "protocols without end": hello(
            victim, Sec_WebSocket_Protocol=b"a, " * 4_000 + b"b"),
        "protocols that are none": hello(
            victim, Sec_WebSocket_Protocol=b"\x80\xff, ,,;"),
    }
    for name, data in wrong.items():
        with connect(victim.place) as link:
            link.sendall(data)
            link.shutdown(1)
            answer, = answers_in(read_all(link))
        check(400 <= answer.status < 500,
              f"{name}: {answer.status} {answer.body[:300]}")
        check(not answer.fault(), f"{name}: {answer.fault()}")
        victim.lives()
    return len(wrong)


def protocol_errors():
    """What is sent, and the code with which the socket is closed."""
    two = struct.pack
    yield "no mask", frame(TEXT, b"x", mask=False), 1002
    for bit in (1, 2, 4, 7):
        yield f"reserved bits {bit}", frame(TEXT, b"x", bits=bit), 1002
        yield f"ping, reserved bits {bit}", frame(PING, b"x", bits=bit), 1002
    for kind in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield f"kind {kind}", frame(kind, b"x"), 1002
    for kind in (CLOSE, PING, PONG):
        yield f"kind {kind} in parts", frame(kind, b"x" * 2, fin=False), 1002
        yield f"kind {kind} of 126 bytes", frame(kind, b"x" * 126), 1002
        yield f"kind {kind} of 2^40 bytes", frame(
            kind, b"x", length=1 << 40), 1002
    yield "a part of nothing", frame(0, b"x"), 1002
    yield "a last part of nothing", frame(0, b"x", fin=False), 1002
    yield "a message within another", (
        frame(TEXT, b"x", fin=False) + frame(TEXT, b"y")), 1002
    yield "16 bits for a short one", frame(TEXT, b"x", form=16), 1002
    yield "64 bits for a short one", frame(TEXT, b"x", form=64), 1002
    yield "64 bits for 16", frame(TEXT, b"x" * 200, form=64), 1002
    yield "the highest bit", frame(TEXT, b"x", length=1 << 63), 1002
    yield "all bits", frame(TEXT, b"x", length=(1 << 64) - 1), 1002
    yield "a close of one byte", frame(CLOSE, b"\x03"), 1002
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2999, 5000, 65535):
        yield f"close {code}", frame(CLOSE, two("!H", code)), 1002
    for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                b"\xe2\x82", b"\xf8\x88\x80\x80\x80"):
        yield f"text {bad!r}", frame(TEXT, bad), 1007
        yield f"text in parts {bad!r}", (
            frame(TEXT, bad[:1], fin=False) + frame(0, bad[1:])), 1007
        yield f"reason {bad!r}", frame(CLOSE, two("!H", 1000) + bad), 1007
    yield "text that is wrong long before its end", frame(
        TEXT, b"\xff" * 1000, length=MIB), 1007
    for size in (MIB + 1, 1 << 30, 1 << 62):
        yield f"{size} bytes", frame(TEXT, b"x", length=size), 1009
        yield f"{size} binary bytes", frame(BINARY, b"x", length=size), 1009
    yield "2 MiB in parts", frame(BINARY, b"x", fin=False) + b"".join(
        itertools.repeat(frame(0, b"x" * 60_000, fin=False), 36)), 1009
    # Nothing of the protocol is wrong with it.
    yield "parts without end", frame(BINARY, b"", fin=False) + frame(
        0, b"", fin=False) * 200_000, 1008


def play_errors(victim):
    count = 0
    for name, data, code in protocol_errors():
        for protocol in ("json", "msgpack"):
            with Socket(victim, protocol) as socket:
                socket.send(data)
                got = socket.end()
                check(got == code, f"{name}, {protocol}: closed with {got}, "
                      f"not with {code}")
                # Nothing after it counts.
                check(socket.next() is None, f"{name}: there is more")
            count += 1
        victim.lives()
    return count


def packed(size, form, more=b""):
    return struct.pack(form, *size) + more


def messages():
    """Messages that are wrong, by protocol."""
    deep = 10_000
    for bad in (b"", b"{", b"null", b"1", b"[]", b"{}", b'{"type":"x"}',
                b'{"type":1}', b'{"type":"ping"}', b'{"type":"ping","id":""}',
                b'{"type":"ping","id":"' + b"x" * 65 + b'"}',
                b'{"type":"ping","id":"a","id":"b"}',
                b'{"type":"ping","id":"a","more":1}',
                b'{"type":"credit","id":"a","topic":"runs","events":-1}',
                b'{"type":"credit","id":"a","topic":"runs","events":1e99}',
                b'{"type":"subscribe","id":"a","topic":"../../etc"}',
                b'{"type":"subscribe","id":"a","topic":"run/%00"}',
                b'{"type":"subscribe","id":"a","topic":"runs","after":"-1"}',
                b'{"type":"subscribe","id":"a","topic":"' + b"x" * 9_000
                + b'"}',
                b"[" * deep + b"]" * deep, b"[" * deep,
                b'{"a":' * deep + b"1" + b"}" * deep,
                b'{"type":"request","id":"a","method":"GET","path":"/","body":'
                + b"[" * deep + b"]" * deep + b"}",
                b"[" + b"1," * 400_000 + b"1]", b'"\\ud800"',
                b"1e" + b"9" * 999):
        yield "json", bad
    for bad in (b"", b"\xc1", b"\xc0", b"\x01", b"\x90", b"\x80",
                b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff",
                b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
                b"\xc9\xff\xff\xff\xff\x01", b"\xc7\x08\xff" + bytes(8),
                b"\xd6\xff" + bytes(4), b"\x81\x01\x01", b"\x81\xc0\x01",
                b"\xa1\xff", b"\x81\xa1\xff\x01", b"\x91" * deep + b"\xc0",
                b"\x91" * deep, (b"\x81\xa1a") * deep + b"\xc0",
                b"\xdc\xff\xff" + b"\xdc\xff\xff" * 1_000,
                b"\xdd\x00\x0f\xff\xf0" + b"\xc0" * 0xFFFF0,
                b"\x82\xa4type\xa4ping\xa2id\xa1\xff",
                b"\x81\xa4type\xa4ping", b"\x01\x02\x03"):
        yield "msgpack", bad


def play_messages(victim):
    """Each is answered by an error, and then a good one by a pong."""
    good = {"json": (TEXT, b'{"type":"ping","id":"good"}'),
            "msgpack": (BINARY, b"\x82\xa4type\xa4ping\xa2id\xa4good")}
    count = 0
    for protocol, bad in messages():
        kind, ping = good[protocol]
        name = f"{protocol} {bad[:40]!r} of {len(bad)} bytes"
        with Socket(victim, protocol) as socket:
            socket.send(frame(kind, bad) + frame(kind, ping))
            first, second = socket.next(), socket.next()
        check(first and second, f"{name}: the socket was closed")
        # What has to be looked up is answered later.
        if b'"pong"' in first[1]:
            first, second = second, first
        # A request may be answered by a problem.
        check(b"error" in first[1] or b"problem" in first[1]
              or b"about:blank" in first[1], f"{name}: {first[1][:200]!r}")
        check(len(first[1]) < 1_500, f"{name}: {len(first[1])} bytes of error")
        check(b"pong" in second[1] and b"good" in second[1],
              f"{name}: {second[1][:200]!r}")
        count += 1
    # The other protocol's kind of message.
    for protocol, kind in (("json", BINARY), ("msgpack", TEXT)):
        with Socket(victim, protocol) as socket:
            socket.send(frame(kind, b"x") + frame(*good[protocol]))
            check(b"error" in socket.next()[1], f"{protocol}: no error")
            check(b"pong" in socket.next()[1], f"{protocol}: no pong")
        count += 1
    return count


def floods(victim):
    """Clients that send without end, and read nothing."""
    request = json.dumps({"type": "request", "id": "a", "method": "GET",
                          "path": "/api/v1/openapi.json"}).encode()
    subscribe = json.dumps({"type": "subscribe", "id": "a",
                            "topic": "run/nobody"}).encode()
    for name, data in {
        "pings": frame(PING, b"x" * 125),
        "pongs": frame(PONG, b"x" * 125),
        "messages that are wrong": frame(TEXT, b"{"),
        "requests": frame(TEXT, request),
        "subscriptions": frame(TEXT, subscribe),
    }.items():
        with Calm(victim, f"a flood of {name}"), Socket(victim) as socket:
            socket.link.settimeout(3)
            pieces = itertools.repeat(data * (65536 // len(data)))
            try:
                sent = send_pieces(socket.link, pieces, 64 * MIB)
            except TimeoutError:
                # It is not read any more: as good as a refusal.
                sent = -1
            victim.lives()
        print(f"a flood of {name}: {sent} bytes were taken", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("themachine")
    options = parser.parse_args()
    with Directory() as directory:
        with Victim(options.themachine, directory) as victim:
            with Calm(victim, "frames"):
                hands = handshakes(victim)
                errors = play_errors(victim)
                wrong = play_messages(victim)
            print(f"{hands} handshakes, {errors} frames, {wrong} messages")
            floods(victim)


if __name__ == "__main__":
    main()
