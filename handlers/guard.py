"""The one wrapper around all listeners: nothing that goes wrong is lost, and the person always hears of it.

An exception that leaves a listener soon after `ack` would take the acknowledgement with it (behaviour of Bolt for
Python 1.30), so none leaves.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncRespond

from bot.cards import blocks
from bot.cards.blocks import Message
from bot.exports import Asker
from bot.problems import UseCaseError

from .answers import Answers

log = structlog.get_logger(__name__)


def plain(text: str) -> Message:
    """Return a message of one paragraph; the text is mrkdwn already."""
    return Message(text, [blocks.section("answer", text)])


class Guard:
    """Runs the slow part of a listener and answers for it when it fails."""

    def __init__(self, answers: Answers, full: type[Exception]) -> None:
        self._answers = answers
        self._full = full
        self._running: set[asyncio.Task[Any]] = set()

    async def settle(self, seconds: float) -> None:
        """Wait up to that many seconds for the listeners under way."""
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    async def run(
        self, name: str, asker: Asker, respond: AsyncRespond | None, work: Callable[[], Awaitable[Any]]
    ) -> None:
        """Run `work`; a known problem is told as it is, any other with a reference number that is also in the log."""
        self.enlist()
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - logged, and told to the person
            await self._tell(asker, respond, self.sentence(name, error))

    def enlist(self) -> None:
        """Have a stop wait for the listener that runs now."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def sentence(self, name: str, error: Exception) -> str:
        """Return what a person is told of an error, as mrkdwn; what is no known problem is logged as well."""
        if isinstance(error, UseCaseError):
            return str(error)
        if isinstance(error, self._full):
            log.error("no room for the database", listener=name, exc_info=error)
            return "My disk is full, so I could not store that. Tell an administrator, please."
        reference = new_reference()
        log.error("a listener failed", listener=name, reference=reference, exc_info=error)
        return apology(reference)

    async def _tell(self, asker: Asker, respond: AsyncRespond | None, text: str) -> None:
        try:
            await self._answers.tell(respond, asker, plain(text))
        except Exception:
            log.exception("a person could not be told", person=asker.person)


def new_reference() -> str:
    """Return a short number that a person can read to an administrator."""
    return secrets.token_hex(4)


def apology(reference: str) -> str:
    """Return what a person hears when something unforeseen happened."""
    return (
        "Sorry, something went wrong on my side. Try again in a minute; if it stays, tell an administrator the "
        f"reference `{reference}`."
    )
