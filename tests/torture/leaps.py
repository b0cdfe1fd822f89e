"""Time that leaps, for both stand-ins and for bots in processes of their own: days pass between two acts."""

import time
from datetime import datetime, timedelta
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import Struct
from typing import Any

from sandbox.clock import ScaledClock
from tests.harness.house import House

_LEAPT = Struct("<d")  #: seconds; so few bytes are read as a whole or not at all


class LeapingClock(ScaledClock):
    """The clock of a bot: that of its house, which leaps while the bot runs."""

    def __init__(self, factor: float, started_at: float, origin: str, leapt: str) -> None:
        super().__init__(factor, started_at=started_at, origin=datetime.fromisoformat(origin))
        with Path(leapt).open("rb") as file:
            self._leapt = mmap(file.fileno(), _LEAPT.size, access=ACCESS_READ)

    def now(self) -> datetime:
        """Return the time of the house in UTC."""
        return super().now() + timedelta(seconds=_LEAPT.unpack(self._leapt)[0])


def course(house: House) -> list[Any]:
    """Return what a `LeapingClock` of this house is made of."""
    factor, started_at, origin = house.clock.share()
    begun = datetime.fromisoformat(origin) - timedelta(seconds=_leapt(house))
    return [factor, started_at, begun.isoformat(), str(_place(house))]


def leap(house: House, by: timedelta) -> None:
    """Let time leap ahead for everybody in a house."""
    leapt = _leapt(house) + by.total_seconds()
    with _place(house).open("r+b") as file:  # in place: who reads it has it open
        file.write(_LEAPT.pack(leapt))
    house.clock.follow(house.clock.now() + by, time.time(), house.clock.factor)


def _leapt(house: House) -> float:
    place = _place(house)
    if not place.exists():
        place.write_bytes(_LEAPT.pack(0.0))
    return float(_LEAPT.unpack(place.read_bytes())[0])


def _place(house: House) -> Path:
    return house.folder / "leapt"
