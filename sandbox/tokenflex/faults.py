"""Misbehaviour that a test asks for: answers made up, connections closed without an answer, slowness, cut bodies."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from sandbox.clock import Clock
from sandbox.tokenflex.answers import Answer

Work = Callable[[], Awaitable[Answer]]


class DroppedError(Exception):
    """The connection is to be closed without an answer."""


class Fault(Protocol):
    """One way to misbehave; `work` does what the call asks for and returns the honest answer."""

    async def apply(self, work: Work) -> Answer:
        """Return what is answered instead.

        Raises:
            DroppedError: nothing is.

        """
        ...


@dataclass(frozen=True, slots=True)
class MadeUp:
    """Answers without doing anything."""

    answer: Answer

    async def apply(self, work: Work) -> Answer:  # noqa: ARG002 - that is the fault
        """Return the made-up answer."""
        return self.answer


@dataclass(frozen=True, slots=True)
class Truncated:
    """Does what was asked and sends the first half of the answer."""

    status: int

    async def apply(self, work: Work) -> Answer:
        """Return the honest answer cut in half, with the status asked for."""
        answer = await work()
        whole = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return replace(answer, status=self.status, body=whole[: len(whole) // 2])


@dataclass(frozen=True, slots=True)
class Dropped:
    """Closes the connection, after the effect or before it."""

    after_effect: bool

    async def apply(self, work: Work) -> Answer:
        """Raise."""
        if self.after_effect:
            await work()
        raise DroppedError


@dataclass(frozen=True, slots=True)
class Slow:
    """Waits, after the effect or before it; `clock` None means real seconds."""

    seconds: float
    clock: Clock | None
    after_effect: bool

    async def apply(self, work: Work) -> Answer:
        """Return the honest answer late."""
        if not self.after_effect:
            await self._wait()
            return await work()
        answer = await work()
        await self._wait()
        return answer

    async def _wait(self) -> None:
        await (self.clock.sleep(self.seconds) if self.clock else asyncio.sleep(self.seconds))


@dataclass(slots=True)
class _Planned:
    fault: Fault
    method: str | None
    path_contains: str | None
    oauth: bool
    left: int

    def fits(self, method: str, path: str, *, oauth: bool) -> bool:
        right_call = self.method in (None, method) and (self.path_contains or "") in path
        return right_call and self.oauth == oauth and self.left > 0


class Faults:
    """The faults to come, in the order in which they were asked for; one of a kind per call."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def plan(
        self, fault: Fault, *, method: str | None, path_contains: str | None, count: int = 1, oauth: bool = False
    ) -> None:
        """Let the next `count` calls that fit suffer the fault."""
        self._planned.append(_Planned(fault, method, path_contains, oauth, count))

    def clear(self) -> None:
        """Forget every fault that has not happened yet."""
        self._planned.clear()

    def wrap(self, method: str, path: str, work: Work, *, oauth: bool = False) -> Work:
        """Return the work with the faults of this call around it; they are used up by that."""
        kinds: set[type[Fault]] = set()
        for planned in self._planned:
            kind = type(planned.fault)
            if kind not in kinds and planned.fits(method, path, oauth=oauth):
                kinds.add(kind)
                planned.left -= 1
                work = partial(planned.fault.apply, work)
        self._planned = [planned for planned in self._planned if planned.left > 0]
        return work
