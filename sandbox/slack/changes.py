"""Everything that happens is announced here, so that people can wait for it and a page can follow it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sandbox.slack.json_values import Given

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened.

    `kind` is one of `message_posted`, `message_edited`, `message_deleted`, `view_opened`, `view_updated`,
    `view_closed`, `view_errors`, `call`, `socket_opened`, `socket_closed`, `person_error`, `channel_changed`,
    `home_published`, `channel_id_changed` (of the channel and its old id);
    `subject` is the record it happened to.
    """

    kind: str
    subject: Given


class Changes:
    """Tells subscribers and waiters of each change, in order, on the event loop's thread."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[Change], None]] = []
        self._waiters: set[asyncio.Future[None]] = set()

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call `callback` with every change from now on; the returned function ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def announce(self, kind: str, subject: Given) -> None:
        """Tell everybody that `kind` happened to `subject`."""
        for callback in list(self._callbacks):
            callback(Change(kind, subject))
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, look: Callable[[], T | None], timeout: float) -> T:  # noqa: ASYNC109 - people wait by a deadline
        """Return what `look` returns as soon as that is not None.

        `timeout` is in real seconds. Raises TimeoutError when it has passed.
        """
        async with asyncio.timeout(timeout):
            while (found := look()) is None:
                await self._next()
        return found

    async def _next(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)
