"""A client that sends whatever bytes a test likes, and what comes back."""

import http
import json
import socket


class Answer:
    """One answer of HTTP/1.1, as it came."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        return self.headers.get(name, "")

    def fault(self):
        """What a refusal lacks of RFC 9457; none: nothing, or it is none."""
        if self.status < 400:
            return None
        if self.header("content-type") != "application/problem+json":
            return f"{self.status} is no problem document"
        try:
            problem = json.loads(self.body)
        except ValueError:
            return f"the problem is no JSON: {self.body!r}"
        if problem.get("status") != self.status:
            return f"the problem has the status {problem.get('status')}"
        if not problem.get("title") or not problem.get("detail"):
            return f"the problem says nothing: {problem}"
        return None


def answers_in(data):
    """All answers in *data*. Fails if something else is there, too."""
    result = []
    while data:
        head, mark, rest = data.partition(b"\r\n\r\n")
        if not mark or not head.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")):
            raise AssertionError(f"this is no answer: {data[:200]!r}")
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(": ")
            if not colon or name.lower() in headers:
                raise AssertionError(f"this is no header: {line!r}")
            headers[name.lower()] = value
        status = int(lines[0][9:12])
        size = int(headers.get("content-length", "0"))
        if len(rest) < size:
            raise AssertionError(f"the answer ends early: {data[:200]!r}")
        if status != 100:
            http.HTTPStatus(status)
        result.append(Answer(status, headers, rest[:size]))
        data = rest[size:]
    return result


def connect(place, source=None, wrap=None):
    """A connection to *place*, from the address *source*; *wrap* is a context
    of TLS."""
    begun = socket.create_connection(
        place, timeout=60, source_address=(source, 0) if source else None)
    begun.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if wrap is None:
        return begun
    return wrap.wrap_socket(begun, server_hostname="localhost")


def read_all(of):
    """Everything until the other side hangs up, one way or the other."""
    data = b""
    try:
        while part := of.recv(65536):
            data += part
    except (ConnectionError, OSError) as why:
        if isinstance(why, TimeoutError):
            raise AssertionError(
                f"the machine neither answers nor hangs up: {data!r}") from why
    return data


def send_pieces(to, pieces, most):
    """Sends *pieces* until the other side takes no more, and at most *most*
    bytes; returns how many it took."""
    sent = 0
    try:
        for piece in pieces:
            if sent >= most:
                break
            to.sendall(piece)
            sent += len(piece)
    except TimeoutError:
        raise
    except OSError:
        pass
    return sent


def talk(place, payload, wrap=None):
    """Sends *payload* and returns all that came until the machine hung up."""
    with connect(place, wrap=wrap) as to:
        send_pieces(to, [payload], len(payload) or 1)
        return read_all(to)
