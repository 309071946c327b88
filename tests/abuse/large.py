#!/usr/bin/env python3
"""What is too much: bodies of a gigabyte, headers without end, documents that
are nested ten thousand deep. It is refused before it is read, and memory stays
where it was.

Usage: large.py THEMACHINE [--full]
"""

import argparse
import itertools
import json

from raw import answers_in, connect, read_all, send_pieces
from victim import SLOWNESS, Calm, Directory, Victim, check

MIB = 1 << 20
TASKS = b"/api/v1/projects/default/tasks"
PIECE = b"x" * 65536


def head_of(victim, *headers, method=b"POST", target=TASKS, auth=True):
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: " + victim.host]
    lines += [victim.auth] if auth else []
    return b"\r\n".join([*lines, *headers]) + b"\r\n\r\n"


def play(victim, name, pieces, statuses, most, at_once=None,
         may_be_slow=False):
    """Sends *pieces*, at most *most* bytes; the answer has one of *statuses*,
    after at most *at_once* bytes. What may be slow may end without one, at a
    deadline."""
    with Calm(victim, name):
        with connect(victim.place, wrap=victim.wrap) as to:
            sent = send_pieces(to, pieces, most)
            answers = answers_in(read_all(to))
        check([x.status for x in answers] in [[x] for x in statuses]
              or (may_be_slow and not answers),
              f"{name}: {[(x.status, x.body[:200]) for x in answers]}")
        for answer in answers:
            check(not answer.fault(), f"{name}: {answer.fault()}")
        if at_once:
            check(sent < at_once, f"{name}: {sent} bytes were taken")


def chunk(data):
    return b"%x\r\n" % len(data) + data + b"\r\n"


def bodies(victim, most):
    forever = itertools.repeat(PIECE)
    chunks = itertools.repeat(chunk(PIECE))
    te = b"Transfer-Encoding: chunked"
    cl = b"Content-Length: %d" % (1 << 30)
    # What is not refused at once is a body that might fit; sockets hold some,
    # and so that the answer is read, 8 MiB are read on.
    room = 32 * MIB
    for name, head in {
        "1 GB": head_of(victim, cl),
        "1 GB of somebody unknown": head_of(victim, cl, auth=False),
        "1 GB to a route that takes none": head_of(
            victim, cl, method=b"GET", target=b"/livez"),
    }.items():
        play(victim, name, itertools.chain([head], forever), (400, 401, 413),
             most, room)
    play(victim, "1 GB that asks first",
         [head_of(victim, cl, b"Expect: 100-continue")], (413,), most)
    play(victim, "1 GB in chunks",
         itertools.chain([head_of(victim, te)], chunks), (413,), most, room)
    play(victim, "1 GB in chunks of somebody unknown",
         itertools.chain([head_of(victim, te, auth=False)], chunks),
         (401,), most, room)
    play(victim, "1 GB in chunks of one byte",
         itertools.chain([head_of(victim, te)],
                         itertools.repeat(chunk(b"x") * 8192)),
         (413,), most, room, may_be_slow=True)
    play(victim, "a chunk with an extension of 1 GB",
         itertools.chain([head_of(victim, te) + b"1;a="], forever),
         (413,), most, room)
    play(victim, "a chunk size of 1 GB of zeros",
         itertools.chain([head_of(victim, te)], itertools.repeat(b"0" * 65536)),
         (400, 413), most, room)
    play(victim, "1 GB of trailers",
         itertools.chain([head_of(victim, te) + b"0\r\n"],
                         itertools.repeat(b"X-Sum: 1\r\n" * 6000)),
         (413,), most, room)
    play(victim, "a trailer of 1 GB",
         itertools.chain([head_of(victim, te) + b"0\r\nX-Sum: "], forever),
         (413,), most, room)


def pipeline(victim, most):
    """Requests without end, by somebody who reads no answer."""
    ask = (b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: " + victim.host
           + b"\r\n\r\n")
    name = "requests without end, unread"
    with Calm(victim, name), connect(victim.place, wrap=victim.wrap) as to:
        to.settimeout(20 * SLOWNESS)
        sent = send_pieces(to, itertools.repeat(ask * 1_000), most)
    check(sent < 32 * MIB, f"{name}: {sent} bytes were taken")


