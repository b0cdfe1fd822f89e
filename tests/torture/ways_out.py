"""Ways out of the program while Autodesk's answer to a renewal of the login is on its way, and deaths on each of them.

Autodesk forgets the old refresh token as it answers. A process that ends by itself has stored the new one; one that is
killed may have lost it, and then the next process knows why.
"""

import asyncio
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.operate import doctor
from bot.operate.findings import Level
from bot.settings.environment import Found
from tests.harness.house import House, close_house
from tests.torture.boundaries import sign_in
from tests.torture.crossings import AFTER, BEFORE, Moment, crossings_in
from tests.torture.life import fast_house
from tests.torture.processes import Forge, Plan

_RENEWAL = Moment("http POST token", 1, BEFORE)
_ANSWER_AFTER = 1.0  #: real seconds; a bot is connected by then
_ANSWER_TOO_LATE = 8.0  #: for a process that does not wait, even on a machine that is busy
_PROMISED = 10.0  #: real seconds that a way out may take
_BEGINS_AFTER = 20.0  #: real seconds within which it is entered


@dataclass(frozen=True, slots=True)
class WayOut:
    """One way out: what happens to the process, and the status that it has to end with."""

    name: str
    plan: Plan
    status: int
    refused: bool = False  #: Slack does not accept the app token

    def __str__(self) -> str:
        return self.name

    def without(self, protection: str) -> "WayOut":
        """Return the same way with one protection taken out of the program."""
        return replace(self, plan=replace(self.plan, breaks=(*self.plan.breaks, protection)))


WAYS = (
    WayOut("SIGTERM", Plan(signal=(_RENEWAL, signal.SIGTERM, 0.5)), 0),
    WayOut("SIGINT", Plan(signal=(_RENEWAL, signal.SIGINT, 0.0)), 0),
    WayOut("a refused start", Plan(), 2, refused=True),
    WayOut("a crash of the start", Plan(breaks=("start",)), 1),
    WayOut("SIGINT in doctor", Plan(word="doctor", signal=(_RENEWAL, signal.SIGINT, 0.0)), 130),
    WayOut("SIGTERM in doctor", Plan(word="doctor", signal=(_RENEWAL, signal.SIGTERM, 0.0)), 130),
)


@dataclass(frozen=True, slots=True)
class Exit:
    """One end of a process: what it was killed at, if it was, and what came of the login."""

    way: WayOut
    kill: Moment | None
    died: bool
    crossings: list[tuple[str, int]]
    kept: bool
    problem: str  #: what of the promise was broken; empty where nothing was

    def __str__(self) -> str:
        return f"{self.way}, killed {self.kill or 'never'}: {self.problem or 'all well'}"


async def leave_by(forge: Forge, folder: Path, data: Any, way: WayOut, kill: Moment | None = None) -> Exit:
    """Let a process leave by a way, killed at a moment of it or not, and see what the next one finds."""
    house = await fast_house(folder, data, 20.0)
    try:
        sign_in(house)
        return await _left(forge, house, way, kill)
    finally:
        await close_house(house)


async def _left(forge: Forge, house: House, way: WayOut, kill: Moment | None) -> Exit:
    late = _ANSWER_TOO_LATE if "wait" in way.plan.breaks else _ANSWER_AFTER
    house.token_flex.controls.slow_next(late, path_contains="token", real=True, oauth=True)
    refusing = {"SLACK_APP_TOKEN": "xapp-1-A0-1-other"} if way.refused else {}
    if way.refused:
        house.slack.controls.slow_next("apps.connections.open", 0.3)
    house.variables |= refusing
    process = await forge.fork(house, "leaving", replace(way.plan, kill=kill))
    ended, _ = await asyncio.wait((process.ended,), timeout=_BEGINS_AFTER + _PROMISED)
    if not ended:
        process.kill()
    status = await process.ended
    for name in refusing:
        del house.variables[name]
    kept, told = await _found(house)
    problem = _problem(way, status, died=process.died_as_told, kept=kept, told=told)
    return Exit(way, kill, process.died_as_told, crossings_in(process.record), kept, problem)


async def _found(house: House) -> tuple[bool, bool]:
    """Return whether the next process has the login, and whether it says that a renewal was cut off."""
    (house.folder / ".env").touch(mode=0o600)
    given = Found({}, house.environment)
    found = await doctor.examine(given, house.folder / ".env", house.clock, free_space=lambda _: 10**12)
    token = next(finding for finding in found if finding.name == "Autodesk token")
    return token.level is Level.OK, "cut off" in token.found


def _problem(way: WayOut, status: int, *, died: bool, kept: bool, told: bool) -> str:
    if not died and status != way.status:
        return f"it ended with {status}"
    if not died and not kept:
        return "the login is lost, and nobody killed the process"
    return "" if kept or told else "the login is lost, and nobody says why"


def moments_of(crossings: Sequence[tuple[str, int]]) -> Iterable[Moment]:
    """Yield the moments from the renewal on; those before it belong to no way out."""
    begun = crossings.index((_RENEWAL.label, _RENEWAL.occurrence))
    for label, occurrence in crossings[begun:]:
        yield Moment(label, occurrence, BEFORE)
        yield Moment(label, occurrence, AFTER)
