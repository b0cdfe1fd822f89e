"""The other end of a sign-in on this machine: a small web server that takes the one answer of the consent page.

It listens on the loopback address only, while somebody signs in. Requests are answered side by side, since browsers
open connections ahead that never say a word.
"""

import queue
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

_LOOPBACK: Final = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", "::1": "::1"}
_SILENCE: Final = 5.0  #: seconds after which a connection that says nothing is closed
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Token Flex for Slack</title>'
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>'
    "<body><main><h1>Token Flex for Slack</h1><p>{}</p></main></body></html>"
)
_RECEIVED: Final = "Autodesk has answered. Go back to the terminal: it says whether signing in has worked."
_STRANGER: Final = "This answer belongs to another attempt. Use the newest address that the terminal shows."


class LoopbackError(Exception):
    """No answer can be taken on this machine; the message says what to do."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)

    def server_bind(self) -> None:
        """Bind without looking up the name of the machine, as the library does, which may take long."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that goes away is no error, and a traceback could show the code."""


class Loopback:
    """Listens at a redirect URI; `expected` tells whether a query is the answer to this attempt.

    Raises:
        LoopbackError: the URI is not one of this machine, or its port is taken.

    """

    def __init__(self, redirect_uri: str, expected: Callable[[str], bool]) -> None:
        host, port, path = _here(redirect_uri)
        self._answers: queue.Queue[str] = queue.Queue()
        try:
            self._server = _Server(host, port, _handler(path, expected, self._answers.put))
        except OSError as error:
            raise LoopbackError(
                f"Port {port} of this machine cannot be used ({error.strerror}). End the program that uses it, "
                "use another --redirect-uri that is registered with the app, or use --paste."
            ) from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, patience: float) -> str | None:
        """Return the query of the answer; None when none came within so many seconds."""
        try:
            return self._answers.get(timeout=patience)
        except queue.Empty:
            return None


def _here(redirect_uri: str) -> tuple[str, int, str]:
    """Return host, port and path of a redirect URI of this machine."""
    try:
        parts = urlsplit(redirect_uri)
        host, port = _LOOPBACK.get(parts.hostname or ""), parts.port
    except ValueError:
        host = port = None
    if host is None or not port or parts.scheme != "http":
        raise LoopbackError(
            f"{redirect_uri} is no address of this machine with a port, such as http://localhost:8765/callback. "
            "Use --paste with it."
        )
    return host, port, parts.path or "/"


def _handler(path: str, expected: Callable[[str], bool], take: Callable[[str], None]) -> type[BaseHTTPRequestHandler]:
    class _Handler(BaseHTTPRequestHandler):
        timeout = _SILENCE
        server_version, sys_version = "tokenflex-slack", ""

        def do_GET(self) -> None:
            """Answer the redirect of the consent page; whatever else is asked is not here."""
            target = urlsplit(self.path)
            if target.path != path:
                self._say(404, "There is nothing here.")
            elif not expected(target.query):
                self._say(400, _STRANGER)
            else:
                self._say(200, _RECEIVED)
                take(target.query)

        def _say(self, status: int, sentence: str) -> None:
            page = _PAGE.format(sentence).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Length": str(len(page)),
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
                "Content-Security-Policy": "default-src 'none'",
                "Connection": "close",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Log nothing: the address holds the code."""

    return _Handler
