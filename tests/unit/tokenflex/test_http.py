"""The door on HTTP, against a real socket that misbehaves on demand."""

import json
import logging
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError
from urllib3.exceptions import ReadTimeoutError as PoolReadTimeoutError

from bot.tokenflex import http
from bot.tokenflex.errors import TimedOutError, TokenFlexError, UnreachableError, UpstreamBrokenError
from bot.tokenflex.http import HttpDoor, Response

Reply = Callable[[socket.socket], None]
SECRET = "SECRETTOKEN"


def raw(text: str) -> Reply:
    """Reply with exactly these bytes and close."""
    return lambda connection: connection.sendall(text.encode())


def answer(status: str, body: str = "", headers: str = "") -> Reply:
    """Reply with a proper answer."""
    return raw(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body.encode())}\r\n{headers}\r\n{body}")


def reset(connection: socket.socket) -> None:
    """Reset the connection instead of answering."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Server:
    """Answers each connection with one reply; remembers what was asked."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self.requests: list[str] = []
        self.reply: Reply = answer("200 OK", "{}")
        self.silent = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def hold(self, _: socket.socket) -> None:
        """Say nothing until the test is over."""
        self.silent.wait()

    def stop(self) -> None:
        self.silent.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.requests.append(self._read(connection))
                self.reply(connection)

    def _read(self, connection: socket.socket) -> str:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return f"{head.decode()}\r\n\r\n{body.decode()}"


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def door() -> HttpDoor:
    return HttpDoor(connect_timeout=5, read_timeout=5)


def refused_url() -> str:
    """Return an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return f"http://127.0.0.1:{closed.getsockname()[1]}/v1"


def test_an_answer_carries_json_and_the_server_s_time(server: Server, door: HttpDoor) -> None:
    """Status, body, wait and time arrive; a byte order mark does no harm."""
    server.reply = answer("200 OK", '\ufeff{"a": ["ü"]}', "Date: Tue, 24 Nov 2026 10:00:00 GMT\r\n")
    assert door.request("GET", server.url) == Response(200, {"a": ["ü"]}, None, datetime(2026, 11, 24, 10, tzinfo=UTC))


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "204 No Content"])
def test_an_answer_without_a_body_is_none(server: Server, door: HttpDoor, status: str) -> None:
    """Any 2xx is taken, with a body or without."""
    server.reply = answer(status)
    assert door.request("DELETE", server.url).body is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ("Retry-After: 25\r\n", 25.0),
        ("Date: Tue, 24 Nov 2026 10:00:00 GMT\r\nRetry-After: Tue, 24 Nov 2026 10:01:30 GMT\r\n", 90.0),
        ("Date: Tue, 24 Nov 2026 10:00:00 GMT\r\nRetry-After: Tue, 24 Nov 2026 09:00:00 GMT\r\n", 0.0),
        ("Retry-After: Tue, 24 Nov 2026 10:01:30 GMT\r\n", None),
        ("Retry-After: soon\r\n", None),
        ("Retry-After: -5\r\n", None),
        ("", None),
    ],
)
def test_refusals_are_answers_with_their_wait(
    server: Server, door: HttpDoor, headers: str, seconds: float | None
) -> None:
    """A 429 says how long to wait in seconds or as a date by the server's clock."""
    server.reply = answer("429 Too Many Requests", '{"developerMessage": "Quota limit exceeded."}', headers)
    reply = door.request("GET", server.url)
    assert (reply.status, reply.refused, reply.retry_after) == (429, True, seconds)


def test_a_refusal_in_plain_text_keeps_it(server: Server, door: HttpDoor) -> None:
    """A refusal counts by its status even when its body is no JSON; the text is the gateway's reason."""
    server.reply = answer("403 Forbidden", "403: no", "Content-Type: text/plain\r\n")
    assert door.request("GET", server.url) == Response(403, "403: no")


@pytest.mark.parametrize("markup", ["<?xml version='1.0'?><Error>no</Error>", " \n<Error/>"])
def test_a_refusal_in_markup_has_no_body(server: Server, door: HttpDoor, markup: str) -> None:
    """Markup is nothing that a person is told."""
    server.reply = answer("403 Forbidden", markup, "Content-Type: application/xml\r\n")
    assert door.request("GET", server.url) == Response(403)


