"""Misbehaviour that a test asks for: answers made up, connections closed without an answer, slowness, cut bodies."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from sandbox.clock import Clock
from sandbox.tokenflex.answers import Answer
from sandbox.tokenflex.inbound import Target

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


@dataclass(frozen=True, slots=True)
class Kind:
    """Which calls suffer; what is None does not matter.

    `path_contains` sees the raw target with its query; `path_end` is the last segment of the path, `contract` and
    `key` are the segments of that meaning, decoded.
    """

    method: str | None = None
    path_contains: str | None = None
    path_end: str | None = None
    contract: str | None = None
    key: str | None = None
    oauth: bool = False

    def fits(self, method: str, target: Target, *, oauth: bool) -> bool:
        """Say whether a call is one of these."""
        if self.oauth != oauth or self.method not in (None, method) or (self.path_contains or "") not in target.raw:
            return False
        segments = dict(enumerate(target.segments))
        named = ((self.contract, segments.get(3)), (self.key, segments.get(5)), (self.path_end, target.segments[-1]))
        return all(wanted in (None, found) for wanted, found in named)


@dataclass(slots=True, eq=False)
class _Planned:
    fault: Fault
    kind: Kind
    left: float = field(default=math.inf)

    @property
    def lasting(self) -> bool:
        return self.left == math.inf


class Faults:
    """The faults to come: those of a few calls in the order in which they were asked for, then the lasting ones.

    A call suffers one of each type.
    """

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def plan(self, fault: Fault, kind: Kind, count: int = 1) -> None:
        """Let the next `count` calls of that kind suffer the fault."""
        self._planned.append(_Planned(fault, kind, count))

    def last(self, fault: Fault, kind: Kind) -> Callable[[], None]:
        """Let every call of that kind suffer the fault, until the returned function is called."""
        lasting = _Planned(fault, kind)
        self._planned.append(lasting)

        def lift() -> None:
            self._planned = [planned for planned in self._planned if planned is not lasting]

        return lift

    def clear(self) -> None:
        """Forget every fault that has not happened yet, and lift the lasting ones."""
        self._planned.clear()

    def wrap(self, method: str, target: Target, work: Work, *, oauth: bool = False) -> Work:
        """Return the work with the faults of this call around it; they are used up by that."""
        types: set[type[Fault]] = set()
        for planned in sorted(self._planned, key=lambda planned: planned.lasting):
            if type(planned.fault) not in types and planned.kind.fits(method, target, oauth=oauth):
                types.add(type(planned.fault))
                planned.left -= 1
                work = partial(planned.fault.apply, work)
        self._planned = [planned for planned in self._planned if planned.left > 0]
        return work
