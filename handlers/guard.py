"""The one wrapper around all listeners: nothing that goes wrong is lost, and the person always hears of it.

An exception that leaves a listener soon after `ack` would take the acknowledgement with it (behaviour of Bolt for
Python 1.30), so none leaves.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from bot.cards import refusals
from bot.cards.blocks import paragraph
from bot.errors import UseCaseError
from bot.people.access import Access
from bot.people.asker import Asker, Sender
from handlers.replies import Replies

log = structlog.get_logger(__name__)


class Guard:
    """Lets in who may, runs the slow part of a listener, and answers for it when it fails."""

    def __init__(self, replies: Replies, access: Access, full: type[Exception]) -> None:
        self._replies = replies
        self._access = access
        self._full = full
        self._running: set[asyncio.Task[Any]] = set()

    async def settle(self, seconds: float) -> None:
        """Wait up to that many seconds for the listeners under way."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def run(
        self,
        name: str,
        sender: Sender,
        response_url: str,
        work: Callable[[Asker], Awaitable[object]],
        *,
        export: int | None = None,
        thread: str = "",
        is_new: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Run `work` for who may use the bot; `export` is the number of the one that it is about.

        A known problem is told as it is, in the `thread` where somebody is looking, any other with a reference number
        that is also in the log. Where `is_new` says that all of that was done before, nothing is.
        """
        with self.act(export) as reference:
            try:
                if is_new is None or await is_new():
                    await work(await self._access.admit(sender))
            except Exception as error:  # noqa: BLE001 - logged, and told to the person
                await self.note(name, sender, error, export)
                try:
                    told = paragraph(self.sentence(name, error, reference))
                    await self._replies.tell(response_url, sender, told, thread=thread)
                except Exception:
                    log.exception("a person could not be told", person=sender.person)

    async def hear(self, name: str, work: Callable[[], Awaitable[None]]) -> bool:
        """Run what follows from an event; False where it failed, which is logged, since nobody waits for an answer."""
        with self.act() as reference:
            try:
                await work()
            except Exception:
                log.exception("an event was not taken", listener=name, reference=reference)
                return False
        return True

    async def admit(self, sender: Sender) -> Asker:
        """Let a person in who may use the bot.

        Raises:
            PersonNotAllowedError: they may not.
            MembershipUnknownError: Slack does not say now whether they may.

        """
        return await self._access.admit(sender)

    @contextmanager
    def act(self, export: int | None = None) -> Iterator[str]:
        """Give a reference to what a person does now, and have a stop wait for it.

        Each line of the log in between has the reference, and so has an apology.
        """
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        reference = secrets.token_hex(4)  # short: a person reads it to an administrator
        named = {} if export is None else {"export": export}
        with structlog.contextvars.bound_contextvars(act=reference, **named):
            yield reference

    async def note(self, name: str, sender: Sender, error: Exception, export: int | None = None) -> None:
        """Put on record what was refused to somebody."""
        if isinstance(error, UseCaseError):
            try:
                await self._access.note_refusal(sender, name, error, export)
            except Exception:
                log.exception("a refusal could not be put on record", listener=name)

    def sentence(self, name: str, error: Exception, reference: str) -> str:
        """Return what a person is told of an error, as mrkdwn; what is no known problem is logged as well."""
        if isinstance(error, UseCaseError):
            return refusals.sentence(error)
        if isinstance(error, self._full):
            log.error("no room for the database", listener=name, exc_info=error)
            return refusals.DISK_FULL
        log.error("a listener failed", listener=name, reference=reference, exc_info=error)
        return refusals.apology(reference)