@pytest.mark.parametrize("status", ["408 Request Timeout", "429 Too Many Requests"])
def test_a_page_that_asks_to_come_later_is_believed(server: Server, door: HttpDoor, status: str) -> None:
    """Whoever says so, what there is to do is the same."""
    server.reply = answer(status, "<html>no</html>", "Content-Type: text/html\r\n")
    assert door.request("GET", server.url) == Response(int(status[:3]))


BROKEN: dict[str, Reply] = {
    "reset": reset,
    "closed": lambda _: None,
    "garbage": raw("nonsense\r\n\r\n"),
    "truncated": raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":'),
    "truncated chunk": raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{}"),
    "html": answer("200 OK", "<html>maintenance</html>", "Content-Type: text/html\r\n"),
    "cut JSON": answer("200 OK", '{"a": [1, 2'),
    "deep JSON": answer("200 OK", "[" * 200_000),
    "no text": raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\x01"),
    "bad gzip": answer("200 OK", "{}", "Content-Encoding: gzip\r\n"),
    "500": answer("500 Internal Server Error", '{"Code": "x"}'),
    "502": answer("502 Bad Gateway", "<html>bad gateway</html>"),
    "a proxy's 400": answer("400 Bad Request", "<!DOCTYPE html><p>no", "Content-Type: text/html\r\n"),
    "a proxy's 401": answer("401 Unauthorized", "<html>no</html>", "Content-Type: text/html\r\n"),
    "a proxy's 403": answer("403 Forbidden", "<html>no</html>", "Content-Type: text/html; charset=utf-8\r\n"),
    "a proxy's 404": answer("404 Not Found", "\n <HTML><p>no"),
    "two lengths": raw("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n{}"),
    "redirect to nowhere": answer("302 Found", "", "Location: http://[::1\r\n"),
    "redirect in another alphabet": lambda connection: connection.sendall(
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://\xe9/\r\n\r\n"
    ),
    "redirect": answer("302 Found", "", f"Location: http://127.0.0.1:9/?{SECRET}\r\n"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_answers_leave_the_effect_unknown(server: Server, door: HttpDoor, kind: str) -> None:
    """Whatever goes wrong after sending is one error, sent once, that carries neither address nor token."""
    server.reply = BROKEN[kind]
    with pytest.raises(UpstreamBrokenError) as caught:
        door.request("POST", f"{server.url}/{SECRET}", params={"q": SECRET}, token=SECRET, json={"x": SECRET})
    assert caught.value.effect_unknown
    assert len(server.requests) == 1
    assert_silent(caught.value, server.url)


def test_slow_answers_time_out(server: Server) -> None:
    """No answer in time leaves the effect unknown as well."""
    server.reply = server.hold
    door = HttpDoor(read_timeout=0.05)
    with pytest.raises(TimedOutError) as caught:
        door.request("POST", f"{server.url}/{SECRET}", token=SECRET)
    assert caught.value.effect_unknown
    assert_silent(caught.value, server.url)


def test_answers_that_stop_midway_time_out(server: Server) -> None:
    """The time-out also holds between two pieces of the body."""

    def _half(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        server.hold(connection)

    server.reply = _half
    door = HttpDoor(read_timeout=0.05)
    with pytest.raises(TimedOutError):
        door.request("GET", server.url)


@pytest.mark.parametrize("token", [SECRET, f"{SECRET}\n", f"{SECRET}€"])
@pytest.mark.parametrize(
    "url", ["refused", "ftp://x/v1", "http://", "x/v1", f"http://{'a' * 70}.example/", "http://[x"]
)
def test_nothing_was_sent(door: HttpDoor, url: str, token: str) -> None:
    """Without a connection, or with an address or a token that cannot be used, nothing was sent."""
    url = refused_url() if url == "refused" else url
    with pytest.raises(UnreachableError) as caught:
        door.request("POST", f"{url}?{SECRET}", token=token)
    assert not caught.value.effect_unknown
    assert_silent(caught.value, url)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.ConnectTimeout(), UnreachableError),
        (requests.ReadTimeout(), TimedOutError),
        (requests.exceptions.ProxyError(), UnreachableError),
        (requests.ConnectionError(MaxRetryError(None, "u", NewConnectionError(None, "u"))), UnreachableError),  # type: ignore[arg-type]
        (
            requests.ConnectionError(MaxRetryError(None, "u", NameResolutionError("h", None, OSError()))),  # type: ignore[arg-type]
            UnreachableError,
        ),
        (requests.ConnectionError(MaxRetryError(None, "u", ConnectTimeoutError())), UnreachableError),  # type: ignore[arg-type]
        (requests.ConnectionError(PoolReadTimeoutError(None, "u", "late")), TimedOutError),  # type: ignore[arg-type]
        (requests.exceptions.SSLError("eof"), UpstreamBrokenError),
        (requests.ConnectionError("u"), UpstreamBrokenError),
        (requests.exceptions.ChunkedEncodingError("u"), UpstreamBrokenError),
    ],
)
def test_failures_that_a_test_cannot_provoke(error: Exception, kind: type[TokenFlexError]) -> None:
    """Names that do not resolve, proxies and hosts that never answer are sorted too."""
    assert type(http._failure(error)) is kind