def headers(victim, most):
    forever = itertools.repeat(PIECE)
    room = 32 * MIB
    begin = b"GET /livez HTTP/1.1\r\nHost: " + victim.host + b"\r\n"
    play(victim, "a header of 64 KB",
         [begin + b"X-Long: " + PIECE + b"\r\n\r\n"], (431,), most)
    play(victim, "10,000 headers",
         [begin + b"".join(b"X-%d: y\r\n" % x for x in range(10_000))
          + b"\r\n"], (431,), most)
    play(victim, "10,000 headers of one name",
         [begin + b"X: y\r\n" * 10_000 + b"\r\n"], (431,), most)
    play(victim, "a header of 1 GB",
         itertools.chain([begin + b"X-Long: "], forever), (431,), most, room)
    play(victim, "a target of 1 GB",
         itertools.chain([b"GET /"], forever), (400, 431), most, room)
    play(victim, "a method of 1 GB", forever, (400, 431), most, room)
    play(victim, "1 GB of empty lines",
         itertools.repeat(b"\r\n" * 32768), (400, 431), most, room)
    play(victim, "a name of 1 GB",
         itertools.chain([begin], forever), (400, 431), most, room)


def documents(victim):
    deep = 10_000
    texts = {
        "10,000 deep lists": b"[" * deep + b"]" * deep,
        "10,000 deep lists without an end": b"[" * deep,
        "10,000 deep objects": b'{"a":' * deep + b"1" + b"}" * deep,
        "a title 10,000 deep": b'{"title":' + b"[" * deep + b"]" * deep + b"}",
        "half a million lists": b"[" + b"[]," * 500_000 + b"[]]",
        "a million numbers": b"[" + b"1," * 999_999 + b"1]",
        "a hundred thousand members": b"{" + b",".join(
            b'"m%d":1' % x for x in range(100_000)) + b"}",
        "a member a hundred thousand times": b"{" + b",".join(
            [b'"title":"x"'] * 100_000) + b"}",
        "a number of a million digits": b'{"title":' + b"1" * MIB + b"}",
        "an exponent of a million digits": b'{"title":1e' + b"9" * MIB + b"}",
        "a text that does not end": b'{"title":"' + b"x" * MIB,
        "a million spaces": b" " * MIB,
    }
    for name, text in texts.items():
        begin = victim.seconds()
        size = b"Content-Length: %d" % len(text)
        play(victim, f"JSON: {name}",
             [head_of(victim, size, b"Connection: close") + text],
             (400, 413), 64 * MIB)
        took = victim.seconds() - begin
        check(took < 5, f"{name} took {took} s of a processor")


def messages(victim):
    """What is too much at /mcp, which answers as JSON-RPC does."""
    call = (b'{"jsonrpc":"2.0","id":1,"method":"tools/call",'
            b'"params":{"name":"x","arguments":%s}}')
    for name, text in {
        "10,000 deep lists": b"[" * 10_000 + b"]" * 10_000,
        "arguments 10,000 deep": call % (b"[" * 10_000 + b"]" * 10_000),
        "a million numbers": b"[" + b"1," * 999_999 + b"1]",
        "a method that is no UTF-8":
            b'{"jsonrpc":"2.0","id":1,"method":"\xff"}',
        "a batch": b"[" + b'{"jsonrpc":"2.0","method":"ping"},' * 9 + b"{}]",
    }.items():
        with Calm(victim, f"MCP: {name}"), connect(victim.place) as to:
            to.sendall(head_of(
                victim, b"Content-Length: %d" % len(text),
                b"Content-Type: application/json",
                b"Accept: application/json, text/event-stream",
                b"Connection: close", target=b"/mcp") + text)
            answer, = answers_in(read_all(to))
        check(answer.status == 400, f"MCP: {name}: {answer.status}")
        check(json.loads(answer.body)["error"]["code"] in (-32700, -32600),
              f"MCP: {name}: {answer.body[:300]}")


def echoes(victim):
    """What is refused is not repeated at length."""
    long = "x" * 3_000
    for target in (f"/{long}", f"/api/v1/runs?{long}=1",
                   f"/api/v1/runs/{long}"):
        answer = victim.get(target)
        check(answer.status in (400, 404), f"{answer.status}")
        check(len(answer.body) < 4_096, f"{target[:20]}: {len(answer.body)}")
    body = json.dumps({long * 300: 1}).encode()
    with connect(victim.place) as to:
        to.sendall(head_of(victim, b"Content-Length: %d" % len(body),
                           b"Connection: close") + body)
        answer, = answers_in(read_all(to))
    check(answer.status == 400 and len(answer.body) < 1_024, f"{answer.body}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("themachine")
    parser.add_argument("--full", action="store_true",
                        help="send a gigabyte where that is not refused")
    options = parser.parse_args()
    # What is taken without an end is found out by less.
    most = 1 << 30 if options.full else 160 * MIB
    with Directory() as directory:
        with Victim(options.themachine, directory) as victim:
            bodies(victim, most)
            pipeline(victim, most)
            headers(victim, most)
            documents(victim)
            messages(victim)
            echoes(victim)


if __name__ == "__main__":
    main()
