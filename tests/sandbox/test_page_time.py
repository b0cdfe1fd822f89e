"""The page's time: to which days one can travel, and that a journey stops wherever the bot has something to do."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import ScaledClock
from sandbox.journey import Ahead, Journey, NobodyThereError
from sandbox.page.destinations import Destination, destinations
from sandbox.tokenflex.contracts import CONTRACTS

BERLIN = ZoneInfo("Europe/Berlin")
YEARS = CONTRACTS[0].years
FIRST = datetime(2024, 2, 2, tzinfo=UTC)
TODAY = datetime(2026, 10, 19, 10, 30, tzinfo=UTC)


def at(now: datetime, zone: ZoneInfo = BERLIN) -> dict[str, Destination]:
    return {each.name: each for each in destinations(now, zone, YEARS)}


def test_where_one_can_travel_to_from_a_day() -> None:
    """Each with its local time: mornings before reports come, the night in which clocks go back, the end of a year."""
    assert {name: each.said for name, each in at(TODAY).items()} == {
        "october": "Sunday, 25 October 2026, 01:55",
        "monday": "Monday, 26 October 2026, 07:59",
        "month": "Sunday, 1 November 2026, 07:59",
        "contract_year": "Sunday, 31 January 2027, 23:55",
        "a_year": "Tuesday, 19 October 2027, 07:59",
    }


@given(
    st.integers(0, 4 * 365 * 24 * 60 + 30 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
    st.sampled_from([BERLIN, ZoneInfo("Etc/UTC"), ZoneInfo("America/Denver"), ZoneInfo("Pacific/Kiritimati")]),
)
def test_all_of_them_lie_ahead(now: datetime, zone: ZoneInfo) -> None:
    """Each is what it is called, the nearest comes first, and none is more than a year and a day away."""
    listed = destinations(now, zone, YEARS)
    assert [each.at for each in listed] == sorted(each.at for each in listed)
    assert all(timedelta() < each.at - now < timedelta(days=367) for each in listed)
    found = {each.name: each.at for each in listed}
    assert found["monday"].weekday() == 0
    assert found["month"].day == 1
    assert (found["october"].month, found["october"].weekday()) == (10, 6)
    assert found["october"].day > 24
    assert found["contract_year"].date() in {each.end for each in YEARS}


def test_after_the_last_contract_year_there_is_none_to_travel_to() -> None:
    """The others are there."""
    assert at(datetime(2030, 1, 1, tzinfo=UTC)).keys() == {"monday", "month", "october", "a_year"}


def test_a_year_from_a_leap_day() -> None:
    """It ends on the last day of that February."""
    assert at(datetime(2028, 2, 29, 12, tzinfo=UTC))["a_year"].at.date() == date(2029, 2, 28)


class Bot:
    """Has something to do at these moments, and takes some looks for it."""

    def __init__(self, clock: ScaledClock, *moments: datetime, looks: int = 3) -> None:
        self.clock = clock
        self.left = sorted(moments)
        self.done: list[datetime] = []
        self.speeds: list[float] = []
        self.is_there = True
        self._looks = self._every = looks

    def run_at(self, factor: float) -> None:
        self.speeds.append(factor)
        self.clock.run_at(factor)

    def jump_to(self, moment: datetime) -> None:
        self.clock.jump_to(moment)

    async def ahead(self) -> Ahead:
        if not self.is_there:
            raise NobodyThereError("The bot has ended.")
        if not self.left or self.left[0] > self.clock.now():
            return Ahead(busy=False, next_at=self.left[0] if self.left else None)
        self._looks -= 1
        if not self._looks:
            self._looks = self._every
            self.left.pop(0)
            self.done.append(self.clock.now())
        return Ahead(busy=True, next_at=None)


async def arrives(journey: Journey) -> None:
    async with asyncio.timeout(30):
        while journey.destination is not None:  # noqa: ASYNC110 - nobody is told when it ends
            await asyncio.sleep(0.01)


async def test_a_journey_stops_wherever_there_is_something_to_do() -> None:
    """Nothing is late, and in the end it is the time that was asked for, which runs as it does."""
    clock = ScaledClock(origin=TODAY)
    moments = [TODAY + timedelta(days=days, hours=3) for days in (1, 30, 30.5)]
    bot = Bot(clock, *moments)
    journey = Journey(clock, bot)
    journey.begin(TODAY + timedelta(days=60))
    await arrives(journey)
    assert all(timedelta() <= done - due < timedelta(minutes=1) for done, due in zip(bot.done, moments, strict=True))
    assert timedelta() <= clock.now() - (TODAY + timedelta(days=60)) < timedelta(minutes=1)
    assert bot.speeds[-1] == 1.0


async def test_a_journey_is_ended_or_led_elsewhere() -> None:
    """One that ends stays where it is; another destination takes the place of the first."""
    clock = ScaledClock(origin=TODAY)
    bot = Bot(clock, TODAY + timedelta(days=1), looks=1000)
    journey = Journey(clock, bot)
    journey.begin(TODAY + timedelta(days=60))
    await asyncio.sleep(0.3)
    await journey.end()
    assert journey.destination is None
    assert clock.now() - TODAY < timedelta(days=2)
    assert bot.speeds[-1] == 1.0
    journey.begin(TODAY + timedelta(days=60))
    journey.begin(TODAY + timedelta(days=1, hours=1))
    bot.left.clear()
    await arrives(journey)
    assert clock.now() - TODAY < timedelta(days=2)


async def test_a_journey_without_a_bot_says_so() -> None:
    """Whoever travels is told why it goes no further."""
    clock = ScaledClock(origin=TODAY)
    bot = Bot(clock)
    bot.is_there = False
    journey = Journey(clock, bot)
    journey.begin(TODAY + timedelta(days=60))
    await arrives(journey)
    assert journey.trouble == "The bot has ended."


async def test_a_journey_goes_on_where_something_cannot_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, a day at a time: an outage may last for ever."""
    monkeypatch.setattr("sandbox.journey._PATIENCE", 0.2)
    clock = ScaledClock(origin=TODAY)
    journey = Journey(clock, Bot(clock, TODAY + timedelta(hours=1), looks=1_000_000))
    journey.begin(TODAY + timedelta(days=3))
    await arrives(journey)
    assert clock.now() - TODAY >= timedelta(days=3)
