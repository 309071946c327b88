"""Every malformed request, with the answers that it may get."""

import dataclasses

SMUGGLED = "smuggled"

TASKS = b"/api/v1/projects/default/tasks"
BODY = b'{"title":"a task"}'

# A request within another; nobody may see it.
INNER = (b"POST " + TASKS + b" HTTP/1.1\r\nHost: {host}\r\n{auth}\r\n"
         b"Content-Length: 20\r\nConnection: close\r\n\r\n"
         b'{"title":"' + SMUGGLED.encode() + b'"}')

REFUSED = ({400},)
CLOSED = ()


@dataclasses.dataclass
class Case:
    name: str
    payload: bytes
    # Each is a sequence of answers, by the statuses that they may have.
    ways: tuple

    def bytes(self, victim):
        return self.payload.replace(b"{host}", victim.host).replace(
            b"{auth}", victim.auth)


def get(target, *headers, host=b"Host: {host}"):
    lines = [b"GET " + target + b" HTTP/1.1", host, b"{auth}", *headers,
             b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def post(*headers, body=BODY, close=True, auth=b"{auth}"):
    """Without a length, unless it is in *headers*."""
    lines = [b"POST " + TASKS + b" HTTP/1.1", b"Host: {host}"]
    lines += [auth] if auth else []
    lines += headers
    lines += [b"Connection: close"] if close else []
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def lengths():
    """Two who read the length of a body differently see different requests."""
    size = b"%d" % len(BODY)
    tail = BODY + INNER
    cl = b"Content-Length: "
    te = b"Transfer-Encoding: chunked"
    chunk = b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"
    one = {
        "CL.TE": (cl + b"%d" % len(chunk), te),
        "TE.CL": (te, cl + b"4"),
        "CL.TE of zero": (cl + b"0", te),
    }
    for name, headers in one.items():
        yield name, post(*headers, body=chunk + INNER, close=False), REFUSED
    codings = {
        "unknown": b"Transfer-Encoding: xchunked",
        "identity": b"Transfer-Encoding: identity",
        "gzip": b"Transfer-Encoding: gzip",
        "gzip, chunked": b"Transfer-Encoding: gzip, chunked",
        "chunked, identity": b"Transfer-Encoding: chunked, identity",
        "chunked twice": b"Transfer-Encoding: chunked, chunked",
        "two headers": te + b"\r\nTransfer-Encoding: identity",
        "two headers, the other first":
            b"Transfer-Encoding: identity\r\n" + te,
        "two of the same": te + b"\r\n" + te,
        "quoted": b'Transfer-Encoding: "chunked"',
        "a parameter": b"Transfer-Encoding: chunked;q=0.5",
        "empty": b"Transfer-Encoding:",
        "a comma": b"Transfer-Encoding: ,",
        "a vertical tab": b"Transfer-Encoding: \x0bchunked",
        "a space before the colon": b"Transfer-Encoding : chunked",
        "a tab before the colon": b"Transfer-Encoding\t: chunked",
        "a space before the name": b" Transfer-Encoding: chunked",
        "a line that goes on": b"X: y\r\n Transfer-Encoding: chunked",
        "a value on the next line": b"Transfer-Encoding:\r\n chunked",
        "a bare LF before": b"X: y\nTransfer-Encoding: chunked",
        "a bare CR before": b"X: y\rTransfer-Encoding: chunked",
        "an underscore": b"Transfer_Encoding: chunked\r\n" + cl + b"1x",
        "NUL": b"Transfer-Encoding: chunked\0",
    }
    for name, header in codings.items():
        yield f"TE.TE: {name}", post(header, body=chunk + INNER,
                                     close=False), REFUSED
    values = {
        "two": size + b"\r\n" + cl + b"5",
        "two of the same": size + b"\r\n" + cl + size,
        "a list": size + b", " + size,
        "a list of others": size + b", 5",
        "negative": b"-1",
        "a sign": b"+" + size,
        "hexadecimal": b"0x12",
        "a fraction": size + b".0",
        "a power": b"1e1",
        "letters": b"many",
        "nothing": b"",
        "a space within": b"1 8",
        "2^64": b"18446744073709551616",
        "2^64 and the size": b"18446744073709551634",
        "hundred digits": b"9" * 100,
        "digits of another script": "١٨".encode(),
        "a comma at the end": size + b",",
        "NUL": size + b"\0",
        "a line that goes on": b"1\r\n 8",
    }
    for name, value in values.items():
        yield f"Content-Length: {name}", post(cl + value, body=tail,
                                              close=False), REFUSED
    yield "Content-Length: 2^63", post(cl + b"9223372036854775807"), ({413},)
    yield "Content-Length: 2^64-1", post(cl + b"18446744073709551615"), (
        {400, 413},)
    yield "HTTP/1.0 with chunks", post(te, body=chunk + INNER).replace(
        b"HTTP/1.1", b"HTTP/1.0", 1), REFUSED
    yield "a body of GET is no request", (
        b"GET /livez HTTP/1.1\r\nHost: {host}\r\n" + cl
        + b"%d" % len(INNER) + b"\r\nConnection: close\r\n\r\n" + INNER), (
        {200, 400, 413},)


def chunks():
    te = b"Transfer-Encoding: chunked"
    size = b"%x" % len(BODY)
    end = b"\r\n0\r\n\r\n"

    def with_size(x):
        return post(te, body=x + b"\r\n" + BODY + end + INNER, close=False)

    sizes = {
        "negative": b"-1", "a sign": b"+" + size, "0x": b"0x" + size,
        "a space before": b" " + size, "nothing": b"",
        "no digit": b"xyz", "a point": size + b".0",
        "beyond 64 bits": b"10000000000000012",
        "beyond 64 bits, all ones": b"FFFFFFFFFFFFFFFFF",
        "an extension with a bare LF": size + b";a\nb",
        "an extension with a bare CR": size + b";a\rb",
        "an extension with NUL": size + b";a\0b",
        "an extension without a name": size + b";=b",
        "an extension that is not quoted to its end": size + b';a="b',
        "a comma": size + b",",
    }
    for name, x in sizes.items():
        yield f"chunk size: {name}", with_size(x), REFUSED
    yield "chunk size: 2^64-1", with_size(b"FFFFFFFFFFFFFFFF"), ({400, 413},)
    yield "chunk size: 2^63", with_size(b"8000000000000000"), ({400, 413},)
    yield "chunk: no line after it", post(
        te, body=size + b"\r\n" + BODY + b"0\r\n\r\n" + INNER,
        close=False), REFUSED
    yield "chunk: a bare LF after its size", post(
        te, body=size + b"\n" + BODY + end + INNER, close=False), REFUSED
    yield "chunk: longer than its size", post(
        te, body=b"1\r\n" + BODY + end + INNER, close=False), REFUSED
    good = size + b"\r\n" + BODY + b"\r\n0\r\n"
    yield "chunk: an extension", post(
        te, body=size + b';a=b;c="d"\r\n' + BODY + end), ({201},)
    yield "trailer", post(te, body=good + b"X-Sum: 1\r\n\r\n"), ({201},)
    yield "trailer: who asks", post(
        te, body=good + b"{auth}\r\n\r\n", auth=b""), ({401},)
    for name in (b"Content-Length: 5", te):
        yield f"trailer: {name.decode()}", post(
            te, body=good + name + b"\r\n\r\n" + INNER, close=False), REFUSED
    for name in (b"X : y", b"no header", b": y", b"X: \0", b"X: y\nZ: y"):
        yield f"trailer: {name!r}", post(
            te, body=good + name + b"\r\n\r\n" + INNER, close=False), REFUSED


def heads():
    """What is no head of HTTP/1.1."""
    whole = b" HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    lines = {
        "HTTP/0.9": b"GET /livez\r\n\r\n",
        "no target": b"GET HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "no method": b" /livez" + whole,
        "two spaces": b"GET  /livez" + whole,
        "a tab": b"GET\t/livez" + whole,
        "a space in the target": b"GET /li vez" + whole,
        "NUL in the method": b"G\0T /livez" + whole,
        "NUL in the target": b"GET /livez\0" + whole,
        "a control in the target": b"GET /livez\x01" + whole,
        "DEL in the target": b"GET /livez\x7f" + whole,
        "HTTP/2.0": b"GET /livez HTTP/2.0\r\nHost: {host}\r\n\r\n",
        "HTTP/1.2": b"GET /livez HTTP/1.2\r\nHost: {host}\r\n\r\n",
        "HTTP/9.9": b"GET /livez HTTP/9.9\r\nHost: {host}\r\n\r\n",
        "a small http": b"GET /livez http/1.1\r\nHost: {host}\r\n\r\n",
        "no number": b"GET /livez HTTP/x.y\r\nHost: {host}\r\n\r\n",
        "something after the version":
            b"GET /livez HTTP/1.1 x\r\nHost: {host}\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
        "authority": b"CONNECT {host}" + whole,
        "an asterisk": b"GET *" + whole,
        "no slash": b"GET livez" + whole,
        "another scheme": b"GET file:///etc/passwd" + whole,
        "bare LF": b"GET /livez HTTP/1.1\nHost: {host}\nX: y\n\r\n\r\n",
        "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        "SSH": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "SMTP": b"EHLO example\r\n\r\n",
        "binary": bytes(range(256)) * 4,
        "zeros": bytes(5000),
    }
    for name, payload in lines.items():
        yield f"head: {name}", payload, REFUSED
    yield "head: a target as for a proxy", b"GET http://{host}/livez" + whole, (
        {200},)
    for other in (b"http://evil/livez", b"http://evil@{host}/livez",
                  b"http://{host}@evil/livez", b"https://{host}:1/livez",
                  b"http://{host}%00/livez", b"http://{host} /livez"):
        yield f"head: a target of {other.decode()}", b"GET " + other + whole, (
            {400, 421},)
    yield "head: ends early", b"GET /livez HTTP/1.1\r\nHost: {host}\r\n", CLOSED
    yield "head: bare LF to its end", (
        b"GET /livez HTTP/1.1\nHost: {host}\n\n"), ({400}, CLOSED)
    yield "head: a line and no more", b"GET /livez\r\n", ({400}, CLOSED)
    for method in (b"get", b"FOO", b"TRACE", b"M" * 10_000):
        yield f"method: {method[:10].decode()}", method + b" /livez" + whole, (
            {400, 405},)
    hosts = {"none": b"X: y", "two": b"Host: {host}\r\nHost: evil",
             "two of the same": b"Host: {host}\r\nHost: {host}",
             "NUL": b"Host: {host}\0"}
    for name, host in hosts.items():
        yield f"Host: {name}", get(b"/livez", host=host), REFUSED
    for host in (b"evil", b"{host}, {host}", b"", b"\xff", b"localhost@{host}",
                 b"{host}/x", b"localhost:1"):
        yield f"Host: {host!r}", get(b"/livez", host=b"Host: " + host), (
            {400, 421},)
    headers = {
        "a space before the colon": b"X : y", "no colon": b"X",
        "no name": b": y", "NUL in the name": b"X\0: y",
        "NUL in the value": b"X: y\0z", "a control": b"X: \x01",
        "DEL": b"X: \x7f", "a bare CR": b"X: y\rz", "a bare LF": b"X: y\nz",
        "a name that is not ASCII": "é: y".encode(),
        "a line that goes on": b"X: y\r\n z",
        "a first line that goes on": b" X: y",
    }
    for name, header in headers.items():
        yield f"header: {name}", get(b"/livez", header), REFUSED
    yield "pipeline: garbage", (
        b"GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n"
        b"\x00\xffgarbage\r\n\r\n" + INNER), ({200}, {400})
    yield "pipeline: something after the last", get(b"/livez") + INNER, ({200},)


