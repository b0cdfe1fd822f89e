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

from bot.cards import blocks
from bot.cards.blocks import Message
from bot.errors import UseCaseError
from bot.people.access import Access
from bot.people.asker import Asker
from handlers.replies import Replies

log = structlog.get_logger(__name__)


def plain(text: str) -> Message:
    """Return a message of one paragraph; the text is mrkdwn already."""
    return Message(text, [blocks.section("answer", text)])


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
        asker: Asker,
        response_url: str,
        work: Callable[[], Awaitable[Any]],
        *,
        export: int | None = None,
    ) -> None:
        """Run `work` for who may use the bot; `export` is the number of the one that it is about.

        A known problem is told as it is, any other with a reference number that is also in the log.
        """
        with self.act(export) as reference:
            try:
                await self._access.admit(asker)
                await work()
            except Exception as error:  # noqa: BLE001 - logged, and told to the person
                await self.note(name, asker, error, export)
                await self._tell(asker, response_url, self.sentence(name, error, reference))

    async def admit(self, asker: Asker) -> None:
        """Let a person in who may use the bot.

        Raises:
            PersonNotAllowedError: they may not.
            MembershipUnknownError: Slack does not say now whether they may.

        """
        await self._access.admit(asker)

    @contextmanager
    def act(self, export: int | None = None) -> Iterator[str]:
        """Give a reference to what a person does now: each line of the log in between has it, and so has an apology."""
        self.enlist()
        reference = new_reference()
        named = {} if export is None else {"export": export}
        with structlog.contextvars.bound_contextvars(act=reference, **named):
            yield reference

    async def note(self, name: str, asker: Asker, error: Exception, export: int | None = None) -> None:
        """Put on record what was refused to somebody."""
        if isinstance(error, UseCaseError):
            try:
                await self._access.note_refusal(asker, name, error, export)
            except Exception:
                log.exception("a refusal could not be put on record", listener=name)

    def enlist(self) -> None:
        """Have a stop wait for the listener that runs now."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def sentence(self, name: str, error: Exception, reference: str) -> str:
        """Return what a person is told of an error, as mrkdwn; what is no known problem is logged as well."""
        if isinstance(error, UseCaseError):
            return str(error)
        if isinstance(error, self._full):
            log.error("no room for the database", listener=name, exc_info=error)
            return "My disk is full, so I could not store that. Tell an administrator, please."
        log.error("a listener failed", listener=name, reference=reference, exc_info=error)
        return apology(reference)

    async def _tell(self, asker: Asker, response_url: str, text: str) -> None:
        try:
            await self._replies.tell(response_url, asker, plain(text))
        except Exception:
            log.exception("a person could not be told", person=asker.person)


def concerns(export: int) -> None:
    """Have what the log says of the rest of this act name an export: the one that was just accepted."""
    structlog.contextvars.bind_contextvars(export=export)


def new_reference() -> str:
    """Return a short number that a person can read to an administrator."""
    return secrets.token_hex(4)


def apology(reference: str) -> str:
    """Return what a person hears when something unforeseen happened."""
    return (
        "Sorry, something went wrong on my side. Try again in a minute; if it stays, tell an administrator the "
        f"reference `{reference}`."
    )
