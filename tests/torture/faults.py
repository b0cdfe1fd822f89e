"""One fault in a bot's process: the n-th statement, HTTP call or call to Slack goes wrong in a way that was chosen.

It is injected below all code of ours: at SQLite's connection, at the session of `requests`, at aiohttp's session.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, cast

import aiohttp
import requests
from multidict import CIMultiDict, CIMultiDictProxy
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NewConnectionError, ProtocolError

import storage.database

STATEMENT, HTTP, SLACK = "statement", "http", "slack"
_HTML = b"<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"

KINDS: dict[str, tuple[str, ...]] = {
    STATEMENT: ("I/O error", "disk full", "locked"),
    HTTP: (
        "not connected",
        "reset before",
        "lost answer",
        "time-out before",
        "time-out after",
        "truncated",
        "500 before",
        "500 after",
        "HTML",
    ),
    SLACK: ("not connected", "reset before", "lost answer", "time-out after", "500 after", "HTML after", "truncated"),
}
#: Where a fault of this kind comes after the call has had its effect.
_LATE = {"lost answer", "time-out after", "truncated", "500 after", "HTML after"}
_SQLITE = {
    "I/O error": ("disk I/O error", "SQLITE_IOERR_FSYNC"),
    "disk full": ("database or disk is full", "SQLITE_FULL"),
    "locked": ("database is locked", "SQLITE_BUSY"),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """The fault `kind` at the `number`-th call (from 1) of a layer."""

    layer: str
    number: int
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.layer} {self.number}"


class Injector:
    """Counts the calls of one layer and says at which the fault comes; what it hit goes to a file."""

    def __init__(self, planned: Planned, record: Path) -> None:
        self.planned = planned
        self._record = record
        self._count = 0
        self._lock = Lock()

    def strikes(self, what: str) -> bool:
        """Count a call; whether the fault is now."""
        with self._lock:
            self._count += 1
            if self._count != self.planned.number:
                return False
        self._record.write_text(what)
        return True

    @property
    def late(self) -> bool:
        """Whether the call has its effect first."""
        return self.planned.kind in _LATE

    def inject(self) -> None:
        """Have the fault happen in this process."""
        {STATEMENT: _into_statements, HTTP: _into_http, SLACK: _into_slack}[self.planned.layer](self)


# SQLite


class _Connection:
    """A connection whose statements pass the injector."""

    def __init__(self, real: sqlite3.Connection, injector: Injector) -> None:
        self._real = real
        self._injector = injector

    def execute(self, sql: str, *rest: Any) -> Any:
        if self._injector.strikes(" ".join(sql.split())[:120]):
            text, name = _SQLITE[self._injector.planned.kind]
            error = sqlite3.OperationalError(text)
            error.sqlite_errorname = name
            raise error
        return self._real.execute(sql, *rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _into_statements(injector: Injector) -> None:
    connect = storage.database._connect

    def connected(path: Path) -> Any:
        db = connect(path)
        db.conn = cast("sqlite3.Connection", _Connection(db.conn, injector))
        return db

    storage.database._connect = connected


# Autodesk


def _wrong_answer(kind: str, real: requests.Response | None) -> requests.Response:
    if kind == "not connected":
        raise requests.ConnectionError(NewConnectionError(HTTPConnection("autodesk"), "refused"))
    if kind in {"reset before", "lost answer"}:
        raise requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))
    if kind.startswith("time-out"):
        raise requests.ReadTimeout("timed out")
    response = real or requests.Response()
    if kind == "truncated":
        response._content = response.content[: len(response.content) // 2]
    else:
        response.status_code = 200 if kind == "HTML" else 500
        response._content = _HTML if kind == "HTML" else b"{}"
    return response


def _into_http(injector: Injector) -> None:
    original = requests.Session.request

    def request(self: requests.Session, method: str, url: str, **rest: Any) -> requests.Response:
        if not injector.strikes(f"{method} {url.partition('?')[0]}"):
            return original(self, method, url, **rest)
        response = original(self, method, url, **rest) if injector.late else None
        return _wrong_answer(injector.planned.kind, response)

    setattr(requests.Session, "request", request)  # noqa: B010


# Slack


def _into_slack(injector: Injector) -> None:
    original = aiohttp.ClientSession._request

    async def request(self: Any, method: str, url: Any, **rest: Any) -> Any:
        path = str(url).partition("://")[2].partition("/")[2]
        if not path.startswith(("api/", "response/")) or not injector.strikes(path[:40]):
            return await original(self, method, url, **rest)
        response = await original(self, method, url, **rest) if injector.late else None
        return await _wrong_slack(injector.planned.kind, response)

    setattr(aiohttp.ClientSession, "_request", request)  # noqa: B010


async def _wrong_slack(kind: str, real: Any) -> Any:
    if real is None:
        if kind == "not connected":
            key = aiohttp.client_reqrep.ConnectionKey("slack", 443, True, True, None, None, None)
            raise aiohttp.ClientConnectorError(key, OSError(111, "refused"))
        raise aiohttp.ServerDisconnectedError
    await real.read()
    if kind == "lost answer":
        raise aiohttp.ServerDisconnectedError
    if kind == "time-out after":
        raise TimeoutError
    if kind == "truncated":
        real._body = real._body[: len(real._body) // 2]
    else:
        real.status = 500 if kind == "500 after" else 200
        real._body = _HTML
        real._headers = CIMultiDictProxy(CIMultiDict({"Content-Type": "text/html"}))
    return real


def inject(layer: str, number: int, kind: str, record: str) -> None:
    """Have one fault happen in this process, for good."""
    Injector(Planned(layer, number, kind), Path(record)).inject()