def texts():
    """What is no UTF-8, leads elsewhere, or would become a header."""
    for name, bad in {"FF": b"%ff", "a raw FF": b"\xff",
                      "overlong": b"%c0%af", "raw and overlong": b"\xc0\xaf",
                      "a surrogate": b"%ed%a0%80", "cut": b"%e2%82",
                      "beyond Unicode": b"%f4%90%80%80", "half": b"%",
                      "no number": b"%zz", "NUL": b"%00", "CR": b"%0d",
                      "DEL": b"%7f"}.items():
        yield f"path: {name}", get(b"/api/v1/runs/" + bad), REFUSED
        yield f"query: {name}", get(b"/api/v1/runs?cursor=" + bad), REFUSED
        yield f"name in a query: {name}", get(b"/api/v1/runs?" + bad
                                              + b"=1"), REFUSED
    for name in (b"X-Request-Id", b"User-Agent", b"Accept", b"If-None-Match",
                 b"Traceparent", b"Tracestate", b"Origin", b"Cookie",
                 b"Range", b"Last-Event-ID", b"X-Forwarded-For"):
        for bad in (b"\xff\xfe", b"\xc0\xaf", b"x" * 5_000):
            yield f"header {name.decode()}: {bad[:2]!r}", get(
                b"/api/v1/projects", name + b": " + bad), ({200},)
        yield f"events, header {name.decode()}", get(
            b"/api/v1/topics/runs/events", name + b": \xff\xfe"), ({200, 400},)
    yield "header X-Tenant", get(b"/api/v1/runs", b"X-Tenant: \xff"), (
        {400, 403, 404},)
    yield "header Authorization", get(b"/api/v1/runs").replace(
        b"{auth}", b"Authorization: Bearer \xff\xfe"), ({401},)
    yield "header Authorization twice", get(
        b"/api/v1/runs", b"{auth}"), REFUSED
    yield "header Authorization of another kind", get(b"/api/v1/runs").replace(
        b"{auth}", b"Authorization: Basic Og=="), ({401},)
    yield "header Idempotency-Key", post(
        b"Content-Length: %d" % len(BODY), b"Idempotency-Key: \xff"), REFUSED
    for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                b"\\ud800", b"\0", b"\n"):
        body = b'{"title":"' + bad + b'"}'
        yield f"body: {bad!r}", post(b"Content-Length: %d" % len(body),
                                     body=body), REFUSED
    places = (
        b"/../../../../etc/passwd", b"/api/v1/../../../etc/passwd",
        b"/%2e%2e/%2e%2e/etc/passwd", b"/..%2f..%2fetc%2fpasswd",
        b"/api/v1/runs/..%2f..%2f..%2fetc%2fpasswd",
        b"/api/v1/runs/%2e%2e%2f%2e%2e%2fetc%2fpasswd/events",
        b"/api/v1/projects/..%2fdefault/tasks", b"/..\\..\\etc\\passwd",
        b"/..%5c..%5cetc%5cpasswd", b"/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
        b"/%e0%80%ae%e0%80%ae/etc/passwd", b"/%252e%252e/%252e%252e/etc/passwd",
        b"/..%252f..%252fetc%252fpasswd", b"/....//....//etc/passwd",
        b"//etc/passwd", b"/;/../etc/passwd", b"/etc/passwd%00.html",
        b"/%uff0e%uff0e/etc/passwd", b"/./livez", b"/livez/", b"//livez",
        b"/livez;x", b"/livez%20", b"/LIVEZ", b"/api/v1/nodes/../stop",
    )
    for place in places:
        yield f"traversal: {place.decode()}", get(place), ({400, 404},)
    for bad in (b"%0d%0aX-Injected:%20yes", b"%0aX-Injected:%20yes",
                b"%e5%98%8a%e5%98%8dX-Injected:%20yes"):
        yield f"injection in a path: {bad.decode()}", get(
            b"/api/v1/runs/" + bad), ({400, 404},)
        yield f"injection in a query: {bad.decode()}", get(
            b"/api/v1/runs?cursor=" + bad), ({400},)
        for name in (b"X-Request-Id", b"Origin", b"Accept"):
            yield f"injection in {name.decode()}: {bad.decode()}", get(
                b"/api/v1/projects", name + b": " + bad), ({200},)
        yield f"injection in Host: {bad.decode()}", get(
            b"/livez", host=b"Host: " + bad), ({400, 421},)
    for field in (b'"id":"x\\r\\nX-Injected: yes"', b'"id":"x\\u000a"'):
        body = b"{" + field + b',"name":"x"}'
        yield f"injection in a body: {field.decode()}", (
            b"POST /api/v1/projects HTTP/1.1\r\nHost: {host}\r\n{auth}\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body), REFUSED


def all_cases():
    """A case is refused, unless it says otherwise: by statuses of the answers
    one after the other, or, with CLOSED among them, alternatively."""
    for group in (lengths, chunks, heads, texts):
        for name, payload, ways in group():
            if ways == CLOSED:
                yield Case(name, payload, ((),))
            elif CLOSED in ways:
                yield Case(name, payload, ((), tuple(x for x in ways if x)))
            else:
                yield Case(name, payload, (ways,))
