"""Every crossing of the bot's border, numbered: transactions, calls to Autodesk and to Slack, and the way of a file.

The borders are wrapped from outside, in the process of a test; the product knows nothing of it. A crossing is named by
what is done and how many times that was done before, so that a name means the same in each run.
"""

import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import slack_sdk.socket_mode.aiohttp
from slack_sdk.web.async_base_client import AsyncBaseClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

import storage.database
from bot.answers.engine import runner
from bot.answers.files import download, folder
from bot.answers.files.wire import Wire
from bot.slack.api import SlackApi
from bot.tokenflex.http import HttpDoor

T = TypeVar("T")

BEFORE, AFTER = "before", "after"
MADE = "db changes.create"  #: a schedule, or an alert, is made
#: Words of a path that are no keys of anything.
_WORDS = {"token", "contract", "enrichment", "requests", "retry", "refreshUrl", "markRead", "summary", "last"}


class Border(Protocol):
    """What stands at each crossing; `where` is the database's path or the address that is called."""

    def blocking(self, where: str, label: str, work: Callable[[], T]) -> T:
        """Do the work of a crossing in a thread."""
        ...

    async def awaited(self, where: str, label: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work of a crossing in the event loop."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment to die: before or after the `occurrence`-th crossing (from 1) of this name."""

    label: str
    occurrence: int
    when: str

    def __str__(self) -> str:
        return f"{self.when} {self.label} #{self.occurrence}"


class Numbered:
    """Writes the name of each crossing to a file, and sends its own process signals, each at a moment or after it."""

    def __init__(self, record: Path, strikes: Mapping[Moment, tuple[int, float]]) -> None:
        self._file = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._strikes = strikes
        self._seen: Counter[str] = Counter()
        self._lock = Lock()

    def blocking(self, where: str, label: str, work: Callable[[], T]) -> T:
        """Do the work of a crossing in a thread."""
        number = self._arrive(label)
        result = work()
        self._at(Moment(label, number, AFTER))
        return result

    async def awaited(self, where: str, label: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work of a crossing in the event loop."""
        number = self._arrive(label)
        result = await work()
        self._at(Moment(label, number, AFTER))
        return result

    def _arrive(self, label: str) -> int:
        with self._lock:
            self._seen[label] += 1
            number = self._seen[label]
        os.write(self._file, f"{label}\n".encode())
        self._at(Moment(label, number, BEFORE))
        return number

    def _at(self, moment: Moment) -> None:
        if moment not in self._strikes:
            return
        number, delay = self._strikes[moment]
        if number == signal.SIGKILL:
            os.write(self._file, b"KILL\n")
            os.kill(os.getpid(), number)
        Timer(delay, os.kill, (os.getpid(), number)).start()


def crossings_in(record: Path) -> list[tuple[str, int]]:
    """Return the crossings of a finished run, in their order."""
    seen: Counter[str] = Counter()
    found = []
    for label in record.read_text().splitlines():
        if label != "KILL":
            seen[label] += 1
            found.append((label, seen[label]))
    return found


def of_files(crossings: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return those on the way of a file to its thread, and out of it."""
    ways = ("db attachments.", "db placing.", "slack files.", "slack upload")
    return [each for each in crossings if each[0].startswith(ways)]


def by_themselves(crossings: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return those on the way of what happens by itself: each that is about that alone, and the first of others.

    They begin with the schedule or the alert; what comes before a schedule is the life of an export.
    """
    begun = next(n for n, (label, _) in enumerate(crossings) if label == MADE)
    first: dict[str, int] = {}
    for label, occurrence in crossings[begun:]:
        first.setdefault(label, occurrence)
    own = ("db changes.", "db outcome.", "db runs.", "db telling.", "db pausing.")
    return [each for each in crossings[begun:] if each[0].startswith(own) or first[each[0]] == each[1]]


def was_killed(record: Path) -> bool:
    """Return whether a process died where it was told to."""
    return record.exists() and record.read_text().endswith("KILL\n")


def put_up(border: Border) -> None:
    """Put this border around everything that the process does outside of itself, for good."""
    _around_transactions(border)
    _around_http(border)
    _around_slack(border)
    _around_files(border)


def _around_transactions(border: Border) -> None:
    original = storage.database.in_transaction

    def in_transaction(db: Any, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return border.blocking("", f"db {_function(work)}", lambda: original(db, work, *args, **kwargs))

    storage.database.in_transaction = in_transaction


def _function(work: Callable[..., object]) -> str:
    name = getattr(work, "__qualname__", type(work).__name__).replace(".<locals>", "").replace(".<lambda>", "")
    return f"{work.__module__.rpartition('.')[2]}.{name}"


def _around_http(border: Border) -> None:
    original = HttpDoor.request

    def request(self: HttpDoor, method: str, url: str, **rest: Any) -> Any:
        return border.blocking(url, f"http {method} {route(url)}", lambda: original(self, method, url, **rest))

    setattr(HttpDoor, "request", request)  # noqa: B010


def route(url: str) -> str:
    """Return the path of a call without numbers and keys."""
    parts = urlsplit(url).path.split("/")[3:]
    return "/".join(part if part in _WORDS else ":x" for part in parts)


def _around_slack(border: Border) -> None:
    api_call, send = AsyncBaseClient.api_call, AsyncWebhookClient.send_dict
    client = slack_sdk.socket_mode.aiohttp.SocketModeClient
    acknowledge = client.send_socket_mode_response

    async def called(self: Any, api_method: str, **rest: Any) -> Any:
        return await border.awaited(self.base_url, f"slack {api_method}", lambda: api_call(self, api_method, **rest))

    async def sent(self: Any, body: Any, headers: Any = None) -> Any:
        return await border.awaited(self.url, "slack response_url", lambda: send(self, body, headers))

    async def acknowledged(self: Any, response: Any) -> Any:
        return await border.awaited("", "slack acknowledgement", lambda: acknowledge(self, response))

    upload = SlackApi.upload

    async def uploaded(self: SlackApi, address: str, *given: Any, **rest: Any) -> Any:
        return await border.awaited(address, "slack upload", lambda: upload(self, address, *given, **rest))

    setattr(SlackApi, "upload", uploaded)  # noqa: B010
    setattr(AsyncBaseClient, "api_call", called)  # noqa: B010
    setattr(AsyncWebhookClient, "send_dict", sent)  # noqa: B010
    setattr(client, "send_socket_mode_response", acknowledged)  # noqa: B010


def _around_files(border: Border) -> None:
    """Put it around a file's way: it is asked for, a piece of it comes, the engine reads it, it is removed."""
    ask, piece, remove, read = Wire.ask, download._piece, folder._remove, runner.read

    def asked(self: Wire, link: str) -> Any:
        return border.blocking(link, "file asked for", lambda: ask(self, link))

    def came(response: Any) -> bytes:
        return border.blocking("", "file piece", lambda: piece(response))

    def removed(place: Path) -> None:
        border.blocking(str(place), "file removed", lambda: remove(place))

    async def engine(*given: Any, **more: Any) -> Any:
        return await border.awaited("", "file read", lambda: read(*given, **more))

    setattr(Wire, "ask", asked)  # noqa: B010
    setattr(folder, "_remove", removed)  # noqa: B010
    download._piece, runner.read = came, engine