def test_netrc_never_replaces_a_token(
    server: Server, door: HttpDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token goes out although ~/.netrc knows the host; without a token nothing of it goes out."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    door.request("GET", server.url, token="right")
    door.request("GET", server.url)
    door.request("GET", server.url, headers={"Authorization": "Basic right"})
    sent = [[line for line in text.splitlines() if line.startswith("Authorization")] for text in server.requests]
    assert sent == [["Authorization: Bearer right"], [], ["Authorization: Basic right"]]


def test_bodies_and_headers(server: Server, door: HttpDoor) -> None:
    """JSON and forms say what they are; a call without a body says nothing of the kind."""
    door.request("POST", server.url, json=["a#b"])
    door.request("POST", server.url, data={"a": "b c"})
    door.request("POST", server.url)
    as_json, as_form, bare = server.requests
    assert "Content-Type: application/json" in as_json
    assert json.loads(as_json.partition("\r\n\r\n")[2]) == ["a#b"]
    assert "Content-Type: application/x-www-form-urlencoded" in as_form
    assert as_form.endswith("a=b+c")
    assert "Content-Type" not in bare
    assert "User-Agent: tokenflex-slack" in bare
    assert "Connection: close" in bare


def test_encoded_paths_stay_as_they_are(server: Server, door: HttpDoor) -> None:
    """A request key in the path is neither decoded nor encoded twice."""
    door.request("GET", f"{server.url}/2018-09-20T22%3A43%3A13%237be9", params={"toDate": "2018-09-21T00:00:00Z"})
    assert server.requests[0].startswith("GET /v1/2018-09-20T22%3A43%3A13%237be9?toDate=2018-09-21T00%3A00%3A00Z ")


def test_threads_may_use_one_door_at_once(server: Server, door: HttpDoor) -> None:
    """Each request has a connection of its own."""
    barrier = threading.Barrier(3)

    def _twice(_: int) -> int:
        barrier.wait()
        door.request("GET", server.url)
        return door.request("GET", server.url).status

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(_twice, range(3))) == [200] * 3


def test_nothing_secret_is_logged(server: Server, door: HttpDoor, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the token nor an answer's body reaches our own log, and the answer hides its body."""
    server.reply = answer("200 OK", json.dumps({"access_token": SECRET}))
    with caplog.at_level(logging.DEBUG, logger="bot"):
        reply = door.request("GET", server.url, token=SECRET)
    assert SECRET not in caplog.text
    assert SECRET not in repr(reply)


@given(st.text(max_size=40))
def test_any_date_header_is_a_time_or_nothing(text: str) -> None:
    """A senseless header never raises."""
    found = http.http_date(text)
    assert found is None or found.tzinfo is UTC
    seconds = http._retry_after(text, found)
    assert seconds is None or seconds >= 0


def assert_silent(error: TokenFlexError, url: str) -> None:
    """Fail if the error, or whatever hangs on it, shows where the call went or with what."""
    shown = f"{error}{error!r}{vars(error)}" + "".join(traceback.format_exception_only(error))
    assert SECRET not in shown
    assert url not in shown
    assert error.__cause__ is None
    assert error.__context__ is None
